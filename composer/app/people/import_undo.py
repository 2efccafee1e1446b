"""Takes the last import back, in two steps: look at what would go, then do it.

Input: a newsletter's context. Output: what the import brought, and what of it is still there. Guarantees: what is taken back is
the import that was looked at, or nothing.
"""

from datetime import datetime

from composer.app.context import MailingContext
from composer.audience.importing.undo import Import, last_import
from composer.audience.importing.undo import undo_import as undo
from composer.core.errors import UsageError


def import_to_undo(context: MailingContext) -> Import:
    """Return the last import that was not taken back. Raises AudienceError where there is none."""
    with context.database.read() as connection:
        return last_import(connection)


def undo_import(context: MailingContext, number: int, now: datetime) -> None:
    """Take an import back. Raises UsageError where it is no longer the last one, AudienceError where there is none."""
    with context.database.write() as connection:
        if last_import(connection).number != number:
            raise UsageError("another import has come in meanwhile", "look again:   compose subscribers import --undo")
        undo(connection, number, now)
