"""A copy of the database, made while it is in use.

Input: an open database, a path. Output: a private file, whole or not at all. Never overwrites one. The copy says of
itself that it is one: nothing is sent from it before a person has accepted it (`compose db restored`). It does not hold the
key that recognises erased people: that is kept apart (`compose keys backup`).
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
    """Copy a SQLite database to a new file; give its size in bytes. Raises DatabaseError."""
    if database.path is None:
        raise DatabaseError(
            f"the database at {database.location.name} is PostgreSQL, which brings its own tool",
            "pg_dump --format=custom --file=FILE DATABASE",
        )
    if target.exists():
        raise DatabaseError(f"{target} is there already and stays as it is", "name another file")
    try:
        # Private from its first byte on, and without its name until the last is on the disk.
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
            f"the copy {target} cannot be written: {error}", "look at the disk and the rights of its folder"
        ) from None
    return target.stat().st_size


def _mark(copy: sqlite3.Connection, made: str) -> None:
    """Write into a copy that it is one, and take the erasure key out; nothing of it is left in the file or beside it."""
    for pragma in ("journal_mode=DELETE", "secure_delete=ON"):
        copy.execute(f"PRAGMA {pragma}").close()
    with copy:
        copy.execute("DELETE FROM database_keys WHERE name = ?", (ERASURE_KEY,))
        copy.execute("INSERT OR REPLACE INTO database_state (name, value) VALUES (?, ?)", (BACKUP, made))
