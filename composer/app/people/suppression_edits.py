"""Adds addresses to the suppression list by hand; they get no more mail.

Input: a newsletter's context, addresses as people write them, the time. Output: the addresses in normal form.
Guarantees: either all of them are suppressed, or none.
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
    """Suppress addresses; subscribers among them get no more mail. Raises AudienceError."""
    people = tuple(address_of(each).address for each in addresses)
    with context.database.write() as connection:
        for address in people:
            suppress(connection, normal_address(address), Reason.BY_HAND, source, now)
    return people
