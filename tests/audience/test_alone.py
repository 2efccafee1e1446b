"""Only one writer changes the audience on PostgreSQL, as on SQLite: it holds a lock until the transaction ends."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from composer.audience.erasure import erase
from composer.audience.importing.apply import apply_import
from composer.audience.importing.plan import StatusChoice
from composer.audience.importing.staging import ListPart, stage
from composer.audience.importing.undo import undo_import
from composer.audience.lists.formats.detection import tables_in
from composer.audience.lists.meaning.columns import columns_of
from composer.audience.subscribers import AudienceError
from composer.audience.suppression import Reason, lock, suppress, suppress_hash
from composer.core.addresses import parse_address
from composer.database.schema_upgrade import open_database
from tests.audience.list_factory import written
from tests.audience.people import NOW
from tests.databases import PostgresServer


def _locks(connection: Connection) -> int:
    """Return how many advisory locks this transaction holds."""
    mine = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    return int(connection.execute(text(mine)).scalar_one())


def _erase_nobody(connection: Connection) -> None:
    with pytest.raises(AudienceError):
        erase(connection, parse_address("nobody@example.org"), NOW)


CHANGES: tuple[Callable[[Connection], object], ...] = (
    lock,
    _erase_nobody,
    lambda connection: suppress(connection, "a@example.org", Reason.BOUNCED, "mail", NOW),
    lambda connection: undo_import(connection, 1, NOW),
    lambda connection: suppress_hash(connection, "hash", Reason.BOUNCED, "mail", NOW),
)


def test_every_change_holds_the_lock(postgres: PostgresServer, postgres_template: str, tmp_path: Path) -> None:
    """Every change holds the lock to the end of its transaction; reading a list holds none."""
    location = postgres.create(postgres_template)
    with open_database(location) as database:
        with (
            tables_in(written(tmp_path, "email\na@example.org\n")) as (table,),
            database.stage() as connection,
        ):
            stage(connection, [ListPart(table=table, columns=columns_of(table, (), {}))], ())
            with database.writing(connection):
                assert _locks(connection) == 0
                apply_import(connection, StatusChoice(), file="list", kind="list", now=NOW)
                assert _locks(connection) == 1
        for change in CHANGES:
            with database.write() as connection:
                assert _locks(connection) == 0
                change(connection)
                assert _locks(connection) == 1
    postgres.drop(location)
