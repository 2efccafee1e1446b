"""What starts the jobs: APScheduler on one computer, Procrastinate on several; both with real time and a real database."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from composer.app.work.cluster_engine import SCHEMA, ClusterEngine
from composer.app.work.jobs import Job, JobName
from composer.app.work.local_engine import LocalEngine
from composer.database.engine import connect
from composer.database.location import Location
from tests.databases import PostgresServer

pytestmark = pytest.mark.slow


def job(name: JobName, *, is_shared: bool = False) -> Job:
    return Job(name=name, schedule="* * * * *", run=lambda context, order: None, is_shared=is_shared)


#: With seconds, as Procrastinate's croniter reads them.
_EVERY_SECOND = "* * * * * *"
SHARED, ALONE = job(JobName.MAILINGS, is_shared=True), job(JobName.ARCHIVE)


class Started:
    """Counts the starts of jobs, and lets a test wait for them."""

    def __init__(self) -> None:
        self._names = list[JobName]()
        self._changed = threading.Condition()

    def __call__(self, job: Job) -> None:
        with self._changed:
            self._names.append(job.name)
            self._changed.notify_all()

    def count(self, name: JobName) -> int:
        return self._names.count(name)

    def until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, 120), self._names


def test_one_computer_starts_everything_at_once_and_then_at_its_times() -> None:
    """What came due while the process did not run is done now."""
    started = Started()
    engine = LocalEngine((SHARED, ALONE), started)
    engine.start()
    started.until(lambda: started.count(JobName.MAILINGS) == 1 and started.count(JobName.ARCHIVE) == 1)
    engine.stop()


@pytest.fixture
def place(postgres: PostgresServer) -> Iterator[Location]:
    location = postgres.create()
    yield location
    postgres.drop(location)


def run(location: Location, statement: str) -> None:
    with connect(location) as database, database.write() as connection:
        connection.execute(text(statement))


@contextmanager
def machine(location: Location, number: int, live: Sequence[int], started: Started) -> Iterator[None]:
    engine = ClusterEngine(location.url, number, (SHARED, ALONE), started, lambda: live, spread=_EVERY_SECOND)
    engine.start()
    try:
        yield
    finally:
        engine.stop()


def test_machines_share_what_is_shared_and_divide_the_rest(place: Location) -> None:
    """Every machine sends mailings; the archive is written by one that is free.

    While they run, the tables of the queue are emptied and then dropped: both go on.
    """
    one, two = Started(), Started()
    with machine(place, 1, (1, 2), one), machine(place, 2, (1, 2), two):
        # At once by themselves, and then through the queue.
        one.until(lambda: one.count(JobName.MAILINGS) >= 2)
        two.until(lambda: two.count(JobName.MAILINGS) >= 2)
        run(place, f"TRUNCATE {SCHEMA}.procrastinate_jobs, {SCHEMA}.procrastinate_workers CASCADE")
        before = one.count(JobName.MAILINGS), two.count(JobName.MAILINGS)
        one.until(lambda: one.count(JobName.MAILINGS) > before[0])
        two.until(lambda: two.count(JobName.MAILINGS) > before[1])
        run(place, f"DROP SCHEMA {SCHEMA} CASCADE")
        before = one.count(JobName.MAILINGS), two.count(JobName.MAILINGS)
        one.until(lambda: one.count(JobName.MAILINGS) > before[0])
        two.until(lambda: two.count(JobName.MAILINGS) > before[1])
