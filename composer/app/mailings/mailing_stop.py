"""Stops a mailing from any computer, or cancels it.

Input: an open newsletter, the number of a mailing, the time. Output: whether it was running before; the mailing's
totals. Guarantees: once `stop` returns, no further message is sent; recipients claimed by a live process are not
touched.
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

#: Seconds between two checks whether a run has ended, and seconds added to the longest time that a run takes to end.
_LOOK, _MARGIN = 0.25, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class StopResult:
    """A mailing that was stopped."""

    mailing_id: int
    issue: str
    #: Whether it was not stopped before.
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndResult:
    """The result of cancelling a mailing."""

    #: Its final totals; None if it has not ended, because a live process is still sending.
    sums: Sums | None
    alive: tuple[DeadWorker, ...] = ()


def stop(context: MailingContext, mailing_id: int, now: datetime) -> StopResult:
    """Stop a mailing, whichever process or computer sends it. Raises MailingError if it has ended or does not exist."""
    who = person(context.workspace)
    with context.database.write() as connection:
        issue = mailing_of(connection, mailing_id).issue
        is_new = mailing.stop(connection, mailing_id, who, now)
    return StopResult(mailing_id=mailing_id, issue=issue, is_new=is_new)


def release(context: MailingContext, mailing_id: int, now: datetime) -> Sums:
    """Release recipients claimed by dead processes, and return the mailing's totals. Raises MailingError."""
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
    """Cancel a stopped mailing, as soon as no live process is sending any of it.

    Waits for such a process as long as a run takes to end. If it has to wait, `tell` is called once with the processes
    and the latest time. Raises MailingError if the mailing has ended.
    """
    policy, who = RetryPolicy(), person(context.workspace)
    most = policy.drain + policy.database_wait + timedelta(seconds=_MARGIN)
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
