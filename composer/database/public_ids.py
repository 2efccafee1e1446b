"""Ids that leave the house, in tokens, links and Message-IDs: never issued twice, not even after a restored backup.

Input: a connection and a column of ids. Output: ids that nobody has. Guarantees: they are drawn at random from a space so
large that a database which was restored, and no longer knows what it has issued since its backup, does not meet them again.
Counted ids would: after a restore the next id is one that somebody else's token already holds.
"""

import secrets

from sqlalchemy import Column, Connection, exists, select

from composer.database.tables.mailing_tables import deliveries, mailings
from composer.database.tables.subscriber_tables import subscribers, tombstones

#: What a token holds (audience/tokens.py): 40 bits of a subscriber, 32 bits of a mailing. Below are the ids of earlier
#: versions, which were counted; they stay valid.
SUBSCRIBERS = range(1 << 32, 1 << 40)
MAILINGS = range(1 << 20, 1 << 32)


def new_subscriber_ids(connection: Connection, count: int = 1) -> int:
    """Return the first of `count` consecutive ids that no subscriber has or ever had, as far as this database knows."""
    while True:
        first = _random(SUBSCRIBERS, count)
        last = first + count - 1
        # By mailing: the index of deliveries begins with it.
        mailed = (deliveries.c.mailing_id == mailings.c.id) & deliveries.c.subscriber_id.between(first, last)
        is_taken = (
            exists().where(subscribers.c.id.between(first, last))
            | exists().where(tombstones.c.subscriber_id.between(first, last))
            | select(deliveries.c.subscriber_id).join_from(mailings, deliveries, mailed).exists()
        )
        if not connection.scalar(select(is_taken)):
            return first


def new_public_id(connection: Connection, column: Column[int]) -> int:
    """Return a 32-bit id that no row has in this column."""
    while True:
        found = _random(MAILINGS, 1)
        if not connection.scalar(select(exists().where(column == found))):
            return found


def _random(space: range, count: int) -> int:
    return space.start + secrets.randbelow(len(space) - count + 1)
