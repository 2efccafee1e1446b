"""What the notes say about a database: whether it is older than the sent messages, and who knows more."""

from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select, text, update

from composer.database.database_state import BACKUP
from composer.database.engine import Database
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import workers
from composer.database.tables.subscriber_tables import database_keys
from composer.delivery.database_guard import ledger_age
from composer.delivery.database_guard.age_files import Note
from composer.delivery.database_guard.ledger_age import (
    CopyError,
    CopySign,
    Evidence,
    accept,
    check_database_id,
    first_of,
    is_known,
    look_at_notes,
    origins_of,
    publication_of,
    set_state,
    state_of,
    was_sent_from,
)
from tests.databases import PostgresServer
from tests.delivery.factories import NOW, frozen, name_publication

PATH = Path("newsletter.db.age")


def note(origin: str, worker: int = 9, count: int = 1, *, is_old: bool = False) -> Note:
    return Note(worker=worker, nonce="x", count=count, origin=origin, is_old=is_old)


def test_which_notes_the_database_knows(database: Database) -> None:
    """The run, by its random number and its count; an acceptance by its own number; an older version's note by its number."""
    frozen(database, 1)
    with database.write() as connection:
        assert not was_sent_from(connection)
        row = {
            "mailing_id": 1,
            "host": "mx",
            "process": 1,
            "home": "h",
            "began": NOW,
            "seen": NOW,
            "nonce": "x",
            "count": 5,
        }
        worker = connection.execute(insert(workers).returning(workers.c.id), row).scalar_one()
        origin = accept(connection)
        assert was_sent_from(connection)
        known = {count: is_known(connection, note(origin, worker, count)) for count in (4, 5, 6)}
        assert known == {4: True, 5: True, 6: False}
        assert not is_known(connection, note(origin, worker + 1))
        assert is_known(connection, note(origin, 0)) and not is_known(connection, note("another", 0))
        assert is_known(connection, note("", worker, 99, is_old=True))
        assert not is_known(connection, note("", worker + 1, is_old=True))
        connection.execute(update(workers).values(nonce="y"))
        assert not is_known(connection, note(origin, worker, 4))


#: The note next to the database, those of the computer, and the result, the most certain sign first.
CASES: tuple[tuple[str | None, tuple[str, ...], list[CopySign]], ...] = (
    (None, (), [CopySign.NO_NOTE]),
    ("now", (), [CopySign.BEHIND]),
    ("known", (), []),
    ("known", ("known",), []),
    # Of another computer: accepted since then without its knowledge, or sent from exactly this state.
    ("known", ("before",), [CopySign.UNHEARD]),
    ("known", ("now",), [CopySign.BEHIND_MACHINE]),
    ("known", ("middle",), [CopySign.UNHEARD]),
    ("known", ("before", "middle"), [CopySign.UNHEARD]),
    ("known", ("before", "now"), [CopySign.BEHIND_MACHINE]),
    ("known", ("before", "known"), [CopySign.UNHEARD]),
    ("now", ("before",), [CopySign.BEHIND, CopySign.UNHEARD]),
)


def test_signs_from_notes(database: Database) -> None:
    """About the run, or about more than the database knows, accepted before or now."""
    frozen(database, 1)
    with database.write() as connection:
        row = {
            "mailing_id": 1,
            "host": "mx",
            "process": 1,
            "home": "h",
            "began": NOW,
            "seen": NOW,
            "nonce": "x",
            "count": 5,
        }
        worker = connection.execute(insert(workers).returning(workers.c.id), row).scalar_one()
        set_state(connection, BACKUP, "backup")
        assert [each.sign for each in look_at_notes(connection, None, None, ())] == [CopySign.BACKUP]
        before, middle, now = accept(connection), accept(connection), accept(connection)
        assert origins_of(connection) == (before, middle, now)
        notes = {"before": note(before), "middle": note(middle), "now": note(now), "known": note(now, worker, 5)}
        for beside, machine, signs in CASES:
            found = look_at_notes(
                connection, notes[beside] if beside else None, PATH, [notes[each] for each in machine]
            )
            assert [each.sign for each in found] == signs, (beside, machine)
        assert look_at_notes(connection, None, None, ()) == ()
        moved = Evidence(sign=CopySign.MOVED, more="mx, 2025-01-30 06:30 UTC")
        assert check_database_id(connection, 1, "elsewhere", None) == (moved,)
        assert check_database_id(connection, 1, "h", None) == check_database_id(connection, 2, "elsewhere", None) == ()


def test_the_home_of_a_mailing_is_that_of_its_last_run(database: Database) -> None:
    """Without a known home there is no sign, nor for an older version that came with its note."""
    frozen(database, 1)
    with database.write() as connection:
        row = {"mailing_id": 1, "host": "mx", "process": 1, "began": NOW, "seen": NOW, "nonce": None}
        connection.execute(insert(workers), [{**row, "home": home} for home in ("first", "second")])
        old, new = note("x", is_old=True), note("x")
        moved = (Evidence(sign=CopySign.MOVED, more="mx, 2025-01-30 06:30 UTC"),)
        for home, beside, found in (
            ("second", None, ()),
            ("first", None, moved),
            ("first", new, moved),
            ("first", old, ()),
            ("", None, ()),
        ):
            assert check_database_id(connection, 1, home, beside) == found, (home, beside)
        connection.execute(update(workers).values(nonce="x"))
        assert check_database_id(connection, 1, "first", old) == moved
        connection.execute(update(workers).values(home=""))
        assert check_database_id(connection, 1, "first", None) == ()


def test_facts_about_a_database_are_stored_by_name(database: Database) -> None:
    """One value each; an acceptance deletes only the mark of a backup."""
    with database.write() as connection:
        assert (state_of(connection, "a"), origins_of(connection)) == (None, ())
        assert not was_sent_from(connection) and is_known(connection, note("", 0, is_old=True))
        assert not is_known(connection, note("", 1, is_old=True))
        for name, value in (("a", "1"), ("b", "2"), ("a", "3"), (BACKUP, "now")):
            set_state(connection, name, value)
        origin = accept(connection)
        found = {name: state_of(connection, name) for name in ("a", "b", BACKUP)}
        assert found == {"a": "3", "b": "2", BACKUP: None}
        assert origins_of(connection) == (origin,) and len(origin) == 32
        set_state(connection, "a", None)
        assert (state_of(connection, "a"), state_of(connection, "b")) == (None, "2")

        # The id of a publication is that of its key only.
        connection.execute(insert(database_keys), {"name": "other", "key": b"\x02"})
        name_publication(connection, b"\x01\xff")
        assert publication_of(connection) == "01ff"
        connection.execute(delete(database_keys).where(database_keys.c.name == "publication"))
        assert publication_of(connection) is None


def test_the_most_certain_sign_is_reported() -> None:
    """With its own message; without a sign nothing is raised."""
    first_of((), "news.db")
    words = set()
    for number, sign in enumerate(CopySign):
        signs = [Evidence(sign=each, more="more") for each in reversed(list(CopySign)[number:])]
        with pytest.raises(CopyError, match=r"^news\.db (is|was) ") as raised:
            first_of(signs, "news.db")
        assert raised.value.message == Evidence(sign=sign, more="more").error("news.db").message
        words.add(raised.value.message)
    assert len(words) == len(CopySign)


def test_one_run_begins_at_a_time(postgres: PostgresServer, postgres_template: str) -> None:
    """On PostgreSQL with a lock until the end of the transaction, which is on disk before the note is written."""
    setting = text("SELECT current_setting('synchronous_commit')")
    with open_database(postgres.create(postgres_template)) as database, database.engine.connect() as connection:
        connection.exec_driver_sql("SET synchronous_commit = off")
        connection.commit()
        with connection.begin():
            ledger_age.lock(connection)
            assert connection.scalar(setting) == "on"
            with database.write() as other:
                assert not other.scalar(select(func.pg_try_advisory_xact_lock(ledger_age._LOCK)))
        assert connection.scalar(setting) == "off"
        with database.write() as other:
            assert other.scalar(select(func.pg_try_advisory_xact_lock(ledger_age._LOCK)))
