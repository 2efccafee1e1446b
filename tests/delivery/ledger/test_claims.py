"""The claim of a message of the public pages follows the same rules as that of a delivery; on both databases."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import events, workers
from composer.database.tables.transactional_tables import transactional_emails
from composer.delivery.core.events import EventKind, StateReason
from composer.delivery.core.retry_policy import Accept, Defer, MarkUnconfirmed
from composer.delivery.core.states import DeliveryState
from composer.delivery.core.transitions import transition_of
from composer.delivery.database_guard.age_counter import DatabaseLostError
from composer.delivery.database_guard.sending_lock import BusyError
from composer.delivery.ledger import claims
from composer.delivery.ledger.claims import PAGE_EMAILS
from composer.delivery.ledger.restore import restore
from composer.delivery.ledger.workers import LEASE, Worker, mark_ended, register_page_worker, register_worker
from tests.databases import PostgresServer
from tests.delivery.factories import NOW, SECOND, frozen

S, T = DeliveryState, transactional_emails
#: An id for each state.
EACH = dict(enumerate(S, 1))
LATER = NOW + SECOND


def add(connection: Connection, **more: Any) -> None:
    """Add a message in each state, which worker 1 has or had."""
    row = {"kind": "link", "address": "a@b.org", "normal": "a@b.org", "language": "en", "asked": NOW, "next_at": NOW}
    row |= {"changed": NOW, "attempts": 2, "worker_id": 1, **more}
    connection.execute(insert(T), [{**row, "id": number, "state": state} for number, state in EACH.items()])


def states(connection: Connection) -> dict[int, str]:
    return {row.id: row.state for row in connection.execute(select(T.c.id, T.c.state))}


def changed(connection: Connection) -> dict[int, str]:
    """Return the new state of each message that has another one than in the beginning."""
    return {number: state for number, state in states(connection).items() if state != EACH[number]}


def register(database: Database) -> Worker:
    def write(work: Callable[[Connection], int]) -> int:
        with database.write() as connection:
            return work(connection)

    return register_page_worker(database, NOW, write)


def test_a_claim_takes_what_waits(database: Database) -> None:
    """Pending and deferred messages, and no others."""
    with database.write() as connection:
        add(connection)
        connection.execute(claims.claiming(T, 7, LATER))
        assert changed(connection) == {1: "claimed", 4: "claimed"}
        has = select(T.c.id).where(T.c.worker_id == 7, T.c.changed == LATER)
        assert connection.scalars(has.order_by(T.c.id)).all() == [1, 4]


def test_an_intent_needs_the_workers_own_claim(database: Database) -> None:
    """Not a message of another worker, nor one in another state."""
    with database.write() as connection:
        add(connection)
        assert connection.execute(claims.intending(T, 2, LATER)).rowcount == 0
        assert connection.execute(claims.intending(T, 1, LATER)).rowcount == 1
        assert changed(connection) == {2: "sending"}


def test_a_late_answer_resolves_an_unconfirmed_message(database: Database) -> None:
    """Only of the worker that sent it; the attempt counts."""
    with database.write() as connection:
        add(connection)
        accepted = transition_of(Accept())
        assert connection.execute(claims.recording(T, 2, accepted, LATER)).rowcount == 0
        connection.execute(claims.recording(T, 1, accepted, LATER))
        assert changed(connection) == {3: "accepted", 7: "accepted"}
        assert connection.scalar(select(T.c.attempts).where(T.c.id == 3)) == 3


def test_what_did_not_count_is_not_counted(database: Database) -> None:
    """A throttle is not an attempt."""
    with database.write() as connection:
        add(connection)
        connection.execute(claims.recording(T, 1, transition_of(Defer(until=NOW, is_counted=False)), LATER))
        assert changed(connection) == {2: "deferred", 3: "deferred", 7: "deferred"}
        assert set(connection.scalars(select(T.c.attempts))) == {2}


def test_exclusions_come_before_the_dot(database: Database) -> None:
    """Of waiting messages, or of the worker's own claim; expiry is about waiting messages."""
    for change, wanted in (
        (claims.suppressing(T, None, LATER), {1: "suppressed", 4: "suppressed"}),
        (claims.suppressing(T, 1, LATER), {2: "suppressed"}),
        (claims.suppressing(T, 2, LATER), {}),
        (claims.expiring(T, StateReason.DEADLINE, LATER), {1: "expired", 4: "expired"}),
    ):
        with database.write() as connection:
            connection.execute(T.delete())
            add(connection)
            connection.execute(change)
            assert changed(connection) == wanted


def test_the_messages_of_dead_workers(database: Database) -> None:
    """A claim is free again, and a dot without an answer is unconfirmed, with an event; others keep what they have."""
    with database.write() as connection:
        add(connection)
        assert claims.reap(connection, PAGE_EMAILS, (2,), LATER, StateReason.RUN_DIED) == (0, 0)
        assert claims.reap(connection, PAGE_EMAILS, (1, 2), LATER, StateReason.RUN_DIED) == (1, 1)
        assert changed(connection) == {2: "pending", 3: "unknown"}
        row = connection.execute(select(T).where(T.c.id == 3)).one()
        assert (row.reason, row.attempts, row.words) == ("run_died", 3, None)
        (told,) = connection.execute(select(events)).all()
        assert (told.mailing_id, told.subscriber_id, told.email_id) == (None, None, 3)
        assert (told.kind, told.reason, told.at) == (EventKind.UNKNOWN, "run_died", LATER)


def test_a_release_is_about_claims(database: Database) -> None:
    """What is being sent stays."""
    with database.write() as connection:
        add(connection)
        assert claims.release(connection, PAGE_EMAILS, 2, LATER) == 0
        assert claims.release(connection, PAGE_EMAILS, 1, LATER) == 1
        assert changed(connection) == {2: "pending"}


def test_a_worker_of_the_pages_is_none_of_a_mailing(database: Database) -> None:
    """Both live next to each other, on SQLite too; neither takes the other for dead, nor does a restore."""
    frozen(database, 2)
    with register(database) as pages:
        with register_worker(database, 1, NOW) as sender, database.write() as connection:
            assert (pages.dead(connection), sender.dead(connection)) == ((), ())
            mark_ended(connection, (sender.id,), NOW)
        restore(database, None, "anna", NOW)
        with database.read() as connection:
            assert connection.scalar(select(workers.c.ended).where(workers.c.id == pages.id)) is None


def test_what_the_dead_had_is_found(database: Database) -> None:
    """After a kill, the next worker knows the dead one, and releases what it had; an ended one with messages, too."""
    gone = register(database)
    gone.leave()
    with register(database) as worker, database.write() as connection:
        add(connection, worker_id=gone.id)
        assert worker.dead(connection) == (gone.id,)
        mark_ended(connection, (gone.id,), NOW)
        assert worker.dead(connection) == (gone.id,)
        claims.reap(connection, PAGE_EMAILS, worker.dead(connection), NOW, StateReason.RUN_DIED)
        assert worker.dead(connection) == ()
        connection.execute(claims.recording(T, gone.id, transition_of(MarkUnconfirmed()), NOW))
        assert changed(connection) == {2: "pending", 3: "unknown"}


def test_on_sqlite_one_process_sends(tmp_path: Path, sqlite_template: Path) -> None:
    """The second one gets an error, until the first has ended."""
    path = tmp_path / "newsletter.db"
    shutil.copy(sqlite_template, path)
    with open_database(Location(path=path)) as database:
        with register(database), pytest.raises(BusyError):
            register(database)
        with register(database) as second:
            assert second.id == 2 and second.is_alone


@pytest.fixture
def server(postgres: PostgresServer, postgres_template: str) -> Iterator[Database]:
    location = postgres.create(postgres_template)
    with open_database(location) as database:
        yield database
    postgres.drop(location)


def test_on_postgresql_several_share(server: Database) -> None:
    """Nobody is dead who holds the lock, unless the last heartbeat is too long ago."""
    with register(server) as first, register(server) as second:
        with server.write() as connection:
            assert (first.dead(connection), second.dead(connection)) == ((), ())
            connection.execute(update(workers).where(workers.c.id == first.id).values(seen=NOW - LEASE))
            assert second.dead(connection) == (first.id,)
            mark_ended(connection, (first.id,), NOW)
        with server.write() as connection, pytest.raises(DatabaseLostError):
            first.heartbeat(connection, NOW + timedelta(minutes=1))
