"""Letters of the public pages from before mailboxes were limited: they keep, and their mailboxes are filled in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select

from composer.database.engine import connect
from composer.database.location import Location
from composer.database.public import letters
from composer.database.schema import MIGRATIONS, newest, upgrade
from tests.databases import PostgresServer

BEFORE = "0008"


ROWS = {"anna@example.net": "anna@example.net", "an.na+x@googlemail.com": "anna@gmail.com", "+x@e.org": "+x@e.org"}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """A place for a database, with nothing in it."""
    if request.param == "sqlite":
        yield Location(path=tmp_path / "newsletter.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    location = server.create()
    yield location
    server.drop(location)


def test_mailboxes_are_filled_in(empty: Location) -> None:
    """A letter that waits is still waiting afterwards, at its place, and counts for its mailbox."""
    with connect(empty) as database:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with database.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, BEFORE)
            for normal in ROWS:
                connection.exec_driver_sql(
                    "INSERT INTO letters (kind, address, normal, language, asked, due, state)"
                    f" VALUES ('confirm', '{normal}', '{normal}', 'en', 1, 1, 'waiting')"
                )
        assert upgrade(database) == (int(BEFORE), newest())
        with database.read() as connection:
            rows = connection.execute(select(letters)).mappings().all()
    assert {row["normal"]: row["mailbox"] for row in rows} == ROWS
    assert {(row["turn"], row["state"], row["counted"], row["drop_reason"]) for row in rows} == {
        (0, "waiting", None, None)
    }
