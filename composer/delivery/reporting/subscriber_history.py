"""The result of every mailing for one subscriber: `compose who`.

Input: a connection, a subscriber's id. Output: values, the oldest mailing first. Guarantees: changes nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from composer.audience.identity.tombstones import AddressSpan, about, spans_of
from composer.database.tables.mailing_tables import deliveries, issues, mailings
from composer.delivery.core.events import in_words
from composer.delivery.core.states import DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMailing:
    """One mailing, and its delivery state for the subscriber."""

    mailing_id: int
    #: The numbers of the mailing and the subscriber in its Message-ID; the subscriber may have had another id then.
    public_id: int
    subscriber_id: int
    #: The issue's key.
    issue: str
    state: DeliveryState
    #: When the state last changed.
    at: datetime
    attempts: int
    #: The reason with the server's last reply, and the server's name for the message in its log.
    reply: str
    queue_id: str
    #: The domain of its Message-ID.
    domain: str


def received_mailings(connection: Connection, subscriber_id: int) -> tuple[ReceivedMailing, ...]:
    """Return the mailings that were frozen for a subscriber, under any of their ids."""
    return received_mailings_under(connection, spans_of(connection, subscriber_id))


def received_mailings_under(connection: Connection, spans: Sequence[AddressSpan]) -> tuple[ReceivedMailing, ...]:
    """Return the mailings that were frozen for the person with these ids, the oldest first."""
    if not spans:
        return ()
    table = deliveries.c
    query = (
        select(mailings.c.id, mailings.c.public_id, issues.c.key, mailings.c.frozen_settings, table.subscriber_id,
               table.state, table.changed, table.attempts, table.reason, table.words, table.queue_id)
        .join_from(mailings, issues, issues.c.id == mailings.c.issue_id)
        .join(deliveries, table.mailing_id == mailings.c.id)
        .where(about(deliveries, spans))
        .order_by(mailings.c.id, table.changed)
    )  # fmt: skip
    return tuple(
        ReceivedMailing(
            mailing_id=row.id,
            public_id=row.public_id,
            subscriber_id=row.subscriber_id,
            issue=row.key,
            state=DeliveryState(row.state),
            at=row.changed,
            attempts=row.attempts,
            reply=in_words(row.reason, row.words),
            queue_id=row.queue_id or "",
            domain=json.loads(row.frozen_settings).get("domain", ""),
        )
        for row in connection.execute(query)
    )
