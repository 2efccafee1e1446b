"""The effect of a list on every row of every table: new, pending and leaving people change, all others do not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Table, select, update

from composer.audience.changes import COLUMNS
from composer.audience.importing import apply
from composer.audience.suppression import Reason, hashed, make_erasure_key, suppress, suppress_hash
from composer.database import public_ids
from composer.database.engine import Database
from composer.database.tables.subscriber_tables import (
    consents,
    imports,
    subscriber_changes,
    subscriber_tags,
    subscribers,
    suppressions,
    tombstones,
)
from composer.delivery.selection.freeze import freeze
from tests.audience.identity.test_address_spans import note
from tests.audience.list_factory import take, written
from tests.audience.people import EARLIER, NOW, join
from tests.delivery.factories import draft

AGREED = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
Row = dict[str, object]


def _all(connection: Connection, table: Table) -> list[Row]:
    """Return every row of a table, in the order of insertion."""
    found = connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
    return [dict(row) for row in found]


def _by_name(connection: Connection) -> dict[str, Row]:
    """Return every row, by the part before the @."""
    return {str(row["normal"]).partition("@")[0]: row for row in _all(connection, subscribers)}


def _earlier(connection: Connection) -> None:
    """Mark all existing rows as earlier than the next list."""
    connection.execute(update(subscribers).values(created=EARLIER, changed=EARLIER))
    connection.execute(update(subscriber_changes).values(at=EARLIER))


def _history(connection: Connection, number: int) -> list[tuple[object, ...]]:
    """Return the history of an import, in its order."""
    names = {row["id"]: name for name, row in _by_name(connection).items()}
    return [
        (names[row["subscriber_id"]], row["what"], row["before"], row["after"], row["source"], row["at"])
        for row in _all(connection, subscriber_changes)
        if row["import_id"] == number
    ]


LIST = (
    "email,name,company,status,consent,consented,tags\n"
    "new@example.org,New,ACME,active,form A,2024-05-06T07:08:09Z,press\n"
    "waits@example.org,Other,ACME,active,form A,2024-05-06T07:08:09Z,press\n"
    "silent@example.org,,,active,,,\n"
    "unsaid@example.org,,,active,,2024-05-06T07:08:09Z,\n"
    "unready@example.org,,,pending,form A,,\n"
    "stands@example.org,Other,ACME,active,form B,2024-05-06T07:08:09Z,press\n"
    "leaves@example.org,Other,ACME,unsubscribed,form A,,press\n"
    "stranger@example.org,,,complained,,,\n"
    "spam@example.org,,,bounced,,,\n"
    "later@example.org,,,pending,form A,,\n"
)


def test_every_row_that_an_import_writes(database: Database, tmp_path: Path) -> None:
    """Each column of new, activated and unsubscribed people is right; all others are unchanged."""
    with database.write() as connection:
        for name in ("waits", "silent", "unready", "absent"):
            join(connection, f"{name}@example.org", consent="", name=name)
        for name in ("stands", "leaves", "spam", "other"):
            join(connection, f"{name}@example.org", name=name)
        connection.execute(update(subscribers).where(subscribers.c.name == "spam").values(status="complained"))
    take(database, written(tmp_path, "email\nfirst@example.org\n"), consent="before")
    with database.write() as connection:
        _earlier(connection)
        before, kept = _by_name(connection), {each.name: _all(connection, each) for each in (imports, consents)}
    taken = take(database, written(tmp_path, LIST, "people.csv"), consent="", tags=("2025",)).taken
    assert (taken.number, taken.new, taken.updated, taken.agreed, taken.suppressed) == (2, 3, 0, 1, 3)
    with database.read() as connection:
        after, consent = _by_name(connection), {str(row["evidence"]): row for row in _all(connection, consents)}
        assert _all(connection, consents)[: len(kept["consents"])] == kept["consents"]
        # Each text once, and none for people without one.
        said = _all(connection, consents)[len(kept["consents"]) :]
        assert sorted((row["evidence"], row["recorded"]) for row in said) == [("form A", NOW), ("form B", NOW)]
        assert _all(connection, imports) == [
            *kept["imports"],
            {"id": 2, "at": NOW, "file": "people.csv", "kind": "compose", "consent_id": None, "undone": None,
             "counts": '{"new": 3, "updated": 0, "agreed": 1, "suppressed": 3}'},
        ]  # fmt: skip
        changes: dict[str, Row] = {
            "waits": {"status": "active", "consent_id": consent["form A"]["id"], "consented": AGREED, "changed": NOW},
            "leaves": {"status": "unsubscribed", "changed": NOW},
        }
        assert {name: after[name] for name in before} == {
            name: {**row, **changes.get(name, {})} for name, row in before.items()
        }
        empty: Row = {**dict.fromkeys(COLUMNS, ""), "fields": "{}", "created": NOW, "changed": NOW, "import_id": 2}
        first = after["new"]["id"]
        assert isinstance(first, int)
        assert [after[name] for name in ("new", "unsaid", "later")] == [
            {**empty, "id": first, "address": "new@example.org", "normal": "new@example.org", "name": "New",
             "fields": '{"company":"ACME"}', "status": "active", "consent_id": consent["form A"]["id"], "consented": AGREED},
            {**empty, "id": after["unsaid"]["id"], "address": "unsaid@example.org", "normal": "unsaid@example.org",
             "status": "pending", "consent_id": None, "consented": AGREED},
            {**empty, "id": after["later"]["id"], "address": "later@example.org", "normal": "later@example.org",
             "status": "pending", "consent_id": None, "consented": None},
        ]  # fmt: skip
        assert len(after) == len(before) + 3
        assert _history(connection, 2) == [
            ("leaves", "status", "active", "unsubscribed", "import 2", NOW),
            ("waits", "status", "pending", "active", "import 2", NOW),
        ]
        entry = {"hash": None, "source": "import 2", "since": NOW, "import_id": 2}
        assert [{**row, "id": 0} for row in _all(connection, suppressions)] == [
            {**entry, "id": 0, "normal": f"{name}@example.org", "reason": reason}
            for name, reason in (("leaves", "unsubscribed"), ("stranger", "complained"), ("spam", "bounced"))
        ]
        tags = {(row["subscriber_id"], row["tag"]) for row in _all(connection, subscriber_tags)}
        assert tags == {
            (first, "press"),
            *((after[name]["id"], "2025") for name in ("new", "unsaid", "later")),
        }


def test_consent_of_a_whole_list(database: Database, tmp_path: Path) -> None:
    """The consent of a whole list applies to new and activated people without their own; a repeated tag counts once."""
    with database.write() as connection:
        for name in ("waits", "own", "unready", "held"):
            join(connection, f"{name}@example.org", consent="")
        suppress(connection, "held@example.org", Reason.HELD, "mail", NOW)
        stands = join(connection, "stands@example.org")
        _earlier(connection)
    text = (
        "email,consent,tags,status\nwaits@example.org,,,\nown@example.org,form A,,\nnew@example.org,,all,\n"
        "another@example.org,form A,press,\nstands@example.org,,all,\nunready@example.org,,,pending\n"
        "held@example.org,form A,press,\n"
    )
    taken = take(database, written(tmp_path, text), consent="whole list", tags=("all", "2025")).taken
    assert (taken.new, taken.agreed) == (2, 2)
    with database.read() as connection:
        evidence = {row["id"]: row["evidence"] for row in _all(connection, consents)}
        assert sorted(map(str, evidence.values())) == ["form", "form A", "whole list"]
        found = _by_name(connection)
        assert {name: (row["status"], evidence.get(row["consent_id"])) for name, row in found.items()} == {
            "waits": ("active", "whole list"),
            "own": ("active", "form A"),
            "unready": ("pending", None),
            "held": ("pending", None),
            "new": ("active", "whole list"),
            "another": ("active", "form A"),
            "stands": ("active", "form"),
        }
        assert [evidence[row["consent_id"]] for row in _all(connection, imports)] == ["whole list"]
        assert found["stands"]["changed"] == found["unready"]["changed"] == EARLIER
        tags = {name: {row["tag"] for row in _all(connection, subscriber_tags) if row["subscriber_id"] == each["id"]}
                for name, each in found.items()}  # fmt: skip
        assert tags == {
            **{name: set() for name in ("waits", "own", "unready", "stands", "held")},
            "new": {"all", "2025"},
            "another": {"all", "2025", "press"},
        }
        assert stands.id == found["stands"]["id"]


def test_ids_are_the_first_free_ones(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of four rows takes four consecutive ids from the first free one; people who leave take none."""
    monkeypatch.setattr(public_ids, "SUBSCRIBERS", range(700, 704))
    text = "email,status\na@example.org,\nb@example.org,\nc@example.org,unsubscribed\nd@example.org,\n"
    take(database, written(tmp_path, text))
    with database.read() as connection:
        assert {name: row["id"] for name, row in _by_name(connection).items()} == {"a": 700, "b": 701, "d": 703}


def test_a_list_without_new_people(database: Database, tmp_path: Path) -> None:
    """A list can consist of people who leave, or of hashes only."""
    taken = take(database, written(tmp_path, "email,status\na@example.org,unsubscribed\n")).taken
    assert (taken.new, taken.suppressed) == (0, 1)


def _hashes(folder: Path, *rows: str) -> Path:
    return written(folder, "email,hash,reason,since,source\r\n" + "".join(f"{row}\r\n" for row in rows))


def test_a_suppression_list_of_addresses_and_hashes(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Addresses and hashes count together; a listed hash does not change, and its owner is unsubscribed."""
    monkeypatch.setattr(apply, "_PAGE", 2)
    with database.write() as connection:
        key = make_erasure_key(connection)
        marks = {name: hashed(key, f"{name}@example.org") for name in ("known", "here", "waits", "bounced", "nobody")}
        for name in ("a", "here", "b", "waits", "bounced", "c"):
            join(connection, f"{name}@example.org", consent="" if name == "waits" else "form")
        connection.execute(
            update(subscribers).where(subscribers.c.normal == "bounced@example.org").values(status="bounced")
        )
        _earlier(connection)
        # PostgreSQL returns a changed row after the others.
        first = connection.scalars(select(subscribers.c.id).order_by(subscribers.c.id)).first()
        connection.execute(update(subscribers).where(subscribers.c.id == first).values(name="changed"))
        suppress_hash(connection, marks["known"], Reason.UNSUBSCRIBED, "link", EARLIER)
        before, listed = _by_name(connection), _all(connection, suppressions)
    path = _hashes(
        tmp_path,
        *(f",{mark},erased,2025-01-01,x" for mark in marks.values()),
        "out@example.org,,complained,2025-01-02T00:00:00Z,x",
        "out2@example.org,,bounced,2025-01-02T00:00:00Z,x",
    )
    taken = take(database, path, consent="", is_suppression=True).taken
    assert (taken.suppressed, taken.new, taken.agreed, taken.updated) == (6, 0, 0, 0)
    with database.read() as connection:
        gone: Row = {"status": "unsubscribed", "changed": NOW}
        assert _by_name(connection) == {
            name: {**row, **gone} if name in ("here", "waits") else row for name, row in before.items()
        }
        said = {
            (row["what"], row["before"], row["after"], row["source"])
            for row in _all(connection, subscriber_changes)
            if row["at"] == NOW
        }
        assert said == {("status", each, "unsubscribed", "import 1") for each in ("active", "pending")}
        found = _all(connection, suppressions)
        assert found[0] == listed[0]
        rest = {
            row["normal"] or row["hash"]: (row["reason"], row["source"], row["since"], row["import_id"])
            for row in found[1:]
        }
        day = datetime(2025, 1, 2, tzinfo=UTC)
        assert rest == {
            **{marks[name]: ("erased", "import 1", NOW, 1) for name in ("here", "waits", "bounced", "nobody")},
            "out@example.org": ("complained", "import 1", day, 1),
            "out2@example.org": ("bounced", "import 1", day, 1),
        }


def test_a_repeated_entry_belongs_to_the_first_import(database: Database, tmp_path: Path) -> None:
    """If the second list has no weightier reason, undoing the first list removes its entry."""
    for _ in range(2):
        take(database, written(tmp_path, "email,status\na@example.org,bounced\n"))
    with database.read() as connection:
        assert [(row["reason"], row["import_id"]) for row in _all(connection, suppressions)] == [("bounced", 1)]


def test_returning_people_are_linked_to_earlier_owners(database: Database, tmp_path: Path) -> None:
    """People who return are linked by a row from the next mailing on, with earlier owners' addresses; others are not."""
    with database.write() as connection:
        there = join(connection, "there@example.org").id
        freeze(connection, draft("one"), EARLIER)
        key = make_erasure_key(connection)
        back, other = (hashed(key, f"{name}@example.org") for name in ("back", "there"))
        # Ids of people who were removed.
        note(connection, (8, "earlier", 0, 0), (8, back, 1, 1), (9, "theirs", 0, 0), (9, other, 1, 1))
        note(connection, (there, other, 2, None))
        connection.execute(update(tombstones).values(at=EARLIER))
        before = _all(connection, tombstones)
    text = "email\nfresh@example.org\nback@example.org\nthere@example.org\n"
    assert take(database, written(tmp_path, text)).taken.new == 2
    with database.read() as connection:
        number = _by_name(connection)["back"]["id"]
        after = _all(connection, tombstones)
        assert [row for row in after if row["subscriber_id"] != number] == before
        mine = [row for row in after if row["subscriber_id"] == number]
        assert sorted(mine, key=lambda row: str(row["hash"])) == sorted(
            [
                {"subscriber_id": number, "hash": "earlier", "first_mailing": 0, "last_mailing": 0, "at": NOW},
                {"subscriber_id": number, "hash": back, "first_mailing": 2, "last_mailing": None, "at": NOW},
            ],
            key=lambda row: str(row["hash"]),
        )
