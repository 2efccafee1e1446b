"""Decides what a run does next, and the new state of deliveries that a dead run left.

Input: the situation (a `View`, a state). Output: a named move. Guarantees: pure; the run loop carries it out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import assert_never

from composer.delivery.core.states import DeliveryState

#: How many deliveries wait in memory for each connection; with a rate, for how many seconds ahead.
_AHEAD = 8
_AHEAD_SECONDS = 2
#: The most rows that are claimed at a time.
MOST = 500


class StopLevel(IntEnum):
    """How urgently a run must stop."""

    #: not at all
    NONE = 0
    #: start nothing new; let open deliveries finish and record them
    DRAIN = 1
    #: immediately: a message whose final dot (the end of the SMTP DATA command) has no answer is unconfirmed
    NOW = 2


class Ending(StrEnum):
    """Why a run ended."""

    #: nothing is left to send, now or later
    DONE = "done"
    #: the rest is due later: deferred, or paused for longer than a run waits
    LATER = "later"
    #: as many messages were tried as `--limit` allows
    LIMIT = "limit"
    #: the daily quota is used up
    QUOTA = "quota"
    #: Ctrl-C or SIGTERM
    INTERRUPTED = "interrupted"
    #: `compose stop`
    STOPPED = "stopped"
    #: three in a row were rejected, or the server does not confirm messages (`Run.words`)
    HALTED = "halted"
    #: the server accepted nothing, or could not be reached, for as long as a run waits
    UNREACHABLE = "unreachable"
    #: the ledger could not be written, and nothing was sent after that
    LEDGER = "ledger"


class Why(StrEnum):
    """What an idle run waits for."""

    #: there is no connection: the server did not answer
    NO_CONNECTION = "no_connection"
    #: the server accepts nothing at the moment
    SERVER = "server"
    #: a pause caused by another process
    ELSEWHERE = "elsewhere"
    #: the daily quota is used up
    QUOTA = "quota"
    #: the next attempt of a deferred delivery
    RETRY = "retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The situation of a run at one time."""

    now: datetime
    level: StopLevel
    #: `compose stop` was used, or the mailing has ended.
    is_stopped: bool
    #: The wait for open deliveries is over (drain.py).
    is_overdue: bool
    is_halted: bool
    is_ledger_broken: bool
    #: Deliveries that are being sent, and claimed ones that wait for a connection.
    open: int
    queued: int
    connections: int
    #: Messages per minute; None for no limit.
    rate: float | None
    #: How many may still be started under `--limit`; None for no limit.
    left: int | None
    #: How many messages the daily quota still allows, and when it allows more.
    quota: int | None
    quota_at: datetime | None
    #: Whether the last claim found as many deliveries as requested, or there was no claim yet.
    is_more: bool
    #: When the next delivery is due, if it is not due yet.
    next_due: datetime | None
    #: How many deliveries other processes have claimed: they are released if a process dies.
    elsewhere: int
    paused_until: datetime | None
    paused_for: Why
    #: Since when the server has accepted nothing, but throttled or did not answer.
    troubled_since: datetime | None
    max_wait: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimMove:
    """Claim this many more deliveries."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Decide again when something happens, or at `until`."""

    until: datetime | None = None
    #: Set if there is nothing else to do until then.
    why: Why | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """Start nothing; decide again when a delivery has finished, or when the wait is over."""

    #: Why the run ends.
    why: Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Record what is left, and end."""

    why: Ending


Move = ClaimMove | Wait | Drain | End


def next_move(view: View) -> Move:
    """Return what a run does next."""
    if view.is_ledger_broken:
        return _leave(view, Ending.LEDGER)
    if view.level is StopLevel.NOW:
        return End(why=Ending.INTERRUPTED)
    if view.level is StopLevel.DRAIN:
        return _leave(view, Ending.INTERRUPTED)
    if view.is_stopped:
        return _leave(view, Ending.STOPPED)
    if view.is_halted:
        return _leave(view, Ending.HALTED)
    if view.troubled_since is not None and view.now - view.troubled_since > view.max_wait:
        return _leave(view, Ending.UNREACHABLE)
    if view.paused_until is not None and view.paused_until > view.now:
        return Wait(until=view.paused_until, why=view.paused_for)
    if view.left is not None and view.left <= 0:
        return _run_out(view, Ending.LIMIT)
    if view.quota is not None and view.quota <= 0:
        if view.quota_at is not None and view.quota_at - view.now <= view.max_wait:
            return Wait(until=view.quota_at, why=Why.QUOTA)
        return _run_out(view, Ending.QUOTA)
    wanted = _ahead(view) - view.queued
    is_more = view.is_more or (view.next_due is not None and view.next_due <= view.now)
    if is_more:
        # Not for every started delivery, because a claim is a transaction.
        return ClaimMove(count=wanted) if view.queued <= _ahead(view) // 2 else Wait()
    if view.queued or view.open:
        return Wait(until=view.next_due)
    if view.elsewhere:
        return Wait()
    if view.next_due is None:
        return End(why=Ending.DONE)
    if view.next_due - view.now <= view.max_wait:
        return Wait(until=view.next_due, why=Why.RETRY)
    return End(why=Ending.LATER)


def _leave(view: View, why: Ending) -> Move:
    """End as soon as no delivery is open, or the wait is over; release the queued deliveries."""
    return Drain(why=why) if view.open and not view.is_overdue else End(why=why)


def _run_out(view: View, why: Ending) -> Move:
    """Finish the claimed deliveries, then end."""
    return Wait() if view.open or view.queued else End(why=why)


def _ahead(view: View) -> int:
    """Return how many deliveries to queue: enough for every connection, and not more than are sent soon."""
    most = max(_AHEAD * view.connections, 32)
    if view.rate is not None:
        most = max(min(most, int(view.rate / 60 * _AHEAD_SECONDS)), view.connections + 1)
    for bound in (view.left, view.quota):
        if bound is not None:
            # Queued deliveries were counted when they were claimed.
            most = min(most, bound + view.queued)
    return min(most, MOST)


def state_after_crash(state: DeliveryState) -> DeliveryState:
    """Return the new state of a dead worker's delivery.

    Without an intent (the record that a message is about to be sent) nothing was sent, so a claim is released.
    """
    match state:
        case DeliveryState.CLAIMED:
            return DeliveryState.PENDING
        case DeliveryState.SENDING:
            return DeliveryState.UNKNOWN
        case (
            DeliveryState.PENDING
            | DeliveryState.DEFERRED
            | DeliveryState.ACCEPTED
            | DeliveryState.REFUSED
            | DeliveryState.UNKNOWN
            | DeliveryState.SUPPRESSED
            | DeliveryState.EXPIRED
            | DeliveryState.WRITTEN
        ):
            return state
        case _:
            assert_never(state)
