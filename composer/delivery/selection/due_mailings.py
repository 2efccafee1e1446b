"""Which mailings a timer deals with.

Input: a database, the time. Output: a mailing that is not over and not finished, and whose time has come.
"""

from collections.abc import Container
from datetime import datetime

from composer.database.engine import Database
from composer.delivery.core.mailing import Mailing, is_early, sums_of, unfinished_mailings


def next_due(database: Database, now: datetime, seen: Container[int]) -> Mailing | None:
    """Return the next mailing with something left to send, paused ones too; None if there is none but those seen.

    A mailing that waits for its time is left alone, unless a person has begun it before.
    """
    with database.read() as connection:
        for each in unfinished_mailings(connection):
            if each.id in seen:
                continue
            sums = sums_of(connection, each.id)
            if sums.open and not is_early(each, sums, now):
                return each
    return None
