"""What is said of a mailing by its sums and times: a table for each word."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from composer.database.engine import Database
from composer.database.mailings import deliveries, mailings
from composer.delivery.freezing import freeze
from composer.delivery.mailing import (
    Mailing,
    MailingError,
    Sums,
    is_early,
    mailing_of,
    sums_of,
    unfinished,
    unfinished_mailings,
)
from composer.delivery.states import DeliveryState
from tests.delivery.house import NOW, SECOND, add_readers, draft, frozen

S = DeliveryState
#: A different number for each state, so that no sum is another one by accident.
EACH = {state: 1 << number for number, state in enumerate(S)}


def test_sums_add_up_what_they_say() -> None:
    """Open is what is still to be done, holding who has it or may have it."""
    sums = Sums(frozen=sum(EACH.values()), by_state=EACH)
    assert sums.total == sums.frozen and sums.is_even and not sums.is_complete
    assert sums.open == sum(EACH[each] for each in (S.PENDING, S.CLAIMED, S.SENDING, S.DEFERRED))
    assert sums.holding == sum(EACH[each] for each in (S.CLAIMED, S.SENDING, S.DEFERRED, S.ACCEPTED, S.UNKNOWN))
    assert not replace(sums, frozen=sums.frozen + 1).is_even
    assert Sums(frozen=0, by_state={})[S.ACCEPTED] == 0


@pytest.mark.parametrize("state", S)
def test_a_mailing_is_complete_when_every_fate_is_known(state: DeliveryState) -> None:
    """And only if all recipients are accounted for."""
    is_known = state in (S.ACCEPTED, S.REFUSED, S.SUPPRESSED, S.EXPIRED, S.WRITTEN)
    assert Sums(frozen=2, by_state={state: 2}).is_complete is is_known
    assert not Sums(frozen=3, by_state={state: 2}).is_complete


@pytest.mark.parametrize(
    ("seconds", "pending", "is_still_early"),
    [(1, 3, True), (0, 3, False), (-1, 3, False), (1, 2, False), (None, 3, False)],
)
def test_a_mailing_is_early_until_its_time(
    database: Database, seconds: int | None, pending: int, is_still_early: bool
) -> None:
    """Or until somebody has begun it before; one that has no time never is."""
    mailing: Mailing = frozen(database, 3, due=None if seconds is None else NOW + seconds * SECOND)
    sums = Sums(frozen=3, by_state={S.PENDING: pending, S.ACCEPTED: 3 - pending})
    assert is_early(mailing, sums, NOW) is is_still_early


def test_the_unfinished_are_told_in_the_order_of_their_times(database: Database) -> None:
    """By when they are due, or else were made; without those that are over and without rehearsals."""
    rows = (
        ("a", NOW + timedelta(hours=3), {}),
        ("b", NOW, {"due": NOW + timedelta(hours=4)}),
        ("c", NOW + timedelta(hours=5), {"due": NOW + timedelta(hours=1)}),
        ("d", NOW + timedelta(hours=3), {}),
        ("over", NOW, {}),
        ("rehearsed", NOW, {"is_rehearsal": True}),
    )
    with database.write() as connection:
        add_readers(connection, 1)
        for issue, made, more in rows:
            freeze(connection, draft(issue, **more), made)
        connection.execute(update(mailings).where(mailings.c.id == 5).values(ended=NOW))
        assert [each.issue for each in unfinished_mailings(connection)] == ["c", "a", "d", "b"]


def test_the_last_rehearsal_is_the_one_to_go_on_with(database: Database) -> None:
    """There may be several that are not over; of mailings there is one."""
    frozen(database, 1, is_rehearsal=True)
    last = frozen(database, 0, is_rehearsal=True)
    with database.read() as connection:
        assert unfinished(connection, last.issue, is_rehearsal=True) == last
        assert unfinished(connection, last.issue) is None


def test_sums_are_of_one_mailing(database: Database) -> None:
    """By state; one that is not there is named."""
    frozen(database, 3)
    frozen(database, 0, issue="other")
    with database.write() as connection:
        one = (deliveries.c.mailing_id == 1) & (deliveries.c.reader_id == 2)
        connection.execute(update(deliveries).where(one).values(state=S.ACCEPTED))
        assert sums_of(connection, 1) == Sums(frozen=3, by_state={S.PENDING: 2, S.ACCEPTED: 1})
        assert sums_of(connection, 2) == Sums(frozen=3, by_state={S.PENDING: 3})
        for look in (sums_of, mailing_of):
            with pytest.raises(MailingError, match="there is no mailing 9"):
                look(connection, 9)
