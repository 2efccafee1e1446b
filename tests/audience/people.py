"""Subscribers for tests."""

import datetime

from sqlalchemy import Connection

from composer.audience.changes import add_subscriber
from composer.audience.subscribers import Status, Subscriber, select_subscribers
from composer.core.addresses import parse_address

NOW = datetime.datetime(2025, 1, 30, 6, 30, tzinfo=datetime.UTC)
LATER = NOW + datetime.timedelta(days=3)
EARLIER = NOW - datetime.timedelta(days=3)


def join(connection: Connection, address: str, *tags: str, consent: str = "form", **values: str) -> Subscriber:
    """Add a subscriber, active if there is a consent, otherwise pending."""
    return add_subscriber(
        connection, parse_address(address), values, source="test", now=NOW, consent=consent, tags=tags
    )


def everybody(connection: Connection) -> dict[str, Status]:
    """Return every subscriber's address and status."""
    return {subscriber.address: subscriber.status for subscriber in select_subscribers(connection, status=())}
