"""The mailings that a timer sends.

Input: a database, the time. Output: a mailing that has not ended, still has messages to send, and is due.
"""

from collections.abc import Container
from datetime import datetime

from composer.database.engine import Database
from composer.delivery.core.mailing import Mailing, is_early, sums_of, unfinished_mailings


def next_due(database: Database, now: datetime, seen: Container[int]) -> Mailing | None:
    """Return the next mailing with messages left to send, paused ones too; None if only those in `seen` are left.

    A scheduled mailing is skipped before its time, unless a person has started it already.
    """
    with database.read() as connection:
        for each in unfinished_mailings(connection):
            if each.id in seen:
                continue
            sums = sums_of(connection, each.id)
            if sums.open and not is_early(each, sums, now):
                return each
    return None
