"""What became of every mailing for one reader: `compose who`.

Comes in: a connection, a reader's id. Goes out: values, the oldest mailing first. Changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from composer.database.mailings import deliveries, issues, mailings
from composer.delivery.events import in_words
from composer.delivery.letters import Terms
from composer.delivery.states import DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One mailing, and where it stands for the reader."""

    mailing_id: int
    #: The issue's key.
    issue: str
    state: DeliveryState
    #: Since when they stand so.
    at: datetime
    attempts: int
    #: Why, for people, with what the server said last; and what it calls the message in its log.
    reply: str
    queue_id: str
    #: Where its Message-ID is from.
    domain: str


def received(connection: Connection, reader_id: int) -> tuple[Received, ...]:
    """Give the mailings that were frozen for a reader."""
    table = deliveries.c
    query = (
        select(mailings.c.id, issues.c.key, mailings.c.terms,
               table.state, table.changed, table.attempts, table.reason, table.words, table.queue_id)
        .join_from(mailings, issues, issues.c.id == mailings.c.issue_id)
        .join(deliveries, table.mailing_id == mailings.c.id)
        .where(table.reader_id == reader_id)
        .order_by(mailings.c.id)
    )  # fmt: skip
    return tuple(
        Received(
            mailing_id=row.id,
            issue=row.key,
            state=DeliveryState(row.state),
            at=row.changed,
            attempts=row.attempts,
            reply=in_words(row.reason, row.words),
            queue_id=row.queue_id or "",
            domain=Terms.from_json(row.terms).domain,
        )
        for row in connection.execute(query)
    )
