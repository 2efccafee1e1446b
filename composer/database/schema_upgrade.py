"""Opens the database at this program's schema, and brings an older one up to it.

Input: a Location. Output: a Database at this program's version, or a DatabaseError. Alembic, which takes a moment to import, is
imported only when there is something to change.
"""

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, NoSuchTableError

from composer.core.errors import DatabaseError
from composer.database import schema_check
from composer.database.engine import Database, connect
from composer.database.location import Location
from composer.database.schema_version import MIGRATIONS, newest, version_of

#: An advisory lock of PostgreSQL that two upgrades take in turns.
_LOCK = 0x636F6D70_6F736531


def open_database(location: Location) -> Database:
    """Open a database whose schema is this program's: SQLite is brought up to it, PostgreSQL only looked at.

    Raises DatabaseError for one that is newer, that belongs to another program, or on PostgreSQL is older.
    """
    database = connect(location)
    try:
        ensure(database)
    except BaseException:
        database.close()
        raise
    return database


def ensure(database: Database) -> None:
    """Bring a SQLite database up to this program's version; refuse an older one on PostgreSQL, a newer one on both."""
    with database.read() as connection:
        version = version_of(connection)
        _refuse_newer(version)
        if version == newest():
            schema_check.check(connection)
            return
    match database.engine.dialect.name:
        case "sqlite":
            upgrade(database)
        case _:
            what = "has no tables yet" if version == 0 else f"is at version {version}, this program needs {newest()}"
            raise DatabaseError(f"the database at {database.location.name} {what}", "run: compose db upgrade")


def upgrade(database: Database) -> tuple[int, int]:
    """Bring a database up to this program's version, wholly or not at all; give the versions before and after."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with database.stage() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            # A table is rebuilt by dropping the old one: rows that point to it must not go with it.
            _outside(connection, "PRAGMA foreign_keys=OFF")
        try:
            with database.writing(connection):
                if not is_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                before = version_of(connection)
                _refuse_newer(before)
                config.attributes["connection"] = connection
                try:
                    command.upgrade(config, "head")
                except (DBAPIError, NoSuchTableError) as error:
                    raise schema_check.untrue(before, error) or error from None
                schema_check.stamp(connection)
                if is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
                    raise AssertionError(f"a migration left rows that point nowhere: {broken}")
        finally:
            if is_sqlite:
                _outside(connection, "PRAGMA foreign_keys=ON")
    return before, newest()


def _outside(connection: Connection, statement: str) -> None:
    """Run a statement that does nothing inside a transaction."""
    driver = connection.connection.dbapi_connection
    assert driver is not None
    driver.execute(statement)


def _refuse_newer(version: int) -> None:
    if version > newest():
        raise DatabaseError(
            f"this database was written by a newer compose: it is at version {version}, this program knows {newest()}",
            "install the newer program; nothing was changed",
        )
