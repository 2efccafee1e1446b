"""Opens the database, and upgrades an older one to this program's schema.

Input: a Location. Output: a Database at this program's version, or a DatabaseError. Alembic takes a moment to import,
so it is imported only for an upgrade.
"""

from datetime import UTC, datetime

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, NoSuchTableError

from composer.core.errors import DatabaseError
from composer.database import schema_check
from composer.database.engine import Database, connect
from composer.database.location import Location
from composer.database.machines import MACHINES_SINCE, WorkConflictError, live_machines
from composer.database.schema_version import MIGRATIONS, newest, version_of

#: An advisory lock of PostgreSQL, so that only one upgrade runs at a time.
_LOCK = 0x636F6D70_6F736531


def open_database(location: Location) -> Database:
    """Open a database with this program's schema: SQLite is upgraded, PostgreSQL is only checked.

    Raises DatabaseError if the database is newer, belongs to another program, or is an older PostgreSQL database.
    """
    database = connect(location)
    try:
        ensure(database)
    except BaseException:
        database.close()
        raise
    return database


def ensure(database: Database) -> None:
    """Upgrade a SQLite database to this program's version. Raises DatabaseError for an older PostgreSQL or a newer one."""
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
            what = "has no tables yet" if version == 0 else f"has version {version}; this program needs {newest()}"
            raise DatabaseError(f"the database at {database.location.name} {what}", "run: compose db upgrade")


def upgrade(database: Database) -> tuple[int, int]:
    """Upgrade a database to this program's version, completely or not at all; return the versions before and after."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with database.stage() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            # Rebuilding a table drops the old one, which must not delete the rows that refer to it.
            _outside(connection, "PRAGMA foreign_keys=OFF")
        try:
            with database.writing(connection):
                if not is_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                before = version_of(connection)
                _refuse_newer(before)
                _refuse_while_working(connection, before)
                config.attributes["connection"] = connection
                try:
                    command.upgrade(config, "head")
                except (DBAPIError, NoSuchTableError) as error:
                    raise schema_check.untrue(before, error) or error from None
                schema_check.stamp(connection)
                if is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
                    raise AssertionError(f"a migration left rows with missing references: {broken}")
        finally:
            if is_sqlite:
                _outside(connection, "PRAGMA foreign_keys=ON")
    return before, newest()


def _refuse_while_working(connection: Connection, version: int) -> None:
    """Refuse an upgrade while `compose work` runs: it would go on with the tables of its own version."""
    if version in range(MACHINES_SINCE, newest()) and (live := live_machines(connection, datetime.now(UTC))):
        names = ", ".join(f"{each.name} (process {each.process})" for each in live)
        raise WorkConflictError(
            f"compose {live[0].program} is working on this database: {names}", "stop compose work there, then try again"
        )


def _outside(connection: Connection, statement: str) -> None:
    """Run a statement that would have no effect inside a transaction."""
    driver = connection.connection.dbapi_connection
    assert driver is not None
    driver.execute(statement)


def _refuse_newer(version: int) -> None:
    if version > newest():
        raise DatabaseError(
            f"a newer version of compose wrote this database: it has version {version}; this program supports {newest()}",
            "update compose on this computer, or go back (compose help upgrade); nothing was changed",
        )
