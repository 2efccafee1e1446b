"""Upgrading and going back with an unfinished mailing, for the last three versions of the schema.

A run of this program is killed in the middle of a mailing. Its rows are then moved into a database with the tables of an
earlier version, as the program of that time would have left them.
"""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, Integer, MetaData, insert, select

from composer.core.errors import DatabaseError
from composer.database.backup import backup
from composer.database.engine import connect
from composer.database.location import Location
from composer.database.schema_upgrade import open_database, upgrade
from composer.database.schema_version import VERSION_TABLE, newest, version_of
from composer.delivery.core.events import EventKind
from composer.delivery.core.states import DeliveryState
from composer.delivery.database_guard.database_id import identity_of, store
from composer.delivery.ledger.restore import restore
from composer.delivery.reporting.route_results import route_results
from composer.mail.binary_format import FrozenError
from composer.mail.compiled_message import FORMAT, Compiled
from tests.databases import upgrade_to
from tests.delivery.factories import NOW, frozen, sums
from tests.fake_smtp import FakeSmtp
from tests.torture.harness import Nursery, nursery, wait_until_gone
from tests.torture.nursery import Order

pytestmark = pytest.mark.slow

LAST_THREE = range(newest() - 3, newest())
PEOPLE, SENT = 8, 3


@pytest.fixture(scope="module")
def births() -> Iterator[Nursery]:
    """Starts runs."""
    with nursery() as one:
        yield one


@pytest.fixture
def office() -> Iterator[FakeSmtp]:
    """The mail server: it is the witness of all copies."""
    with FakeSmtp({}) as office:
        yield office


def _run(births: Nursery, office: FakeSmtp, location: Location, **more: object) -> None:
    order = Order(path=str(location.path or ""), url=location.url, mailing=1, port=office.port, connections=1)
    assert not wait_until_gone([births.begin(replace(order, **more))], 120)  # type: ignore[arg-type]


@pytest.fixture
def killed(births: Nursery, office: FakeSmtp, location: Location, tmp_path: Path) -> Location:
    """A database of today whose run was killed: three are accepted, one may have been, four wait."""
    with connect(location) as database:
        frozen(database, PEOPLE)
    _run(births, office, location, step="after intent", number=SENT + 1, witness=str(tmp_path / "witness"))
    assert len(office.taken) == SENT
    return location


def _take_back(location: Location, version: int) -> None:
    """Replace the tables by those of an earlier version, with the rows that they can hold."""
    with connect(location) as database, database.read() as connection:
        tables = MetaData()
        tables.reflect(connection)
        rows = {table.name: connection.execute(select(table)).mappings().all() for table in tables.sorted_tables}
    _empty(location)
    with connect(location) as database:
        upgrade_to(database, f"{version:04}")
        with database.write() as connection:
            tables = MetaData()
            tables.reflect(connection)
            for table in (one for one in tables.sorted_tables if one.name in rows and one.name != VERSION_TABLE):
                connection.execute(table.delete())
                for row in rows[table.name]:
                    known = {name: value for name, value in row.items() if name in table.columns}
                    connection.execute(insert(table).values(known))
                if connection.dialect.name == "postgresql" and isinstance(
                    getattr(table.c.get("id"), "type", None), Integer
                ):
                    _continue_numbers(connection, table.name)
        if database.path is None:
            # Its tables have new numbers, as if it had been restored with pg_restore.
            with database.engine.connect() as session:
                identity = identity_of(session.execution_options(isolation_level="AUTOCOMMIT"))
            with database.write() as connection:
                store(connection, identity)


def _empty(location: Location) -> None:
    """Delete all tables; the file stays the same one, because a copy of it would be recognized."""
    if location.path is not None:
        with closing(sqlite3.connect(location.path)) as connection:
            names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            for (name,) in connection.execute(names).fetchall():
                connection.execute(f"DROP TABLE {name}")
            connection.commit()
        return
    with connect(location) as database, database.write() as writing:
        writing.exec_driver_sql("DROP SCHEMA public CASCADE")
        writing.exec_driver_sql("CREATE SCHEMA public")


def _continue_numbers(connection: Connection, table: str) -> None:
    connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")


def _copies(office: FakeSmtp) -> Counter[bytes]:
    return Counter(recipient for recipient, _ in office.taken)


@pytest.mark.parametrize("version", LAST_THREE)
def test_an_unfinished_mailing_continues_after_an_upgrade(
    version: int, killed: Location, births: Nursery, office: FakeSmtp
) -> None:
    """Nobody gets a second copy, nobody is forgotten; only the message in progress is unconfirmed.

    Also if newsletter.yaml names several mail servers since then: earlier deliveries have none of their names.
    """
    _take_back(killed, version)
    with connect(killed) as database, FakeSmtp() as preferred:
        assert upgrade(database) == (version, newest())
        _run(births, office, killed, preferred_port=preferred.port)
        found = sums(database)
        with database.read() as connection:
            (result,) = route_results(connection, 1)
    assert (found[DeliveryState.ACCEPTED], found[DeliveryState.UNKNOWN], found.open) == (PEOPLE - 1, 1, 0)
    copies = _copies(office) + _copies(preferred)
    assert len(copies) == PEOPLE - 1 and set(copies.values()) == {1}
    assert (result.name, result.counts) == ("preferred", {EventKind.ACCEPTED: PEOPLE - 1 - SENT})


def test_a_newer_database_is_refused(location: Location) -> None:
    """No command reads or writes it, and what it says leads to the page about upgrades."""
    with connect(location) as database, database.write() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '{newest() + 1:04}'")
        before = version_of(connection)
    for opening in (open_database, lambda where: upgrade(connect(where))):
        with pytest.raises(
            DatabaseError, match=f"it has version {newest() + 1}; this program supports {newest()}"
        ) as stop:
            opening(location)
        assert "compose help upgrade" in stop.value.hint and "nothing was changed" in stop.value.hint
    with connect(location) as database, database.read() as connection:
        assert version_of(connection) == before


def test_a_newer_frozen_mailing_is_refused(location: Location) -> None:
    """Its messages are not made, so that none is sent by halves."""
    whole = Compiled(opening=b"", closing=b"", subject=(), feedback_id=None, body=(), fields=()).to_bytes()
    at = whole.index(bytes([FORMAT]))
    with pytest.raises(FrozenError, match="was saved by a newer version of compose") as stop:
        Compiled.from_bytes(whole[:at] + bytes([FORMAT + 1]) + whole[at + 1 :])
    assert "update compose" in stop.value.hint


@pytest.mark.parametrize("location", ["sqlite"], indirect=True)  # pg_restore: tests/test_restoring.py
@pytest.mark.parametrize("version", LAST_THREE)
def test_the_backup_from_before_an_upgrade_sends_no_second_copy(
    tmp_path: Path, version: int, killed: Location, births: Nursery, office: FakeSmtp
) -> None:
    """The mailing goes on after the upgrade, then the backup is restored: what happened since is unconfirmed."""
    assert killed.path is not None
    copy = tmp_path / "before-upgrade.db"
    _take_back(killed, version)
    with connect(killed) as database:
        backup(database, copy, NOW)
        upgrade(database)
    _run(births, office, killed)
    assert len(office.taken) == PEOPLE - 1
    killed.path.unlink()
    shutil.copy(copy, killed.path)
    with open_database(killed) as database:
        result = restore(database, None, "anna", NOW)
        _run(births, office, killed)
        found = sums(database)
    assert result.unconfirmed == {1: PEOPLE - SENT}
    assert (found[DeliveryState.ACCEPTED], found[DeliveryState.UNKNOWN], found.open) == (SENT, PEOPLE - SENT, 0)
    assert set(_copies(office).values()) == {1}
