"""Checks that SQLite's file and the write-ahead log next to it belong together.

Input: a connection. Output: a `DatabaseError` if they do not. If a backup replaces the database while the log of the
old one is still there, the result is a mixture of both: each page of the delivery rows may be new or old. SQLite does
not notice, but the indexes and the event log show it.
"""

from sqlalchemy import Connection, exists, select

from composer.core.errors import DatabaseError
from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries, events
from composer.delivery.core.events import EventKind
from composer.delivery.core.states import DeliveryState

_TABLES = ("deliveries", "delivery_events", "workers")


def check_whole(connection: Connection, database: Database, mailing_id: int | None = None) -> None:
    """Check the delivery tables, if there was a log when the database was opened. Raises DatabaseError."""
    if not database.had_log:
        return
    for table in _TABLES:
        if connection.exec_driver_sql(f"PRAGMA integrity_check({table})").scalar() != "ok":
            raise _error(database)
    # An accepted delivery stays accepted: if its row has another state, the row and the event are from different times.
    is_accepted = exists().where(
        deliveries.c.mailing_id == events.c.mailing_id,
        deliveries.c.subscriber_id == events.c.subscriber_id,
        deliveries.c.state != DeliveryState.ACCEPTED,
    )
    contradiction = select(events.c.id).where(
        events.c.mailing_id == mailing_id, events.c.kind == EventKind.ACCEPTED, is_accepted
    )
    if mailing_id is not None and connection.scalar(contradiction.limit(1)) is not None:
        raise _error(database)


def _error(database: Database) -> DatabaseError:
    name = database.location.name
    return DatabaseError(
        f"{name} is a mixture of two databases: it was copied next to the log of another one ({name}-wal)",
        "nothing was sent; delete the files that end in -wal and -shm, then restore the backup again",
    )
