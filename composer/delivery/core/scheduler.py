"""Decides what a run does next, and what becomes of what a dead run left behind.

Input: what is known (a `View`, a state), the time. Output: a named move. Pure: the engine carries it out, the only
loop there is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import assert_never

from composer.delivery.core.states import DeliveryState

#: Hand-overs that wait in memory for each connection; with a rate, for this long ahead.
_AHEAD = 8
_AHEAD_SECONDS = 2
#: Rows that are claimed at once, at most.
MOST = 500


class StopLevel(IntEnum):
    """How much a run is to stop."""

    #: not at all
    NONE = 0
    #: begin nothing new; let what is open end and record it
    DRAIN = 1
    #: at once: what has passed its dot is unknown
    NOW = 2


class Ending(StrEnum):
    """Why a run ended."""

    #: nothing is left to do, now or later
    DONE = "done"
    #: what is left is for later: deferred, or paused for longer than a run waits
    LATER = "later"
    #: as many as `--limit` allows were tried
    LIMIT = "limit"
    #: the daily quota is used up
    QUOTA = "quota"
    #: Ctrl-C
    INTERRUPTED = "interrupted"
    #: `compose stop`
    STOPPED = "stopped"
    #: three running were refused, or the server takes messages and does not say so (`Run.words`)
    HALTED = "halted"
    #: the server took nothing, or there was none, for as long as a run waits
    UNREACHABLE = "unreachable"
    #: the ledger could not be written: nothing was sent from then on
    LEDGER = "ledger"


class Why(StrEnum):
    """What a run waits for that has nothing to do meanwhile."""

    #: there is no connection: nobody answered
    NO_CONNECTION = "no_connection"
    #: the server said that it wants nothing just now
    SERVER = "server"
    #: a pause that another process met
    ELSEWHERE = "elsewhere"
    #: the daily quota is used up
    QUOTA = "quota"
    #: the next try of what was deferred
    RETRY = "retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a run knows at a moment."""

    now: datetime
    level: StopLevel
    #: `compose stop` was said, or the mailing was ended.
    is_stopped: bool
    #: What is open was waited for as long as a run that ends waits (drain.py).
    is_overdue: bool
    is_halted: bool
    is_ledger_broken: bool
    #: Hand-overs under way, and claimed ones that wait for a connection.
    open: int
    queued: int
    connections: int
    #: Messages a minute; None: any.
    rate: float | None
    #: How many may still be begun under `--limit`; None: any number.
    left: int | None
    #: How many the daily quota still allows, and when it allows more.
    quota: int | None
    quota_at: datetime | None
    #: Whether the last claim found as many as it asked for, or none was made yet.
    is_more: bool
    #: When the next delivery that is not due yet falls due.
    next_due: datetime | None
    #: What other processes have in hand: it comes back when one of them dies.
    elsewhere: int
    paused_until: datetime | None
    paused_for: Why
    #: Since when the server has taken nothing, but throttled or not answered.
    troubled_since: datetime | None
    max_wait: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimMove:
    """Take this many more in hand."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Look again when something happens, or then."""

    until: datetime | None = None
    #: Where nothing else is left to do until then.
    why: Why | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """Begin nothing; look again when something has ended, or when the time for it is over."""

    #: Why the run ends.
    why: Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Record what is left, and go."""

    why: Ending


Move = ClaimMove | Wait | Drain | End


def next_move(view: View) -> Move:
    """Decide what a run does next."""
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
        # Not for every single one that was begun: a claim is a transaction.
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
    """End as soon as nothing is open, or the time for it is over; what is queued goes back."""
    return Drain(why=why) if view.open and not view.is_overdue else End(why=why)


def _run_out(view: View, why: Ending) -> Move:
    """Let what is claimed be done, then end."""
    return Wait() if view.open or view.queued else End(why=why)


def _ahead(view: View) -> int:
    """Return how many are to lie ready: enough for every connection, and not more than will go soon."""
    most = max(_AHEAD * view.connections, 32)
    if view.rate is not None:
        most = max(min(most, int(view.rate / 60 * _AHEAD_SECONDS)), view.connections + 1)
    for bound in (view.left, view.quota):
        if bound is not None:
            # What is queued was counted when it was claimed.
            most = min(most, bound + view.queued)
    return min(most, MOST)


def after_death(state: DeliveryState) -> DeliveryState:
    """Return what becomes of a delivery whose owner is dead: no dot without an intent, so a claim is free again."""
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
