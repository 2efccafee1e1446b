"""The ledger row by row, on both databases: what is claimed, what is suppressed, and when the next delivery is due."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from composer.audience.erasure import erase
from composer.audience.suppression import Reason, suppress
from composer.core.addresses import Address
from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries, mailings
from composer.delivery.core.address_masking import without_address
from composer.delivery.core.states import DeliveryState
from composer.delivery.ledger import ledger
from tests.delivery.factories import NOW, SECOND, frozen, kinds, states

S = DeliveryState
MINUTE = timedelta(minutes=1)


def put_off(database: Database, subscriber_id: int, until: timedelta, state: DeliveryState) -> None:
    with database.write() as connection:
        one = update(deliveries).where(deliveries.c.subscriber_id == subscriber_id)
        connection.execute(one.values(state=state, next_at=NOW + until))


@pytest.mark.parametrize(
    ("deferred", "pending", "wanted"),
    [(5 * MINUTE, 9 * MINUTE, 5), (9 * MINUTE, 5 * MINUTE, 5), (5 * MINUTE, None, 5), (None, 9 * MINUTE, 9)],
)
def test_the_earliest_waiting_delivery_is_due_next(
    database: Database, deferred: timedelta | None, pending: timedelta | None, wanted: int
) -> None:
    """For a retry or a released delivery: a run sleeps until the earlier of the two."""
    frozen(database, 6)
    numbers = iter(range(1, 7))
    for until, state in ((deferred, S.DEFERRED), (pending, S.PENDING)):
        if until is not None:
            put_off(database, next(numbers), until, state)
            put_off(database, next(numbers), until + MINUTE, state)
    with database.write() as connection:
        claimed = ledger.claim(connection, 1, 1, 10, NOW)
    assert [due.recipient.address for due in claimed.due] == [f"Reader{each}@example.net" for each in numbers]
    assert (claimed.next_due, claimed.is_more) == (NOW + wanted * MINUTE, False)


def test_retries_come_first(database: Database) -> None:
    """Then new deliveries, in the order of the subscribers, then released ones; at most as many as requested."""
    frozen(database, 5)
    put_off(database, 4, -SECOND, S.DEFERRED)
    put_off(database, 3, -MINUTE, S.PENDING)
    with database.write() as connection:
        first = ledger.claim(connection, 1, 1, 3, NOW)
        rest = ledger.claim(connection, 1, 1, 3, NOW)
    assert [due.tried.subscriber_id for due in first.due] == [4, 1, 2]
    assert ([due.tried.subscriber_id for due in rest.due], first.is_more, rest.is_more) == ([5, 3], True, False)
    assert (first.next_due, rest.next_due) == (None, None)


def test_nothing_is_sent_to_held_bounces(database: Database) -> None:
    """They keep their status; they are suppressed before the dot, with the time and the reason."""
    frozen(database, 2)
    with database.write() as connection:
        ledger.claim(connection, 1, 1, 2, NOW)
        suppress(connection, "reader2@example.net", Reason.HELD, "mail", NOW)
        assert ledger.intend(connection, 1, 1, [1, 2], NOW + MINUTE) == {1}
        row = connection.execute(select(deliveries).where(deliveries.c.subscriber_id == 2)).one()
    assert (row.state, row.changed, row.issue_id) == (S.SUPPRESSED, NOW + MINUTE, None)


def test_only_a_manual_run_sends_a_paused_mailing(database: Database) -> None:
    """A timer does not send a paused mailing; nobody sends a stopped or ended one; other mailings are not affected."""
    frozen(database, 1)
    stopped = ledger.Claimed(due=(), suppressed=0, is_more=False, next_due=None, is_stopped=True)
    with database.write() as connection:
        assert ledger.goes_on(connection, 1) and ledger.goes_on(connection, 1, is_unattended=True)
        for column, by_hand in (("paused", True), ("stopped", False), ("ended", False)):
            connection.execute(update(mailings).values(paused=None, stopped=None, ended=None))
            connection.execute(update(mailings).values({column: NOW}))
            assert ledger.goes_on(connection, 1) is by_hand
            assert not ledger.goes_on(connection, 1, is_unattended=True)
            assert ledger.claim(connection, 1, 1, 5, NOW, is_unattended=True) == stopped
            assert not ledger.goes_on(connection, 2)


@pytest.mark.parametrize("is_claimed", [False, True])
def test_suppressed_recipients_are_not_held(database: Database, is_claimed: bool) -> None:
    """Suppressed before the claim or the dot: if they return, another mailing of the issue may be sent to them."""
    frozen(database, 4)
    with database.write() as connection:
        if is_claimed:
            ledger.claim(connection, 1, 1, 4, NOW)
        suppress(connection, "reader2@example.net", Reason.UNSUBSCRIBED, "link", NOW)
        erase(connection, Address(address="reader3@example.net"), NOW)
        if is_claimed:
            assert ledger.intend(connection, 1, 1, [1, 2, 3, 4], NOW) == {1, 4}
        else:
            assert ledger.claim(connection, 1, 1, 4, NOW).suppressed == 2
        held = dict(connection.execute(select(deliveries.c.subscriber_id, deliveries.c.issue_id)).all())
        connection.execute(update(mailings).values(ended=NOW))
    assert [states(database)[each] for each in (2, 3)] == [S.SUPPRESSED] * 2
    assert (held[2], held[3]) == (None, None)
    assert None not in (held[1], held[4])
    assert kinds(database, 2) == kinds(database, 3) == ["suppressed"]


def test_another_workers_claim_is_not_suppressed(database: Database) -> None:
    """A worker that requests a dot for a delivery it has not claimed changes nothing, even if the subscriber unsubscribed."""
    frozen(database, 2)
    with database.write() as connection:
        ledger.claim(connection, 1, 1, 2, NOW)
        suppress(connection, "reader2@example.net", Reason.UNSUBSCRIBED, "link", NOW)
        assert ledger.intend(connection, 1, 5, [1, 2], NOW) == set()
    assert states(database) == {1: S.CLAIMED, 2: S.CLAIMED}


def test_what_others_have_in_hand_is_counted(database: Database) -> None:
    """Claimed or being sent; its own deliveries, and other mailings, are not counted."""
    frozen(database, 5)
    other = frozen(database, 0, issue="2025-02-28")
    with database.write() as connection:
        for worker, count in ((1, 2), (2, 2)):
            ledger.claim(connection, 1, worker, count, NOW)
        ledger.claim(connection, other.id, 2, 5, NOW)
        ledger.intend(connection, 1, 2, [3], NOW)
        assert [ledger.elsewhere(connection, 1, worker) for worker in (1, 2, 3)] == [2, 2, 4]


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("550 <Anna@Example.org>: no anna@ here", "550 <…>: no … here"),
        # A letter that becomes two in lower case: the text is removed at the right place.
        ("550 İİİİ anna@example.org is unknown", "550 İİİİ … is unknown"),
        ("250 2.0.0 Ok: queued as 4XyZ", "250 2.0.0 Ok: queued as 4XyZ"),
    ],
)
def test_replies_are_stored_without_the_address(words: str, left: str) -> None:
    """In any case."""
    assert without_address(words, "anna@example.org") == left
