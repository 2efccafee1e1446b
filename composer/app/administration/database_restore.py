"""Accepts a restored or copied database as the original, in two steps: show what is uncertain, then accept it.

Input: a newsletter's context, and issues that a person knows were sent after the backup. Output: what is uncertain; how
many recipients became unconfirmed. Guarantees: no message is sent.
"""

from collections.abc import Sequence
from datetime import datetime

from composer.app.context import MailingContext, notes_of
from composer.delivery.database_guard.copy_detection import place_of
from composer.delivery.ledger.restore import RestoreResult, RestoreSurvey, restore, survey


def survey_restore(context: MailingContext, named: Sequence[str] = ()) -> RestoreSurvey:
    """Return what a restore made uncertain; nothing is changed."""
    place = place_of(context.database, notes_of(context.environment))
    with context.database.read() as connection:
        return survey(connection, place, named)


def accept_database(context: MailingContext, who: str, now: datetime, named: Sequence[str] = ()) -> RestoreResult:
    """Accept the database: recipients without proof of delivery become unconfirmed. Raises DatabaseError, BusyError."""
    return restore(context.database, notes_of(context.environment), who, now, named)
