"""A run that is told to stop: it sleeps, says what it waits for, and ends in time, with any server or database."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from composer.database.engine import Database, connect
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import workers
from composer.delivery.core.mailing import stop as stop_mailing
from composer.delivery.core.retry_policy import RetryPolicy
from composer.delivery.core.scheduler import Ending
from composer.delivery.core.states import DeliveryState
from composer.delivery.worker.drain import DrainTimer
from composer.delivery.worker.progress import Progress
from composer.delivery.worker.run_loop import Run, send
from composer.delivery.worker.stop_request import Stop
from composer.transport.server_settings import ServerLimits
from tests.databases import PostgresServer, with_tables
from tests.delivery.factories import NOW, QUICK, frozen, sums
from tests.delivery.worker.test_run_loop import job
from tests.fake_smtp import FakeSmtp, HangUp, SmtpSession
from tests.transport.setup import PATIENT, transport, until

pytestmark = pytest.mark.fault

S = DeliveryState
#: Half a second for answers, then enough time for the database.
SHORT = replace(QUICK, drain=timedelta(seconds=0.5), database_wait=timedelta(seconds=60))
#: Seconds after which a run that has not ended will never end.
_MAX_WAIT = 60


class Running:
    """A run in its own thread."""

    def __init__(
        self,
        database: Database,
        office: FakeSmtp,
        policy: RetryPolicy,
        rate: float | None = None,
        limits: ServerLimits = PATIENT,
    ) -> None:
        self.stop, self.told, self.ran = Stop(), list[Progress](), list[Run]()
        given = job(database, transport(office, limits), connections=2, policy=policy, rate=rate)

        def work() -> None:
            self.ran.append(send(given, self.stop, tell=self.told.append, now=lambda: datetime.now(UTC)))

        self._thread = threading.Thread(target=work)
        self._thread.start()

    def end(self) -> Run:
        """Wait for its end."""
        self._thread.join(_MAX_WAIT)
        assert self.ran, "it has not ended"
        return self.ran[0]


@contextmanager
def silent(stage: str = "dot") -> Iterator[FakeSmtp]:
    """A server that never answers at this stage."""
    is_over = threading.Event()

    def hold(visit: SmtpSession) -> int:
        is_over.wait(2 * _MAX_WAIT)
        raise HangUp

    with FakeSmtp({stage: hold}) as office:
        try:
            yield office
        finally:
            is_over.set()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    with open_database(with_tables(tmp_path / "newsletter.db")) as database:
        yield database


@pytest.mark.parametrize("rate", [None, 600.0, 6.0])
def test_waiting_costs_no_processor_time(sqlite_database: Database, rate: float | None) -> None:
    """With outstanding answers, before and after a stop, at any rate: less than five percent of a processor."""
    frozen(sqlite_database, 30)
    with silent() as office:
        running = Running(sqlite_database, office, RetryPolicy(), rate)
        until(lambda: sums(sqlite_database)[S.SENDING] >= 1)
        shares = []
        for _ in range(2):
            # On a busy machine the first of them may contain earlier work; a busy loop would show in each.
            shares.append(min(_share(0.4) for _ in range(3)))
            running.stop.say()
        running.end()
    assert max(shares) < 0.05, shares


def _share(seconds: float) -> float:
    """Return the share of a processor that this process uses for this time."""
    before, began = time.process_time(), time.monotonic()
    time.sleep(seconds)
    return (time.process_time() - before) / (time.monotonic() - began)


@pytest.mark.parametrize("is_by_signal", [True, False])
def test_a_stop_has_a_bound(database: Database, is_by_signal: bool) -> None:
    """Ctrl-C, SIGTERM and `compose stop`: which server, how many answers, until when; after that they are unconfirmed."""
    frozen(database, 30)
    with silent() as office:
        running = Running(database, office, SHORT)
        until(lambda: sums(database)[S.SENDING] == 2)
        began = datetime.now(UTC)
        if is_by_signal:
            running.stop.say()
        else:
            with database.write() as connection:
                stop_mailing(connection, 1, "anna", NOW)
        ran = running.end()
        took = datetime.now(UTC) - began
    assert ran.ending is (Ending.INTERRUPTED if is_by_signal else Ending.STOPPED)
    assert ran.unanswered == 2 and SHORT.drain < took
    assert sums(database).by_state == {S.UNKNOWN: 2, S.PENDING: 28}
    told = [each.outstanding for each in running.told if each.outstanding is not None]
    assert {(each.server, each.open) for each in told} == {(f"127.0.0.1:{office.port}", 2)}
    assert all(began < each.until < began + took + SHORT.drain for each in told)


def test_an_answer_in_time_is_recorded(database: Database) -> None:
    """A server that answers in time: nothing is unconfirmed, and the run ends at once."""
    frozen(database, 30)
    answers = threading.Event()

    def dot(visit: SmtpSession) -> int:
        answers.wait(_MAX_WAIT)
        return visit.say(b"250 2.0.0 Ok\r\n")

    with FakeSmtp({"dot": dot}) as office:
        running = Running(
            database,
            office,
            replace(QUICK, drain=timedelta(seconds=_MAX_WAIT), database_wait=timedelta(seconds=_MAX_WAIT)),
        )
        until(lambda: sums(database)[S.SENDING] == 2)
        running.stop.say()
        until(lambda: any(each.outstanding for each in running.told))
        answers.set()
        ran = running.end()
    assert (ran.ending, ran.unanswered) == (Ending.INTERRUPTED, 0)
    assert sums(database).by_state == {S.ACCEPTED: 2, S.PENDING: 28}


def test_a_stop_does_not_wait_for_a_server_that_never_greets(database: Database) -> None:
    """Nothing is claimed yet, so there is nothing to wait for."""
    frozen(database, 3)
    with silent("greeting") as office:
        running = Running(database, office, RetryPolicy(), limits=replace(PATIENT, reply=2 * _MAX_WAIT))
        until(lambda: bool(office.visits))
        running.stop.say()
        ran = running.end()
    assert (ran.ending, ran.tried, ran.sums.open) == (Ending.INTERRUPTED, 0, 3)
    with database.read() as connection:
        assert connection.execute(workers.select()).all() == []


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_database_that_does_not_answer_is_not_waited_for(postgres: PostgresServer, postgres_template: str) -> None:
    """Its processes are paused: the run that must stop ends and says why; nothing is lost."""
    location = postgres.create(postgres_template)
    before = set(threading.enumerate())
    with open_database(location) as database:
        with silent() as office:
            frozen(database, 30)
            running = Running(database, office, replace(SHORT, database_wait=timedelta(seconds=2)))
            until(lambda: sums(database)[S.SENDING] == 2)
            name = location.name.rpartition("/")[2]
            with connect(postgres.location("postgres")) as other, other.read() as connection:
                asked = text("SELECT pid FROM pg_stat_activity WHERE datname = :name")
                processes = connection.scalars(asked, {"name": name}).all()
            assert processes
            try:
                for each in processes:
                    os.kill(each, signal.SIGSTOP)
                running.stop.say()
                ran = running.end()
            finally:
                for each in processes:
                    os.kill(each, signal.SIGCONT)
            assert ran.ending is Ending.LEDGER and "does not answer" in ran.words
            # The next run releases its deliveries.
            with silent() as next_office:
                last = Running(database, next_office, SHORT)
                until(lambda: sums(database)[S.UNKNOWN] == 2)
                last.stop.say()
                last.end()
            assert sums(database).total == 30
        # The abandoned threads end, too, and close their connections.
        until(lambda: set(threading.enumerate()) <= before)


def test_another_reason_only_shortens_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that rejects us has ten minutes for its answers; after Ctrl-C the wait is one minute."""
    monkeypatch.setattr("composer.delivery.worker.drain.time", SimpleNamespace(monotonic=lambda: 100.0))
    drain = DrainTimer(RetryPolicy())
    assert (drain.has_begun, drain.is_over) == (False, False)
    drain.begin(Ending.HALTED)
    assert drain.left == timedelta(minutes=10)
    drain.begin(Ending.INTERRUPTED)
    assert drain.left == timedelta(seconds=60)
    drain.begin(Ending.HALTED)
    assert drain.left == timedelta(seconds=60)
    drain.limit(timedelta())
    assert (drain.is_over, drain.is_late) == (True, False)


def test_before_a_run_is_told_to_end_nothing_is_late() -> None:
    """Without a deadline nothing is late; with one, the database has additional time."""
    timer = DrainTimer(RetryPolicy(drain=timedelta(seconds=-1), database_wait=timedelta(seconds=100)))
    assert (timer.has_begun, timer.is_over, timer.is_late) == (False, False, False)
    timer.begin(Ending.STOPPED)
    assert (timer.has_begun, timer.is_over, timer.is_late) == (True, True, False)
    timer.limit(timedelta(seconds=-101))
    assert (timer.has_begun, timer.is_over, timer.is_late) == (True, True, True)


@pytest.mark.parametrize("why", Ending)
def test_a_person_who_stops_a_run_waits_a_minute(monkeypatch: pytest.MonkeyPatch, why: Ending) -> None:
    """Also if answers cannot be recorded; otherwise the server has ten minutes. The wait ends exactly then."""
    clock, timer = [100.0], DrainTimer(RetryPolicy())
    monkeypatch.setattr("composer.delivery.worker.drain.time", SimpleNamespace(monotonic=lambda: clock[0]))
    timer.begin(why)
    seconds = 60 if why in (Ending.INTERRUPTED, Ending.STOPPED, Ending.LEDGER) else 600
    assert timer.left == timedelta(seconds=seconds)
    for later, is_over, is_late in (
        (seconds - 1, False, False),
        (seconds, True, False),
        (seconds + 9, True, False),
        (seconds + 10, True, True),
    ):
        clock[0] = 100.0 + later
        assert (timer.is_over, timer.is_late) == (is_over, is_late)
