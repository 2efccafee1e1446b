"""The deliveries of dead processes are released; those of a living process do not change."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from composer.database.engine import Database
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import deliveries, recipients, variants, workers
from composer.delivery.core.mailing import MailingError
from composer.delivery.core.states import DeliveryState
from composer.delivery.database_guard.sending_lock import lock_sending
from composer.delivery.ledger.claims import deliveries_of, held_by_ended, release
from composer.delivery.ledger.maintenance import end_for_good
from composer.delivery.ledger.reaper import reap, reap_and_end
from composer.delivery.ledger.workers import LEASE, mark_ended, register_worker
from composer.delivery.selection.freeze import freeze
from tests.databases import PostgresServer
from tests.delivery.factories import NOW, draft, frozen, kinds, states, sums

S = DeliveryState
LATER = NOW + timedelta(hours=1)


def enter(database: Database, mailing_id: int, *, ended: datetime | None = None) -> int:
    """Add a run that is dead: it has a row, and nobody holds its lock."""
    row = {"mailing_id": mailing_id, "host": "mx", "process": 7, "home": "h", "began": NOW, "seen": NOW, "ended": ended}
    with database.write() as connection:
        return int(connection.execute(insert(workers).returning(workers.c.id), row).scalar_one())


def take(database: Database, worker_id: int, has: dict[int, DeliveryState], mailing_id: int = 1) -> None:
    with database.write() as connection:
        for subscriber_id, state in has.items():
            one = (deliveries.c.subscriber_id == subscriber_id) & (deliveries.c.mailing_id == mailing_id)
            connection.execute(update(deliveries).where(one).values(state=state, worker_id=worker_id))


def ended(database: Database) -> dict[int, datetime | None]:
    with database.read() as connection:
        return {row.id: row.ended for row in connection.execute(select(workers.c.id, workers.c.ended))}


def two_mailings(database: Database) -> None:
    frozen(database, 6)
    with database.write() as connection:
        freeze(connection, draft("other"), NOW)


def test_deliveries_of_dead_processes_are_released(database: Database) -> None:
    """Claims are pending again, a dot that may have been sent is unconfirmed; only for this mailing, also for ended runs."""
    two_mailings(database)
    dead, said_so = enter(database, 1), enter(database, 1, ended=NOW)
    # A run of another mailing that had deliveries of this one before.
    other, elsewhere = enter(database, 2), enter(database, 2)
    # A run without deliveries is dead, too.
    idle = enter(database, 1)
    take(database, dead, {1: S.CLAIMED, 2: S.SENDING})
    take(database, said_so, {3: S.CLAIMED})
    take(database, other, {4: S.SENDING})
    take(database, elsewhere, {1: S.CLAIMED}, mailing_id=2)
    # Its deliveries of this mailing are finished.
    take(database, elsewhere, {6: S.ACCEPTED})
    # Of a run without a row.
    take(database, 99, {5: S.CLAIMED})
    found = reap(database, 1, LATER)
    assert (found.freed, found.unknown, found.alive) == (3, 2, ())
    assert states(database) == {1: S.PENDING, 2: S.UNKNOWN, 3: S.PENDING, 4: S.UNKNOWN, 5: S.PENDING, 6: S.ACCEPTED}
    assert states(database, 2)[1] is S.CLAIMED
    assert ended(database) == {dead: LATER, said_so: NOW, other: LATER, elsewhere: None, idle: LATER}
    assert kinds(database, 2) == ["unknown"]
    # Another process may send at once.
    lock_sending(database).release()
    with database.read() as connection:
        reason = select(deliveries.c.reason).where(deliveries.c.subscriber_id == 2, deliveries.c.mailing_id == 1)
        assert connection.scalar(reason) == "run_died"
    assert reap(database, 1, LATER).freed == 0


def test_deliveries_of_a_living_process_stay(database: Database) -> None:
    """It is named, with the time from which it counts as dead if several computers may send."""
    two_mailings(database)
    with register_worker(database, 1, NOW) as gone:
        dead = gone.id
    take(database, dead, {1: S.CLAIMED})
    with register_worker(database, 1, NOW) as sender:
        take(database, sender.id, {2: S.CLAIMED, 3: S.SENDING})
        found = reap(database, 1, LATER)
        assert (found.freed, found.unknown, len(found.alive)) == (1, 0, 1)
        with database.read() as connection:
            row = connection.execute(select(workers).where(workers.c.id == sender.id)).one()
        worker = found.alive[0]
        assert (worker.host, worker.process, worker.began) == (row.host, row.process, NOW)
        assert worker.dies == (None if database.path else row.seen + LEASE)
        assert ended(database) == {dead: LATER, sender.id: None}
        take(database, sender.id, {3: S.PENDING})
        assert reap_and_end(database, 1, "anna", LATER) == (None, found.__class__(freed=0, unknown=0, alive=(worker,)))
    total, found = reap_and_end(database, 1, "anna", LATER)
    assert (found.freed, found.unknown, found.alive) == (1, 0, ())
    assert total is not None and total.by_state == {S.EXPIRED: 6}
    with pytest.raises(MailingError, match="has already ended"):
        reap_and_end(database, 1, "anna", LATER)


def test_a_run_releases_only_its_own_claims(database: Database) -> None:
    """Not those of another process or mailing, and nothing whose dot may have been sent."""
    two_mailings(database)
    mine, theirs = enter(database, 1), enter(database, 1)
    take(database, mine, {1: S.CLAIMED, 2: S.SENDING})
    take(database, theirs, {3: S.CLAIMED})
    take(database, mine, {4: S.CLAIMED}, mailing_id=2)
    with database.write() as connection:
        assert release(connection, deliveries_of(1), mine, LATER) == 1
    assert states(database) == {1: S.PENDING, 2: S.SENDING, 3: S.CLAIMED, 4: S.PENDING, 5: S.PENDING, 6: S.PENDING}
    assert states(database, 2)[4] is S.CLAIMED


def test_deliveries_left_by_an_ended_run_are_found(database: Database) -> None:
    """Its last transaction may be committed after its death: a worker with deliveries is dead, one without is not."""
    frozen(database, 6)
    with register_worker(database, 1, NOW) as gone:
        pass
    with register_worker(database, 1, NOW) as sender:
        with database.write() as connection:
            assert sender.dead(connection) == (gone.id,)
            mark_ended(connection, (gone.id,), NOW)
            assert sender.dead(connection) == ()
        for state in (S.CLAIMED, S.SENDING, S.PENDING):
            take(database, gone.id, {1: state})
            with database.write() as connection:
                assert sender.dead(connection) == (() if state is S.PENDING else (gone.id,))
                assert held_by_ended(connection, deliveries_of(2)) == set()


def test_a_mailing_is_not_canceled_while_it_is_being_sent(database: Database) -> None:
    """Whether it is claimed or being sent."""
    frozen(database, 2)
    for state in (S.CLAIMED, S.SENDING):
        take(database, enter(database, 1), {1: state})
        with database.write() as connection, pytest.raises(MailingError, match="is being sent"):
            end_for_good(connection, 1, "anna", NOW)
        assert sums(database).by_state == {state: 1, S.PENDING: 1}


def test_ending_a_mailing_does_not_change_another(database: Database) -> None:
    """Recipients and messages of the other mailing stay."""
    two_mailings(database)
    with database.write() as connection:
        end_for_good(connection, 1, "anna", NOW)
        for table in (recipients, variants):
            assert set(connection.scalars(select(table.c.mailing_id))) == {2}


def test_a_lease_is_longer_than_any_wait_for_an_answer() -> None:
    """Fifteen minutes, as documented; the wait for an answer to the final dot is at most ten."""
    assert timedelta(minutes=15) == LEASE


def test_a_run_may_be_dead_though_it_holds_its_lock(database: Database) -> None:
    """A run that was considered dead and does not know it yet; and on PostgreSQL, where the server may keep the session
    of a vanished computer, one without a heartbeat: it is not reported as sending, and its deliveries are released.
    """
    frozen(database, 2)
    silent, ended = {"seen": NOW - timedelta(days=36_500)}, {"ended": NOW}
    with register_worker(database, 1, NOW) as sender:
        for values, is_dead in ((silent, database.path is None), (ended, True)):
            take(database, sender.id, {1: S.CLAIMED, 2: S.SENDING})
            with database.write() as connection:
                seen = select(workers.c.began).where(workers.c.id == sender.id).scalar_subquery()
                connection.execute(update(workers).values({"seen": seen, "ended": None, **values}))
            found = reap(database, 1, LATER)
            assert (found.freed, found.unknown, len(found.alive)) == ((1, 1, 0) if is_dead else (0, 0, 1))


def test_senders_are_listed_in_order(postgres: PostgresServer, postgres_template: str) -> None:
    """The ones with the latest heartbeat; on PostgreSQL, where several may send."""
    with open_database(postgres.create(postgres_template)) as database:
        frozen(database, 1)
        with register_worker(database, 1, NOW) as first, register_worker(database, 1, LATER) as second:
            for each in (second, first):
                with database.write() as connection:
                    each.heartbeat(connection, NOW)
            assert [each.began for each in reap(database, 1, LATER).alive] == [NOW, LATER]
