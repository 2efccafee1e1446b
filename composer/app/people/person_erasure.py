"""Erases a person who asked to be forgotten.

Input: a newsletter's context, an address, the time. Output: a receipt that names nobody. Guarantees: every table of the registry
of personal data is asked, and no import brings the address back.
"""

from datetime import datetime

from composer.app.context import MailingContext
from composer.audience.erasure import ErasureReceipt, erase
from composer.audience.subscribers import address_of
from composer.web.personal_data import EVERYWHERE


def erase_person(context: MailingContext, address: str, now: datetime) -> ErasureReceipt:
    """Erase a person; it cannot be undone. Raises AudienceError where nothing is kept of them."""
    with context.database.write() as connection:
        receipt = erase(connection, address_of(address), now, EVERYWHERE)
    context.database.settle()
    return receipt
