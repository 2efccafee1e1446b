"""What came back of a subscriber, and of a mailing: read for `who`, reports and figures.

Input: a connection. Output: values. Who records it, and what follows, is said in composer/bounces.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, distinct, func, select

from composer.audience.identity.tombstones import about, spans_of
from composer.database.tables.bounce_tables import returned


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedMessage:
    """One message that came back, and is proven to be about the subscriber."""

    at: datetime
    #: bounce, delay, complaint, unsubscribe; and of a bounce its class: hard, bad_domain, full, soft, ours.
    kind: str
    bounce: str | None
    #: RFC 3463, and the other side's words.
    status: str | None
    words: str
    #: suppressed, counted, alert, left.
    effect: str
    mailing_id: int | None


def of_subscriber(connection: Connection, subscriber_id: int) -> tuple[ReturnedMessage, ...]:
    """Return what came back of a person, under whichever id, the oldest first."""
    names = ("at", "kind", "bounce", "status", "words", "effect", "mailing_id")
    query = select(*(returned.c[name] for name in names)).where(about(returned, spans_of(connection, subscriber_id)))
    return tuple(ReturnedMessage(**row) for row in connection.execute(query.order_by(returned.c.id)).mappings())


def of_mailing(connection: Connection, mailing_id: int) -> Counter[tuple[str, str]]:
    """Count the subscribers of whom something came back of a mailing, by kind and, of bounces, class (else an empty text).

    A subscriber counts once for each. Subscribers who were erased since count by the message.
    """
    who = func.coalesce(returned.c.subscriber_id, -returned.c.id)
    query = (
        select(returned.c.kind, returned.c.bounce, func.count(distinct(who)))
        .where(returned.c.mailing_id == mailing_id)
        .group_by(returned.c.kind, returned.c.bounce)
    )
    return Counter({(kind, bounce or ""): count for kind, bounce, count in connection.execute(query)})
