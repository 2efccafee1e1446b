"""The workers: a process that sends holds a lock, which is released when the process ends.

Input: a database, a mailing or the public pages. Output: a `Worker`, which other workers are dead, or an error: another
process is sending, or the mailing was started in another database. Guarantees: a heartbeat decides only if a lock
cannot.

SQLite: the operating system locks a file next to the database, one for mailings and one for the public pages. One
process sends, and a second one gets an error. PostgreSQL: an advisory lock of a separate session; several processes
share the work. The server may keep the session of a computer that vanished, so there is also a heartbeat by the
server's clock: a worker without one for LEASE is dead.
"""

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, func, insert, select, text, update

from composer.database.engine import Database
from composer.database.tables.mailing_tables import workers
from composer.delivery.database_guard.age_counter import AgeCounter, DatabaseLostError
from composer.delivery.database_guard.copy_detection import begin, check_before_run, count_from, place_of
from composer.delivery.database_guard.file_lock import FileLock
from composer.delivery.database_guard.sending_lock import Lock, SendingLock, lock_sending
from composer.delivery.ledger.claims import PAGE_EMAILS, Workload, deliveries_of, held_by_ended

#: Longer than the longest wait for an answer (600 s after the final dot of a message). If the lease were shorter, a
#: message could be sent twice.
LEASE = timedelta(seconds=900)
#: The time between heartbeats.
HEARTBEAT_INTERVAL = timedelta(seconds=15)
#: The class of our advisory locks, so that they do not collide with those of another program.
_CLASS = 0x636F6D70


@dataclass(slots=True, kw_only=True)
class Worker:
    """The worker that this process is, until `leave`."""

    id: int
    #: None: it sends the messages of the public pages.
    mailing_id: int | None = field(repr=False)
    database: Database = field(repr=False)
    #: Counts the groups of intents.
    counter: AgeCounter = field(repr=False)
    _file: FileLock | None = field(default=None, repr=False)
    _session: Connection | None = field(default=None, repr=False)

    @property
    def is_alone(self) -> bool:
        """Whether no other worker can be alive, as on SQLite."""
        return self._session is None

    def heartbeat(self, connection: Connection, now: datetime) -> None:
        """Record a heartbeat. Raises DatabaseLostError if another process considered this one dead."""
        seen = (
            update(workers)
            .where(workers.c.id == self.id, workers.c.ended.is_(None))
            .values(seen=_clock(connection, now))
        )
        if connection.execute(seen).rowcount == 0:
            raise DatabaseLostError(
                "another process considered this one dead and took over its work",
                "no message is sent twice; run the command again",
            )
        self.counter.sync()

    def check(self) -> None:
        """Check that the lock is still held and the files are the same. Raises DatabaseError, ReplacedError."""
        self.counter.look()
        if self._session is not None:
            with self.database.translated():
                self._session.execute(text("SELECT 1"))

    @property
    def workload(self) -> Workload:
        """The messages that it shares with others."""
        return PAGE_EMAILS if self.mailing_id is None else deliveries_of(self.mailing_id)

    def dead(self, connection: Connection) -> tuple[int, ...]:
        """Return the dead workers whose messages were not released."""
        ended = held_by_ended(connection, self.workload) - {self.id}
        others = select(workers.c.id).where(*self._others)
        # On SQLite, this process is the only sender.
        dead = set(connection.scalars(others)) if self._session is None else self._dead_on_server(connection)
        return tuple(ended | dead)

    @property
    def _others(self) -> tuple[ColumnElement[bool], ...]:
        """The condition of other workers that have not ended. A worker of the public pages does not send mailings."""
        is_kind = workers.c.mailing_id.is_(None) if self.mailing_id is None else workers.c.mailing_id.is_not(None)
        return (is_kind, workers.c.id != self.id, workers.c.ended.is_(None))

    def _dead_on_server(self, connection: Connection) -> set[int]:
        late = set(connection.scalars(select(workers.c.id).where(*self._others, lapsed())))
        found = connection.scalars(select(workers.c.id).where(*self._others)).all()
        return late | {each for each in found if not is_alive(connection, each)}

    def leave(self) -> None:
        """Release the lock; from then on others may take over the rest. Never raises."""
        with suppress(OSError):
            self.counter.sync()
        self.counter.close()
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


def lapsed() -> ColumnElement[bool]:
    """Return the condition, over `workers`, of those without a heartbeat for too long, on PostgreSQL."""
    return cast(workers.c.seen, BigInteger) < _server_clock() - LEASE // timedelta(milliseconds=1)


def is_alive(connection: Connection, worker_id: int) -> bool:
    """Return whether a run holds its lock, on PostgreSQL; False on SQLite, where the caller holds the only lock."""
    if connection.dialect.name == "sqlite":
        return False
    return not connection.scalar(select(func.pg_try_advisory_xact_lock(_CLASS, worker_id)))


def sending_processes(connection: Connection) -> dict[tuple[str, int], tuple[int, ...]]:
    """Return the mailings that processes are sending, by host and process.

    A process that was killed counts until it is reaped.
    """
    rows = connection.execute(
        select(workers.c.host, workers.c.process, workers.c.mailing_id)
        .where(workers.c.mailing_id.is_not(None), workers.c.ended.is_(None))
        .order_by(workers.c.mailing_id)
    )
    found: dict[tuple[str, int], tuple[int, ...]] = {}
    for host, process, mailing_id in rows:
        found[host, process] = (*found.get((host, process), ()), mailing_id)
    return found


def mark_ended(connection: Connection, worker_ids: tuple[int, ...], now: datetime) -> None:
    """Record that these workers have ended."""
    connection.execute(update(workers).where(workers.c.id.in_(worker_ids), workers.c.ended.is_(None)).values(ended=now))


def register_worker(
    database: Database,
    mailing_id: int,
    now: datetime,
    *,
    notes: Path | None = None,
    lock: SendingLock | None = None,
) -> Worker:
    """Register this process as a worker for a mailing. Raises BusyError, CopyError, DatabaseError.

    `notes`: the folder of this computer's notes. `lock`: taken earlier (`lock_sending`); the worker releases it.
    """
    if database.path is None:
        return _on_server(database, mailing_id, now, notes)
    file = (lock or lock_sending(database)).pass_on()
    try:
        return _in_file(database, file, mailing_id, now, notes)
    except BaseException:
        file.release()
        raise


def register_page_worker(
    database: Database, now: datetime, write: Callable[[Callable[[Connection], int]], int]
) -> Worker:
    """Register this process as the worker for the messages of the public pages. Raises BusyError, DatabaseError.

    `write` does work in a transaction of the one thread that writes. Nothing is counted or checked: the promise that a
    restored database does not send again is about mailings.
    """
    if database.path is not None:
        file = lock_sending(database, Lock.PAGES).pass_on()
        try:
            worker_id = write(lambda connection: _enter(connection, None, "", now, None))
        except BaseException:
            file.release()
            raise
        return Worker(
            id=worker_id, mailing_id=None, database=database, counter=AgeCounter(worker_id=worker_id), _file=file
        )
    session = _open_session(database)
    try:
        with database.translated():
            worker_id = _lock_row(session)
        write(lambda connection: _enter(connection, None, "", now, None, worker_id))
    except BaseException:
        _abandon(session)
        raise
    return Worker(
        id=worker_id, mailing_id=None, database=database, counter=AgeCounter(worker_id=worker_id), _session=session
    )


def _in_file(database: Database, lock: FileLock, mailing_id: int, now: datetime, notes: Path | None) -> Worker:
    place = place_of(database, notes)
    check_before_run(database, place, mailing_id)
    with database.write() as connection:
        start = begin(connection, mailing_id, place, database)
        worker_id = _enter(connection, mailing_id, place.home, now, start.nonce)
    # Only after the row is on disk, because a note must never contain more than the database.
    counter = count_from(start, worker_id, database, place, place.known, lock.handle)
    return Worker(id=worker_id, mailing_id=mailing_id, database=database, counter=counter, _file=lock)


def _on_server(database: Database, mailing_id: int, now: datetime, notes: Path | None) -> Worker:
    session = _open_session(database)
    try:
        with database.translated():
            worker_id = _lock_row(session)
            place = place_of(database, notes, session)
        with database.write() as connection:
            start = begin(connection, mailing_id, place, database)
            _enter(connection, mailing_id, place.home, now, start.nonce, worker_id)
            # Another process of this computer may be running and still writing its note.
            ended = {0, *connection.scalars(select(workers.c.id).where(workers.c.ended.is_not(None)))}
        superseded = [path for path, note in place.known.items() if note.worker in ended]
        counter = count_from(start, worker_id, database, place, superseded)
    except BaseException:
        _abandon(session)
        raise
    return Worker(id=worker_id, mailing_id=mailing_id, database=database, counter=counter, _session=session)


def _open_session(database: Database) -> Connection:
    with database.translated():
        return database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _lock_row(session: Connection) -> int:
    """Return a new id, locked. The lock comes first, then the row: if the lock of a row is free, its worker is dead."""
    worker_id = session.scalar(text("SELECT nextval(pg_get_serial_sequence('workers', 'id'))"))
    assert worker_id is not None
    session.execute(select(func.pg_advisory_lock(_CLASS, worker_id)))
    return int(worker_id)


def _abandon(session: Connection) -> None:
    session.invalidate()
    session.close()


def _enter(
    connection: Connection,
    mailing_id: int | None,
    home: str,
    now: datetime,
    nonce: str | None,
    worker_id: int | None = None,
) -> int:
    known = {} if worker_id is None else {"id": worker_id}
    row = insert(workers).values(
        mailing_id=mailing_id,
        host=socket.gethostname(),
        process=os.getpid(),
        home=home,
        began=now,
        seen=_clock(connection, now),
        nonce=nonce,
        **known,
    )
    entered: int = connection.execute(row.returning(workers.c.id)).scalar_one()
    return entered


def _clock(connection: Connection, now: datetime) -> object:
    """Return the time for heartbeats: the server's time on PostgreSQL, because several computers may be involved."""
    return now if connection.dialect.name == "sqlite" else _server_clock()


def _server_clock() -> ColumnElement[int]:
    return cast(func.extract("epoch", func.clock_timestamp()) * 1000, BigInteger)
