"""Starts the jobs of several computers at their times, with Procrastinate, through their common PostgreSQL database.

Input: the database, jobs, a function that starts one. Output: calls of it. Guarantees: a job of Procrastinate is only a
wake-up that ends in a moment: it holds no lock and is never retried, so that jobs that stall (its issues 1446 and 1543), get
lost or are repeated do no harm. Its tables are in a schema of their own and may be emptied or dropped at any time. While the
database cannot be reached, it is tried again.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from composer.app.work.jobs import Job
from composer.core.errors import DatabaseError
from composer.core.event_log import emit

if TYPE_CHECKING:
    from procrastinate import App

_LOG = logging.getLogger("compose.work")
#: The schema of Procrastinate's tables; backups do not contain it (database/backup.py).
SCHEMA = "compose_work"
#: The advisory lock of PostgreSQL under which the tables are created.
_LOCK = 0x636F6D70_6F736577
_EVERY_MINUTE = "* * * * *"
_WAKE, _SPREAD = "wake", "spread"
#: Seconds between attempts to reach the database.
_PAUSE = 2.0
#: Wake-ups of machines that are gone, and those that a killed machine had begun, are obsolete after some minutes.
_SWEEP = """
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT job_id FROM procrastinate_events WHERE type = 'deferred' AND at < now() - interval '5 minutes'
    )
"""


class ClusterEngine:
    """A worker of Procrastinate, in a thread of its own."""

    def __init__(
        self,
        url: str,
        machine_id: int,
        jobs: Sequence[Job],
        start: Callable[[Job], None],
        live: Callable[[], Sequence[int]],
        *,
        spread: str = _EVERY_MINUTE,
    ) -> None:
        """`live` returns the ids of the machines that are running; `spread` is when they are woken for shared jobs."""
        try:
            import procrastinate  # noqa: F401
        except ImportError:
            raise DatabaseError(
                "compose work with PostgreSQL needs Procrastinate, which is not installed",
                "pip install 'compose-newsletter[cluster]'",
            ) from None
        for name in ("procrastinate", "psycopg.pool"):
            # Its messages are for its own developers; what matters is logged as events.
            logging.getLogger(name).addHandler(logging.NullHandler())
            logging.getLogger(name).propagate = False
        self._url, self._machine_id, self._start, self._live = url, machine_id, start, live
        self._spread_at = spread
        self._jobs = {job.name.value: job for job in jobs}
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._begun = threading.Event()

    def start(self) -> None:
        """Start the thread, and the jobs that all machines share."""
        self._thread.start()
        self._begun.wait()
        for job in self._jobs.values():
            if job.is_shared:
                self._start(job)

    def stop(self) -> None:
        """Start no more jobs."""
        if self._loop is not None and self._task is not None:
            with suppress(RuntimeError):  # its loop has just ended
                self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._supervise())

    async def _supervise(self) -> None:
        """Keep a worker running until the task is cancelled."""
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._begun.set()
        while True:
            try:
                await self._work()
            except Exception as error:
                emit(_LOG, "work.engine", level=logging.ERROR, said="", error=type(error).__name__)
            await asyncio.sleep(_PAUSE)

    async def _work(self) -> None:
        """Run one worker, until it is cancelled or the database is lost."""
        app = self._app()
        async with app.open_async():
            await _create_tables(app)
            await app.run_worker_async(
                name=f"machine {self._machine_id}",
                queues=[_queue(self._machine_id), *map(_job_queue, self._jobs), _SPREAD],
                concurrency=2,
                delete_jobs="always",
                install_signal_handlers=False,
            )

    def _app(self) -> "App":
        from procrastinate import App, PsycopgConnector

        url = make_url(self._url).set(drivername="postgresql").render_as_string(hide_password=False)
        options = {"options": f"-c search_path={SCHEMA}", "connect_timeout": 10, "application_name": "compose work"}
        app = App(connector=PsycopgConnector(conninfo=url, kwargs=options, min_size=1, max_size=4))

        @app.task(name=_WAKE)
        async def wake(timestamp: int, name: str) -> None:
            self._start(self._jobs[name])

        @app.periodic(cron=self._spread_at, periodic_id=_SPREAD, queue=_SPREAD, queueing_lock=_SPREAD)
        @app.task(name=_SPREAD)
        async def spread(timestamp: int) -> None:
            await self._spread(app)

        for job in self._jobs.values():
            if not job.is_shared:
                name, queue = job.name.value, _job_queue(job.name)
                app.periodic(
                    cron=job.schedule, periodic_id=name, queue=queue, queueing_lock=queue, task_kwargs={"name": name}
                )(wake)
        return app

    async def _spread(self, app: "App") -> None:
        """Wake every machine for the jobs that all of them share, and delete obsolete wake-ups."""
        from procrastinate.exceptions import AlreadyEnqueued

        for machine_id in await asyncio.to_thread(self._live):
            for job in self._jobs.values():
                if job.is_shared:
                    queue = _queue(machine_id)
                    wake = app.configure_task(_WAKE, queue=queue, queueing_lock=f"{queue}.{job.name}")
                    with suppress(AlreadyEnqueued):
                        await wake.defer_async(timestamp=0, name=job.name.value)
        await app.connector.execute_query_async(_SWEEP)


def _queue(machine_id: int) -> str:
    """Return the queue of one machine."""
    return f"machine.{machine_id}"


def _job_queue(name: str) -> str:
    """Return the queue of a job that one machine does; only machines that do this job listen to it."""
    return f"job.{name}"


async def _create_tables(app: "App") -> None:
    """Create the tables of Procrastinate, unless they exist."""
    async with app.connector.pool.connection() as connection, connection.transaction():  # type: ignore[attr-defined]
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        found = await connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.procrastinate_jobs",))
        row = await found.fetchone()
        if row is not None and row[0] is None:
            await connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            await connection.execute(f"CREATE SCHEMA {SCHEMA}")
            await connection.execute(app.schema_manager.get_schema())
