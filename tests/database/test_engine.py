"""A database has the same guarantees on SQLite and PostgreSQL: all or nothing, one state for a reader, times to the
millisecond, and clear error messages.
"""

import contextlib
import datetime
import importlib
import os
import pkgutil
import re
import shutil
import sqlite3
import stat
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import DBAPIError

import composer.database
from composer.core.errors import ContentError, DatabaseError, UnavailableError
from composer.database.engine import Database, connect
from composer.database.location import Location, at, location_of
from composer.database.schema_upgrade import open_database, upgrade
from composer.database.schema_version import VERSION_TABLE, newest
from composer.database.tables.metadata import metadata, milliseconds
from composer.database.tables.subscriber_tables import consents, subscribers
from tests.databases import PostgresServer
from tests.factories import LETTER, sample_message

NOW = datetime.datetime(2025, 1, 30, 6, 30, 0, 123_000, tzinfo=datetime.UTC)


def _subscriber(address: str) -> dict[str, object]:
    return {"address": address, "normal": address, "status": "active", "created": NOW, "changed": NOW}


def _addresses(connection: Connection) -> list[str]:
    return list(connection.scalars(select(subscribers.c.address).order_by(subscribers.c.id)))


def test_a_block_is_committed_completely_or_not_at_all(database: Database) -> None:
    """After an exception every row is undone; after a normal end the next reader sees everything."""
    with database.write() as connection:
        connection.execute(insert(subscribers), [_subscriber("a@example.org")])

    def interrupted() -> None:
        with database.write() as connection:
            connection.execute(insert(subscribers), [_subscriber("b@example.org")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with database.read() as connection:
        assert _addresses(connection) == ["a@example.org"]


def test_a_reader_sees_one_state(database: Database) -> None:
    """Changes by others are not visible before the block ends."""
    with database.read() as connection:
        assert _addresses(connection) == []
        with database.write() as other:
            other.execute(insert(subscribers), [_subscriber("a@example.org")])
        assert _addresses(connection) == []
    with database.read() as connection:
        assert _addresses(connection) == ["a@example.org"]


def test_a_reader_cannot_write(database: Database) -> None:
    """A connection for reading rejects every change; the next writer can write."""
    with (
        pytest.raises((DatabaseError, DBAPIError), match="read-only"),
        database.read() as connection,
    ):
        connection.execute(insert(subscribers), [_subscriber("a@example.org")])
    with database.write() as connection:
        connection.execute(insert(subscribers), [_subscriber("b@example.org")])
    with database.read() as connection:
        assert _addresses(connection) == ["b@example.org"]


@pytest.mark.parametrize(
    ("own", "limit"), [("", "10min"), ("&options=-c%20idle_in_transaction_session_timeout%3D20s", "20s")]
)
def test_a_machine_that_vanished_does_not_keep_its_locks(postgres: PostgresServer, own: str, limit: str) -> None:
    """PostgreSQL drops a session whose computer is silent, or whose process is suspended in a transaction; a limit of the
    administrator counts."""
    location = postgres.create()
    with connect(Location(url=location.url + own)) as database, database.write() as connection:
        shown = connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar_one()
    assert shown == limit
    postgres.drop(location)


def test_times_come_back_to_the_millisecond(database: Database) -> None:
    """A time in any zone is read back in UTC; a time without a zone is rejected."""
    berlin = datetime.timezone(datetime.timedelta(hours=1))
    with database.write() as connection:
        connection.execute(insert(consents), [{"recorded": NOW.astimezone(berlin), "evidence": "form"}])
    with database.read() as connection:
        kept = connection.scalar(select(consents.c.recorded))
    assert kept == NOW
    assert kept.tzinfo is datetime.UTC
    with pytest.raises(ValueError, match="time zone"):
        milliseconds(datetime.datetime(2025, 1, 30))


def test_ids_are_never_reused(database: Database) -> None:
    """A new subscriber after a deleted one gets a new id, so that an old link leads to nobody."""
    ids: list[int] = []
    for address in ("a@example.org", "b@example.org"):
        with database.write() as connection:
            ids.append(connection.scalar(insert(subscribers).returning(subscribers.c.id), _subscriber(address)) or 0)
            connection.execute(subscribers.delete())
    assert ids[1] > ids[0]


def test_references_are_enforced(database: Database) -> None:
    """A row cannot refer to a missing row."""
    with pytest.raises(DBAPIError), database.write() as connection:
        connection.execute(insert(subscribers), [_subscriber("a@example.org") | {"consent_id": 77}])


def test_threads_share_a_database(database: Database) -> None:
    """Eight threads write at the same time, each in its own transactions; nothing is lost."""

    def write(thread: int) -> None:
        for number in range(10):
            with database.write() as connection:
                connection.execute(insert(subscribers), [_subscriber(f"{thread}-{number}@example.org")])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert len(_addresses(connection)) == 80


def test_temporary_tables_take_no_lock(database: Database) -> None:
    """While one connection fills a temporary table, others write; then it writes itself, in one transaction."""
    with database.stage() as staged:
        with staged.begin():
            staged.exec_driver_sql("CREATE TEMPORARY TABLE incoming (address TEXT)")
            staged.exec_driver_sql("INSERT INTO incoming VALUES ('b@example.org')")
            with database.write() as connection:
                connection.execute(insert(subscribers), [_subscriber("a@example.org")])
        with database.writing(staged):
            staged.exec_driver_sql(
                "INSERT INTO subscribers (address, normal, status, created, changed)"
                " SELECT address, address, 'active', 0, 0 FROM incoming"
            )
    with database.read() as connection:
        assert _addresses(connection) == ["a@example.org", "b@example.org"]


def test_migrations_make_the_tables_that_the_program_knows(database: Database) -> None:
    """Alembic finds no difference between the migrated database and the tables in Python."""
    for module in pkgutil.iter_modules(composer.database.__path__, "composer.database."):
        importlib.import_module(module.name)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


def test_a_newer_database_is_refused_and_left_alone(location: Location) -> None:
    """A database of a later version is not changed, and the message says what to do."""
    with open_database(location) as database, database.write() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(DatabaseError, match=r"newer version of compose .* has version 9999") as stop:
        open_database(location)
    assert "update compose" in stop.value.hint


def test_postgresql_waits_for_its_upgrade(postgres: PostgresServer) -> None:
    """An empty PostgreSQL database is not filled automatically; `upgrade` does it, once."""
    location = postgres.create()
    with pytest.raises(DatabaseError, match="has no tables yet") as stop:
        open_database(location)
    assert stop.value.hint == "run: compose db upgrade"
    with connect(location) as database:
        assert upgrade(database) == (0, newest())
        assert upgrade(database) == (newest(), newest())
    open_database(location).close()


def test_a_new_file_is_private(tmp_path: Path) -> None:
    """Only the owner can read the file and the files next to it; a file that was open to others is restricted."""
    path = tmp_path / "folder" / "newsletter.db"
    with open_database(Location(path=path)) as database:
        with database.write() as connection:
            connection.execute(insert(consents), [{"recorded": NOW, "evidence": "form"}])
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert modes == dict.fromkeys(("newsletter.db", "newsletter.db-wal", "newsletter.db-shm"), 384)
    path.chmod(0o644)
    open_database(Location(path=path)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_sqlite_settings_apply_to_every_connection(tmp_path: Path) -> None:
    """WAL, synchronous=FULL and foreign keys are set on every connection; a reader waits for recovery and checkpoints."""
    with open_database(Location(path=tmp_path / "newsletter.db")) as database:
        for opened, wait in ((database.write, 0), (database.read, 30_000), (database.write, 0)):
            with opened() as connection:
                found = {
                    name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                    for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
                }
            assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": wait}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not a database at all, but long enough to be looked at", "is not a database"),
        (None, "belongs to another program"),
    ],
)
def test_other_files_are_left_alone(tmp_path: Path, content: bytes | None, words: str) -> None:
    """A file that is not a database, or belongs to another program, is rejected with a message and not changed."""
    path = tmp_path / "other.db"
    if content is None:
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE mine (x)")
        other.close()
        content = path.read_bytes()
    else:
        path.write_bytes(content)
    with pytest.raises(DatabaseError, match=words):
        open_database(Location(path=path))
    assert path.read_bytes()[100:] == content[100:]


def test_a_busy_database_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program writes, a writer waits and then reports it; afterwards it works."""
    monkeypatch.setattr("composer.database.engine.BUSY_MS", 50)
    path = tmp_path / "newsletter.db"
    with open_database(Location(path=path)) as database:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError, match="another command is writing"), database.write():
            raise AssertionError
        other.execute("ROLLBACK")
        other.close()
        with database.write() as connection:
            connection.execute(insert(subscribers), [_subscriber("a@example.org")])


def test_a_writer_gets_its_turn_while_another_writes_all_the_time(tmp_path: Path) -> None:
    """Another program locks the database four of every five milliseconds: a writer waits for a few gaps, not for seconds."""
    path = tmp_path / "newsletter.db"
    with open_database(Location(path=path)) as database:
        is_over = threading.Event()

        def busy() -> None:
            with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as other:
                while not is_over.is_set():
                    other.execute("BEGIN IMMEDIATE")
                    time.sleep(0.004)
                    other.execute("COMMIT")
                    time.sleep(0.001)

        thread = threading.Thread(target=busy)
        thread.start()
        took = []
        for number in range(20):
            begun = time.monotonic()
            with database.write() as connection:
                connection.execute(insert(subscribers), [_subscriber(f"r{number}@example.org")])
            took.append(time.monotonic() - begun)
        is_over.set()
        thread.join()
    # Much more than needed, for times when this machine stalls; SQLite's own way of waiting would take longer and
    # longer.
    assert statistics.median(took) < 0.15


@pytest.mark.slow
def test_two_programs_create_one_database(tmp_path: Path) -> None:
    """Programs that open a new database at the same time get one complete database."""
    code = (
        "import sys; from pathlib import Path; from composer.database.schema_upgrade import open_database;"
        "from composer.database.location import Location; open_database(Location(path=Path(sys.argv[1]))).close()"
    )
    path = tmp_path / "newsletter.db"
    running = [subprocess.Popen([sys.executable, "-c", code, str(path)], env=os.environ) for _ in range(3)]
    assert [each.wait(60) for each in running] == [0, 0, 0]
    with open_database(Location(path=path)) as database, database.read() as connection:
        assert _addresses(connection) == []


def test_a_missing_server_is_reported(tmp_path: Path) -> None:
    """A missing answer is reported without a traceback and without the password."""
    location = at(f"postgresql://anna:the-secret@/news?host={tmp_path}", tmp_path)
    with pytest.raises(UnavailableError, match="cannot be reached") as stop:
        open_database(location)
    assert "the-secret" not in f"{stop.value} {location} {location.name}"


def test_where_the_database_is(tmp_path: Path) -> None:
    """The environment comes first, then `database:`, then newsletter.db; a password in newsletter.yaml is an error with
    its line.
    """
    from composer.content.document.newsletter import read_newsletter

    def found(written: str, **environment: str) -> Location:
        folder = tmp_path / "news"
        shutil.rmtree(folder, ignore_errors=True)
        workspace = sample_message(folder, newsletter=LETTER + written)
        return location_of(read_newsletter(workspace), workspace, environment)

    folder = tmp_path / "news"
    assert found("").path == folder / "newsletter.db"
    assert found("database: data/news.db\n").path == folder / "data/news.db"
    assert found("database: postgresql://db.example.org/news\n").url == "postgresql+psycopg://db.example.org/news"
    assert found("database: a.db\n", COMPOSE_DATABASE_URL="sqlite:///b.db").path == folder / "b.db"
    assert found("", COMPOSE_DATABASE_URL="sqlite:////tmp/b.db").path == Path("/tmp/b.db")
    assert found("", COMPOSE_DATABASE_URL="postgres://a:b@h/news").name == "h/news"
    with pytest.raises(ContentError) as stop:
        found("database: postgresql://anna:secret@h/news\n")
    assert stop.value.problems[0].line == 10
    with pytest.raises(DatabaseError, match="“mysql”"):
        found("", COMPOSE_DATABASE_URL="mysql://h/news")
    with pytest.raises(DatabaseError, match="in memory"):
        found("", COMPOSE_DATABASE_URL="sqlite://")


def test_every_advisory_lock_has_its_own_number() -> None:
    """Two locks with the same number would wait for each other, such as sign-up mail for a long import."""
    sources = (
        path.read_text(encoding="utf-8") for path in Path(composer.database.__file__).parent.parent.rglob("*.py")
    )
    numbers = [each for source in sources for each in re.findall(r"^_LOCK = (0x\w+)$", source, re.MULTILINE)]
    assert len(numbers) == len(set(numbers)) >= 4
