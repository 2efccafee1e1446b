"""Records when the database was copied for the last time, in the database itself.

Input: a connection. Output: the last backup, or None. Guarantees: only `compose doctor` reads it.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from composer.delivery.database_guard.ledger_age import set_state, state_of

#: The row of `database_state`.
_NAME = "last_backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastBackup:
    """The last backup of this database, wherever it was made."""

    at: datetime
    file: str


def note_database_backup(connection: Connection, backup: LastBackup) -> None:
    """Record that a backup was made."""
    set_state(connection, _NAME, json.dumps({"at": backup.at.isoformat(), "file": backup.file}))


def last_database_backup(connection: Connection) -> LastBackup | None:
    """Return the last backup, or None if none was recorded."""
    text = state_of(connection, _NAME)
    if text is None:
        return None
    value = json.loads(text)
    return LastBackup(at=datetime.fromisoformat(value["at"]), file=value["file"])
