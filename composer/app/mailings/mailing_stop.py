"""Stops a mailing from anywhere, or ends it for good.

Input: an open newsletter, the number of a mailing, the time. Output: whether that was new; how the mailing stands.
Guarantees: from the moment `stop` returns no further message goes out; what a living process has in hand is not touched.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from composer.app.context import MailingContext, person
from composer.delivery.core import mailing
from composer.delivery.core.mailing import Sums, mailing_of, sums_of
from composer.delivery.core.retry_policy import RetryPolicy
from composer.delivery.ledger.reaper import DeadWorker, reap, reap_and_end

#: Seconds between two looks whether a run has ended, and beyond the time that it takes to end at most.
_LOOK, _MARGIN = 0.25, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class StopResult:
    """A mailing that is stopped."""

    mailing_id: int
    issue: str
    #: Whether it was not stopped before.
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndResult:
    """Whether a mailing is over."""

    #: How it ended; None where it is not over, because a living process has messages in hand.
    sums: Sums | None
    alive: tuple[DeadWorker, ...] = ()


def stop(context: MailingContext, mailing_id: int, now: datetime) -> StopResult:
    """Stop a mailing, whichever process or computer sends it. Raises MailingError for one that is over or not there."""
    who = person(context.workspace)
    with context.database.write() as connection:
        issue = mailing_of(connection, mailing_id).issue
        is_new = mailing.stop(connection, mailing_id, who, now)
    return StopResult(mailing_id=mailing_id, issue=issue, is_new=is_new)


def release(context: MailingContext, mailing_id: int, now: datetime) -> Sums:
    """Release what dead processes had in hand of a mailing; return how it stands. Raises MailingError."""
    reap(context.database, mailing_id, now)
    with context.database.read() as connection:
        return sums_of(connection, mailing_id)


def end(
    context: MailingContext,
    mailing_id: int,
    clock: Callable[[], datetime],
    *,
    tell: Callable[[Sequence[DeadWorker], datetime], None] = lambda alive, until: None,
) -> EndResult:
    """End a stopped mailing for good, as soon as no living process has anything in hand.

    Waits for such a process as long as a run takes to end. `tell` is called once, if it has to wait: for which processes,
    and until when. Raises MailingError for a mailing that is over.
    """
    policy, who = RetryPolicy(), person(context.workspace)
    most = policy.drain + policy.record + timedelta(seconds=_MARGIN)
    deadline, is_told = time.monotonic() + most.total_seconds(), False
    while True:
        sums, reaped = reap_and_end(context.database, mailing_id, who, clock())
        if sums is not None:
            return EndResult(sums=sums)
        if not is_told:
            is_told = True
            tell(reaped.alive, clock() + most)
        if time.monotonic() >= deadline:
            return EndResult(sums=None, alive=reaped.alive)
        time.sleep(_LOOK)
