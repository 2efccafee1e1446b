"""Erases a person who asked for it.

Input: a newsletter's context, an address, the time. Output: a receipt without names. Guarantees: every table in the
registry of personal data is covered, and no import adds the address again.
"""

from datetime import datetime

from composer.app.context import MailingContext
from composer.audience.erasure import ErasureReceipt, erase
from composer.audience.subscribers import address_of
from composer.web.personal_data import EVERYWHERE


def erase_person(context: MailingContext, address: str, now: datetime) -> ErasureReceipt:
    """Erase a person; it cannot be undone. Raises AudienceError if nothing about them is stored."""
    with context.database.write() as connection:
        receipt = erase(connection, address_of(address), now, EVERYWHERE)
    context.database.settle()
    return receipt
