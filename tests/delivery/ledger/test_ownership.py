"""What a worker holds: its row, its lock, its heartbeats, and their end."""

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text, update

from composer.core.errors import UnavailableError
from composer.database.database_state import BACKUP, database_state
from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import deliveries, workers
from composer.delivery.core.states import DeliveryState
from composer.delivery.database_guard.age_counter import ReplacedError
from composer.delivery.database_guard.copy_detection import place_of
from composer.delivery.database_guard.ledger_age import CopyError, set_state
from composer.delivery.database_guard.sending_lock import lock_sending
from composer.delivery.ledger.workers import HEARTBEAT_INTERVAL, LEASE, Worker, is_alive, mark_ended, register_worker
from tests.databases import PostgresServer
from tests.delivery.factories import NOW, frozen

S = DeliveryState
MINUTE = timedelta(minutes=1)
#: How many advisory locks are held; a condition may follow.
LOCKS = (
    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
    " WHERE locktype = 'advisory' AND datname = current_database()"
)


@pytest.fixture
def file(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    """A SQLite database with a mailing."""
    path = tmp_path / "newsletter.db"
    shutil.copy(sqlite_template, path)
    with open_database(Location(path=path)) as database:
        frozen(database, 2)
        yield database


@pytest.fixture(scope="module")
def server(postgres: PostgresServer, postgres_template: str) -> Iterator[Database]:
    """A PostgreSQL database with a mailing, for all tests in this module."""
    with open_database(postgres.create(postgres_template)) as database:
        frozen(database, 2)
        yield database


def row_of(database: Database, worker: Worker) -> dict[str, object]:
    with database.read() as connection:
        return dict(connection.execute(select(workers).where(workers.c.id == worker.id)).one()._mapping)


def is_free(worker_id: int) -> Callable[[Connection], bool]:
    """Return whether a worker's lock is free, in the server's list."""
    return lambda connection: not connection.scalar(text(f"{LOCKS} AND objid = {worker_id}"))


def until(database: Database, is_so: Callable[[Connection], bool]) -> None:
    """Ask again until a condition is true: a server releases a session a moment after it was closed."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with database.read() as connection:
            if is_so(connection):
                return
        time.sleep(0.01)
    raise AssertionError("it never came to be so")


def test_a_lease_lasts_sixty_heartbeats() -> None:
    """A few lost or late heartbeats do not make a worker dead."""
    assert LEASE == 60 * HEARTBEAT_INTERVAL


def test_the_repr_of_a_worker_is_its_number(file: Database) -> None:
    """Without the location of the database and the counter."""
    with register_worker(file, 1, NOW) as worker:
        assert repr(worker) == f"Worker(id={worker.id})"


def test_the_row_of_a_new_worker(file: Database, server: Database) -> None:
    """The identity of the database, the time of the heartbeat, and a unique number."""
    nonces = set()
    for database in (file, server):
        with register_worker(database, 1, NOW) as worker:
            row = row_of(database, worker)
            assert row["home"] == place_of(database, None).home != ""
            assert worker.counter.note is not None and row["nonce"] == worker.counter.note.nonce
            seen = row["seen"]
            assert isinstance(seen, datetime)
            # With the server's own clock if there are several computers.
            assert seen == NOW if database is file else abs(seen - datetime.now(UTC)) < 10 * MINUTE
            nonces.add(row["nonce"])
    assert len(nonces) == 2


def test_a_heartbeat_is_on_disk(file: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the count so far; at the end once more, and then the files are closed."""
    with register_worker(file, 1, NOW) as worker:
        synced: list[str] = []
        (beside,) = worker.counter.files
        monkeypatch.setattr(type(beside), "sync", lambda self: synced.append("sync"))
        monkeypatch.setattr(type(beside), "close", lambda self: synced.append("close"))
        with file.write() as connection:
            worker.heartbeat(connection, NOW)
        assert synced == ["sync"]
    assert synced == ["sync", "sync", "close"]


def test_a_file_that_was_replaced_is_noticed(file: Database) -> None:
    """Before anything is sent; an unchanged file is accepted."""
    assert file.path is not None
    with register_worker(file, 1, NOW) as worker:
        worker.check()
        shutil.copy(file.path, other := file.path.with_name("other"))
        other.replace(file.path)
        with pytest.raises(ReplacedError):
            worker.check()


def test_a_session_that_ended_is_noticed(server: Database) -> None:
    """The lock is lost with it: others may take over the deliveries."""
    with register_worker(server, 1, NOW) as worker:
        worker.check()
        assert worker._session is not None
        process = worker._session.scalar(text("SELECT pg_backend_pid()"))
        with server.read() as connection:
            # No transaction is left open in it.
            state = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")
            assert connection.scalar(state, {"pid": process}) == "idle"
            assert connection.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": process})
        with pytest.raises(UnavailableError):
            worker.check()


def test_a_worker_that_leaves_holds_nothing(file: Database, server: Database) -> None:
    """Neither a file nor a session, which is closed."""
    for database in (file, server):
        worker = register_worker(database, 1, NOW)
        session = worker._session
        worker.leave()
        assert (worker._file, worker._session) == (None, None)
        if session is not None:
            assert session.closed
            until(database, is_free(worker.id))


def test_a_run_that_may_not_begin_leaves_no_lock(file: Database, server: Database) -> None:
    """If the database is a copy: the next process gets the same error instead of "busy"."""
    for database in (file, server):
        with database.write() as connection:
            set_state(connection, BACKUP, "2025-01-01")
            before = connection.scalars(select(workers.c.id)).all()
        for _ in range(2):
            with pytest.raises(CopyError, match="is a backup"):
                register_worker(database, 1, NOW)
        lock_sending(database).release()
        if database is server:
            until(server, lambda connection: not connection.scalar(text(f"{LOCKS} AND classid = {0x636F6D70}")))
        with database.write() as connection:
            assert connection.scalars(select(workers.c.id)).all() == before
            set_state(connection, BACKUP, None)
            assert connection.execute(select(database_state).where(database_state.c.name == BACKUP)).all() == []


def test_a_copy_is_known_before_the_transaction_in_which_a_run_begins(
    file: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With years of mailings the check takes seconds, which would block requests to unsubscribe."""
    with file.write() as connection:
        set_state(connection, BACKUP, "2025-01-01")

    def never(*arguments: object) -> None:
        raise AssertionError(arguments)

    monkeypatch.setattr("composer.delivery.ledger.workers.begin", never)
    with pytest.raises(CopyError):
        register_worker(file, 1, NOW)


def test_on_sqlite_no_other_worker_is_alive(file: Database) -> None:
    """The process with the file's lock knows that there is no other."""
    with register_worker(file, 1, NOW) as worker, file.read() as connection:
        assert is_alive(connection, worker.id) is False


def test_on_postgresql_a_lock_shows_who_is_alive(server: Database) -> None:
    """Each worker has its own lock."""
    with register_worker(server, 1, NOW) as worker, server.read() as connection:
        assert (is_alive(connection, worker.id), is_alive(connection, worker.id + 1)) == (True, False)
    until(server, lambda connection: not is_alive(connection, worker.id))


def test_a_worker_never_considers_itself_dead(file: Database, server: Database) -> None:
    """Even if others consider it dead, or it was silent for long; nor is an ended worker that left nothing."""
    for database in (file, server):
        with register_worker(database, 1, NOW) as gone:
            pass
        with register_worker(database, 1, NOW) as worker, database.write() as connection:
            mark_ended(
                connection, tuple(connection.scalars(select(workers.c.id).where(workers.c.id != worker.id))), NOW
            )
            long_ago = select(workers.c.began).where(workers.c.id == worker.id).scalar_subquery()
            connection.execute(update(workers).values(seen=long_ago))
            assert worker.dead(connection) == ()
            connection.execute(
                update(deliveries).where(deliveries.c.subscriber_id == 1).values(state=S.CLAIMED, worker_id=worker.id)
            )
            mark_ended(connection, (worker.id,), NOW)
            assert worker.dead(connection) == ()
            connection.execute(update(deliveries).values(worker_id=gone.id))
            assert worker.dead(connection) == (gone.id,)
            connection.execute(update(deliveries).values(state=S.PENDING, worker_id=None))


def test_a_lease_is_counted_in_milliseconds(server: Database) -> None:
    """A minute less than it is alive, a second more is dead."""
    with (
        register_worker(server, 1, NOW) as worker,
        register_worker(server, 1, NOW) as other,
        server.write() as connection,
    ):
        mark_ended(
            connection,
            tuple(connection.scalars(select(workers.c.id).where(workers.c.id.not_in((worker.id, other.id))))),
            NOW,
        )
        for silence, dead in ((LEASE - MINUTE, ()), (LEASE + timedelta(seconds=1), (other.id,))):
            other.heartbeat(connection, NOW)
            ago = {"ago": silence // timedelta(milliseconds=1), "id": other.id}
            connection.execute(text("UPDATE workers SET seen = seen - :ago WHERE id = :id"), ago)
            assert worker.dead(connection) == dead
