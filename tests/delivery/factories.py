"""Shared by the tests of mailings: subscribers, a frozen mailing, messages, a controllable clock."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries, events
from composer.database.tables.subscriber_tables import database_keys, subscriber_tags, subscribers
from composer.delivery.core.mailing import FrozenVariant, Mailing, Sums, sums_of
from composer.delivery.core.retry_policy import RetryPolicy
from composer.delivery.core.states import DeliveryState
from composer.delivery.messages.outgoing import MessageRecipient, MessageSource, OutgoingMessage
from composer.delivery.selection.freeze import Draft, freeze
from composer.delivery.selection.selection import Selection
from composer.transport.envelope import Envelope

NOW = datetime(2025, 1, 30, 6, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ISSUE = "2025-01-30"
#: With delays of milliseconds, so that tests are fast.
QUICK = RetryPolicy(
    delays=(timedelta(milliseconds=30), timedelta(milliseconds=60)),
    deadline=timedelta(seconds=30),
    pause=timedelta(milliseconds=20),
    longest_pause=timedelta(milliseconds=100),
    max_wait=timedelta(seconds=20),
)


class Clock:
    """A clock that advances by a millisecond at each call, and can be set."""

    def __init__(self, at: datetime = NOW) -> None:
        self._ticks = itertools.count(1)
        self._at = at

    def put(self, at: datetime) -> None:
        self._at, self._ticks = at, itertools.count(1)

    def __call__(self) -> datetime:
        return self._at + timedelta(milliseconds=next(self._ticks))


class Plain(MessageSource):
    """Makes the shortest possible messages."""

    def outgoing(self, recipient: MessageRecipient) -> OutgoingMessage:
        envelope = Envelope(sender="news@example.org", recipient=recipient.address, id=str(recipient.subscriber_id))
        message = (
            f"Subject: hello\r\nMessage-ID: <{recipient.subscriber_id}@example.org>\r\n\r\n{recipient.first_name}\r\n"
        )
        return OutgoingMessage(envelope=envelope, message=message.encode("ascii", "replace"))


def add_subscribers(connection: Connection, count: int, *, first: int = 1, **more: Any) -> list[int]:
    """Add active subscribers, reader1@example.net and so on; return their ids."""
    rows = [
        {
            "address": f"Reader{number}@example.net",
            "normal": f"reader{number}@example.net",
            "name": f"Subscriber {number}",
            "first_name": "Subscriber",
            "last_name": str(number),
            "language": "en",
            "status": "active",
            "created": NOW,
            "changed": NOW,
            **more,
        }
        for number in range(first, first + count)
    ]
    connection.execute(insert(subscribers), rows)
    normals = [row["normal"] for row in rows]
    return list(
        connection.scalars(select(subscribers.c.id).where(subscribers.c.normal.in_(normals)).order_by(subscribers.c.id))
    )


def tag(connection: Connection, subscriber_ids: Iterable[int], *tags: str) -> None:
    connection.execute(
        insert(subscriber_tags), [{"subscriber_id": each, "tag": word} for each in subscriber_ids for word in tags]
    )


def draft(issue: str = ISSUE, **more: Any) -> Draft:
    selection = more.pop("selection", None) or Selection(issue=issue)
    variant = FrozenVariant(number=0, language="en", compiled=b"compiled")
    plain = Draft(
        selection=selection, variants=(variant,), edition="e" * 64, subject="Hello", made_by="anna", program="0.1.0"
    )
    return replace(plain, **more)


def frozen(database: Database, count: int, **more: Any) -> Mailing:
    """Add subscribers and freeze a mailing to all of them."""
    with database.write() as connection:
        if count:
            add_subscribers(connection, count)
        return freeze(connection, draft(**more), NOW)


def sums(database: Database, mailing_id: int = 1) -> Sums:
    with database.read() as connection:
        found = sums_of(connection, mailing_id)
    assert found.is_even, found
    return found


def states(database: Database, mailing_id: int = 1) -> dict[int, DeliveryState]:
    with database.read() as connection:
        rows = connection.execute(
            select(deliveries.c.subscriber_id, deliveries.c.state)
            .where(deliveries.c.mailing_id == mailing_id)
            .order_by(deliveries.c.subscriber_id)
        )
        return {subscriber_id: DeliveryState(state) for subscriber_id, state in rows}


def kinds(database: Database, subscriber_id: int | None = None) -> Sequence[str]:
    """Return the events of a subscriber, or of mailings as a whole, in order."""
    which = events.c.subscriber_id == subscriber_id if subscriber_id else events.c.subscriber_id.is_(None)
    with database.read() as connection:
        return connection.scalars(select(events.c.kind).where(which).order_by(events.c.id)).all()


def name_publication(connection: Connection, name: bytes) -> None:
    """Set a publication id that a test knows."""
    connection.execute(update(database_keys).where(database_keys.c.name == "publication").values(key=name))
