"""The identity of a PostgreSQL database: its server, its own number, its tables' numbers, the server's timeline.

Input: a connection outside a transaction. Output: values to store and to compare. A restore with pg_restore creates new
tables, perhaps in another database or server. A point-in-time restore, and a standby that takes over, start a new
timeline.
"""

import json
from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from composer.database.engine import Database
from composer.delivery.database_guard.ledger_age import SERVER, CopySign, Evidence, lock, set_state, state_of

#: Separate queries, because a server may forbid some of them.
_QUESTIONS = {
    "server": "SELECT system_identifier::text FROM pg_control_system()",
    "database": "SELECT oid::text FROM pg_database WHERE datname = current_database()",
    "tables": "SELECT concat_ws(' ', 'deliveries'::regclass::oid, 'delivery_events'::regclass::oid, 'workers'::regclass::oid)",
    # The current timeline; pg_control_checkpoint() may return the one from before a standby took over.
    "timeline": "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)",
}


def identity_of(session: Connection) -> dict[str, str]:
    """Ask a server for the identity of the database; values that it does not return are left out."""
    found = {}
    for name, question in _QUESTIONS.items():
        try:
            found[name] = str(session.scalar(text(question)))
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
    return found


def compare(connection: Connection, now: Mapping[str, str]) -> Iterator[Evidence]:
    """Yield the differences from what was stored when the last run started."""
    value = state_of(connection, SERVER)
    if value is None:
        return
    before: dict[str, str] = json.loads(value)
    changed = {name for name in before.keys() & now.keys() if before[name] != now[name]}
    if changed - {"timeline"}:
        yield Evidence(sign=CopySign.OTHER_TABLES)
    elif changed:
        yield Evidence(sign=CopySign.OTHER_TIMELINE)


def remember(database: Database) -> None:
    """Store the identity of the database, unless it is stored, so that copies can be detected from the first day."""
    if database.path is not None:
        return
    with database.translated(), database.engine.connect() as session:
        identity = identity_of(session.execution_options(isolation_level="AUTOCOMMIT"))
    with database.write() as connection:
        lock(connection)
        if state_of(connection, SERVER) is None:
            store(connection, identity)


def store(connection: Connection, now: Mapping[str, str]) -> None:
    """Store the identity for the next run."""
    set_state(connection, SERVER, json.dumps(dict(now), sort_keys=True))
