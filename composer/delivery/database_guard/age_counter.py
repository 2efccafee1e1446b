"""Counts the groups of intents of a run, in the database and in the notes.

Input: the first note of a run. Output: a higher count with every group, or an error if the database was replaced.
Guarantees: the database commits the intents (records that messages are about to be sent) with the higher count, then
the notes are written, then the final dots of the messages are sent. So a note never contains more than the original
database, and no message is completed without a note. If the process is killed in
between, the database is ahead of the notes, which is harmless.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, Text, bindparam, literal_column, select, update

from composer.core.errors import ComposeError
from composer.database.prepared_statement import Prepared
from composer.database.tables.mailing_tables import workers
from composer.delivery.database_guard.age_files import AgeFile, Note, counted
from composer.delivery.database_guard.ledger_age import WAY_ON, CopyError


class ReplacedError(CopyError):
    """The database was deleted, moved or replaced while a run was sending from it."""


class DatabaseLostError(ComposeError):
    """Another process considered this one dead, or its lock is gone."""


_COUNT: dict[str, ColumnElement[Any]] = {
    "sqlite": literal_column("1"),
    # With any server configuration, an intent must be on disk before the message is completed. Setting it here needs no
    # extra round trip.
    "postgresql": literal_column("set_config('synchronous_commit', 'on', true)"),
}
_RAISE = {
    name: Prepared(
        update(workers)
        .where(
            workers.c.id == bindparam("owner", type_=Integer),
            workers.c.nonce == bindparam("nonce", type_=Text),
            workers.c.count == bindparam("count", type_=BigInteger),
            workers.c.ended.is_(None),
        )
        .values(count=workers.c.count + literal_column("1"))
        .returning(found)
    )
    for name, found in _COUNT.items()
}


@dataclass(slots=True, kw_only=True)
class AgeCounter:
    """Increases the count of one run; only one thread uses it at a time.

    Call `count` in the transaction, and `confirm` after its commit and before any message is completed. A
    rehearsal has no note, so it counts nothing, and only checks that the files are the same.
    """

    worker_id: int
    note: Note | None = None
    files: tuple[AgeFile, ...] = ()
    #: Files that must not be replaced.
    paths: tuple[Path, ...] = ()
    name: str = ""
    _seen: tuple[tuple[int, int], ...] = field(init=False, default=())
    _is_raised: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._seen = tuple(_identity(path) for path in self.paths)

    def look(self) -> None:
        """Check that the files are still the ones that this run writes to. Raises ReplacedError."""
        for path, seen in zip(self.paths, self._seen, strict=True):
            if (now := _identity(path)) != seen:
                what = "no longer exists" if now == _NOWHERE else "is now a different file"
                raise ReplacedError(
                    f"stopped: {path} {what}; it was replaced, moved or deleted while messages were being sent",
                    f"restore the original file; or, {WAY_ON}",
                )

    def count(self, connection: Connection) -> None:
        """Increase the count in the transaction of a group. Raises ReplacedError, DatabaseLostError."""
        self.look()
        self._is_raised = False
        if self.note is None:
            return
        known = {"owner": self.worker_id, "nonce": self.note.nonce, "count": self.note.count}
        if not _RAISE[connection.dialect.name].rows(connection, known):
            raise self._error(connection)
        self._is_raised = True

    def confirm(self) -> None:
        """Record in the notes that the transaction was committed. After an OSError, no message may be completed."""
        if self._is_raised and self.note is not None:
            self._is_raised = False
            self.note = counted(self.note, self.note.count + 1)
            for file in self.files:
                file.count(self.note)

    def sync(self) -> None:
        """Wait until the notes are on disk. Raises OSError."""
        for file in self.files:
            file.sync()

    def close(self) -> None:
        """Close the files. Never raises."""
        for file in self.files:
            file.close()

    def _error(self, connection: Connection) -> ComposeError:
        assert self.note is not None
        row = connection.execute(
            select(workers.c.nonce, workers.c.count.label("groups"), workers.c.ended).where(
                workers.c.id == self.worker_id
            )
        ).first()
        if row is not None and (row.nonce, row.groups) == (self.note.nonce, self.note.count) and row.ended is not None:
            return DatabaseLostError(
                "another process considered this one dead and took over its work",
                "no message is sent twice; run the command again",
            )
        return ReplacedError(
            f"stopped: the content of {self.name} was replaced while messages were being sent",
            f"restore the original content; or, {WAY_ON}",
        )


_NOWHERE = (-1, -1)


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return _NOWHERE
    return found.st_dev, found.st_ino
