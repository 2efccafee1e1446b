"""The locks of a SQLite database for the one process that sends mailings, and the one that sends the public pages' mail.

Input: a database. Output: a `SendingLock`, or BusyError with the process that holds it. PostgreSQL needs no lock. The
lock for mailings is taken before anything is frozen.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import select

from composer.core.errors import ComposeError, DatabaseError
from composer.database.engine import Database
from composer.database.tables.mailing_tables import workers
from composer.delivery.database_guard.file_lock import FileLock, HeldError


class Lock(StrEnum):
    """What a process sends; also the end of the name of its lock file."""

    MAILINGS = "sending"
    PAGES = "serving"


class BusyError(ComposeError):
    """Another process is sending from this database."""

    exit_code = 75


@dataclass(slots=True, kw_only=True)
class SendingLock:
    """The right to send from a database, for any mailing; on PostgreSQL every process has it."""

    path: Path | None = None
    _file: FileLock | None = field(default=None, repr=False)

    @property
    def file_handle(self) -> int | None:
        """The open, locked file; None if there is no lock."""
        return None if self._file is None else self._file.handle

    def release(self) -> None:
        """Release the lock. Never raises; does nothing after the lock was passed on to a `Worker`."""
        if self._file is not None:
            self._file.release()

    def pass_on(self) -> FileLock:
        """Return the lock to a `Worker`, which releases it."""
        assert self._file is not None
        held, self._file = self._file, None
        return held

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def lock_sending(database: Database, lock: Lock = Lock.MAILINGS) -> SendingLock:
    """Lock the database for the process that sends. Raises BusyError, DatabaseError."""
    if database.path is None:
        return SendingLock()
    path = lock_file(database.path, lock)
    try:
        return SendingLock(path=path, _file=FileLock(path))
    except HeldError:
        if lock is Lock.PAGES:
            raise BusyError("another compose serve or compose work sends the mail of the public pages") from None
        raise BusyError(_busy(database), "wait until it has ended, or stop it:   compose stop MAILING") from None
    except OSError as error:
        reason = error.strerror or error
        raise DatabaseError(
            f"{path} cannot be written: {reason}", "sending needs this file next to the database"
        ) from None


def lock_file(path: Path, lock: Lock = Lock.MAILINGS) -> Path:
    """Return the lock file next to a SQLite database; it is the same file for every link to the database."""
    real = path.resolve()
    return real.with_name(f"{real.name}-{lock}")


def _busy(database: Database) -> str:
    with database.read() as connection:
        row = connection.execute(
            select(workers)
            .where(workers.c.mailing_id.is_not(None), workers.c.ended.is_(None))
            .order_by(workers.c.id.desc())
            .limit(1)
        ).first()
    what = f"another process is sending from {database.location.name}"
    return (
        what
        if row is None
        else f"{what}: mailing {row.mailing_id}, since {row.began:%H:%M} UTC (process {row.process})"
    )
