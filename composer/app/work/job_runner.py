"""Runs jobs in threads: each with the settings of the moment, and with its result recorded.

Input: the newsletter's folder, a `JobOrder`. Output: rows in `job_runs`, events. Guarantees: the same job never runs twice at
once in this process; a job that fails, or that cannot be recorded, does not end the process.
"""

import logging
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from composer.app.context import MailingContext, open_newsletter
from composer.app.work.job_order import JobOrder
from composer.app.work.job_records import record_failure, record_start, record_success
from composer.app.work.jobs import JOBS, Job, JobName
from composer.core.environment import Environment
from composer.core.errors import ComposeError
from composer.core.event_log import emit, emit_bug
from composer.delivery.core.scheduler import StopLevel

_LOG = logging.getLogger("compose.work")


class JobRunner:
    """The threads of this process that run jobs."""

    def __init__(self, folder: Path, environment: Environment, order: JobOrder) -> None:
        self._folder, self._environment, self._order = folder, environment, order
        self._pool = ThreadPoolExecutor(max_workers=len(JOBS), thread_name_prefix="job")
        self._lock, self._running = threading.Lock(), set[JobName]()

    def start(self, job: Job) -> None:
        """Start a job in a thread, unless it is running already or the process is stopping."""
        with self._lock:
            if job.name in self._running or self._order.stop.level is not StopLevel.NONE:
                return
            self._running.add(job.name)
        self._pool.submit(self._run, job)

    @property
    def is_busy(self) -> bool:
        """Whether a job is running."""
        return bool(self._running)

    def drain(self) -> None:
        """Wait until the running jobs have ended; the order's stop request has told them to."""
        self._pool.shutdown(wait=True)

    def _run(self, job: Job) -> None:
        began = time.monotonic()
        try:
            with open_newsletter(self._folder, self._environment) as context:
                self._recorded(context, job, began)
        except ComposeError as error:
            said = f"job {job.name} failed: {error.message}"
            emit(_LOG, "job.failed", level=logging.ERROR, said=said, job=job.name, error=type(error).__name__)
        except Exception as error:
            # Only the place and not the message, which may contain personal data.
            trace = "".join(traceback.format_tb(error.__traceback__))
            emit_bug(_LOG, "job.bug", error, said=f"job {job.name}: bug: {type(error).__name__}\n{trace}", job=job.name)
        finally:
            with self._lock:
                self._running.discard(job.name)

    def _recorded(self, context: MailingContext, job: Job, began: float) -> None:
        database, clock = context.database, self._order.clock
        with database.write() as connection:
            record_start(connection, job.name, self._order.machine, clock())
        try:
            job.run(context, self._order)
        except Exception as error:
            # If the database is the reason, only the log has it.
            with suppress(ComposeError), database.write() as connection:
                record_failure(connection, job.name, time.monotonic() - began, type(error).__name__, clock())
            raise
        seconds = time.monotonic() - began
        with database.write() as connection:
            record_success(connection, job.name, seconds, clock())
