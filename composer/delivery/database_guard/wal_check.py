"""Checks that SQLite's file and the write-ahead log beside it belong together.

Input: a connection. Output: a `DatabaseError` if they do not. A backup that is put in the place of the database while the log of
the old one is still beside it becomes a mixture of both: rows that say who was sent to may be new or old, page by page.
SQLite does not notice; the indexes and the event log do.
"""

from sqlalchemy import Connection, exists, select

from composer.core.errors import DatabaseError
from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries, events
from composer.delivery.core.events import EventKind
from composer.delivery.core.states import DeliveryState

_TABLES = ("deliveries", "mailing_events", "workers")


def check_whole(connection: Connection, database: Database, mailing_id: int | None = None) -> None:
    """Check the tables that say who was sent to, if there was a log when the database was opened. Raises DatabaseError."""
    if not database.had_log:
        return
    for table in _TABLES:
        if connection.exec_driver_sql(f"PRAGMA integrity_check({table})").scalar() != "ok":
            raise _error(database)
    # Whoever was accepted stays so: an event that says otherwise than the row is from another time.
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
        f"{name} is a mixture of two databases: it was put beside the log of another one ({name}-wal)",
        "nothing was sent; put the backup back once more, and delete the files that end in -wal and -shm first",
    )
