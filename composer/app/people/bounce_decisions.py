"""Decides about bounces that are held because too many arrived at once, and undoes bounces that were a mistake.

Input: a newsletter's context, numbers of holds or addresses, who decides, the time. Output: how many subscribers each
affects. Guarantees: either all decisions are applied, or none; each change is in the subscriber's history.
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
    """The decisions, and the remaining holds."""

    #: The number of subscribers released or suppressed, by the number of the hold.
    counts: Mapping[int, int]
    left: tuple[Hold, ...]


def held_bounces_of(context: MailingContext) -> tuple[Hold, ...]:
    """Return the bounces that are held for a decision."""
    with context.database.read() as connection:
        return open_holds(connection)


def decide_holds(
    context: MailingContext, numbers: Sequence[int], decision: HoldDecision, who: str, now: datetime
) -> DecidedHolds:
    """Release held bounces, or suppress their subscribers. Raises AudienceError for a number that is not held."""
    with context.database.write() as connection:
        counts = {number: decide(connection, number, decision, who, now) for number in numbers}
        return DecidedHolds(counts=counts, left=open_holds(connection))


def undo_bounces(
    context: MailingContext, addresses: Sequence[str], who: str, now: datetime
) -> Mapping[str, Status | None]:
    """Undo the bounces of addresses; return the status of each address, or None if it is not a subscriber's.

    Raises AudienceError if an address is not suppressed by a bounce.
    """
    source = f"bounces undo by {who}"
    with context.database.write() as connection:
        people = [address_of(each).address for each in addresses]
        return {each: undo_bounce(connection, normal_address(each), source, now) for each in people}
