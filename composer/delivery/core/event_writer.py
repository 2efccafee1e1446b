"""Writes events: what happened to mailings, to their deliveries, and to messages of the public pages.

Input: a connection in a transaction, events, the time. Output: rows of `delivery_events`. Guarantees: nothing else
writes this table, and rows are only added.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, bindparam, insert, literal, select

from composer.database.prepared_statement import Prepared
from composer.database.tables.mailing_tables import deliveries, events
from composer.database.tables.metadata import milliseconds
from composer.delivery.core.events import EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened to a mailing as a whole, to one of its deliveries, or to a message of the public pages."""

    kind: EventKind
    #: The recipient of the mailing.
    subscriber_id: int | None = None
    #: The message of the public pages: an id of `transactional_emails`.
    email_id: int | None = None
    #: A code: why, if there is no server reply.
    reason: str | None = None
    #: The person who did it.
    who: str = ""
    #: The run that it is about.
    run: int | None = None
    #: The server's reply, or the obstacle; only for people.
    words: str = ""
    #: The route of the attempt, if newsletter.yaml names several.
    route: str | None = None


_INSERT = Prepared(
    insert(events).values(
        mailing_id=bindparam("mailing", type_=Integer),
        subscriber_id=bindparam("subscriber"),
        email_id=bindparam("email"),
        at=bindparam("now", type_=BigInteger),
        kind=bindparam("kind"),
        reason=bindparam("reason"),
        who=bindparam("who"),
        run=bindparam("run"),
        words=bindparam("words"),
        route=bindparam("route"),
    )
)


def write_events(connection: Connection, mailing_id: int | None, happened: Iterable[Event], now: datetime) -> None:
    """Add events of a mailing; None for messages of the public pages."""
    at = milliseconds(now)
    rows = [
        {
            "mailing": mailing_id,
            "subscriber": each.subscriber_id,
            "email": each.email_id,
            "now": at,
            "kind": each.kind.value,
            "reason": None if each.reason is None else str(each.reason),
            "who": each.who,
            "run": each.run,
            "words": each.words,
            "route": each.route,
        }
        for each in happened
    ]
    if rows:
        _INSERT.run_many(connection, rows)


def write_events_of(
    connection: Connection, which: ColumnElement[bool], kind: EventKind, reason: str, now: datetime
) -> None:
    """Add an event for each delivery that meets a condition, without reading them: there may be a million."""
    those = select(
        deliveries.c.mailing_id,
        deliveries.c.subscriber_id,
        literal(now, events.c.at.type),
        literal(kind.value),
        literal(str(reason)),
    ).where(which)
    connection.execute(insert(events).from_select(("mailing_id", "subscriber_id", "at", "kind", "reason"), those))
