"""Messages of the public pages from before the limit per mailbox: they are kept, and their mailboxes are filled in."""

from sqlalchemy import select

from composer.database.engine import connect
from composer.database.location import Location
from composer.database.schema_upgrade import upgrade
from composer.database.schema_version import newest
from composer.database.tables.transactional_tables import transactional_emails
from tests.databases import upgrade_to

BEFORE = "0008"


ROWS = {"anna@example.net": "anna@example.net", "an.na+x@googlemail.com": "anna@gmail.com", "+x@e.org": "+x@e.org"}


def test_mailboxes_are_filled_in(no_tables: Location) -> None:
    """A waiting message still waits afterwards, at the same place, and counts for its mailbox."""
    with connect(no_tables) as database:
        upgrade_to(database, BEFORE)
        with database.write() as connection:
            for normal in ROWS:
                connection.exec_driver_sql(
                    "INSERT INTO letters (kind, address, normal, language, asked, due, state)"
                    f" VALUES ('confirm', '{normal}', '{normal}', 'en', 1, 1, 'waiting')"
                )
        assert upgrade(database) == (int(BEFORE), newest())
        with database.read() as connection:
            rows = connection.execute(select(transactional_emails)).mappings().all()
    assert {row["normal"]: row["mailbox"] for row in rows} == ROWS
    assert {(row["turn"], row["state"], row["counted"], row["drop_reason"]) for row in rows} == {
        (0, "waiting", None, None)
    }
