"""Makes a copy of the database while it is in use.

Input: an open database, a path. Output: a private file, complete or not at all. Guarantees: never overwrites a file.
Nothing is sent from the copy until a person accepts it (`compose db restored`): a copy of SQLite is marked as a backup,
and a restored PostgreSQL database is recognised by its identity. It does not contain the key that recognises erased
people, which has its own backup (`compose keys backup`). PostgreSQL is copied by its own program, pg_dump.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from composer.core.errors import DatabaseError
from composer.database.database_state import BACKUP, ERASURE_KEY
from composer.database.engine import Database

#: The program that copies a PostgreSQL database.
PG_DUMP = "pg_dump"
#: What a copy of PostgreSQL does not contain: keys (see above), and the queue of `compose work`, which is made anew.
_LEFT_OUT = ("--exclude-table-data=database_keys", "--exclude-schema=compose_work*")


def require_backup_program(database: Database) -> None:
    """Check that this database can be copied on this computer. Raises DatabaseError."""
    if database.path is None and shutil.which(PG_DUMP) is None:
        raise DatabaseError(
            f"{PG_DUMP} was not found: it makes the backups of PostgreSQL",
            "install PostgreSQL's client programs, in the server's version or newer",
        )


def backup(database: Database, target: Path, now: datetime) -> int:
    """Copy a database to a new file; return its size in bytes. Raises DatabaseError."""
    require_backup_program(database)
    if target.exists():
        raise DatabaseError(f"{target} already exists and was not changed", "choose another file")
    try:
        _write_whole(target, lambda draft: _copy(database, draft, now))
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(
            f"the copy {target} cannot be written: {error}", "check the disk space and the permissions of the folder"
        ) from None
    return target.stat().st_size


def _write_whole(target: Path, write: Callable[[Path], None]) -> None:
    """Write a file that is private from the first byte on, and has its name once all bytes are on disk."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}-", suffix=".new", dir=target.parent)
    os.close(descriptor)
    draft = Path(name)
    try:
        write(draft)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.rename(target)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def _copy(database: Database, draft: Path, now: datetime) -> None:
    if database.path is None:
        _dump(database, draft)
        return
    with closing(sqlite3.connect(database.path)) as source, closing(sqlite3.connect(draft)) as copy:
        source.backup(copy)
        _mark(copy, f"{now:%Y-%m-%d %H:%M} UTC")


def _dump(database: Database, draft: Path) -> None:
    """Run pg_dump. The password goes through the environment, because other users can see command lines."""
    url = make_url(database.location.url)
    name = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    password = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    done = subprocess.run(  # noqa: S603 - no shell; the address is from the settings
        [PG_DUMP, "--format=custom", *_LEFT_OUT, f"--file={draft}", f"--dbname={name}"],
        env={**os.environ, **password},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = "; ".join(line.removeprefix(f"{PG_DUMP}: ").removeprefix("error: ") for line in said)
        raise DatabaseError(
            f"{PG_DUMP} failed: {reason or f'exit code {done.returncode}'}", "fix the cause; no copy was made"
        )


def _mark(copy: sqlite3.Connection, made: str) -> None:
    """Mark a copy as a backup, and delete the erasure key, without any trace in the file or next to it."""
    for pragma in ("journal_mode=DELETE", "secure_delete=ON"):
        copy.execute(f"PRAGMA {pragma}").close()
    with copy:
        copy.execute("DELETE FROM database_keys WHERE name = ?", (ERASURE_KEY,))
        copy.execute("INSERT OR REPLACE INTO database_state (name, value) VALUES (?, ?)", (BACKUP, made))
