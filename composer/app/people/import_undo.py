"""Undoes the last import, in two steps: show what would be removed, then undo it.

Input: a newsletter's context. Output: what the import added, and what of it still exists. Guarantees: only the import
that was shown is undone.
"""

from datetime import datetime

from composer.app.context import MailingContext
from composer.audience.importing.undo import Import, last_import
from composer.audience.importing.undo import undo_import as undo
from composer.core.errors import UsageError


def import_to_undo(context: MailingContext) -> Import:
    """Return the last import that was not undone. Raises AudienceError without one."""
    with context.database.read() as connection:
        return last_import(connection)


def undo_import(context: MailingContext, number: int, now: datetime) -> None:
    """Undo an import. Raises UsageError if it is no longer the last one, AudienceError without an import."""
    with context.database.write() as connection:
        if last_import(connection).number != number:
            raise UsageError(
                "another import was made in the meantime", "run again:   compose subscribers import --undo"
            )
        undo(connection, number, now)
