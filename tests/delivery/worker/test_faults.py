"""Problems of the disk, the file and the database: a mailing fails safely. Without a recorded intent no dot is sent; an
outcome that cannot be recorded is unconfirmed, never lost.
"""

import shutil
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, make_url

from composer.core.errors import DatabaseError
from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.delivery.core.mailing import mailing_of
from composer.delivery.core.scheduler import Ending
from composer.delivery.core.states import DeliveryState
from composer.transport.envelope import Envelope
from composer.transport.memory_transport import MemoryTransport
from tests.databases import PostgresServer
from tests.delivery.factories import frozen, states, sums
from tests.delivery.worker.test_run_loop import number, run

pytestmark = pytest.mark.fault

S = DeliveryState


@pytest.fixture
def file(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    path = tmp_path / "newsletter.db"
    shutil.copy(sqlite_template, path)
    with open_database(Location(path=path)) as database:
        yield database


def at(which: int, what: Callable[[], None]) -> MemoryTransport:
    """Do something once, while a message is being sent; later messages wait until it is done. Accept all of them."""
    is_begun, is_done = threading.Event(), threading.Event()

    def script(envelope: Envelope) -> None:
        if number(envelope) == which and not is_begun.is_set():
            is_begun.set()
            try:
                what()
            finally:
                is_done.set()
        elif number(envelope) > which:
            is_done.wait(60)

    return MemoryTransport(script)


def check(database: Database, to: MemoryTransport) -> None:
    """Check that the ledger knows every copy, and that there are no duplicates."""
    copies = Counter(number(each.envelope) for each in to.taken)
    for subscriber_id, state in states(database).items():
        assert copies[subscriber_id] <= 1
        if copies[subscriber_id]:
            assert state in (S.ACCEPTED, S.SENDING, S.UNKNOWN)
        if state is S.ACCEPTED:
            assert copies[subscriber_id] == 1


def goes_on(database: Database, to: MemoryTransport, unknown: int) -> None:
    """The next run finishes the mailing; this many recipients may be unconfirmed."""
    again = run(database, to)
    assert again.ending is Ending.DONE
    check(database, to)
    found = sums(database)
    assert found[S.UNKNOWN] <= unknown
    assert found[S.ACCEPTED] + found[S.UNKNOWN] == found.frozen


def read_only_when(database: Database, is_closed: threading.Event) -> None:
    """Reject all writes while the event is set."""

    @event.listens_for(database.engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if is_closed.is_set() else 'OFF'}")
        connection.info.clear()


def test_the_disk_is_full(file: Database) -> None:
    """Nothing more is sent, and the message says why; with free space the next run finishes it."""
    frozen(file, 300)
    is_full = threading.Event()

    @event.listens_for(file.engine, "begin")
    def limit(connection: Connection) -> None:
        # For a connection: the current size of the file, and no page more.
        count = 1 if is_full.is_set() else 2**30
        connection.exec_driver_sql(f"PRAGMA max_page_count={count}")

    to = at(20, is_full.set)
    ran = run(file, to)
    assert ran.ending is Ending.LEDGER
    assert "the disk is full" in ran.words
    assert len(to.taken) < 300
    check(file, to)
    is_full.clear()
    goes_on(file, to, unknown=4)


def test_the_database_is_locked_by_somebody_else(file: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """For longer than any wait: nothing is sent, and the run ends with a message."""
    frozen(file, 60)
    assert file.path is not None
    other = sqlite3.connect(file.path, isolation_level=None, check_same_thread=False)

    monkeypatch.setattr("composer.database.engine.BUSY_MS", 200)

    def lock() -> None:
        other.execute("BEGIN IMMEDIATE")

    to = at(20, lock)
    ran = run(file, to)
    other.execute("ROLLBACK")
    other.close()
    assert ran.ending is Ending.LEDGER
    assert "another command is writing" in ran.words
    assert len(to.taken) <= 24
    check(file, to)
    goes_on(file, to, unknown=4)


def test_locked_for_a_moment_is_waited_for(file: Database) -> None:
    """A web page that writes, a backup: the final dots wait for it, and nothing else changes."""
    frozen(file, 40)
    assert file.path is not None
    other = sqlite3.connect(file.path, isolation_level=None, check_same_thread=False)

    def lock() -> None:
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.4, lambda: other.execute("ROLLBACK")).start()

    begun = time.monotonic()
    assert run(file, at(10, lock)).is_over
    assert time.monotonic() - begun >= 0.4
    other.close()


def test_a_file_that_may_not_be_written(file: Database) -> None:
    """It is reported before a message is sent."""
    frozen(file, 5)
    to = MemoryTransport()

    is_closed = threading.Event()
    is_closed.set()
    read_only_when(file, is_closed)
    with pytest.raises(DatabaseError, match="is read-only"):
        run(file, to)
    assert not to.taken and not to.seen


def test_a_file_that_becomes_read_only_in_the_middle(file: Database) -> None:
    """Without a recorded intent no dot is sent."""
    frozen(file, 200)
    is_closed = threading.Event()
    read_only_when(file, is_closed)
    to = at(20, is_closed.set)
    ran = run(file, to)
    assert ran.ending is Ending.LEDGER and "is read-only" in ran.words
    check(file, to)
    is_closed.clear()
    goes_on(file, to, unknown=4)


def test_what_cannot_be_written_after_the_dot_is_unknown(file: Database) -> None:
    """The answers came, and the disk stays full: the run reports how many it could not record."""
    frozen(file, 12)
    is_full = threading.Event()
    read_only_when(file, is_full)

    class Filling(MemoryTransport):
        def _end(self, envelope: Envelope, *rest: object) -> None:
            super()._end(envelope, *rest)  # type: ignore[arg-type]
            if len(self.taken) == 4:
                is_full.set()

    to = Filling()
    ran = run(file, to, connections=2)
    assert ran.ending is Ending.LEDGER
    assert 1 <= ran.unwritten <= 2
    check(file, to)
    assert sums(file)[S.SENDING] == ran.unwritten
    is_full.clear()
    goes_on(file, to, unknown=2)


def test_the_server_of_the_database_goes_away(
    postgres: PostgresServer, postgres_template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL closes all connections: no dot without a row; the next run finishes it."""
    monkeypatch.setattr("composer.delivery.worker.run_loop._LOOK", 0.05)
    monkeypatch.setattr("composer.delivery.worker.run_loop._TICK", 0.05)
    location = postgres.create(postgres_template)
    name = make_url(location.url).database
    with open_database(location) as database:
        frozen(database, 600)

        def throw_out() -> None:
            postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

        to = at(20, throw_out)
        ran = run(database, to)
        assert ran.ending is Ending.LEDGER
        assert len(to.taken) < 600
        check(database, to)
        goes_on(database, to, unknown=4)


def test_an_older_program_froze_it(file: Database) -> None:
    """Nothing of a mailing is recreated: its messages and settings are frozen, even if the files change."""
    frozen(file, 3, frozen_settings='{"sender": "old@example.org"}')
    with file.read() as connection:
        before = mailing_of(connection, 1)
    assert before.frozen_settings == '{"sender": "old@example.org"}' and before.program == "0.1.0"
