"""The schema guard: released migrations do not change, and tables that do not match their version are reported."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from composer.core.errors import DatabaseError
from composer.database.engine import Database, connect
from composer.database.location import Location
from composer.database.schema_upgrade import open_database, upgrade
from composer.database.schema_version import MIGRATIONS
from composer.database.tables.subscriber_tables import database_keys
from composer.delivery.database_guard.ledger_age import publication_of
from tests.databases import upgrade_to

LANDED = Path(__file__).parent / "migrations.sha256"


def test_released_migrations_never_change() -> None:
    """Existing databases were created by them. Each has its hash in migrations.sha256; a new migration adds a line."""
    files = sorted((MIGRATIONS / "versions").glob("v*.py"))
    found = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in files]
    assert LANDED.read_text(encoding="utf-8").splitlines() == found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("ALTER TABLE deliveries DROP COLUMN requeue_count", "column deliveries.requeue_count"),
        ("DROP TABLE bucket_usage", "table bucket_usage"),
        ("DROP INDEX ix_mailings_issue_id", "index ix_mailings_issue_id on mailings"),
        ("ALTER TABLE workers RENAME COLUMN home TO house", "column workers.home"),
    ],
)
def test_missing_parts_are_reported_at_the_next_opening(location: Location, change: str, words: str) -> None:
    """A missing table, column or index is named at the next opening; no command uses such a database."""
    with open_database(location) as database, database.write() as connection:
        connection.exec_driver_sql(change)
    with pytest.raises(DatabaseError, match="its tables do not match that version") as stop:
        open_database(location)
    assert words in stop.value.message
    assert "restore a backup" in stop.value.hint


def test_a_missing_constraint_is_reported(location: Location) -> None:
    """Without its unique constraint an issue could have two rows and be sent twice, so it is checked, too."""
    with open_database(location) as database, database.write() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA writable_schema=ON")
            connection.exec_driver_sql(
                "UPDATE sqlite_master SET sql = replace(sql, ', \n\tCONSTRAINT uq_suppressions_hash UNIQUE (hash)', '')"
                " WHERE name = 'suppressions'"
            )
            connection.exec_driver_sql("DELETE FROM sqlite_master WHERE name = 'sqlite_autoindex_suppressions_2'")
        else:
            connection.exec_driver_sql("ALTER TABLE suppressions DROP CONSTRAINT uq_suppressions_hash")
    with pytest.raises(DatabaseError, match="uq_suppressions_hash on suppressions"):
        open_database(location)


def test_additional_objects_are_not_an_error(location: Location) -> None:
    """An index or a view that the owner added is not an error."""
    with open_database(location) as database, database.write() as connection:
        connection.exec_driver_sql("CREATE INDEX mine ON subscribers (language)")
        connection.exec_driver_sql("CREATE VIEW reported AS SELECT count(*) AS subscribers FROM subscribers")
    with open_database(location) as database, database.read() as connection:
        assert connection.scalar(text("SELECT subscribers FROM reported")) == 0


def test_changes_to_an_open_database_are_reported(database: Database) -> None:
    """An error about a missing column is explained without a traceback."""
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE buckets DROP COLUMN throttles")
    with pytest.raises(DatabaseError, match=r"column buckets\.throttles"), database.read() as connection:
        connection.exec_driver_sql("SELECT throttles FROM buckets")


def test_a_bug_keeps_its_traceback(database: Database) -> None:
    """If the tables are right, a statement about a column that never existed is a bug, and is raised unchanged."""
    with pytest.raises(Exception, match="nonsense") as stop, database.read() as connection:
        connection.exec_driver_sql("SELECT nonsense FROM buckets")
    assert not isinstance(stop.value, DatabaseError)


def _without_a_table(location: Location) -> None:
    with connect(location) as database, database.write() as connection:
        connection.exec_driver_sql("UPDATE compose_version SET version_num = '0004'")
        connection.exec_driver_sql("DROP TABLE workers")


def _with_another_version(location: Location) -> None:
    with connect(location) as database, database.write() as connection:
        connection.exec_driver_sql("UPDATE compose_version SET version_num = '0003'")


@pytest.mark.parametrize("change", [_without_a_table, _with_another_version])
def test_a_wrong_version_is_reported(location: Location, change: Callable[[Location], None]) -> None:
    """A database with a wrong version, or without a table of its version, is not upgraded."""
    change(location)
    with pytest.raises(DatabaseError, match="its tables do not match"), connect(location) as database:
        upgrade(database)


def test_a_deleted_file_is_not_created_again(tmp_path: Path) -> None:
    """A connection after the file was deleted reports it; an empty new database would look like a real one."""
    path = tmp_path / "newsletter.db"
    with open_database(Location(path=path)) as database:
        database.close()
        path.unlink()
        with pytest.raises(DatabaseError, match="cannot be opened"), database.read() as connection:
            connection.exec_driver_sql("SELECT 1")
    assert not path.exists()


def test_a_publication_has_its_id_from_the_start(no_tables: Location) -> None:
    """A backup from before the first mailing has a publication id, too; messages sent since then are found by it. An
    existing id stays.
    """
    with connect(no_tables) as database:
        upgrade_to(database, "0016")
        with database.read() as connection:
            assert publication_of(connection) is None
        with database.write() as connection:
            connection.execute(insert(database_keys).values(name="publication", key=b"12345678"))
        upgrade(database)
        with database.read() as connection:
            assert publication_of(connection) == b"12345678".hex()


def test_a_new_publication_has_its_own_id(no_tables: Location, tmp_path: Path) -> None:
    """The id is random and exists as soon as the tables do."""
    with connect(no_tables) as database, open_database(Location(path=tmp_path / "other.db")) as other:
        upgrade(database)
        with database.read() as connection, other.read() as beside:
            names = (publication_of(connection), publication_of(beside))
    assert None not in names and names[0] != names[1]
