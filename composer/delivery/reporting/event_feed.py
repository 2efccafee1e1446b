"""The events of mailings in their order, for readers that continue where they ended.

Input: a database, the id of the last event that a reader has. Output: events. Guarantees: reads only; no event is skipped
and none comes twice, also if several machines write. Events of the public pages' mail are left out: they are deleted with
their message, and SQLite may use their ids again.

PostgreSQL assigns an id before the transaction with the event is committed, so an event may appear after one with a higher
id. The feed therefore first notes the highest id and who is writing, and reads up to that id when these writers are done.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, text

from composer.database.engine import Database
from composer.database.tables.mailing_tables import events

_AT_A_TIME = 1_000
_LAST_ID = text("SELECT pg_sequence_last_value(pg_get_serial_sequence('delivery_events', 'id')::regclass)")
_WRITERS = text("""
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'delivery_events'::regclass AND mode = 'RowExclusiveLock'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingEvent:
    """What happened to a mailing, or to one of its deliveries."""

    id: int
    at: datetime
    mailing_id: int
    #: None: the mailing as a whole.
    subscriber_id: int | None
    kind: str
    #: Codes and numbers (delivery/core/events.py).
    reason: str | None
    run: int | None
    #: The mail server's name in newsletter.yaml, if that names several.
    route: str | None
    #: The person who did it, and the server's reply or the obstacle; only for people.
    who: str | None = field(repr=False)
    words: str = field(repr=False)

    def codes(self) -> dict[str, object]:
        """Return what contains only numbers, codes and times."""
        return {
            "id": self.id,
            "at": self.at.isoformat(timespec="milliseconds"),
            "mailing": self.mailing_id,
            "subscriber": self.subscriber_id,
            "event": self.kind,
            "reason": self.reason,
            "run": self.run,
            "route": self.route,
        }

    def whole(self) -> dict[str, object]:
        """Return everything."""
        return {**self.codes(), "who": self.who, "words": self.words}


def events_of(connection: Connection, *which: ColumnElement[bool], most: int | None = None) -> Iterator[MailingEvent]:
    """Yield events of mailings that meet all conditions, in their order."""
    question = select(events).where(events.c.mailing_id.is_not(None), *which).order_by(events.c.id).limit(most)
    for row in connection.execute(question.execution_options(yield_per=_AT_A_TIME)):
        yield MailingEvent(
            id=row.id,
            at=row.at,
            mailing_id=row.mailing_id,
            subscriber_id=row.subscriber_id,
            kind=row.kind,
            reason=row.reason,
            run=row.run,
            route=row.route,
            who=row.who or None,
            words=row.words,
        )


def has_event(connection: Connection, event_id: int) -> bool:
    """Return whether a mailing has an event with this id."""
    return bool(tuple(events_of(connection, events.c.id == event_id)))


class EventFeed:
    """Reads events after the last one that was read."""

    def __init__(self, database: Database, after: int = 0, mailing_id: int | None = None) -> None:
        self._database, self._after = database, after
        self._which = () if mailing_id is None else (events.c.mailing_id == mailing_id,)
        #: PostgreSQL: up to where the feed reads next, and the transactions that it waits for.
        self._until: int | None = None
        self._writers = frozenset[str]()

    def read(self) -> Iterator[MailingEvent]:
        """Yield the next events; `is_settled` is false if it has to be called again for those written so far."""
        until = self._note_writers()
        while self.is_settled:
            bounds = (events.c.id > self._after, *(() if until is None else (events.c.id <= until,)))
            # One page for each transaction, because the reader may be slow.
            with self._database.read() as connection:
                page = tuple(events_of(connection, *bounds, *self._which, most=_AT_A_TIME))
            for each in page:
                self._after = each.id
                yield each
            if len(page) < _AT_A_TIME:
                self._until = None
                return

    @property
    def is_settled(self) -> bool:
        """Whether no transaction is awaited."""
        return not self._writers

    def _note_writers(self) -> int | None:
        """Return the highest id to read; None on SQLite, where ids are in the order of commits."""
        if self._database.path is not None:
            return None
        with self._database.read() as connection:
            if self._until is None:
                self._until = connection.scalar(_LAST_ID) or 0
                self._writers = frozenset(connection.scalars(_WRITERS))
            elif self._writers:
                self._writers &= frozenset(connection.scalars(_WRITERS))
        return self._until
