"""A reader's history: what became different, when, and by whom.

Comes in: a connection and a change. Goes out: the changes of a reader, the oldest first. Never decides what may change.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from composer.database.tables.subscriber_tables import reader_changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that became different about a reader."""

    at: datetime
    #: status, consent, tag, address, or the name of a merge field.
    what: str
    before: str
    after: str
    #: Who or what changed it: command, form, link, bounce, import 3 …
    source: str


def record(
    connection: Connection, reader_id: int, what: str, before: str, after: str, source: str, now: datetime
) -> None:
    """Write a change down."""
    row = {"reader_id": reader_id, "at": now, "what": what, "before": before, "after": after, "source": source}
    connection.execute(insert(reader_changes), [row])


def changes_of(connection: Connection, reader_id: int) -> tuple[Change, ...]:
    """Give a reader's changes, the oldest first."""
    table = reader_changes.c
    query = select(table.at, table.what, table.before, table.after, table.source)
    rows = connection.execute(query.where(table.reader_id == reader_id).order_by(table.id)).mappings()
    return tuple(Change(**row) for row in rows)
