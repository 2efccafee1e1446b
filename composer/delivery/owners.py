"""Who is sending: a process is an owner as long as it holds a lock, and the lock goes when the process does.

Comes in: a database, a mailing. Goes out: an `Owner`, who are dead among the others, or a stop: somebody else is sending,
or this is not the database that the mailing was begun in. Never takes a lease for death where a lock can tell.

SQLite: a lock of the operating system on a file beside the database; one process sends, a second one is told so.
PostgreSQL: an advisory lock of a session of its own; several processes share the work. The server may keep the session of
a machine that vanished, so there, besides, a sign of life by the server's clock counts: none for LEASE is death.
"""

import os
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from composer.database.engine import Database
from composer.database.mailings import deliveries, owners
from composer.delivery.file_lock import FileLock, HeldError
from composer.delivery.statements import stands
from composer.delivery.states import DeliveryState
from composer.errors import ComposeError

#: Longer than the longest wait for an answer (600 s after the dot): a lease that ends before it would send twice.
LEASE = timedelta(seconds=900)
#: How often a sign of life is given.
BEAT = timedelta(seconds=15)
#: The class of our advisory locks, so that another program's numbers are not ours.
_CLASS = 0x636F6D70
#: Which server this is, and which database there; a copy made by pg_dump is another one.
_HOME = text(
    "SELECT system_identifier, (SELECT oid FROM pg_database WHERE datname = current_database()) FROM pg_control_system()"
)


class BusyError(ComposeError):
    """Somebody else is sending from this database."""


class CopyError(ComposeError):
    """The database is a copy, or was put back: another one may know of messages that went out since."""


class LostError(ComposeError):
    """The process was taken for dead, or its lock is gone."""


@dataclass(slots=True, kw_only=True)
class Owner:
    """What this process is to deliveries, until `leave`."""

    id: int
    database: Database = field(repr=False)
    _file: FileLock | None = field(default=None, repr=False)
    _session: Connection | None = field(default=None, repr=False)

    @property
    def is_alone(self) -> bool:
        """Whether there can be no other living owner, as on SQLite."""
        return self._session is None

    def beat(self, connection: Connection, now: datetime) -> None:
        """Give a sign of life. Raises LostError when another process has taken this one for dead."""
        seen = (
            update(owners).where(owners.c.id == self.id, owners.c.ended.is_(None)).values(seen=_clock(connection, now))
        )
        if connection.execute(seen).rowcount == 0:
            raise LostError(
                "another process took this one for dead, and its work", "nothing is sent twice; run it again"
            )

    def check(self) -> None:
        """Look whether the lock is still held. Raises DatabaseError."""
        if self._session is not None:
            with self.database.translated():
                self._session.execute(text("SELECT 1"))

    def dead(self, connection: Connection, mailing_id: int, now: datetime) -> tuple[int, ...]:
        """Give the other owners that are dead, and whose work nobody has taken care of."""
        # One that has ended, and whose last transaction was committed by the server after its death.
        left = (
            select(deliveries.c.owner_id)
            .join_from(deliveries, owners, owners.c.id == deliveries.c.owner_id)
            .where(deliveries.c.mailing_id == mailing_id, stands(DeliveryState.CLAIMED, DeliveryState.SENDING))
            .where(owners.c.id != self.id, owners.c.ended.is_not(None))
            .distinct()
        )
        ended = set(connection.scalars(left))
        others = select(owners.c.id).where(owners.c.id != self.id, owners.c.ended.is_(None))
        # On SQLite there is one sender, and it is us.
        dead = set(connection.scalars(others)) if self._session is None else self._dead_on_server(connection)
        return tuple(sorted(ended | dead))

    def _dead_on_server(self, connection: Connection) -> set[int]:
        others = (owners.c.id != self.id, owners.c.ended.is_(None))
        lapsed = _server_clock() - LEASE // timedelta(milliseconds=1)
        late = set(connection.scalars(select(owners.c.id).where(*others, cast(owners.c.seen, BigInteger) < lapsed)))
        found = connection.scalars(select(owners.c.id).where(*others)).all()
        return late | {
            each
            for each in found
            if each not in late and connection.scalar(select(func.pg_try_advisory_xact_lock(_CLASS, each)))
        }

    def leave(self) -> None:
        """Let go of the lock; from then on others may take what is left. Never raises."""
        if self._file is not None:
            self._file.release()
        if self._session is not None:
            with suppress(Exception):
                self._session.invalidate()
                self._session.close()
        self._file = self._session = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.leave()


def mark_ended(connection: Connection, owner_ids: tuple[int, ...], now: datetime) -> None:
    """Write down that nothing is in these owners' hands any more."""
    connection.execute(update(owners).where(owners.c.id.in_(owner_ids), owners.c.ended.is_(None)).values(ended=now))


def become_owner(database: Database, mailing_id: int, now: datetime, *, is_copy_allowed: bool = False) -> Owner:
    """Become an owner of a mailing's deliveries. Raises BusyError, CopyError, DatabaseError.

    `is_copy_allowed`: a person says that no other copy of this database has sent anything.
    """
    if database.path is None:
        return _on_server(database, mailing_id, now, is_copy_allowed)
    lock = _lock(database)
    try:
        return _in_file(database, database.path, lock, mailing_id, now, is_copy_allowed)
    except BaseException:
        lock.release()
        raise


def lock_file(path: Path) -> Path:
    """Give the file beside a SQLite database whose lock the sender holds."""
    return path.with_name(f"{path.name}-sending")


def _in_file(
    database: Database, path: Path, lock: FileLock, mailing_id: int, now: datetime, is_copy_allowed: bool
) -> Owner:
    home = f"file {path.stat().st_ino}"
    with database.write() as connection:
        last = connection.scalar(select(func.max(owners.c.id))) or 0
        if not is_copy_allowed:
            _check_home(connection, mailing_id, home)
            _check_last(last, lock.noted, path)
        owner_id = _enter(connection, mailing_id, home, now)
    # After the row is on disk: the note never knows of more than the database had.
    lock.note(owner_id)
    return Owner(id=owner_id, database=database, _file=lock)


def _on_server(database: Database, mailing_id: int, now: datetime, is_copy_allowed: bool) -> Owner:
    with database.translated():
        session = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        with database.translated():
            # The lock first, then the row: a row whose lock is free is a dead owner's.
            owner_id = session.scalar(text("SELECT nextval(pg_get_serial_sequence('owners', 'id'))"))
            assert owner_id is not None
            session.execute(select(func.pg_advisory_lock(_CLASS, owner_id)))
            home = _home_of(session)
        with database.write() as connection:
            if not is_copy_allowed:
                _check_home(connection, mailing_id, home)
            _enter(connection, mailing_id, home, now, owner_id)
    except BaseException:
        session.invalidate()
        session.close()
        raise
    return Owner(id=owner_id, database=database, _session=session)


def _home_of(session: Connection) -> str:
    """Name a server's database; empty where the server does not say which it is."""
    try:
        server, number = session.execute(_HOME).one()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return ""
    return f"server {server} {number}"


def _enter(connection: Connection, mailing_id: int, home: str, now: datetime, owner_id: int | None = None) -> int:
    known = {} if owner_id is None else {"id": owner_id}
    row = insert(owners).values(
        mailing_id=mailing_id,
        host=socket.gethostname(),
        process=os.getpid(),
        home=home,
        began=now,
        seen=_clock(connection, now),
        **known,
    )
    entered: int = connection.execute(row.returning(owners.c.id)).scalar_one()
    return entered


def _check_home(connection: Connection, mailing_id: int, home: str) -> None:
    """Refuse to go on with a mailing that was begun in another database than this one."""
    before = connection.execute(
        select(owners.c.home, owners.c.host, owners.c.began)
        .where(owners.c.mailing_id == mailing_id)
        .order_by(owners.c.id.desc())
        .limit(1)
    ).first()
    if before is not None and before.home and home and before.home != home:
        raise CopyError(
            f"mailing {mailing_id} was begun in another copy of this database ({before.host}, {before.began:%Y-%m-%d %H:%M} UTC)",
            "go on with that one; if it is gone, and nothing was sent from it since this copy was made, say so:"
            ' --allow copy="…"',
        )


def _check_last(last: int, noted: int, path: Path) -> None:
    """Refuse a file that is older than what was sent from this place."""
    if noted > last:
        raise CopyError(
            f"{path} was put back: messages were sent from here of which it knows nothing",
            f'if you know who got what, say so: --allow copy="…"; the note is {lock_file(path).name}',
        )


def _clock(connection: Connection, now: datetime) -> object:
    """Give the time by which signs of life are compared: the server's own, where there are several machines."""
    return now if connection.dialect.name == "sqlite" else _server_clock()


def _server_clock() -> ColumnElement[int]:
    return cast(func.extract("epoch", func.clock_timestamp()) * 1000, BigInteger)


def _lock(database: Database) -> FileLock:
    assert database.path is not None
    path = lock_file(database.path)
    try:
        return FileLock(path)
    except HeldError:
        raise BusyError(_busy(database), "wait until it has ended, or:   compose stop MAILING") from None
    except OSError as error:
        reason = error.strerror or error
        raise BusyError(f"{path} cannot be written: {reason}", "sending needs it beside the database") from None


def _busy(database: Database) -> str:
    with database.read() as connection:
        row = connection.execute(
            select(owners).where(owners.c.ended.is_(None)).order_by(owners.c.id.desc()).limit(1)
        ).first()
    what = f"another process is sending from {database.location.name}"
    return (
        what
        if row is None
        else f"{what}: mailing {row.mailing_id}, since {row.began:%H:%M} UTC (process {row.process})"
    )
