"""Decides about bounces that are held because too many came at once, and undoes bounces that were a mistake.

Input: a newsletter's context, numbers of holds or addresses, who decides, the time. Output: how many subscribers each concerns.
Guarantees: all of what is named is decided, or nothing; each change is in the subscriber's history.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from composer.app.context import MailingContext
from composer.audience.bounce_holds import Hold, HoldDecision, decide, open_holds, undo_bounce
from composer.audience.subscribers import Status, address_of
from composer.core.addresses import normal_address


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedHolds:
    """What was decided, and what is left."""

    #: How many subscribers were released or suppressed, by the number of the hold.
    counts: Mapping[int, int]
    left: tuple[Hold, ...]


def held_bounces_of(context: MailingContext) -> tuple[Hold, ...]:
    """Return what is held until somebody decides."""
    with context.database.read() as connection:
        return open_holds(connection)


def decide_holds(
    context: MailingContext, numbers: Sequence[int], decision: HoldDecision, who: str, now: datetime
) -> DecidedHolds:
    """Release held bounces, or suppress those who bounced. Raises AudienceError for a number that is not held."""
    with context.database.write() as connection:
        counts = {number: decide(connection, number, decision, who, now) for number in numbers}
        return DecidedHolds(counts=counts, left=open_holds(connection))


def undo_bounces(
    context: MailingContext, addresses: Sequence[str], who: str, now: datetime
) -> Mapping[str, Status | None]:
    """Let bounces of addresses count no more; return each address's status, None where it is no subscriber.

    Raises AudienceError where no bounce suppresses an address.
    """
    source = f"bounces undo by {who}"
    with context.database.write() as connection:
        people = [address_of(each).address for each in addresses]
        return {each: undo_bounce(connection, normal_address(each), source, now) for each in people}
