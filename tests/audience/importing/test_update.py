"""Updates from a list, and their undo: only for the people in the list."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, and_, select, update

from composer.audience.change_history import changes_of
from composer.audience.changes import change, confirm, tag, unsubscribe
from composer.audience.importing import update as updating
from composer.audience.importing.apply import apply_import
from composer.audience.importing.plan import StatusChoice
from composer.audience.importing.staging import ListPart, incoming, stage
from composer.audience.importing.undo import last_import, undo_import
from composer.audience.lists.formats.detection import tables_in
from composer.audience.lists.meaning.columns import columns_of
from composer.audience.subscribers import Status, Subscriber, get, select_subscribers
from composer.audience.suppression import Reason, listed, suppress
from composer.database.engine import Database
from composer.database.tables.subscriber_tables import subscriber_changes, subscribers
from tests.audience.list_factory import take, written
from tests.audience.people import EARLIER, LATER, NOW, everybody, join


def _all(database: Database) -> list[Subscriber]:
    """Return everybody, by address."""
    with database.read() as connection:
        return sorted(select_subscribers(connection, status=()), key=lambda each: each.normal)


def test_the_first_recorded_change_counts(database: Database, tmp_path: Path) -> None:
    """A list that activates somebody whose status has no earlier history."""
    take(database, written(tmp_path, "email\na@example.org\n"))
    assert take(database, written(tmp_path, "email,company\na@example.org,ACME\n"), is_update=True).taken.updated == 1


def test_activated_and_unsubscribed_people_are_not_counted_as_updated(database: Database, tmp_path: Path) -> None:
    """Each person is counted in one category, and only the changes of this list count."""
    with database.write() as connection:
        for address, consent in (("known", "form"), ("other", "form"), ("out", "form"), ("waiting", "")):
            tags = ("old", "new") if address == "waiting" else ("old",)
            join(connection, f"{address}@example.org", *tags, consent=consent, company="Old", name="Old")
    text = (
        "email,company,tags,status,name\nknown@example.org,New,new,,New\nother@example.org,Old,old,,\n"
        "waiting@example.org,,,,\nout@example.org,New,new,unsubscribed,New\n"
    )
    taken = take(database, written(tmp_path, text), is_update=True).taken
    assert (taken.updated, taken.agreed, taken.suppressed, taken.new) == (1, 1, 1, 0)
    assert [(each.normal, each.name, each.fields["company"], each.tags) for each in _all(database)] == [
        ("known@example.org", "New", "New", ("new", "old")),
        ("other@example.org", "Old", "Old", ("old",)),
        ("out@example.org", "Old", "Old", ("old",)),
        ("waiting@example.org", "Old", "Old", ("new", "old")),
    ]
    with database.read() as connection:
        changes = changes_of(connection, get(connection, "known@example.org").id)
    assert [(each.what, each.before, each.after, each.source) for each in changes[-3:]] == [
        *(("name", "Old", "New", "import 1"), ("company", "Old", "New", "import 1"), ("tag", "", "new", "import 1")),
    ]


def test_suppressed_people_are_not_updated(database: Database, tmp_path: Path) -> None:
    """Suppressed people do not change, in any column, field or tag."""
    with database.write() as connection:
        for name in ("held", "left", "here"):
            join(connection, f"{name}@example.org", first_name="Old", company="Old")
        suppress(connection, "held@example.org", Reason.HELD, "mail", NOW)
        unsubscribe(connection, get(connection, "left@example.org").id, source="link", now=NOW)
    rows = "".join(f"{name}@example.org,New,New,new\n" for name in ("held", "left", "here"))
    done = take(
        database, written(tmp_path, f"email,first name,company,tags\n{rows}"), is_update=True, tags=("all", "new")
    )
    assert done.taken.updated == 1
    assert [(each.first_name, each.fields["company"], each.tags) for each in _all(database)] == [
        ("Old", "Old", ()),
        ("New", "New", ("all", "new")),
        ("Old", "Old", ()),
    ]


def test_update_works_in_batches(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a batch ends, each field of each subscriber changes once, however the database stores rows."""
    monkeypatch.setattr(updating, "_PIECE", 2)
    with database.write() as connection:
        for number in range(5):
            join(connection, f"r{number}@example.org", company="Old", role=f"Role {number}")
    text = "email,company,role\n" + "".join(f"r{number}@example.org,New {number},\n" for number in (3, 1, 4, 0, 2))
    assert take(database, written(tmp_path, text), is_update=True, fields=("company", "role")).taken.updated == 5
    assert [dict(each.fields) for each in _all(database)] == [
        {"company": f"New {number}", "role": f"Role {number}"} for number in range(5)
    ]
    with database.read() as connection:
        for each in _all(database):
            said = [one.what for one in changes_of(connection, each.id) if one.source == "import 1"]
            assert said == ["company"]


def test_changes_are_recorded_in_order(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes are recorded column by column, then field by field, however the database stores its rows."""
    monkeypatch.setattr(updating, "_PIECE", 2)
    names = ("e", "b", "d", "a", "c")
    with database.write() as connection:
        for name in sorted(names):
            join(connection, f"{name}@example.org", name="Old", company="Old")
    text = "email,name,company\n" + "".join(f"{name}@example.org,New,New\n" for name in names)
    with tables_in(written(tmp_path, text)) as (table,), database.stage() as connection:
        stage(connection, [ListPart(table=table, columns=columns_of(table, ("company",), {}))], ("company",))
        with database.writing(connection):
            # PostgreSQL returns a changed row after the others.
            connection.execute(update(incoming).where(incoming.c.seq == 1).values(part=1))
            taken = apply_import(connection, StatusChoice(is_update=True), file="x", kind="list", now=NOW)
            assert taken.updated == 5
            said = connection.execute(
                select(subscriber_changes.c.what, subscribers.c.normal)
                .join(subscribers, subscribers.c.id == subscriber_changes.c.subscriber_id)
                .where(subscriber_changes.c.import_id == taken.number)
                .order_by(subscriber_changes.c.id)
            )
            assert [(what, normal[0]) for what, normal in said] == [
                *(("name", each) for each in names),
                *(("company", each) for each in names),
            ]


def _taken_back(database: Database, address: str) -> list[tuple[str, str, str]]:
    """Return the undone changes of a subscriber, in order."""
    with database.read() as connection:
        changes = changes_of(connection, get(connection, address).id)
    return [(each.what, each.before, each.after) for each in changes if each.source.endswith("undone")]


def test_undo_returns_to_the_import_before(database: Database, tmp_path: Path) -> None:
    """Undo restores columns, fields and tags that are still as the list made them, and nothing of others."""
    with database.write() as connection:
        for name in ("a", "b"):
            join(connection, f"{name}@example.org", "old", "all", first_name="Old", company="Old", role="Old")
        # She had before what the list adds to the others.
        join(connection, "c@example.org", "two", "all", first_name="Two", company="Two", role="Two")
        connection.execute(update(subscribers).values(changed=EARLIER))
    fields, before = ("company", "role"), _all(database)
    for word in ("One", "Two"):
        rows = f"a@example.org,{word},{word},{word},{word}\n"
        if word == "Two":
            rows += "b@example.org,Two,Two,Two,Two\nc@example.org,Two,,Two,\n"
        path = written(tmp_path, f"email,first name,company,role,tags\n{rows}")
        taken = take(database, path, is_update=True, fields=fields, tags=("all",)).taken
        assert (taken.number, taken.updated) == ((1, 1) if word == "One" else (2, 2))
    with database.write() as connection:
        assert {each: when for each, (*_, when) in _consents(connection).items()} == {
            "a@example.org": NOW,
            "b@example.org": NOW,
            "c@example.org": EARLIER,
        }
        b = get(connection, "b@example.org").id
        change(connection, b, {"first_name": "Mine", "company": "Mine"}, source="by hand", now=NOW)
        tag(connection, b, take=("two",), source="by hand", now=NOW)
        # PostgreSQL returns a changed row after the others.
        first = and_(subscriber_changes.c.import_id == 2, subscriber_changes.c.what == "company")
        connection.execute(update(subscriber_changes).where(first).values(at=NOW))
        last = last_import(connection)
        assert (last.number, last.changes, last.came, last.left, last.others, last.suppressed) == (2, 8, 0, 0, 0, 0)
        undo_import(connection, 2, LATER)
    a, other, c = _all(database)
    assert (a.first_name, dict(a.fields), a.tags) == ("One", {"company": "One", "role": "One"}, ("all", "old", "one"))
    assert (other.first_name, dict(other.fields), other.tags) == (
        "Mine",
        {"company": "Mine", "role": "Old"},
        ("all", "old"),
    )
    assert c == before[2]
    assert _taken_back(database, "a@example.org") == [
        ("first_name", "Two", "One"),
        ("company", "Two", "One"),
        ("role", "Two", "One"),
        ("tag", "two", ""),
    ]
    assert _taken_back(database, "b@example.org") == [("role", "Two", "Old")]
    assert _taken_back(database, "c@example.org") == []
    with database.write() as connection:
        when = connection.scalar(select(subscribers.c.changed).where(subscribers.c.normal == "a@example.org"))
        assert when == LATER
        assert last_import(connection).number == 1
        undo_import(connection, 1, LATER)
        assert (
            connection.scalar(select(subscribers.c.changed).where(subscribers.c.normal == "c@example.org")) == EARLIER
        )
    assert _all(database)[0] == before[0]


def test_undo_removes_the_consent_of_the_import(database: Database, tmp_path: Path) -> None:
    """Undo removes the consent of people who were pending before; all others keep theirs."""
    with database.write() as connection:
        for name, consent in (("waiting", ""), ("out", "form"), ("other", "form"), ("away", ""), ("back", "")):
            join(connection, f"{name}@example.org", consent=consent)
        connection.execute(update(subscribers).where(subscribers.c.consent_id.is_not(None)).values(consented=EARLIER))
        connection.execute(update(subscribers).values(changed=EARLIER))
        kept = _consents(connection)
    text = (
        "email,status\nwaiting@example.org,\nout@example.org,unsubscribed\naway@example.org,\n"
        "back@example.org,unsubscribed\n"
    )
    take(database, written(tmp_path, text), consent="list")
    with database.write() as connection:
        connection.execute(update(subscribers).where(subscribers.c.normal != "other@example.org").values(consented=NOW))
        suppress(connection, "away@example.org", Reason.UNSUBSCRIBED, "link", NOW)
        confirm(connection, get(connection, "back@example.org").id, "link", source="link", now=NOW)
        undo_import(connection, 1, LATER)
        assert everybody(connection) == {
            "waiting@example.org": Status.PENDING,
            "out@example.org": Status.ACTIVE,
            "other@example.org": Status.ACTIVE,
            "away@example.org": Status.UNSUBSCRIBED,
            "back@example.org": Status.ACTIVE,
        }
        found = _consents(connection)
        assert (found["back@example.org"][0] is not None, *found["back@example.org"][1:]) == (True, NOW, NOW)
        assert found["waiting@example.org"] == (None, None, LATER)
        assert found["out@example.org"] == (kept["out@example.org"][0], NOW, LATER)
        assert found["other@example.org"] == kept["other@example.org"]
        assert found["away@example.org"][0] is not None
        assert _reasons(connection) == {"away@example.org": Reason.UNSUBSCRIBED}


def _consents(connection: Connection) -> dict[str, tuple[object, object, object]]:
    """Return each subscriber's consent, its date, and the date of the last change."""
    columns = (subscribers.c.normal, subscribers.c.consent_id, subscribers.c.consented, subscribers.c.changed)
    return {normal: (which, since, when) for normal, which, since, when in connection.execute(select(*columns))}


def _reasons(connection: Connection) -> dict[str, Reason]:
    return {each.normal: each.reason for each in listed(connection)}
