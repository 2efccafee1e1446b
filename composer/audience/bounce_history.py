"""Returned messages of a subscriber and of a mailing, for `who`, reports and statistics.

Input: a connection. Output: values. composer/bounces records the messages and decides their effects.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, distinct, func, select

from composer.audience.identity.tombstones import about, spans_of
from composer.database.tables.bounce_tables import returned


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedMessage:
    """A returned message that is proven to be about the subscriber."""

    at: datetime
    #: bounce, delay, complaint, unsubscribe; for a bounce also its class: hard, bad_domain, full, soft, ours.
    kind: str
    bounce: str | None
    #: The status code of RFC 3463, and the server's answer.
    status: str | None
    words: str
    #: suppressed, counted, alert, left.
    effect: str
    mailing_id: int | None


def of_subscriber(connection: Connection, subscriber_id: int) -> tuple[ReturnedMessage, ...]:
    """Return the returned messages of a person under all of their ids, oldest first."""
    names = ("at", "kind", "bounce", "status", "words", "effect", "mailing_id")
    query = select(*(returned.c[name] for name in names)).where(about(returned, spans_of(connection, subscriber_id)))
    return tuple(ReturnedMessage(**row) for row in connection.execute(query.order_by(returned.c.id)).mappings())


def of_mailing(connection: Connection, mailing_id: int) -> Counter[tuple[str, str]]:
    """Count the subscribers with returned messages of a mailing, by kind and bounce class (empty for other kinds).

    A subscriber counts once for each. Subscribers who were erased since count by message.
    """
    who = func.coalesce(returned.c.subscriber_id, -returned.c.id)
    query = (
        select(returned.c.kind, returned.c.bounce, func.count(distinct(who)))
        .where(returned.c.mailing_id == mailing_id)
        .group_by(returned.c.kind, returned.c.bounce)
    )
    return Counter({(kind, bounce or ""): count for kind, bounce, count in connection.execute(query)})
