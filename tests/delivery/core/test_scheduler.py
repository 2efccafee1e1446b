"""The next step of a run: values in, a move out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from composer.delivery.core.scheduler import (
    MOST,
    ClaimMove,
    Drain,
    End,
    Ending,
    Move,
    StopLevel,
    View,
    Wait,
    Why,
    next_move,
    state_after_crash,
)
from composer.delivery.core.states import HOLDING, LET_GO, OPEN, WAYS, DeliveryState

NOW = datetime(2025, 1, 30, 6, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)
IDLE = View(
    now=NOW,
    level=StopLevel.NONE,
    is_stopped=False,
    is_overdue=False,
    is_halted=False,
    is_ledger_broken=False,
    open=0,
    queued=0,
    connections=4,
    rate=None,
    left=None,
    quota=None,
    quota_at=None,
    is_more=True,
    next_due=None,
    elsewhere=0,
    paused_until=None,
    paused_for=Why.SERVER,
    troubled_since=None,
    max_wait=10 * MINUTE,
)


def move(**changes: object) -> Move:
    return next_move(replace(IDLE, **changes))  # type: ignore[arg-type]


def test_work_is_claimed_ahead_of_the_connections_and_not_far() -> None:
    """Enough deliveries are queued for every connection; with a rate, at most for two seconds."""
    assert move() == ClaimMove(count=32)
    assert move(queued=10) == ClaimMove(count=22)
    assert move(queued=20) == Wait()
    assert move(connections=100) == ClaimMove(count=MOST)
    assert move(rate=600.0) == ClaimMove(count=20)
    assert move(rate=6.0) == ClaimMove(count=5)


def test_a_limit_and_a_quota_bound_what_is_claimed() -> None:
    """When they are used up, open deliveries finish first."""
    assert move(left=3) == ClaimMove(count=3)
    # Queued deliveries were counted when they were claimed.
    assert move(left=15, queued=2) == move(quota=15, queued=2) == ClaimMove(count=15)
    assert move(left=0, open=1) == Wait()
    assert move(left=0) == End(why=Ending.LIMIT)
    assert move(quota=2) == ClaimMove(count=2)
    assert move(quota=0) == End(why=Ending.QUOTA)
    assert move(quota=0, quota_at=NOW + MINUTE) == Wait(until=NOW + MINUTE, why=Why.QUOTA)
    assert move(quota=0, quota_at=NOW + 60 * MINUTE) == End(why=Ending.QUOTA)
    assert move(quota=0, quota_at=NOW + 60 * MINUTE, queued=1) == Wait()


def test_nothing_left_ends_the_run_when_nothing_is_open() -> None:
    """Neither in this process nor in another, which may die and leave deliveries."""
    assert move(is_more=False, open=1) == Wait()
    assert move(is_more=False, elsewhere=3) == Wait()
    assert move(is_more=False) == End(why=Ending.DONE)


def test_a_run_waits_for_what_is_due_soon() -> None:
    """A delivery that is due later is left to another run."""
    assert move(is_more=False, next_due=NOW + MINUTE) == Wait(until=NOW + MINUTE, why=Why.RETRY)
    assert move(is_more=False, next_due=NOW + MINUTE, open=1) == Wait(until=NOW + MINUTE)
    assert move(is_more=False, next_due=NOW) == ClaimMove(count=32)
    assert move(is_more=False, next_due=NOW + 15 * MINUTE) == End(why=Ending.LATER)


def test_a_run_waits_for_a_pause_but_not_forever_for_a_server() -> None:
    """The pause ends at a known time; after ten minutes without an acceptance the run ends."""
    assert move(paused_until=NOW + MINUTE) == Wait(until=NOW + MINUTE, why=Why.SERVER)
    assert move(paused_until=NOW + MINUTE, troubled_since=NOW - 11 * MINUTE) == End(why=Ending.UNREACHABLE)
    assert move(paused_until=NOW - MINUTE) == ClaimMove(count=32)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"level": StopLevel.DRAIN}, Ending.INTERRUPTED),
        ({"is_stopped": True}, Ending.STOPPED),
        ({"is_halted": True}, Ending.HALTED),
        ({"is_ledger_broken": True}, Ending.LEDGER),
    ],
)
def test_a_stop_lets_open_deliveries_finish(change: dict[str, object], why: Ending) -> None:
    """Nothing new is started; a second request, or the end of the wait, stops immediately."""
    assert move(open=2, queued=5, **change) == Drain(why=why)
    assert move(open=2, queued=5, is_overdue=True, **change) == End(why=why)
    assert move(queued=5, **change) == End(why=why)
    assert move(**{**change, "level": StopLevel.NOW}, open=2) in (End(why=Ending.INTERRUPTED), Drain(why=Ending.LEDGER))


def test_a_second_request_stops_immediately() -> None:
    """With anything open; each request is one level higher."""
    assert [int(each) for each in (StopLevel.NONE, StopLevel.DRAIN, StopLevel.NOW)] == [0, 1, 2]
    assert move(level=StopLevel.NOW, open=4) == End(why=Ending.INTERRUPTED)


def test_deliveries_of_a_dead_run() -> None:
    """Without an intent, no dot was sent: a claim is released; a dot that may have been sent is unconfirmed; the rest
    stays.
    """
    changed = {state: state_after_crash(state) for state in DeliveryState if state_after_crash(state) is not state}
    assert changed == {
        DeliveryState.CLAIMED: DeliveryState.PENDING,
        DeliveryState.SENDING: DeliveryState.UNKNOWN,
    }
    assert all(after in WAYS[before] for before, after in changed.items())


def test_open_and_holding_states() -> None:
    """Open: a run still has work to do. Holding: no other mailing of the issue is sent to them."""
    S = DeliveryState
    assert {S.PENDING, S.CLAIMED, S.SENDING, S.DEFERRED} == OPEN
    assert {S.CLAIMED, S.SENDING, S.DEFERRED, S.ACCEPTED, S.UNKNOWN} == HOLDING
    assert {S.REFUSED, S.SUPPRESSED, S.EXPIRED, S.WRITTEN} == LET_GO


def test_every_state_is_open_or_final() -> None:
    """Open or finished; a holding state is not finished without delivery; nothing leaves a final state."""
    over = {state for state in DeliveryState if not WAYS[state]}
    assert over == {DeliveryState.ACCEPTED, DeliveryState.SUPPRESSED, DeliveryState.EXPIRED, DeliveryState.WRITTEN}
    assert not OPEN & over
    assert not HOLDING & LET_GO
    assert HOLDING | LET_GO | {DeliveryState.PENDING} == set(DeliveryState)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # How many are queued: eight for each connection, at least 32; by the rate, at least one more than connections.
        ({"connections": 1}, ClaimMove(count=32)),
        ({"connections": 5}, ClaimMove(count=40)),
        ({"connections": 62}, ClaimMove(count=496)),
        ({"connections": 63}, ClaimMove(count=500)),
        ({"rate": 900.0}, ClaimMove(count=30)),
        ({"rate": 90_000.0}, ClaimMove(count=32)),
        ({"rate": 60.0, "connections": 9}, ClaimMove(count=10)),
        ({"rate": 150.0}, ClaimMove(count=5)),
        ({"rate": 180.0}, ClaimMove(count=6)),
        # A claim is made when half of it is used.
        ({"queued": 16}, ClaimMove(count=16)),
        ({"queued": 17}, Wait()),
        # A limit and a quota: the smaller one counts, exactly.
        ({"left": 1}, ClaimMove(count=1)),
        ({"left": 1, "queued": 1}, ClaimMove(count=1)),
        ({"left": 2, "queued": 2}, ClaimMove(count=2)),
        ({"left": 3, "quota": 2}, ClaimMove(count=2)),
        ({"left": 2, "quota": 3}, ClaimMove(count=2)),
        ({"quota": 1}, ClaimMove(count=1)),
        ({"left": -1}, End(why=Ending.LIMIT)),
        ({"left": 0, "queued": 1}, Wait()),
        ({"quota": -1}, End(why=Ending.QUOTA)),
        ({"quota": 0, "open": 1}, Wait()),
        ({"left": 0, "quota": 0}, End(why=Ending.LIMIT)),
        ({"quota": 0, "quota_at": NOW + 10 * MINUTE}, Wait(until=NOW + 10 * MINUTE, why=Why.QUOTA)),
        ({"quota": 0, "quota_at": NOW + 10 * MINUTE + TICK}, End(why=Ending.QUOTA)),
        # The server's problems and pauses, at their last moment and after it.
        ({"troubled_since": NOW - 10 * MINUTE}, ClaimMove(count=32)),
        ({"troubled_since": NOW - 10 * MINUTE - TICK}, End(why=Ending.UNREACHABLE)),
        ({"troubled_since": NOW - 11 * MINUTE, "open": 1}, Drain(why=Ending.UNREACHABLE)),
        ({"paused_until": NOW}, ClaimMove(count=32)),
        ({"paused_until": NOW + TICK, "paused_for": Why.ELSEWHERE}, Wait(until=NOW + TICK, why=Why.ELSEWHERE)),
        ({"paused_until": NOW + MINUTE, "left": 0}, Wait(until=NOW + MINUTE, why=Why.SERVER)),
        # The future.
        ({"is_more": False, "next_due": NOW - TICK}, ClaimMove(count=32)),
        ({"is_more": False, "next_due": NOW + TICK}, Wait(until=NOW + TICK, why=Why.RETRY)),
        ({"is_more": False, "next_due": NOW + 10 * MINUTE}, Wait(until=NOW + 10 * MINUTE, why=Why.RETRY)),
        ({"is_more": False, "next_due": NOW + 10 * MINUTE + TICK}, End(why=Ending.LATER)),
        ({"is_more": False, "next_due": NOW + MINUTE, "queued": 1}, Wait(until=NOW + MINUTE)),
        ({"is_more": False, "next_due": NOW + MINUTE, "elsewhere": 1}, Wait()),
        ({"is_more": False, "queued": 1}, Wait()),
    ],
)
def test_each_limit_is_exact(changes: dict[str, object], expected: Move) -> None:
    """At each limit, and one step after it."""
    assert move(**changes) == expected
