"""Counts the groups of intents of a run, in the database and in the notes.

Input: what a run began with. Output: a higher count in every group, or a stop: the database is not the one any more.

The order is: the database commits the intents with the higher count, then the notes are written, then the dots go out. So a
note never knows more than the database that was sent from, and no dot goes out that a note does not know of. A kill in
between leaves a database that is ahead, which is no harm.
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
    """The process was taken for dead, or its lock is gone."""


_COUNT: dict[str, ColumnElement[Any]] = {
    "sqlite": literal_column("1"),
    # Whatever the server is set to: an intent is on disk before its dot. Said here, it costs no round trip of its own.
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
    """Raises the count of one run; only one thread uses it at a time.

    `count` in the transaction, `confirm` after its commit and before any dot. A rehearsal has no note: it counts nothing,
    and looks only whether the files are the same.
    """

    worker_id: int
    note: Note | None = None
    files: tuple[AgeFile, ...] = ()
    #: Files that must stay the ones that they were.
    paths: tuple[Path, ...] = ()
    name: str = ""
    _seen: tuple[tuple[int, int], ...] = field(init=False, default=())
    _is_raised: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._seen = tuple(_identity(path) for path in self.paths)

    def look(self) -> None:
        """Look whether the files at their paths are still the ones that this run writes to. Raises ReplacedError."""
        for path, seen in zip(self.paths, self._seen, strict=True):
            if (now := _identity(path)) != seen:
                what = "is no longer there" if now == _NOWHERE else "is another file now"
                raise ReplacedError(
                    f"stopped: {path} {what}; it was replaced, moved or deleted while messages were sent from it",
                    f"put back the file that was there; {WAY_ON}",
                )

    def count(self, connection: Connection) -> None:
        """Raise the count in the transaction of a group. Raises ReplacedError, LostError."""
        self.look()
        self._is_raised = False
        if self.note is None:
            return
        known = {"owner": self.worker_id, "nonce": self.note.nonce, "count": self.note.count}
        if not _RAISE[connection.dialect.name].rows(connection, known):
            raise self._error(connection)
        self._is_raised = True

    def confirm(self) -> None:
        """Note that the transaction was committed. Raises OSError: then no dot may follow."""
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
        """Let go of the files. Never raises."""
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
                "another process took this one for dead, and its work", "nothing is sent twice; run it again"
            )
        return ReplacedError(
            f"stopped: the content of {self.name} was replaced while messages were sent from it",
            f"put back what was there; {WAY_ON}",
        )


_NOWHERE = (-1, -1)


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return _NOWHERE
    return found.st_dev, found.st_ino
