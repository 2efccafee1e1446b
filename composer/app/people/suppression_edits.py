"""Puts addresses on the suppression list by hand: they get nothing from then on.

Input: a newsletter's context, addresses as people write them, the time. Output: the addresses as they were understood.
Guarantees: all of them are suppressed, or none.
"""

from collections.abc import Sequence
from datetime import datetime

from composer.app.context import MailingContext
from composer.audience.subscribers import address_of
from composer.audience.suppression import Reason, suppress
from composer.core.addresses import normal_address


def suppress_addresses(
    context: MailingContext, addresses: Sequence[str], now: datetime, *, source: str = "by hand"
) -> tuple[str, ...]:
    """Suppress addresses; a subscriber among them gets nothing any more. Raises AudienceError."""
    people = tuple(address_of(each).address for each in addresses)
    with context.database.write() as connection:
        for address in people:
            suppress(connection, normal_address(address), Reason.BY_HAND, source, now)
    return people
