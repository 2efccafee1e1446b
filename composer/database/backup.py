"""Makes a copy of the database while it is in use.

Input: an open database, a path. Output: a private file, complete or not at all. Guarantees: never overwrites a file.
The copy is marked as a backup: nothing is sent from it until a person accepts it (`compose db restored`). It does not
contain the key that recognises erased people, which has its own backup (`compose keys backup`).
"""

import os
import sqlite3
import tempfile
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from composer.core.errors import DatabaseError
from composer.database.database_state import BACKUP, ERASURE_KEY
from composer.database.engine import Database


def backup(database: Database, target: Path, now: datetime) -> int:
    """Copy a SQLite database to a new file; return its size in bytes. Raises DatabaseError."""
    if database.path is None:
        raise DatabaseError(
            f"the database at {database.location.name} is PostgreSQL: use its own tool for backups",
            "run: pg_dump --format=custom --file=FILE DATABASE",
        )
    if target.exists():
        raise DatabaseError(f"{target} already exists and was not changed", "choose another file")
    try:
        # Private from the first byte on, and without its final name until all bytes are on disk.
        descriptor, draft = tempfile.mkstemp(prefix=f".{target.name}-", suffix=".new", dir=target.parent)
        os.close(descriptor)
        try:
            with closing(sqlite3.connect(database.path)) as source, closing(sqlite3.connect(draft)) as copy:
                source.backup(copy)
                _mark(copy, f"{now:%Y-%m-%d %H:%M} UTC")
            with Path(draft).open("rb+") as file:
                os.fsync(file.fileno())
            Path(draft).rename(target)
        finally:
            with suppress(FileNotFoundError):
                Path(draft).unlink()
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(
            f"the copy {target} cannot be written: {error}", "check the disk space and the permissions of the folder"
        ) from None
    return target.stat().st_size


def _mark(copy: sqlite3.Connection, made: str) -> None:
    """Mark a copy as a backup, and delete the erasure key, without any trace in the file or next to it."""
    for pragma in ("journal_mode=DELETE", "secure_delete=ON"):
        copy.execute(f"PRAGMA {pragma}").close()
    with copy:
        copy.execute("DELETE FROM database_keys WHERE name = ?", (ERASURE_KEY,))
        copy.execute("INSERT OR REPLACE INTO database_state (name, value) VALUES (?, ?)", (BACKUP, made))
