"""Starts the jobs of one computer at their times, with APScheduler, in this process alone.

Input: jobs, a function that starts one. Output: calls of it. Guarantees: a job is started at once, and then at its times; if
the computer was asleep, it is started once and not once for each missed time.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from composer.app.work.jobs import Job


class LocalEngine:
    """A scheduler in this process."""

    def __init__(self, jobs: Sequence[Job], start: Callable[[Job], None]) -> None:
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None}, daemon=True
        )
        for job in jobs:
            trigger = CronTrigger.from_crontab(job.schedule, timezone=UTC)
            self._scheduler.add_job(start, trigger, args=(job,), id=job.name, next_run_time=datetime.now(UTC))

    def start(self) -> None:
        """Start every job, and then each at its times."""
        self._scheduler.start()

    def stop(self) -> None:
        """Start no more jobs."""
        self._scheduler.shutdown(wait=True)
