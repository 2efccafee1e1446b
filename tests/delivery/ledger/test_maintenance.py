"""Changes of many deliveries, on both databases: after a rejection of the sender, a crash, a changed clock."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries
from composer.delivery.core.events import StateReason
from composer.delivery.core.retry_policy import RetryPolicy
from composer.delivery.core.scheduler import Ending
from composer.delivery.core.states import DeliveryState
from composer.delivery.ledger import claims, ledger, maintenance
from composer.transport.memory_transport import MemoryTransport
from composer.transport.outcome import Scope, Stage
from tests.delivery.factories import NOW, QUICK, SECOND, frozen, kinds, states, sums
from tests.delivery.worker.test_run_loop import number, refused, run, to_each

S = DeliveryState
HOUR = timedelta(hours=1)


def put(database: Database, subscriber_id: int, **values: Any) -> None:
    with database.write() as connection:
        connection.execute(update(deliveries).where(deliveries.c.subscriber_id == subscriber_id).values(**values))


def read(database: Database, subscriber_id: int) -> Any:
    with database.read() as connection:
        return connection.execute(select(deliveries).where(deliveries.c.subscriber_id == subscriber_id)).one()


def test_three_recipients_that_are_always_rejected_do_not_block_the_others(database: Database) -> None:
    """The first run stops at three rejections of the sender; the second starts with the others, so that the mailing can
    end.
    """
    frozen(database, 20)
    spam = refused(550, "5.7.1", Stage.DOT, Scope.MESSAGE)
    server = MemoryTransport(to_each(dict.fromkeys((1, 2, 3), spam)))
    assert run(database, server, connections=1).ending is Ending.HALTED
    assert run(database, server, connections=1).is_over
    assert sorted(number(each.envelope) for each in server.taken) == list(range(4, 21))
    assert sums(database).by_state == {S.ACCEPTED: 17, S.REFUSED: 3}


def test_what_waits_an_hour_still_waits_after_another_run(database: Database) -> None:
    """A new run keeps the delays of the previous one."""
    frozen(database, 3)
    slow = replace(QUICK, delays=(HOUR,), deadline=timedelta(days=2))
    server = MemoryTransport(to_each({2: refused(451, "4.2.0")}))
    assert run(database, server, policy=slow).ending is Ending.LATER
    due = read(database, 2).next_at
    ran = run(database, server, policy=slow)
    assert (ran.ending, ran.tried) == (Ending.LATER, 0)
    assert (read(database, 2).next_at, read(database, 2).attempts) == (due, 1)


@pytest.mark.parametrize("state", [S.PENDING, S.DEFERRED])
@pytest.mark.parametrize(
    "policy",
    [
        RetryPolicy(delays=(10 * SECOND, HOUR), longest_pause=timedelta(minutes=5)),
        RetryPolicy(delays=(10 * SECOND,), longest_pause=HOUR),
    ],
    ids=["delay", "pause"],
)
def test_after_a_clock_change_too_long_waits_are_due(
    database: Database, policy: RetryPolicy, state: DeliveryState
) -> None:
    """It waits for up to the longest delay or pause; a longer wait comes from a wrong clock."""
    frozen(database, 3)
    put(database, 1, state=state, next_at=NOW + HOUR)
    put(database, 2, state=state, next_at=NOW + HOUR + SECOND)
    put(database, 3, state=S.UNKNOWN, next_at=NOW + 2 * HOUR)
    with database.write() as connection:
        assert maintenance.repair_schedule(connection, 1, NOW, policy) == 1
    assert [read(database, each).next_at for each in (1, 2, 3)] == [NOW + HOUR, NOW, NOW + 2 * HOUR]


def test_retry_now_makes_all_waiting_deliveries_due(database: Database) -> None:
    """Waiting deliveries are due now, and nothing else is changed."""
    frozen(database, 3)
    put(database, 1, state=S.DEFERRED, next_at=NOW + HOUR)
    put(database, 2, next_at=NOW + HOUR)
    put(database, 3, next_at=NOW - HOUR)
    with database.write() as connection:
        assert maintenance.retry_now(connection, 1, NOW) == 2
    assert [read(database, each).next_at for each in (1, 2, 3)] == [NOW, NOW, NOW - HOUR]


def test_after_a_crash_claims_are_free_and_dots_are_unconfirmed(database: Database) -> None:
    """An attempt without an answer counts; other processes' deliveries, and other mailings, do not change."""
    frozen(database, 4)
    other = frozen(database, 0, issue="2025-02-28")
    with database.write() as connection:
        for worker, count in ((7, 3), (8, 1)):
            ledger.claim(connection, 1, worker, count, NOW)
        ledger.claim(connection, other.id, 7, 1, NOW)
        assert ledger.intend(connection, 1, 7, [1, 2], NOW) == {1, 2}
        assert claims.reap(connection, claims.deliveries_of(1), [7], NOW + SECOND, StateReason.RUN_DIED) == (1, 2)
    assert states(database) == {1: S.UNKNOWN, 2: S.UNKNOWN, 3: S.PENDING, 4: S.CLAIMED}
    assert states(database, other.id)[1] is S.CLAIMED
    with database.read() as connection:
        tries = dict(
            connection.execute(
                select(deliveries.c.subscriber_id, deliveries.c.attempts).where(deliveries.c.mailing_id == 1)
            ).all()
        )
    assert tries == {1: 1, 2: 1, 3: 0, 4: 0}
    assert (kinds(database, 1), kinds(database, 3)) == (["unknown"], [])


def test_the_deadline_counts_from_the_first_attempt(database: Database) -> None:
    """A delivery first tried before the deadline expires; one that waits for another reason does not."""
    frozen(database, 3)
    policy = RetryPolicy(deadline=HOUR)
    put(database, 1, state=S.DEFERRED, first_at=NOW - HOUR - SECOND)
    put(database, 2, state=S.DEFERRED, first_at=NOW - HOUR)
    put(database, 3, first_at=NOW - 2 * HOUR)
    with database.write() as connection:
        assert maintenance.expire(connection, 1, NOW, policy) == 1
    assert states(database) == {1: S.EXPIRED, 2: S.DEFERRED, 3: S.PENDING}
    assert (kinds(database, 1), kinds(database, 2)) == (["expired"], [])
    assert read(database, 1).issue_id is None
