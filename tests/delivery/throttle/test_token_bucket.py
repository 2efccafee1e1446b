"""The token bucket: a rate is kept over restarts, over processes, and after a clock change."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.delivery.core.retry_policy import PauseRoute
from composer.delivery.core.routing import RouteCondition
from composer.delivery.throttle.token_bucket import (
    HORIZON,
    TOLERANCE,
    Bucket,
    give_back,
    pause_of,
    rate_now,
    reserve,
    slowed,
)

NOW = datetime(2025, 1, 30, 6, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = 60 * SECOND


def run(
    bucket: Bucket, rate: float, since: datetime, seconds: float, step: float = 0.05
) -> tuple[Bucket, list[datetime]]:
    """Use slots as fast as they are available."""
    taken: list[datetime] = []
    at = since
    while at < since + seconds * SECOND:
        bucket, slots = reserve(bucket, rate, at, 5)
        taken += slots
        at += step * SECOND
    return bucket, taken


@settings(max_examples=20, deadline=None)
@given(rate=st.floats(30, 3_000), restarts=st.lists(st.floats(0.1, 20), max_size=3), step=st.floats(0.02, 0.2))
def test_a_rate_holds_in_every_minute(rate: float, restarts: list[float], step: float) -> None:
    """With any interruptions, no minute has more than the rate and a tolerance of half a second."""
    bucket, taken, at = Bucket(), [], NOW
    for pause in (*restarts, 0):
        bucket, slots = run(bucket, rate, at, 20, step)
        taken += slots
        at += (20 + pause) * SECOND
    taken.sort()
    most = rate + rate / 60 * (TOLERANCE / SECOND) + 1
    first = 0
    for last, moment in enumerate(taken):
        while taken[first] <= moment - MINUTE:
            first += 1
        assert last - first + 1 <= most


def test_a_rate_is_reached() -> None:
    """600 per minute are 600 in a minute, plus or minus the saved slots of an idle bucket."""
    _, taken = run(Bucket(), 600, NOW, 60)
    within = [slot for slot in taken if slot < NOW + MINUTE]
    assert 598 <= len(within) <= 606


def test_two_processes_share() -> None:
    """All slots come from one bucket, each slot once."""
    bucket = Bucket()
    mine: list[datetime] = []
    theirs: list[datetime] = []
    for tick in range(1200):
        at = NOW + tick * SECOND / 20
        bucket, slots = reserve(bucket, 600, at, 3)
        (mine if tick % 2 else theirs).extend(slots)
    assert abs(len(mine) + len(theirs) - 610) <= 6
    late = [slot for slot in (*mine, *theirs) if slot > NOW + SECOND]
    assert len(set(late)) == len(late)


def test_slots_are_reserved_a_little_ahead_only() -> None:
    """A crash loses half a second; at a low rate one slot is always available."""
    bucket, slots = reserve(Bucket(), 600, NOW, 1000)
    assert max(slots) <= NOW + HORIZON
    assert reserve(bucket, 600, NOW, 1000)[1] == ()
    assert len(reserve(Bucket(), 1, NOW, 10)[1]) == 1


def test_a_clock_that_was_put_back_does_not_stop_the_mailing() -> None:
    """The next message is due in a moment, not in an hour."""
    bucket, _ = run(Bucket(), 600, NOW, 5)
    _, slots = reserve(bucket, 600, NOW - 60 * MINUTE, 1)
    assert slots == (NOW - 60 * MINUTE,)
    paused = Bucket(paused_until=NOW + 5 * MINUTE)
    assert pause_of(paused, NOW, 5 * MINUTE) == NOW + 5 * MINUTE
    assert pause_of(paused, NOW - 60 * MINUTE, 5 * MINUTE) is None


def test_unused_slots_are_returned() -> None:
    """A run that ends returns its slots."""
    bucket, slots = reserve(Bucket(), 600, NOW, 3)
    assert reserve(give_back(bucket, 600, NOW, 3), 600, NOW, 3)[1] == slots
    assert give_back(bucket, 600, NOW, 3).next_at == NOW - TOLERANCE
    assert give_back(bucket, 600, NOW, 1).next_at == NOW - TOLERANCE + timedelta(milliseconds=200)


def test_a_slot_may_begin_at_the_horizon_and_not_behind_it() -> None:
    """Every second slot of 120 per minute is half a second away."""
    assert reserve(Bucket(next_at=NOW), 120, NOW, 5)[1] == (NOW, NOW + HORIZON)


def test_there_is_nothing_to_give_back_without_slots_or_without_a_rate() -> None:
    """The bucket does not change."""
    assert give_back(Bucket(), 600, NOW, 3) == Bucket()
    assert give_back(Bucket(next_at=NOW), None, NOW, 3) == Bucket(next_at=NOW)


def test_without_a_rate_everything_goes_at_once() -> None:
    """No limit and no record."""
    assert reserve(Bucket(), None, NOW, 3) == (Bucket(), (NOW, NOW, NOW))


def pause(seconds: int, number: int = 1, *, is_rate: bool = True) -> PauseRoute:
    return PauseRoute(until=NOW + seconds * SECOND, number=number, is_rate=is_rate)


def test_a_throttle_halves_the_rate_and_it_grows_back() -> None:
    """By a fifth per minute; at most to the configured rate, and without a limit after an hour."""
    bucket = slowed(Bucket(), 600, 0, pause(1), NOW)
    assert rate_now(bucket, 600, NOW) == 300
    assert rate_now(bucket, 600, NOW + MINUTE) == pytest.approx(360)
    assert rate_now(bucket, 600, NOW + 10 * MINUTE) == 600
    assert rate_now(bucket, None, NOW + 10 * MINUTE) == pytest.approx(300 * 1.2**10)
    # Just below and at the hour; with a configured rate, and without one.
    assert rate_now(bucket, None, NOW + 60 * MINUTE - SECOND) is not None
    assert rate_now(bucket, None, NOW + 60 * MINUTE) is None
    assert rate_now(bucket, 600, NOW + 61 * MINUTE) == 600
    assert rate_now(bucket, 6_000_000, NOW + 61 * MINUTE) == 6_000_000


def test_a_shorter_pause_does_not_shorten_a_longer_one() -> None:
    """If two processes are throttled, the longer pause applies to all."""
    bucket = slowed(slowed(Bucket(), 600, 0, pause(60), NOW), 600, 0, pause(5, 2), NOW)
    assert bucket.paused_until == NOW + 60 * SECOND
    assert slowed(bucket, 600, 0, pause(90, 3), NOW).paused_until == NOW + 90 * SECOND


def test_throttles_running_slow_twice_at_most() -> None:
    """The third pause in a row does not mean that the rate was too high, because nothing was sent in between."""
    bucket = Bucket()
    for number in range(1, 6):
        bucket = slowed(bucket, 600, 0, pause(number, number), NOW)
    assert rate_now(bucket, 600, NOW) == 150
    assert bucket.paused_until == NOW + 5 * SECOND


def test_a_server_that_wants_a_new_connection_does_not_slow_us() -> None:
    """Only a pause."""
    bucket = slowed(Bucket(), 600, 0, pause(1, is_rate=False), NOW)
    assert (rate_now(bucket, 600, NOW), bucket.paused_until) == (600, NOW + SECOND)


def test_where_no_rate_is_set_what_was_measured_is_halved() -> None:
    """At least six per minute."""
    assert slowed(Bucket(), None, 5_000, pause(1), NOW).ceiling == 2_500
    assert slowed(Bucket(), None, 1, pause(1), NOW).ceiling == 6


def test_slots_are_reserved_for_half_a_second_and_saved_up_for_half_a_second() -> None:
    """600 per minute are ten per second: five saved, one now, five in the future."""
    ahead = tuple(NOW + SECOND * number / 10 for number in range(1, 6))
    bucket, slots = reserve(Bucket(), 600, NOW, 1000)
    assert slots == (NOW,) * 6 + ahead
    assert bucket.next_at == NOW + SECOND * 0.6
    assert reserve(Bucket(next_at=NOW - MINUTE), 600, NOW, 1000)[1] == slots
    assert reserve(Bucket(next_at=NOW - MINUTE), 600, NOW, 7)[1] == slots[:7]
    assert reserve(bucket, 600, NOW, 0) == (bucket, ())


@pytest.mark.parametrize(("rate", "most"), [(600, SECOND), (60, SECOND * 1.5), (6, SECOND * 10.5), (120, SECOND)])
def test_nobody_reserves_further_ahead_than_one_message(rate: float, most: timedelta) -> None:
    """Up to there a run waits; a later slot comes from a changed clock."""
    kept = Bucket(next_at=NOW + most)
    assert reserve(kept, rate, NOW, 5) == (kept, ())
    assert reserve(Bucket(next_at=NOW + most + timedelta(microseconds=1)), rate, NOW, 1)[1] == (NOW,)


def test_a_pause_holds_until_its_last_moment() -> None:
    """No pause has no effect; one that is too long comes from a changed clock."""
    for ahead, holds in ((-1, False), (0, False), (1, True), (5_000_000, True), (5_000_001, False)):
        until = NOW + timedelta(microseconds=ahead)
        assert pause_of(Bucket(paused_until=until), NOW, 5 * SECOND) == (until if holds else None)
    assert pause_of(Bucket(), NOW, 5 * SECOND) is None


def test_an_adapted_rate_does_not_shrink_when_the_clock_is_put_back() -> None:
    """It grows from its value; without a time there is no limit."""
    bucket = Bucket(ceiling=300, ceiling_at=NOW)
    assert rate_now(bucket, 600, NOW - 5 * MINUTE) == 300
    assert rate_now(bucket, 200, NOW) == 200
    assert rate_now(Bucket(ceiling=300), 600, NOW) == rate_now(Bucket(ceiling_at=NOW), 600, NOW) == 600


@pytest.mark.parametrize(
    ("before", "rate", "number", "ceiling"),
    [
        # From the third on, growth restarts, if there is a limit.
        (Bucket(ceiling=100, ceiling_at=NOW - MINUTE), 600, 2, 60),
        (Bucket(ceiling=100, ceiling_at=NOW - MINUTE), 600, 3, 100),
        (Bucket(), 600, 3, 300),
        # The lowest: six per minute.
        (Bucket(), 12, 1, 6),
        (Bucket(), 13, 1, 6.5),
        (Bucket(), 11, 1, 6),
        (Bucket(), None, 1, 40),
    ],
)
def test_what_a_throttle_leaves_of_the_rate(before: Bucket, rate: float | None, number: int, ceiling: float) -> None:
    """And how many there were in a row."""
    found = slowed(before, rate, 80, pause(1, number), NOW)
    assert found.ceiling == pytest.approx(ceiling)
    assert found == Bucket(
        paused_until=NOW + SECOND,
        throttles=number,
        ceiling=found.ceiling,
        ceiling_at=NOW,
        condition=RouteCondition.THROTTLED,
    )
