"""The effect of a list of people who get nothing on subscribers and on the suppression list."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from composer.audience.change_history import changes_of
from composer.audience.importing import apply
from composer.audience.importing.undo import last_import, undo_import
from composer.audience.subscribers import Status, get
from composer.audience.suppression import Reason, hashed, listed, make_erasure_key, suppress
from composer.database.engine import Database
from composer.database.tables.subscriber_tables import imports, subscribers
from tests.audience.list_factory import take, written
from tests.audience.people import LATER, NOW, everybody, join

WORDS = {
    "unsubscribed": (Reason.UNSUBSCRIBED, Status.UNSUBSCRIBED),
    "bounced": (Reason.BOUNCED, Status.BOUNCED),
    "complained": (Reason.COMPLAINED, Status.COMPLAINED),
}


def _rows(folder: Path, rows: dict[str, str]) -> Path:
    return written(folder, "email,status\n" + "".join(f"{address},{word}\n" for address, word in rows.items()))


def test_a_list_unsubscribes_subscribers(database: Database, tmp_path: Path) -> None:
    """Active and pending people leave with the status of the list; it is recorded, and undone with the list."""
    people = {f"{before}-{word}@example.org": word for word in WORDS for before in ("active", "pending")}
    with database.write() as connection:
        for address in people:
            join(connection, address, consent="form" if address.startswith("active") else "")
        join(connection, "other@example.org")
    found = take(database, _rows(tmp_path, people))
    assert (found.taken.suppressed, found.taken.new, found.summary.leaving) == (6, 0, 6)
    with database.read() as connection:
        counts = json.loads(connection.scalar(select(imports.c.counts)) or "")
    assert counts == {"new": 0, "updated": 0, "agreed": 0, "suppressed": 6}
    with database.write() as connection:
        assert everybody(connection) == {
            **{address: WORDS[word][1] for address, word in people.items()},
            "other@example.org": Status.ACTIVE,
        }
        assert {each.normal: (each.reason, each.source, each.since) for each in listed(connection)} == {
            address: (WORDS[word][0], "import 1", NOW) for address, word in people.items()
        }
        for address, word in people.items():
            last = changes_of(connection, get(connection, address).id)[-1]
            before = address.partition("-")[0]
            assert (last.what, last.before, last.after, last.source) == ("status", before, WORDS[word][1], "import 1")
        undo_import(connection, last_import(connection).number, LATER)
        assert list(listed(connection)) == []
        assert {address: str(status) for address, status in everybody(connection).items()} == {
            **{address: address.partition("-")[0] for address in people},
            "other@example.org": "active",
        }
        assert set(connection.scalars(select(subscribers.c.changed).where(subscribers.c.normal.in_(people)))) == {LATER}


def test_hashes_of_a_list_are_found_page_by_page(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restore, people exist who were erased later: all of them are unsubscribed, wherever a page ends."""
    monkeypatch.setattr(apply, "_PAGE", 3)
    with database.write() as connection:
        key = make_erasure_key(connection)
        for number in range(7):
            join(connection, f"r{number}@example.org")
        normals = connection.scalars(select(subscribers.c.normal).order_by(subscribers.c.id)).all()
    gone = [normals[number] for number in (0, 2, 3, 6)]
    lines = "".join(f",{hashed(key, each)},erased,2025-01-01,x\r\n" for each in (*gone, "nobody@example.org"))
    found = take(
        database, written(tmp_path, f"email,hash,reason,since,source\r\n{lines}"), consent="", is_suppression=True
    )
    assert found.taken.suppressed == 5
    with database.read() as connection:
        assert everybody(connection) == {
            each: Status.UNSUBSCRIBED if each in gone else Status.ACTIVE for each in normals
        }
        assert {each.reason for each in listed(connection)} == {Reason.ERASED}


#: For each suppression reason: the reason that stays after a list says unsubscribed, bounced, complained.
KEPT = {
    Reason.HELD: (Reason.UNSUBSCRIBED, Reason.BOUNCED, Reason.COMPLAINED),
    Reason.BOUNCED: (Reason.UNSUBSCRIBED, Reason.BOUNCED, Reason.COMPLAINED),
    Reason.UNSUBSCRIBED: (Reason.UNSUBSCRIBED,) * 3,
    Reason.BY_HAND: (Reason.BY_HAND,) * 3,
}


def test_a_list_outweighs_only_a_bounce(database: Database, tmp_path: Path) -> None:
    """A list only outweighs a bounce; every other suppression reason stays."""
    people = {f"{reason}-{word}@example.org": (reason, word) for reason in KEPT for word in WORDS}
    others = {f"{reason}@example.org": (reason, "active") for reason in KEPT}
    with database.write() as connection:
        for address, (reason, _) in {**people, **others}.items():
            join(connection, address)
            suppress(connection, address, reason, "mail", NOW)
    rows = {address: word for address, (_, word) in {**people, **others}.items()}
    found = take(database, _rows(tmp_path, rows), is_update=True)
    assert (found.taken.suppressed, found.summary.out, found.summary.left) == (0, 12, 4)
    with database.read() as connection:
        entries = {each.normal: (each.reason, each.source == "mail") for each in listed(connection)}
        statuses = everybody(connection)
    for address, (reason, word) in people.items():
        after = KEPT[reason][tuple(WORDS).index(word)]
        assert entries[address] == (after, after is reason), address
        assert statuses[address] == after.status
    assert {address: entries[address] for address in others} == {
        address: (reason, True) for address, (reason, _) in others.items()
    }
