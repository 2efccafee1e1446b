"""What each mail server did with the messages of a mailing, and its condition now.

Input: a connection, a mailing, the configured servers. Output: values. Guarantees: reads only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from composer.database.tables.mailing_tables import deliveries, events
from composer.delivery.config.resolve import RoutePlace
from composer.delivery.core.events import EventKind
from composer.delivery.core.routing import RouteCondition
from composer.delivery.core.states import DeliveryState
from composer.delivery.throttle import rate_limit

#: What a server can do with a message, by the event that records it.
ROUTE_WORDS = {
    EventKind.ACCEPTED: "accepted",
    EventKind.UNKNOWN: "unconfirmed",
    EventKind.REFUSED: "rejected",
    EventKind.DEFERRED: "deferred",
    EventKind.THROTTLED: "throttled",
    EventKind.REROUTED: "passed on to another server",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteResult:
    """What one server did."""

    name: str
    #: How often, by EventKind: a message that was deferred twice and then accepted counts three times.
    counts: Mapping[EventKind, int]

    @property
    def in_words(self) -> str:
        """What it did, as text."""
        counts = (f"{self.counts[kind]:,} {words}" for kind, words in ROUTE_WORDS.items() if kind in self.counts)
        return f"{self.name}: {', '.join(counts)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """A mail server and its condition, as people see it."""

    place: RoutePlace
    condition: RouteCondition
    #: When it is tried again; None if it may be used now.
    until: datetime | None
    #: Its reply, or the obstacle; only for people.
    words: str


def route_results(connection: Connection, mailing_id: int) -> tuple[RouteResult, ...]:
    """Return what each server did; nothing if newsletter.yaml named only one."""
    counted = connection.execute(
        select(events.c.route, events.c.kind, func.count())
        .where(events.c.mailing_id == mailing_id, events.c.route.is_not(None))
        .group_by(events.c.route, events.c.kind)
    )
    found: dict[str, dict[EventKind, int]] = {}
    for name, kind, count in counted:
        found.setdefault(name, {})[EventKind(kind)] = count
    # The server of an unconfirmed message is that of its intent, because a dead run wrote no event with it.
    unconfirmed = connection.execute(
        select(deliveries.c.route, func.count())
        .where(
            deliveries.c.mailing_id == mailing_id,
            deliveries.c.route.is_not(None),
            deliveries.c.state == DeliveryState.UNKNOWN,
        )
        .group_by(deliveries.c.route)
    )
    for counts in found.values():
        counts.pop(EventKind.UNKNOWN, None)
    for name, count in unconfirmed:
        found.setdefault(name, {})[EventKind.UNKNOWN] = count
    return tuple(RouteResult(name=name, counts=counts) for name, counts in sorted(found.items()) if counts)


def server_conditions(connection: Connection, places: Sequence[RoutePlace], now: datetime) -> tuple[ServerStatus, ...]:
    """Return the conditions of the servers, in the order of newsletter.yaml."""
    found = []
    for place in places:
        bucket = rate_limit.look(connection, place.bucket)
        is_paused = bucket.paused_until is not None and bucket.paused_until > now
        found.append(
            ServerStatus(
                place=place,
                condition=bucket.condition,
                until=bucket.paused_until if is_paused else None,
                words=bucket.words,
            )
        )
    return tuple(found)


def accepted_by_route(connection: Connection, mailing_ids: Sequence[int]) -> dict[str, int]:
    """Return how many messages of these mailings each server accepted."""
    rows = connection.execute(
        select(deliveries.c.route, func.count())
        .where(
            deliveries.c.mailing_id.in_(mailing_ids),
            deliveries.c.route.is_not(None),
            deliveries.c.state == DeliveryState.ACCEPTED,
        )
        .group_by(deliveries.c.route)
    )
    return {row[0]: row[1] for row in rows}
