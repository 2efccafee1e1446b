"""Public ids, which appear in tokens, links and Message-IDs: never used twice, not even after a restore.

Input: a connection and a column of ids. Output: unused ids. Guarantees: the ids are random, and the range is so large
that a restored database, which does not know the ids issued since its backup, does not issue them again. With a
counter, the next id after a restore could already be in somebody else's token.
"""

import secrets

from sqlalchemy import Column, Connection, exists, select

from composer.database.tables.mailing_tables import deliveries, mailings
from composer.database.tables.subscriber_tables import subscribers, tombstones

#: A token has (audience/identity/tokens.py) 40 bits for a subscriber and 32 bits for a mailing. Lower ids come from
#: earlier versions, which used a counter; they stay valid.
SUBSCRIBERS = range(1 << 32, 1 << 40)
MAILINGS = range(1 << 20, 1 << 32)


def new_subscriber_ids(connection: Connection, count: int = 1) -> int:
    """Return the first of `count` consecutive ids that no subscriber has or had, as far as this database knows."""
    while True:
        first = _random(SUBSCRIBERS, count)
        last = first + count - 1
        # By mailing, because the index of deliveries begins with it.
        mailed = (deliveries.c.mailing_id == mailings.c.id) & deliveries.c.subscriber_id.between(first, last)
        is_taken = (
            exists().where(subscribers.c.id.between(first, last))
            | exists().where(tombstones.c.subscriber_id.between(first, last))
            | select(deliveries.c.subscriber_id).join_from(mailings, deliveries, mailed).exists()
        )
        if not connection.scalar(select(is_taken)):
            return first


def new_public_id(connection: Connection, column: Column[int]) -> int:
    """Return an unused 32-bit id for this column."""
    while True:
        found = _random(MAILINGS, 1)
        if not connection.scalar(select(exists().where(column == found))):
            return found


def _random(space: range, count: int) -> int:
    return space.start + secrets.randbelow(len(space) - count + 1)
