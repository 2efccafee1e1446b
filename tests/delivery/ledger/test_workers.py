"""The workers: one process on SQLite, several on PostgreSQL, living and dead ones, and the identity of the database."""

import os
import shutil
import socket
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import deliveries, workers
from composer.delivery.core.scheduler import Ending
from composer.delivery.core.states import DeliveryState
from composer.delivery.database_guard.age_counter import DatabaseLostError
from composer.delivery.database_guard.sending_lock import BusyError, lock_sending
from composer.delivery.ledger import ledger, statements
from composer.delivery.ledger.restore import restore
from composer.delivery.ledger.workers import LEASE, mark_ended, register_worker
from composer.delivery.worker.run_loop import Run, send
from composer.delivery.worker.stop_request import Stop
from composer.transport.envelope import Envelope
from composer.transport.memory_transport import MemoryTransport
from composer.transport.outcome import Outcome
from tests.databases import PostgresServer
from tests.delivery.factories import NOW, frozen, name_publication, sums
from tests.delivery.worker.test_run_loop import job, number, run
from tests.transport.setup import until

S = DeliveryState
HOUR = timedelta(hours=1)


@pytest.fixture
def sqlite(tmp_path: Path, sqlite_template: Path) -> Path:
    """A SQLite database with tables: its path."""
    path = tmp_path / "newsletter.db"
    shutil.copy(sqlite_template, path)
    return path


@pytest.fixture
def server(postgres: PostgresServer, postgres_template: str) -> Location:
    """A PostgreSQL database with tables."""
    return postgres.create(postgres_template)


def test_on_sqlite_a_second_process_gets_an_error(sqlite: Path) -> None:
    """Which mailing is being sent, and by which process; afterwards it may send."""
    with open_database(Location(path=sqlite)) as database:
        frozen(database, 1)
        with (
            register_worker(database, 1, NOW),
            pytest.raises(BusyError, match=r"mailing 1, since 06:30 UTC \(process \d+\)"),
        ):
            register_worker(database, 1, NOW)
        with register_worker(database, 1, NOW) as second:
            assert second.id == 2
            with database.read() as connection:
                # It released its lock without a record, so its deliveries must be checked.
                assert second.dead(connection) == (1,)


def test_on_sqlite_whoever_has_the_lock_knows_that_all_others_are_dead(sqlite: Path) -> None:
    """The system releases a lock when its process ends in any way."""
    with open_database(Location(path=sqlite)) as database:
        frozen(database, 1)
        first = register_worker(database, 1, NOW)
        assert first._file is not None
        # As after a kill: the row does not change, the file is closed.
        first._file.release()
        with register_worker(database, 1, NOW) as second, database.read() as connection:
            assert second.dead(connection) == (first.id,)


def test_on_postgresql_several_share_the_work(server: Location) -> None:
    """Two processes for one mailing: everybody gets one message, and both have sent some."""
    with open_database(server) as one, open_database(server) as two:
        frozen(one, 120)
        # Nobody gets a second message before both have their first.
        has_begun = [threading.Event(), threading.Event()]

        def begin(this: threading.Event) -> None:
            this.set()
            assert all(each.wait(60) for each in has_begun)

        transports = [MemoryTransport(lambda envelope, each=each: begin(each)) for each in has_begun]  # type: ignore[misc]
        told: list[Run] = []

        def work(database: Database, to: MemoryTransport) -> None:
            told.append(send(job(database, to), Stop()))

        threads = [threading.Thread(target=work, args=each) for each in zip((one, two), transports, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert {each.ending for each in told} == {Ending.DONE}
        assert sums(one).by_state == {S.ACCEPTED: 120}
    taken = Counter(number(each.envelope) for to in transports for each in to.taken)
    assert taken == Counter(range(1, 121))
    assert all(to.taken for to in transports)


def test_on_postgresql_the_dead_are_told_from_the_living(server: Location) -> None:
    """By their lock; a worker without a heartbeat for longer than any answer takes is dead, even with a lock."""
    with open_database(server) as database:
        frozen(database, 1)
        first, second, third = (register_worker(database, 1, NOW) for _ in range(3))
        with database.write() as connection:
            assert third.dead(connection) == ()
        assert first._session is not None
        first._session.invalidate()
        with database.write() as connection:
            until(lambda: third.dead(connection) == (first.id,))
        with database.write() as connection:
            lapsed = (LEASE + timedelta(seconds=1)) // timedelta(milliseconds=1)
            connection.execute(
                text("UPDATE workers SET seen = seen - :lapsed WHERE id = :id"), {"lapsed": lapsed, "id": second.id}
            )
            assert third.dead(connection) == (first.id, second.id)
            second.heartbeat(connection, NOW)
            assert third.dead(connection) == (first.id,)
        second.leave()
        third.leave()


def test_a_worker_considered_dead_gets_an_error(database: Database) -> None:
    """At its next heartbeat; others have its deliveries."""
    frozen(database, 1)
    with register_worker(database, 1, NOW) as worker:
        with database.write() as connection:
            worker.heartbeat(connection, NOW)
            connection.execute(update(workers).values(ended=NOW))
        with pytest.raises(DatabaseLostError), database.write() as connection:
            worker.heartbeat(connection, NOW)


def test_the_lease_is_longer_than_any_answer() -> None:
    """RFC 5321 allows ten minutes for an answer: a worker that still waits is not dead."""
    assert timedelta(seconds=600) < LEASE


def test_a_running_process_takes_over_from_a_dead_one(server: Location) -> None:
    """On PostgreSQL the others do not wait for the next run: its claims are sent, its dots are unconfirmed."""
    with open_database(server) as database:
        frozen(database, 30)
        dead = register_worker(database, 1, NOW)
        with database.write() as connection:
            claimed = ledger.claim(connection, 1, dead.id, 10, NOW)
            ids = [due.tried.subscriber_id for due in claimed.due]
            assert ledger.intend(connection, 1, dead.id, ids[:2], NOW) == frozenset(ids[:2])
        to = MemoryTransport()
        told: list[Run] = []
        thread = threading.Thread(target=lambda: told.append(run(database, to)))
        thread.start()
        # The living one sends everything that is not claimed by others, and waits.
        until(lambda: sums(database)[S.ACCEPTED] == 20)
        assert not told
        assert dead._session is not None
        dead._session.invalidate()
        thread.join(60)
        assert told and told[0].ending is Ending.DONE
        assert sums(database).by_state == {S.ACCEPTED: 28, S.UNKNOWN: 2}


def test_a_run_considered_dead_stops(server: Location, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its next heartbeat fails: it starts nothing more and leaves its deliveries to the others."""
    with open_database(server) as database:
        frozen(database, 400)

        def script(envelope: Envelope) -> Outcome | None:
            if number(envelope) == 5:
                with database.write() as connection:
                    connection.execute(update(workers).values(ended=NOW))
            # All of them would take five seconds; the next heartbeat comes within milliseconds.
            time.sleep(0.05 if number(envelope) > 5 else 0)
            return None

        monkeypatch.setattr("composer.delivery.worker.run_loop.HEARTBEAT_INTERVAL", timedelta())
        monkeypatch.setattr("composer.delivery.worker.run_loop._LOOK", 0.0)
        ran = run(database, MemoryTransport(script))
        assert ran.ending is Ending.LEDGER and ran.error is not None
        assert "considered this one dead" in ran.words
        with database.read() as connection:
            assert connection.scalar(select(deliveries.c.state).where(deliveries.c.subscriber_id == 400)) == S.PENDING


def test_a_claim_uses_an_index(sqlite: Path) -> None:
    """SQLite uses the index of open deliveries: with a million recipients a claim is as fast as with ten."""
    with open_database(Location(path=sqlite)) as database, database.read() as connection:
        for question in (*statements.DUE.values(), *statements.NEXT.values()):
            compiled = question.compile(dialect=database.engine.dialect)
            values = tuple(1 for _ in compiled.positiontup or ())
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values).all()
            assert "ix_deliveries_due (mailing_id=? AND state=?" in plan[0][3]
            assert not any("SCAN" in row[3] or "TEMP B-TREE" in row[3] for row in plan)


def test_what_is_known_of_a_run(database: Database) -> None:
    """Its mailing, computer and process, its start, and its own last heartbeat; its end is recorded once."""
    frozen(database, 1)
    with register_worker(database, 1, NOW) as gone:
        pass
    with register_worker(database, 1, NOW) as worker:
        with database.write() as connection:
            columns = (workers.c.mailing_id, workers.c.host, workers.c.process, workers.c.began, workers.c.ended)
            row = connection.execute(select(*columns).where(workers.c.id == worker.id)).one()
            assert tuple(row) == (1, socket.gethostname(), os.getpid(), NOW, None)
            connection.execute(update(workers).values(seen=NOW - HOUR))
            worker.heartbeat(connection, NOW + HOUR)
            seen = dict(connection.execute(select(workers.c.id, workers.c.seen)).all())
            assert seen[gone.id] == NOW - HOUR
            if database.path is None:
                # With the server's own clock.
                assert abs(seen[worker.id] - datetime.now(UTC)) < HOUR
            else:
                assert seen[worker.id] == NOW + HOUR
            mark_ended(connection, (gone.id,), NOW)
            mark_ended(connection, (gone.id,), NOW + HOUR)
            assert dict(connection.execute(select(workers.c.id, workers.c.ended)).all()) == {
                gone.id: NOW,
                worker.id: None,
            }
        assert worker.is_alone is (database.path is not None)


def test_a_lock_that_was_taken_before_is_the_workers(sqlite: Path) -> None:
    """A process that holds it does not take it again, and releases it with the rest."""
    with open_database(Location(path=sqlite)) as database:
        frozen(database, 1)
        with lock_sending(database) as lock:
            with register_worker(database, 1, NOW, lock=lock), pytest.raises(BusyError):
                lock_sending(database)
            lock_sending(database).release()


def test_notes_of_runs_that_go_on_are_kept(server: Location, tmp_path: Path) -> None:
    """Each process of a computer has its own; the note of an ended process is deleted when the next one starts."""
    with open_database(server) as database:
        frozen(database, 1)
        with database.write() as connection:
            name_publication(connection, b"publication")
        counts, running = [], []
        for ended in ((), (1,), (), (2, 3)):
            with database.write() as connection:
                mark_ended(connection, ended, NOW)
            running.append(register_worker(database, 1, NOW, notes=tmp_path))
            counts.append(len(list(tmp_path.rglob("*.age"))))
        for each in running:
            each.leave()
        assert counts == [1, 1, 2, 1]
        # The note of an acceptance is deleted by the first run after it.
        restore(database, tmp_path, "anna", NOW)
        before = set(tmp_path.rglob("*.age"))
        with register_worker(database, 1, NOW, notes=tmp_path):
            after = set(tmp_path.rglob("*.age"))
    assert len(before) == len(after) == 1 and before != after
