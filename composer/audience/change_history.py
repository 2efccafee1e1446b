"""The history of a subscriber: what changed, when, and by whom.

Input: a connection and a change. Output: the changes of a subscriber, oldest first. Guarantees: only records changes, and
does not decide about them.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from composer.database.tables.subscriber_tables import subscriber_changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of a subscriber."""

    at: datetime
    #: status, consent, tag, address, or the name of a merge field.
    what: str
    before: str
    after: str
    #: Who or what changed it: command, form, link, bounce, import 3 …
    source: str


def record(
    connection: Connection, subscriber_id: int, what: str, before: str, after: str, source: str, now: datetime
) -> None:
    """Record a change."""
    row = {"subscriber_id": subscriber_id, "at": now, "what": what, "before": before, "after": after, "source": source}
    connection.execute(insert(subscriber_changes), [row])


def changes_of(connection: Connection, subscriber_id: int) -> tuple[Change, ...]:
    """Return the changes of a subscriber, oldest first."""
    table = subscriber_changes.c
    query = select(table.at, table.what, table.before, table.after, table.source)
    rows = connection.execute(query.where(table.subscriber_id == subscriber_id).order_by(table.id)).mappings()
    return tuple(Change(**row) for row in rows)
