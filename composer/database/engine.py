"""Opens the database and provides connections; SQLite and PostgreSQL behave in the same way.

Input: a `Location`. Output: a `Database`, or a `DatabaseError`. Guarantees: does not hold a transaction open by itself;
a connection for reading cannot write.

SQLite: WAL, foreign keys, synchronous=FULL, BEGIN IMMEDIATE for every write, so that a transaction that has read cannot
fail when it starts to write. Python's own BEGIN is off (isolation_level None), because it comes late and not before
DDL.
"""

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DatabaseError as DriverError
from sqlalchemy.exc import DBAPIError

from composer.core.errors import DatabaseError, UnavailableError
from composer.database.location import Location

#: How long a writer waits for another writer, in milliseconds; a writer holds the lock for seconds at most.
BUSY_MS = 30_000
#: For PostgreSQL: a server that vanished is noticed within a minute (libpq's own names; not for sockets).
_KEEP_ALIVE = {
    "keepalives": 1,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
#: The same for the server, in PostgreSQL's names: it notices a computer that vanished, and releases its locks. A process
#: that is frozen in the middle of a transaction is dropped, too, if the server does not have a limit of its own.
_SESSION = """
    SELECT set_config('tcp_keepalives_idle', '20', false), set_config('tcp_keepalives_interval', '10', false),
           set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '30000', false),
           CASE current_setting('idle_in_transaction_session_timeout') WHEN '0'
           THEN set_config('idle_in_transaction_session_timeout', '10min', false) END
"""
#: The execution option with the purpose of a connection.
_MODE = "compose_mode"
_READ, _WRITE, _STAGE = "read", "write", "stage"
#: The current mode of a connection to SQLite.
_IS_READ_ONLY = "compose_is_read_only"
_BEGIN = {_READ: "BEGIN", _WRITE: "BEGIN IMMEDIATE", _STAGE: "BEGIN"}
#: Messages and hints for SQLite's errors, by the start of their names.
_WORDS = (
    ("SQLITE_BUSY", "another command is writing to {name}", "wait until it has finished, then try again"),
    ("SQLITE_LOCKED", "another command is writing to {name}", "wait until it has finished, then try again"),
    ("SQLITE_FULL", "the disk is full: nothing was written to {name}", "free some disk space, then try again"),
    ("SQLITE_READONLY", "{name} is read-only", "check the permissions of the file and its folder"),
    ("SQLITE_CANTOPEN", "{name} cannot be opened", "check the permissions of the file and its folder"),
    ("SQLITE_PERM", "you do not have permission to open {name}", "check the permissions of the file and its folder"),
    ("SQLITE_NOTADB", "{name} is not a database", "set another file:   database:   in newsletter.yaml"),
    ("SQLITE_CORRUPT", "{name} is damaged", "restore a copy made with: compose db backup"),
    ("SQLITE_IOERR", "{name} cannot be read or written: the disk failed", "check the disk, then try again"),
)
#: Errors that go away without a fix.
_TEMPORARY = ("SQLITE_BUSY", "SQLITE_LOCKED")


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. Threads may share it; each `with` block has its own connection."""

    location: Location
    engine: Engine = field(repr=False)
    #: SQLite: whether there was a log next to the file when it was opened: another process is running, or one crashed.
    had_log: bool = False

    @property
    def path(self) -> Path | None:
        """SQLite's file; None on PostgreSQL."""
        return self.location.path

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Provide a connection that sees one state of the database for the whole block, and cannot write."""
        with self._begin(_READ) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Provide a connection whose changes are committed together, or not at all if an exception leaves the block.

        On SQLite it is the only writer from the start.
        """
        with self._begin(_WRITE) as connection:
            yield connection

    @contextmanager
    def stage(self) -> Iterator[Connection]:
        """Provide a connection outside a transaction, for temporary tables; `writing()` starts a transaction for
        others.

        Temporary tables need no lock: a file of a million rows can be read while others write. Afterwards, the
        connection is closed with its settings.
        """
        with self.translated(), self.engine.connect() as connection:
            connection.detach()
            yield connection.execution_options(**_options(self.engine, _STAGE))

    @contextmanager
    def writing(self, staged: Connection) -> Iterator[None]:
        """Make a staged connection a writer, for one transaction."""
        staged.execution_options(**_options(self.engine, _WRITE))
        with self.translated(), staged.begin():
            yield
        staged.execution_options(**_options(self.engine, _STAGE))

    @contextmanager
    def keep(self) -> Iterator[Connection]:
        """Provide a connection for many write transactions; `with connection.begin():` is one.

        For many small transactions, taking a connection from the pool each time would double the cost.
        """
        with self.translated(), self.engine.connect() as connection:
            yield connection.execution_options(**_options(self.engine, _WRITE))

    def settle(self) -> None:
        """Move all changes into SQLite's file and empty its log, so that deleted data is in neither of them."""
        if self.path is not None:
            with self.stage() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def _begin(self, mode: str) -> Iterator[Connection]:
        with self.translated(), self.engine.execution_options(**_options(self.engine, mode)).begin() as connection:
            yield connection

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Convert driver errors that a person can fix to DatabaseError; for connections that the caller opens."""
        try:
            yield
        except DriverError as error:
            if stop := _stop(error, self.location) or self._explained(error):
                raise stop from error
            raise

    def _explained(self, error: DBAPIError) -> DatabaseError | None:
        """Return the error for tables that another program changed, if the driver error is about a missing table or column."""
        from composer.database import schema_check

        if not schema_check.is_about_tables(error):
            return None
        with self.engine.execution_options(**_options(self.engine, _READ)).begin() as connection:
            return schema_check.explain(connection)


def connect(location: Location) -> Database:
    """Open a database without checking its schema; create the file, readable only by its owner, if it does not exist.

    Raises DatabaseError.
    """
    if location.path is not None:
        _make_private(location.path)
        # A later connection must not create the file: if it is deleted during use, that must be an error.
        url = URL.create("sqlite", database=location.path.absolute().as_uri(), query={"mode": "rw", "uri": "true"})
        # The threads of a run read and write at the same time: no limit here, because SQLite allows one writer at a
        # time.
        engine = create_engine(url, max_overflow=-1, connect_args={"timeout": BUSY_MS / 1000})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        real = location.path.resolve()
        log = real.with_name(f"{real.name}-wal")
        return Database(location, engine, had_log=log.exists() and log.stat().st_size > 0)
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise DatabaseError(
            "PostgreSQL's driver is not installed",
            "pip install 'compose-newsletter[postgres]'   or, for compose work:   pip install 'compose-newsletter[cluster]'",
        ) from None
    # Without a handler, Python would print the driver's message in addition to ours.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    options = {"connect_timeout": 10, "application_name": "compose", **_KEEP_ALIVE}
    engine = create_engine(make_url(location.url), pool_pre_ping=True, max_overflow=20, connect_args=options)
    event.listen(engine, "connect", _prepare_postgres)
    return Database(location, engine)


def _options(engine: Engine, mode: str) -> dict[str, Any]:
    """Return execution options: on PostgreSQL, a reader sees one state and cannot write; a writer sees the latest commits."""
    if engine.dialect.name == "postgresql" and mode == _READ:
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return {_MODE: mode}


def _make_private(path: Path) -> None:
    """Create an empty file that only its owner can read; the files next to it (-wal, -shm) get the same mode."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        elif os.name == "posix" and path.stat().st_mode & 0o077 and path.stat().st_uid == os.getuid():
            path.chmod(0o600)
    except OSError as error:
        reason = error.strerror or error
        raise DatabaseError(f"{path} cannot be opened: {reason}", "check the permissions of its folder") from None


def _prepare_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _prepare_postgres(connection: Any, record: object) -> None:
    connection.execute(_SESSION).close()
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get(_MODE, _WRITE)
    is_read_only = mode == _READ
    # A run starts thousands of transactions in the same mode.
    if connection.info.get(_IS_READ_ONLY) is not is_read_only:
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if is_read_only else 'OFF'}")
        connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_MS if is_read_only else 0}")
        connection.info[_IS_READ_ONLY] = is_read_only
    if mode != _WRITE or not _is_begun(connection):
        connection.exec_driver_sql(_BEGIN[mode])


def _is_begun(connection: Connection) -> bool:
    """Start to write, trying every millisecond while another process writes; return False if that takes too long.

    SQLite itself tries less and less often, down to ten times a second. While a run writes all the time, another
    process would then wait for a second or more, although the database was free a hundred times in between.
    """
    driver: Any = connection.connection.dbapi_connection
    end = time.monotonic() + BUSY_MS / 1000
    while time.monotonic() < end:
        try:
            driver.execute(_BEGIN[_WRITE]).close()
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
                return False
            time.sleep(0.001)
        else:
            return True
    return False


def _stop(error: DBAPIError, location: Location) -> DatabaseError | None:
    """Return the error that a person can fix; None if it is a bug."""
    name = getattr(error.orig, "sqlite_errorname", "")
    for beginning, message, hint in _WORDS:
        if name.startswith(beginning):
            kind = UnavailableError if name.startswith(_TEMPORARY) else DatabaseError
            return kind(message.format(name=location.name), hint)
    if error.connection_invalidated or (location.path is None and _is_connection(error)):
        reason = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no answer"
        return UnavailableError(
            f"the database at {location.name} cannot be reached: {reason}", "check that the server is running"
        )
    return None


def _is_connection(error: DBAPIError) -> bool:
    """Return whether there was no connection: psycopg then has no SQLSTATE."""
    return type(error.orig).__name__ == "OperationalError" and getattr(error.orig, "sqlstate", None) is None
