"""Lists are imported alike on both databases: each row once, nobody who unsubscribed; the last import can be undone."""

import csv
import io
import json
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from composer.audience.bounce_holds import undo_bounce
from composer.audience.change_history import changes_of
from composer.audience.changes import add_subscriber, change, confirm, sign_up, tag, unsubscribe
from composer.audience.erasure import erase
from composer.audience.export import ExportFormat, export_subscribers, export_suppressions
from composer.audience.identity.tombstones import note_lost_address
from composer.audience.importing import undo as undoing
from composer.audience.importing.plan import ImportSummary, RowVerdict
from composer.audience.importing.undo import last_import, undo_import
from composer.audience.lists.formats.detection import tables_in
from composer.audience.lists.meaning.columns import columns_of
from composer.audience.personal_record import personal_record
from composer.audience.subscribers import AudienceError, Status, Subscriber, find, get, select_subscribers
from composer.audience.suppression import Reason, listed, suppress
from composer.core.addresses import parse_address
from composer.core.audience_filter import AudienceFilter
from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.subscriber_tables import consents, subscribers, suppressions
from tests.audience.list_factory import take, written
from tests.audience.people import LATER, NOW, everybody, join


def _all(database: Database) -> list[Subscriber]:
    """Return everybody, by address."""
    with database.read() as connection:
        return sorted(select_subscribers(connection, status=()), key=lambda each: each.normal)


def _statuses(database: Database) -> dict[str, Status]:
    with database.read() as connection:
        return everybody(connection)


def _suppressed(database: Database) -> dict[str, Reason]:
    with database.read() as connection:
        return {each.normal or each.hash: each.reason for each in listed(connection)}


def test_each_row_is_counted_once(database: Database, tmp_path: Path) -> None:
    """New, known, suppressed, leaving and bad rows add up to all rows, and only the new people are added."""
    with database.write() as connection:
        join(connection, "known@example.org", name="Known")
        unsubscribe(connection, join(connection, "left@example.org").id, source="link", now=NOW)
        join(connection, "gone@example.org")
        erase(connection, parse_address("gone@example.org"), NOW)
        suppress(connection, "out@example.org", Reason.BOUNCED, "mail", NOW)
    text = (
        "email,name,company,status\n"
        "new@example.org,New,ACME,active\n"
        "KNOWN@example.org,Other,ACME,active\n"
        "Left@example.org,,,active\n"
        "gone@Example.org,,,active\n"
        "leaving@example.org,,,unsubscribed\n"
        "out@example.org,,,bounced\n"
        "NEW@example.org,,,active\n"
        "nobody,,,active\n"
        "\n"
        "odd@example.org,,,gold\n"
        "waiting@example.org,,,pending\n"
    )
    done = take(database, written(tmp_path, text))
    counts = done.summary
    assert (counts.new, counts.pending, counts.known, counts.left, counts.leaving, counts.out, counts.bad) == (
        *(1, 1, 1, 2, 1, 1, 3),
    )
    assert counts.rows == 10
    assert done.bad == {
        8: "the same address as row 2",
        9: "nobody has no @: an address looks like name@example.org",
        11: "the status “gold” is not understood",
    }
    assert {each.written: each.reason for each in done.left} == {
        "Left@example.org": "they unsubscribed",
        "gone@Example.org": "they asked to be erased",
    }
    assert _statuses(database) == {
        "known@example.org": Status.ACTIVE,
        "left@example.org": Status.UNSUBSCRIBED,
        "new@example.org": Status.ACTIVE,
        "waiting@example.org": Status.PENDING,
    }
    assert next(each.name for each in _all(database) if each.normal == "known@example.org") == "Known"
    assert _suppressed(database)["leaving@example.org"] is Reason.UNSUBSCRIBED
    assert "gone@example.org" not in _suppressed(database)


def test_without_consent_people_stay_pending(database: Database, tmp_path: Path) -> None:
    """A second import with --consent activates pending people, and stores the consent text with each."""
    path = written(tmp_path, "email\na@example.org\nb@example.org\n")
    first = ImportSummary(new=0, pending=2, known=0, left=0, leaving=0, out=0, bad=0, notes=0, agreeing=0)
    assert take(database, path, consent="").summary == first
    assert take(database, path, consent="").summary == replace(first, pending=0, known=2)
    assert set(_statuses(database).values()) == {Status.PENDING}
    done = take(database, path, consent="form on example.org, 2024, “I want the briefing”")
    assert (done.summary.known, done.summary.agreeing, done.taken.agreed) == (2, 2, 2)
    assert set(_statuses(database).values()) == {Status.ACTIVE}
    with database.write() as connection:
        consent = personal_record(connection, "a@example.org").consent
        assert consent is not None
        assert consent.evidence == "form on example.org, 2024, “I want the briefing”"
        assert connection.scalar(select(func.count()).select_from(consents)) == 1
        undo_import(connection, last_import(connection).number, LATER)
        assert set(everybody(connection).values()) == {Status.PENDING}
        assert personal_record(connection, "a@example.org").consent is None


def test_a_form_and_a_list_reactivate_nobody(database: Database, tmp_path: Path) -> None:
    """A list does not activate people who are suppressed or erased and pending by a form that anybody can fill in."""
    with database.write() as connection:
        join(connection, "gone@example.org")
        erase(connection, parse_address("gone@example.org"), NOW)
        suppress(connection, "out@example.org", Reason.COMPLAINED, "mail", NOW)
        for address in ("gone@example.org", "out@example.org"):
            sign_up(connection, parse_address(address), {}, source="form", now=LATER)
    done = take(database, written(tmp_path, "email\ngone@example.org\nout@example.org\n"), is_update=True, tags=("x",))
    assert (done.summary.left, done.summary.agreeing) == (2, 0)
    assert _statuses(database) == {"gone@example.org": Status.PENDING, "out@example.org": Status.PENDING}
    assert [subscriber.tags for subscriber in _all(database)] == [(), ()]


@pytest.mark.parametrize("reason", [Reason.HELD, Reason.BOUNCED])
@pytest.mark.parametrize("is_suppression", [False, True])
def test_unsubscribed_by_a_list_outlasts_an_undone_bounce(
    database: Database, tmp_path: Path, reason: Reason, is_suppression: bool
) -> None:
    """A held or wrong bounce hides nothing: the list says that they unsubscribed, and that outlasts the bounce."""
    with database.write() as connection:
        join(connection, "anna@example.org")
        suppress(connection, "anna@example.org", reason, "mail", NOW)
    take(database, written(tmp_path, "email,status\nanna@example.org,unsubscribed\n"), is_suppression=is_suppression)
    with (
        database.write() as connection,
        pytest.raises(AudienceError, match="this address is not suppressed because of a bounce"),
    ):
        undo_bounce(connection, "anna@example.org", "bounces undo", LATER)
    assert _statuses(database) == {"anna@example.org": Status.UNSUBSCRIBED}
    assert _suppressed(database) == {"anna@example.org": Reason.IMPORTED if is_suppression else Reason.UNSUBSCRIBED}


def test_a_held_bounce_keeps_the_status(database: Database) -> None:
    """A hold means that nothing is sent; it does not change a status."""
    with database.write() as connection:
        sign_up(connection, parse_address("anna@example.org"), {}, source="form", now=NOW)
        suppress(connection, "anna@example.org", Reason.HELD, "mail", NOW)
    assert _statuses(database) == {"anna@example.org": Status.PENDING}


def test_update_changes_only_what_the_list_says(database: Database, tmp_path: Path) -> None:
    """Empty cells change nothing, tags are added, every change is recorded; undo restores everything exactly."""
    with database.write() as connection:
        join(connection, "a@example.org", "old", first_name="Ann", last_name="Li", company="ACME", role="Editor")
        join(connection, "b@example.org", first_name="Ben")
        unsubscribe(connection, join(connection, "c@example.org", first_name="Cy").id, source="link", now=NOW)
    before = _all(database)
    text = (
        "Email,First name,Last name,Company,Tags\n"
        'A@example.org,Anna,,Example Institute,"press, old"\n'
        "b@example.org,Ben,,,\n"
        "c@example.org,Carl,,New,press\n"
    )
    path = written(tmp_path, text)
    take(database, path)
    assert _all(database) == before
    done = take(database, path, is_update=True, tags=("2025",))
    assert (done.taken.updated, done.taken.new) == (2, 0)
    anna, ben, carl = _all(database)
    assert (anna.address, anna.first_name, anna.last_name) == ("a@example.org", "Anna", "Li")
    assert dict(anna.fields) == {"company": "Example Institute", "role": "Editor"}
    assert (anna.tags, ben.tags, carl.tags) == (("2025", "old", "press"), ("2025",), ())
    assert carl.first_name == "Cy"
    with database.write() as connection:
        said = {
            (each.what, each.before, each.after) for each in changes_of(connection, anna.id) if "import" in each.source
        }
        assert said == {
            ("first_name", "Ann", "Anna"),
            ("company", "ACME", "Example Institute"),
            ("tag", "", "press"),
            ("tag", "", "2025"),
        }
        undo_import(connection, last_import(connection).number, LATER)
    assert _all(database) == before


def test_undo_leaves_what_others_did_since(database: Database, tmp_path: Path) -> None:
    """Later unsubscriptions, confirmations and manual changes stay, and each undo undoes only one import."""
    with database.write() as connection:
        join(connection, "known@example.org", first_name="Old", company="Old")
        join(connection, "victim@example.org")
        join(connection, "victim2@example.org")
    text = (
        "email,first_name,company,status\n"
        "a@example.org,,,\nleft@example.org,,,\nagreed@example.org,,,\nknown@example.org,List,List,\n"
        "victim@example.org,,,unsubscribed\nvictim2@example.org,,,bounced\n"
    )
    take(database, written(tmp_path, "email\nfirst@example.org\n"))
    take(database, written(tmp_path, text), is_update=True)
    assert _suppressed(database) == {"victim@example.org": Reason.UNSUBSCRIBED, "victim2@example.org": Reason.BOUNCED}
    with database.write() as connection:
        found = {subscriber.address: subscriber.id for subscriber in select_subscribers(connection, status=())}
        unsubscribe(connection, found["left@example.org"], source="link", now=LATER)
        confirm(connection, found["agreed@example.org"], "link", source="link", now=LATER)
        change(connection, found["known@example.org"], {"first_name": "Mine"}, source="by hand", now=LATER)
        # Somebody whom the list had suppressed has unsubscribed since: that stays.
        unsubscribe(connection, found["victim@example.org"], source="link", now=LATER)
        last = last_import(connection)
        assert (last.came, last.left, last.others, last.suppressed) == (1, 1, 1, 1)
        undo_import(connection, last.number, LATER)
    assert _statuses(database) == {
        "known@example.org": Status.ACTIVE,
        "victim@example.org": Status.UNSUBSCRIBED,
        "victim2@example.org": Status.ACTIVE,
        "first@example.org": Status.ACTIVE,
        "left@example.org": Status.UNSUBSCRIBED,
        "agreed@example.org": Status.ACTIVE,
    }
    known = next(each for each in _all(database) if each.normal == "known@example.org")
    assert (known.first_name, known.fields["company"]) == ("Mine", "Old")
    assert set(_suppressed(database)) == {"victim@example.org", "left@example.org"}
    with database.write() as connection:
        undo_import(connection, last_import(connection).number, LATER)
        assert "first@example.org" not in everybody(connection)
        with pytest.raises(AudienceError, match="no import can be undone"):
            last_import(connection)


def test_undo_works_in_batches(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a batch ends, between subscribers or between two changes of one, each change is undone once."""
    monkeypatch.setattr(undoing, "_PIECE", 2)
    with database.write() as connection:
        for number in range(5):
            join(connection, f"r{number}@example.org", company=f"Old {number}", role=f"Role {number}", town="Here")
    before = _all(database)
    rows = "".join(f"r{number}@example.org,New {number},Editor,There\n" for number in range(5))
    done = take(
        database,
        written(tmp_path, f"email,company,role,town\n{rows}"),
        is_update=True,
        fields=("company", "role", "town"),
    )
    assert done.taken.updated == 5
    assert {each.fields["town"] for each in _all(database)} == {"There"}
    with database.write() as connection:
        number = last_import(connection).number
        undo_import(connection, number, LATER)
        said = Counter(change.source for each in before for change in changes_of(connection, each.id))
    assert _all(database) == before
    assert (said[f"import {number}"], said[f"import {number} undone"]) == (15, 15)


def test_results_of_an_import_are_counted(database: Database, tmp_path: Path) -> None:
    """New, updated, activated and suppressed people are counted separately; without --update nobody is updated."""
    with database.write() as connection:
        join(connection, "known@example.org", company="Old")
        for address in ("p1@example.org", "p2@example.org"):
            join(connection, address, consent="")
    text = (
        "email,company,status\nknown@example.org,New,\np1@example.org,,\np2@example.org,,\n"
        "n1@example.org,,\nn2@example.org,,\nn3@example.org,,\n"
        + "".join(f"out{number}@example.org,,unsubscribed\n" for number in range(4))
    )
    done = take(database, written(tmp_path, text)).taken
    assert (done.number, done.new, done.updated, done.agreed, done.suppressed) == (1, 3, 0, 2, 4)
    assert _all(database)[0].fields["company"] == "Old"
    done = take(database, written(tmp_path, text), is_update=True).taken
    assert (done.number, done.new, done.updated, done.agreed, done.suppressed) == (2, 0, 1, 0, 0)


def test_two_imports_with_the_same_consent_keep_their_own(database: Database, tmp_path: Path) -> None:
    """The consent of a row belongs to the import that added it, even if an earlier import had the same text."""
    first = take(database, written(tmp_path, "email,consent\na@example.org,form A\nb@example.org,form A\n"), consent="")
    assert first.taken.new == 2
    take(database, written(tmp_path, "email,consent\nc@example.org,form A\n"), consent="")
    take(database, written(tmp_path, "email,consent\nd@example.org,form A\ne@example.org,\n"), consent="whole list")
    with database.read() as connection:
        kept = connection.execute(
            select(subscribers.c.normal, consents.c.id, consents.c.evidence)
            .join_from(subscribers, consents, consents.c.id == subscribers.c.consent_id)
            .order_by(subscribers.c.normal)
        ).all()
        assert connection.scalar(select(func.count()).select_from(consents)) == 4
    (a, b, c, d, e) = kept
    assert [each.evidence for each in kept] == [*["form A"] * 4, "whole list"]
    assert a.id == b.id
    assert len({b.id, c.id, d.id, e.id}) == 4


def test_a_list_in_german(database: Database, tmp_path: Path) -> None:
    """Columns are found by German names and by labels in newsletter.yaml; languages by their names."""
    text = (
        "E-Mail-Adresse;Vorname;Sprache;Firma;Schlagwörter\n"
        "a@example.org;Anna;Deutsch;Müller;presse\n"
        "b@example.org;Ben;ENGLISCH;;\n"
        "c@example.org;小明;Chinesisch;;\n"
        "d@example.org;小红;中文;;\n"
        "e@example.org;Zoë;Français;;\n"
        "f@example.org;Jo;Französisch;;\n"
        "g@example.org;Jo;de-at;;\n"
        "h@example.org;Jo;Klingonisch;;\n"
    )
    file = written(tmp_path, text)
    assert take(database, file).left_out == ("Firma",)
    done = take(database, file, is_update=True, labels={"company": "Firma:"})
    assert done.left_out == () and done.taken.updated == 1
    found = _all(database)
    assert (found[0].fields["company"], found[0].tags) == ("Müller", ("presse",))
    assert [each.language for each in found] == ["de", "en", "zh", "zh", "fr", "fr", "de-AT", ""]
    assert [each.reason for each in done.said] == [
        "“Klingonisch” is not a language code and was left empty: write en, de, zh-Hant …"
    ]


def test_labels_do_not_replace_known_columns(tmp_path: Path) -> None:
    """A label that is the name of another column, or not a word, changes nothing."""
    file = written(tmp_path, "email;name;\na@example.org;Anna;x\n")
    with tables_in(file) as (table,):
        columns = columns_of(table, ("company", "star"), {}, {"company": "Name", "star": "*"})
    assert (columns.taken, columns.fields) == ({"email": 0, "name": 1}, {})


def test_cells_after_the_last_column_have_a_remark(database: Database, tmp_path: Path) -> None:
    """Cells after the last column are left out with a remark, except blank cells and a column mapped by its number."""
    text = "email;first name;;\na@example.org;Anna;ACME;\nb@example.org;Ben;;;;\nc@example.org;Chen;;x;y\nnobody;x;;z\n"
    text += "d@example.org;Di;;z\n"
    done = take(database, written(tmp_path, text), given={"3": "company"})
    assert [(each.number, each.verdict, each.reason, each.written) for each in done.said] == [
        (4, RowVerdict.TAKEN, "left out 2 cells after the last column: “x | y”", "c@example.org"),
        (5, RowVerdict.BAD, "nobody has no @: an address looks like name@example.org", "nobody"),
        (6, RowVerdict.TAKEN, "left out 1 cell after the last column: “z”", "d@example.org"),
    ]
    assert (done.summary.notes, done.summary.bad) == (2, 1) and _all(database)[0].fields["company"] == "ACME"


def test_changes_between_plan_and_import_count(database: Database, tmp_path: Path) -> None:
    """People who unsubscribe, are erased or join after the count are judged by their status at import time."""
    from composer.audience.importing.apply import apply_import
    from composer.audience.importing.plan import StatusChoice, summarise
    from composer.audience.importing.staging import ListPart, stage
    from composer.audience.lists.formats.detection import tables_in
    from composer.audience.lists.meaning.columns import columns_of

    path = written(tmp_path, "email,name\na@example.org,\nb@example.org,\nc@example.org,By list\nd@example.org,\n")
    choice = StatusChoice(consent="form")
    with tables_in(path) as (table,), database.stage() as connection:
        stage(connection, [ListPart(table=table, columns=columns_of(table, (), {}))], ())
        assert summarise(connection, choice).new == 4
        with database.write() as other:
            suppress(other, "a@example.org", Reason.UNSUBSCRIBED, "link", NOW)
            join(other, "b@example.org")
            erase(other, parse_address("b@example.org"), NOW)
            join(other, "c@example.org", name="By hand")
        with database.writing(connection):
            assert apply_import(connection, choice, file="x", kind="list", now=NOW).new == 1
    assert _statuses(database) == {"c@example.org": Status.ACTIVE, "d@example.org": Status.ACTIVE}
    # Nobody is updated without --update.
    assert [each.name for each in _all(database)] == ["By hand", ""]


def test_rows_are_shown_in_their_order(database: Database, tmp_path: Path) -> None:
    """The first rows and the remarks are in order, however the database stores them."""
    from composer.audience.importing.plan import UnderstoodList, first_rows, left_earlier, remarks
    from composer.audience.importing.staging import ListPart, incoming, incoming_rows, stage

    text = (
        "email,name,first name,last name,language,status\n"
        "a@example.org,A B,A,B,German,active\nb@example.org,,,,,pending\nc@example.org,,,,,\n"
        "d@example.org,,,,Klingon,\nnobody,,,,,\nnobody at all,,,,,\n"
    )
    with database.write() as connection:
        for each in "bcd":
            suppress(connection, f"{each}@example.org", Reason.BOUNCED, "mail", NOW)
    with tables_in(written(tmp_path, text)) as (table,), database.stage() as connection:
        stage(connection, [ListPart(table=table, columns=columns_of(table, (), {}))], ())
        with connection.begin():
            connection.execute(update(incoming).values(number=10 - incoming.c.number))
            connection.execute(update(incoming_rows).values(number=10 - incoming_rows.c.number))
        rest = {"name": "", "first_name": "", "last_name": "", "language": ""}
        found = first_rows(connection, 4)
        assert found[:3] == first_rows(connection, 3)
        assert found[2:] == [
            UnderstoodList(address="b@example.org", standing="pending", **rest),
            UnderstoodList(
                address="a@example.org", name="A B", first_name="A", last_name="B", language="de", standing="subscriber"
            ),
        ]
        assert [(each.number, each.written) for each in remarks(connection)] == [
            *((3, "nobody at all"), (4, "nobody"), (5, "d@example.org")),
        ]
        assert [(each.number, each.verdict) for each in remarks(connection, bad_only=True)] == [
            *((3, RowVerdict.BAD), (4, RowVerdict.BAD)),
        ]
        assert [(each.number, each.written) for each in left_earlier(connection)] == [
            *((5, "d@example.org"), (6, "c@example.org"), (7, "b@example.org")),
        ]


def test_people_known_only_by_hash_are_new(database: Database, tmp_path: Path) -> None:
    """A person known only by a hash is new: the hash excludes nobody."""
    with database.write() as connection:
        join(connection, "old@example.org")
        note_lost_address(connection, get(connection, "old@example.org").id, "a@example.org", NOW, is_erased=True)
    done = take(database, written(tmp_path, "email,status\na@example.org,\n"))
    assert (done.summary.new, done.summary.left, done.left, done.taken.new) == (1, 0, (), 1)


def test_an_interrupted_import_changes_nothing(database: Database, tmp_path: Path) -> None:
    """An import that is interrupted in its last step has changed nothing."""
    from composer.audience.importing.apply import apply_import
    from composer.audience.importing.plan import StatusChoice
    from composer.audience.importing.staging import ListPart, stage
    from composer.audience.lists.formats.detection import tables_in
    from composer.audience.lists.meaning.columns import columns_of

    path = written(tmp_path, "email,status\na@example.org,\nb@example.org,unsubscribed\n")

    def stopped() -> None:
        with tables_in(path) as (table,), database.stage() as connection:
            stage(connection, [ListPart(table=table, columns=columns_of(table, (), {}))], ())
            with database.writing(connection):
                apply_import(connection, StatusChoice(consent="form"), file="x", kind="list", now=NOW)
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert _statuses(database) == {}
    assert _suppressed(database) == {}
    with database.read() as connection, pytest.raises(AudienceError):
        last_import(connection)


NASTY = (
    *(
        "=SUM(A1:A9)",
        "+49 30",
        "-1",
        "@home",
        "'quoted",
        "''=x",
        "'=x",
        "＝全角",
        "a,b",
        'say "hi"',
        "李\u200d明",
        "é",
        "; x",
    ),
)


@pytest.mark.parametrize("form", list(ExportFormat))
def test_an_export_can_be_imported(database: Database, tmp_path: Path, form: ExportFormat) -> None:
    """Addresses, values, tags, status and consent survive export and import; no cell begins like a formula."""
    with database.write() as connection:
        for number, value in enumerate(NASTY):
            join(
                connection,
                f"r{number}@example.org",
                "b c",
                "a",
                first_name=value,
                company=value,
                consent=f"said {value}",
            )
        for address in ("=cmd@example.org", "'-x@example.org", "+1@bücher.example"):
            join(connection, address)
        join(connection, "pending@example.org", consent="")
        unsubscribe(connection, join(connection, "left@example.org").id, source="link", now=NOW)
        buffer = io.StringIO(newline="")
        many = export_subscribers(connection, AudienceFilter(), (), ("company",), buffer, form)
    if form is ExportFormat.CSV:
        cells = [cell for row in csv.reader(io.StringIO(buffer.getvalue(), newline="")) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝", "\t", "\r"))]
    before = [(each.address, each.values, each.tags, each.status) for each in _all(database)]
    assert many == len(before)
    with open_database(Location(path=tmp_path / "other.db")) as other:
        done = take(other, written(tmp_path, buffer.getvalue(), f"list.{form}"), consent="")
        assert done.bad == {}
        # Unsubscribed people are on the suppression list there, and are not subscribers.
        kept = [(each.address, each.values, each.tags, each.status) for each in _all(other)]
        assert kept == [each for each in before if each[3] is not Status.UNSUBSCRIBED]
        assert _suppressed(other) == {"left@example.org": Reason.UNSUBSCRIBED}
        with other.read() as connection:
            for number, value in enumerate(NASTY):
                consent = personal_record(connection, f"r{number}@example.org").consent
                assert consent is not None
                assert consent.evidence == f"said {value}"


def test_suppression_list_is_exported_and_imported(database: Database, tmp_path: Path) -> None:
    """Export and import keep addresses, reasons, days and hashes; hashes of another database are rejected row by row."""
    with database.write() as connection:
        suppress(connection, "a@example.org", Reason.COMPLAINED, "mail", NOW)
        suppress(connection, "b@example.org", Reason.BY_HAND, "by hand", NOW)
        join(connection, "gone@example.org")
        erase(connection, parse_address("gone@example.org"), NOW)
        buffer = io.StringIO(newline="")
        assert export_suppressions(connection, buffer, ExportFormat.CSV) == 3
    kept = _suppressed(database)
    with database.write() as connection:
        connection.execute(suppressions.delete())
        join(connection, "a@example.org")
    strange = "hmac-sha256:00000000:" + "0" * 64
    path = written(tmp_path, buffer.getvalue() + f",{strange},erased,2025-01-01,x\r\n,nonsense,erased,2025-01-01,x\r\n")
    done = take(database, path, consent="", is_suppression=True)
    assert done.bad == {
        5: "this hash was made by another database and cannot be compared here",
        6: "this is not a hash in the form that compose writes",
    }
    assert _suppressed(database) == kept
    assert _statuses(database) == {"a@example.org": Status.COMPLAINED}
    with database.write() as connection, pytest.raises(AudienceError, match="they asked to be erased"):
        add_subscriber(connection, parse_address("gone@example.org"), {}, source="x", now=NOW)


def test_a_suppression_list_makes_nobody_a_subscriber(database: Database, tmp_path: Path) -> None:
    """Whatever its columns say, a suppression list only suppresses."""
    with database.write() as connection:
        join(connection, "a@example.org")
    take(
        database,
        written(tmp_path, "E-Mail;Status\nA@example.org;active\nnew@example.org;subscribed\n"),
        is_suppression=True,
    )
    assert _statuses(database) == {"a@example.org": Status.UNSUBSCRIBED}
    assert _suppressed(database) == {"a@example.org": Reason.IMPORTED, "new@example.org": Reason.IMPORTED}


MAILCHIMP = (
    '"Email Address","First Name","Last Name",Company,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,'
    "LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS"
)


def mailchimp(folder: Path) -> Path:
    """An audience as Mailchimp exports it: an archive of four files."""
    tail = ",2,2020-02-03 04:05:06,192.0.2.1,2020-02-04 05:06:07,192.0.2.1,,,,,,DE,,2021-01-01 00:00:00,123,abc,"
    unsub = MAILCHIMP.replace(
        "LEID", "UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,LEID"
    )
    clean = MAILCHIMP.replace("LEID", "CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID")
    left = tail.replace("123,abc", "2022-03-04 05:06:07,Issue 7,77,NORMAL,,123,abc")
    cleaned = tail.replace("123,abc", "2023-04-05 06:07:08,Issue 8,88,123,abc")
    files = {
        "subscribed_members_export_f00.csv": f'{MAILCHIMP}\nanna@example.org,Anna,Li,ACME{tail},"""VIP"",""Press list"""\n',
        "unsubscribed_members_export_f00.csv": f"{unsub}\nben@example.org,Ben,Li,{left},\n",
        "cleaned_members_export_f00.csv": f"{clean}\nchen@example.org,Chen,Li,{cleaned},\n",
        "nonsubscribed_members_export_f00.csv": f"{MAILCHIMP}\ndora@example.org,Dora,Li,{tail},\n",
    }
    path = folder / "audience_export_f00.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_mailchimp_archives(database: Database, tmp_path: Path) -> None:
    """Subscribed people have names, tags and their confirmation day; unsubscribed and cleaned ones are suppressed."""
    done = take(database, mailchimp(tmp_path))
    assert set(done.kinds) == {"Mailchimp"}
    assert done.bad == {}
    assert _statuses(database) == {"anna@example.org": Status.ACTIVE, "dora@example.org": Status.PENDING}
    assert _suppressed(database) == {"ben@example.org": Reason.UNSUBSCRIBED, "chen@example.org": Reason.BOUNCED}
    anna = _all(database)[0]
    assert (anna.first_name, anna.fields["company"], anna.tags) == ("Anna", "ACME", ("press list", "vip"))
    with database.read() as connection:
        consent = personal_record(connection, "anna@example.org").consent
        assert consent is not None
        assert consent.when is not None
        assert consent.when.isoformat() == "2020-02-04T05:06:07+00:00"
        assert {each.normal: each.since.year for each in listed(connection)} == {
            "ben@example.org": 2022,
            "chen@example.org": 2023,
        }


LISTMONK = (
    "uuid,email,name,attributes,status,created_at,updated_at\n"
    '1,anna@example.org,Anna Li,"{""company"": ""ACME"", ""lang"": ""de"", ""n"": 3}",enabled,'
    "2024-01-02T03:04:05Z,2024-01-02T03:04:05Z\n"
    "2,ben@example.org,Ben,{},blocklisted,2024-01-02T03:04:05Z,2024-01-02T03:04:05Z\n"
    "3,chen@example.org,Chen,{broken,disabled,2024-01-02T03:04:05Z,2024-01-02T03:04:05Z\n"
)
BUTTONDOWN = (
    "id,email_address,creation_date,metadata,notes,tags,type\n"
    '1,anna@example.org,2024-01-02T03:04:05Z,"{""company"": ""ACME""}",,"[""press"", ""vip""]",regular\n'
    "2,ben@example.org,2024-01-02T03:04:05Z,{},,,unactivated\n"
    "3,chen@example.org,2024-01-02T03:04:05Z,{},,,unsubscribed\n"
    "4,dora@example.org,2024-01-02T03:04:05Z,{},,,spammy\n"
    "5,eve@example.org,2024-01-02T03:04:05Z,{},,,premium\n"
)
SUBSTACK = (
    "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
    "anna@example.org,false,,other,false,2024-01-02T03:04:05.000Z,\n"
    "ben@example.org,true,2026-01-01,yearly,true,2024-01-02T03:04:05.000Z,2024-01-02\n"
)


def test_listmonk_exports(database: Database, tmp_path: Path) -> None:
    """Attributes become merge fields; blocklisted and disabled people are suppressed."""
    done = take(database, written(tmp_path, LISTMONK))
    assert done.kinds == ("listmonk",)
    (anna,) = _all(database)
    assert (anna.name, anna.language, dict(anna.fields)) == ("Anna Li", "de", {"company": "ACME"})
    assert _suppressed(database) == {"ben@example.org": Reason.UNSUBSCRIBED, "chen@example.org": Reason.IMPORTED}


def test_buttondown_exports(database: Database, tmp_path: Path) -> None:
    """The types are statuses; tags and metadata are imported."""
    done = take(database, written(tmp_path, BUTTONDOWN))
    assert done.kinds == ("Buttondown",)
    assert _statuses(database) == {
        "anna@example.org": Status.ACTIVE,
        "ben@example.org": Status.PENDING,
        "eve@example.org": Status.ACTIVE,
    }
    assert _all(database)[0].tags == ("press", "vip")
    assert _all(database)[0].fields == {"company": "ACME"}
    assert _suppressed(database) == {"chen@example.org": Reason.UNSUBSCRIBED, "dora@example.org": Reason.IMPORTED}


def test_substack_archives(database: Database, tmp_path: Path) -> None:
    """Only the list of addresses is read, not who opened which post; people with mail switched off are suppressed."""
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("posts.csv", "post_id,title\n1,Hello\n")
        archive.writestr("posts/1.opens.csv", "email,timestamp\nspy@example.org,2024-01-01\n")
        archive.writestr("email_list.example.csv", SUBSTACK)
    done = take(database, path)
    assert done.kinds == ("Substack",)
    assert _statuses(database) == {"anna@example.org": Status.ACTIVE}
    assert _suppressed(database) == {"ben@example.org": Reason.UNSUBSCRIBED}


def test_json_lines(database: Database, tmp_path: Path) -> None:
    """Keys are columns, lists are tags; a line that is not an object gets a remark."""
    lines = [
        json.dumps({"email": "a@example.org", "name": "李", "tags": ["x", "y"], "company": 7}),
        "not json",
        '["email"]',
        "",
        json.dumps({"email": None, "name": "X"}),
        json.dumps({"name": "B", "email": "b@example.org", "language": "pt_br", "extra": {"a": 1}}),
    ]
    done = take(database, written(tmp_path, "\n".join(lines), "list.jsonl"))
    assert done.bad == {
        2: "the line is not a JSON object",
        3: "the line is not a JSON object",
        5: "the row has no address",
    }
    first, second = _all(database)
    assert (first.name, first.tags, first.fields["company"]) == ("李", ("x", "y"), "7")
    assert second.language == "pt-BR"
    assert done.left_out == ("extra",)


def test_a_person_and_similar_addresses(database: Database, tmp_path: Path) -> None:
    """Plus tags, dots and googlemail are similar addresses, for subscribers and suppressed addresses; others are not."""
    take(database, written(tmp_path, "email\nanna.li@gmail.com\n"), consent="form 2024")
    with database.write() as connection:
        for address in (
            "annali+news@googlemail.com",
            "a.n.n.a.l.i@gmail.com",
            "annali@example.org",
            "annalix@gmail.com",
        ):
            join(connection, address)
        join(connection, "50%_off+x@example.org")
        join(connection, "50x_off@example.org")
        suppress(connection, "annali+old@gmail.com", Reason.BOUNCED, "mail", NOW)
        tag(connection, get(connection, "anna.li@gmail.com").id, give=["press"], source="by hand", now=LATER)
        found = personal_record(connection, "Anna.Li@Gmail.com")
        assert found.origin is not None
        assert (found.origin.number, found.origin.file) == (1, "list.csv")
        assert [each.after for each in found.history] == ["press"]
        assert dict(found.look_alikes) == {
            "annali+news@googlemail.com": Status.ACTIVE,
            "a.n.n.a.l.i@gmail.com": Status.ACTIVE,
            "annali+old@gmail.com": None,
        }
        assert personal_record(connection, "50%_off@example.org").look_alikes == (
            ("50%_off+x@example.org", Status.ACTIVE),
        )
        assert personal_record(connection, "nobody@example.org").is_unknown
        assert find(connection, "anna.li@gmail.com") is not None


def test_unchanged_fields_are_not_recorded(database: Database, tmp_path: Path) -> None:
    """Only fields whose value changes are recorded."""
    with database.write() as connection:
        join(connection, "a@example.org", company="ACME", role="Editor")
    text = "email,company,role\na@example.org,ACME,Author\n"
    take(database, written(tmp_path, text), fields=("company", "role"), is_update=True)
    with database.read() as connection:
        found = changes_of(connection, get(connection, "a@example.org").id)
    assert [(each.what, each.before, each.after) for each in found[1:]] == [("role", "Editor", "Author")]


def test_people_activated_by_a_list_are_counted(database: Database, tmp_path: Path) -> None:
    """People who are pending and in the list count; people who are not in it, active or unsubscribed do not."""
    with database.write() as connection:
        for name in ("in", "too", "not-in"):
            join(connection, f"{name}@example.org", consent="")
        join(connection, "active@example.org")
        unsubscribe(connection, join(connection, "left@example.org", consent="").id, source="link", now=NOW)
    text = "email\n" + "".join(f"{name}@example.org\n" for name in ("in", "too", "active", "left", "new"))
    found = take(database, written(tmp_path, text), consent="form")
    assert (found.summary.agreeing, found.taken.agreed) == (2, 2)
    assert take(database, written(tmp_path, text), consent="").summary.agreeing == 0
