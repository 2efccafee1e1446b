"""The effect of a bounce: every rule, as values."""

from datetime import UTC, datetime, timedelta

import pytest

from composer.bounces.parse.vocabulary import Class
from composer.bounces.record.bounce_policy import BounceEffect, BounceHistory, effect_of, is_decided

NOW = datetime(2025, 6, 1, tzinfo=UTC)


def past(bounce: Class, days: int = 0, mailing: int = 1, *, is_own: bool = True) -> BounceHistory:
    return BounceHistory(at=NOW - timedelta(days=days), bounce=bounce, mailing_id=mailing, is_own=is_own)


def test_no_such_mailbox_suppresses_at_once() -> None:
    """A hard bounce of the subscriber's own address is enough."""
    assert effect_of(past(Class.HARD), []) is BounceEffect.SUPPRESSED
    assert BounceHistory(at=NOW, bounce=Class.HARD, mailing_id=1) == past(Class.HARD)


def test_a_failed_forward_counts_the_second_time() -> None:
    """If another address than the subscriber's failed, two mailings must bounce: a list may have other members."""
    assert effect_of(past(Class.HARD, is_own=False), []) is BounceEffect.COUNTED
    before = [past(Class.HARD, 7, 1, is_own=False)]
    assert effect_of(past(Class.HARD, mailing=2, is_own=False), before) is BounceEffect.SUPPRESSED


@pytest.mark.parametrize(
    ("before", "effect"),
    [
        ([], BounceEffect.COUNTED),
        ([past(Class.BAD_DOMAIN, 7, 1)], BounceEffect.SUPPRESSED),
        ([past(Class.BAD_DOMAIN, 7, 2)], BounceEffect.COUNTED),
        ([past(Class.BAD_DOMAIN, 180, 1)], BounceEffect.SUPPRESSED),
        ([past(Class.BAD_DOMAIN, 181, 1)], BounceEffect.COUNTED),
        ([past(Class.HARD, 7, 1, is_own=False)], BounceEffect.SUPPRESSED),
        ([past(Class.FULL, 7, 1), past(Class.SOFT, 8, 3)], BounceEffect.COUNTED),
        ([past(Class.OURS, 7, 1), past(Class.FULL, 7, 1)], BounceEffect.COUNTED),
    ],
)
def test_a_bad_domain_counts_by_mailing(before: list[BounceHistory], effect: BounceEffect) -> None:
    """Two mailings within half a year suppress; two reports on one mailing do not."""
    assert effect_of(past(Class.BAD_DOMAIN, mailing=2), before) is effect


@pytest.mark.parametrize("bounce", [Class.FULL, Class.SOFT])
@pytest.mark.parametrize(
    ("before", "effect"),
    [
        ([7 * each for each in range(1, 4)], BounceEffect.COUNTED),
        ([7 * each for each in range(1, 5)], BounceEffect.SUPPRESSED),
        ([1, 2, 3, 4, 5, 6, 7], BounceEffect.COUNTED),
        ([91, 98, 105, 112], BounceEffect.COUNTED),
        # Exactly two weeks, and a day less; exactly ninety days, and a day more.
        ([1, 2, 3, 14], BounceEffect.SUPPRESSED),
        ([1, 2, 3, 13], BounceEffect.COUNTED),
        ([7, 14, 21, 90], BounceEffect.SUPPRESSED),
        ([7, 14, 21, 91], BounceEffect.COUNTED),
        # An older bounce does not extend the time.
        ([1, 2, 3, 4, 91], BounceEffect.COUNTED),
        ([1, 2, 3, 4, 90], BounceEffect.SUPPRESSED),
        # Four mailings are too few, however long it goes on.
        ([7, 30, 60], BounceEffect.COUNTED),
    ],
)
def test_a_full_mailbox_counts_over_time(bounce: Class, before: list[int], effect: BounceEffect) -> None:
    """Five mailings within ninety days, over at least two weeks: a daily mailing loses nobody who is on holiday."""
    bounces = [past(Class.FULL, days, 100 + days) for days in before]
    assert effect_of(past(bounce, mailing=1), bounces) is effect


def test_rejections_of_the_sender_change_no_subscriber() -> None:
    """However often the sender is rejected, there is only an alert; it does not count with others."""
    refusals = [past(Class.OURS, 7 * each, each) for each in range(20)]
    assert effect_of(past(Class.OURS, mailing=99), refusals) is BounceEffect.ALERT
    assert effect_of(past(Class.SOFT, mailing=99), refusals) is BounceEffect.COUNTED


def test_other_failures_count_with_a_full_mailbox() -> None:
    """A missing domain and a failed forward count too; rejections of the sender do not, and do not extend the time."""
    others = [past(Class.BAD_DOMAIN, 7, 1), past(Class.HARD, 14, 2, is_own=False), past(Class.SOFT, 21, 3)]
    assert effect_of(past(Class.FULL, mailing=9), [*others, past(Class.FULL, 28, 4)]) is BounceEffect.SUPPRESSED
    assert effect_of(past(Class.FULL, mailing=9), [*others, past(Class.OURS, 28, 4)]) is BounceEffect.COUNTED
    recent = [past(Class.FULL, days, days) for days in (1, 2, 3, 4)]
    assert effect_of(past(Class.FULL, mailing=9), [*recent, past(Class.OURS, 30, 30)]) is BounceEffect.COUNTED


def test_bounces_that_need_no_history() -> None:
    """Rejections of the sender, and a missing mailbox of the subscriber's own, need no earlier bounces."""
    assert [is_decided(past(each)) for each in Class] == [each in (Class.HARD, Class.OURS) for each in Class]
    assert not is_decided(past(Class.HARD, is_own=False))
    assert is_decided(past(Class.OURS, is_own=False))
