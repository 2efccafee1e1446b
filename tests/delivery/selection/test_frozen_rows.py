"""The rows that freezing writes, and for which recipients: every column, every page, and no rows of another mailing."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, select, text, update

from composer.audience import suppression
from composer.core.audience_filter import AudienceFilter
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import deliveries, events, issues, mailings, recipients, variants
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.core.mailing import FrozenVariant
from composer.delivery.core.states import DeliveryState
from composer.delivery.selection.freeze import freeze
from composer.delivery.selection.selection import Selection
from tests.databases import PostgresServer
from tests.delivery.factories import ISSUE, NOW, SECOND, add_subscribers, draft, tag

S = DeliveryState
LATER = NOW + SECOND


@pytest.fixture
def connection(tmp_path: Path, sqlite_template: Path) -> Iterator[Connection]:
    """A transaction on SQLite; a query without an order returns rows in reverse."""
    path = tmp_path / "newsletter.db"
    shutil.copy(sqlite_template, path)
    with open_database(Location(path=path)) as database, database.write() as connection:
        connection.exec_driver_sql("PRAGMA reverse_unordered_selects = ON")
        yield connection


def rows(connection: Connection, table: Table, *order: str) -> list[dict[str, Any]]:
    found = connection.execute(select(table).order_by(*(table.c[each] for each in order)))
    return [dict(row._mapping) for row in found]


def picked(connection: Connection, mailing_id: int) -> dict[int, int]:
    question = select(deliveries.c.subscriber_id, deliveries.c.variant).where(deliveries.c.mailing_id == mailing_id)
    return {row.subscriber_id: row.variant for row in connection.execute(question)}


def versions(*numbers: int) -> tuple[FrozenVariant, ...]:
    return tuple(FrozenVariant(number=each, language=f"x{each}", compiled=b"%d" % each) for each in numbers)


def test_every_column_has_what_was_given(connection: Connection) -> None:
    """Of the mailing, its messages, its recipients, their values, and the event."""
    (subscriber_id,) = add_subscribers(connection, 1, fields='{"company": "ACME"}')
    add_subscribers(connection, 1, first=2, status="bounced")
    (mailed,) = add_subscribers(connection, 1, first=3, language="de")
    first = freeze(connection, draft("first"), NOW)
    given = draft(
        selection=Selection(issue=ISSUE, condition=AudienceFilter(language=("en",)), got="first"),
        variants=versions(4),
        frozen_settings='{"a": 1}',
        git_commit="abc",
        is_committed=False,
        allowed={"untested": "später"},
        again_because="blank",
        corrects=first.id,
        due=LATER,
        program="9.8.7",
        subject="Hallo",
        edition="f" * 64,
    )
    connection.execute(update(deliveries).values(state=S.ACCEPTED))
    mailing = freeze(connection, given, LATER)
    (row,) = (each for each in rows(connection, mailings, "id") if each["id"] == mailing.id)
    issue_id = connection.scalar(select(issues.c.id).where(issues.c.key == ISSUE))
    assert row.pop("public_id") not in (None, 0, first.public_id)
    assert row == {
        "id": mailing.id,
        "issue_id": issue_id,
        "is_rehearsal": False,
        "made": LATER,
        "made_by": "anna",
        "program": "9.8.7",
        "edition": "f" * 64,
        "git_commit": "abc",
        "is_committed": False,
        "subject": "Hallo",
        "audience": AudienceFilter(language=("en",)).code,
        "frozen_settings": '{"a": 1}',
        "frozen": 1,
        "left_out": '{"bounced": 1}',
        "allowed": '{"untested": "später"}',
        "again_because": "blank",
        "corrects": first.id,
        "due": LATER,
        "stopped": None,
        "paused": None,
        "paused_by": "",
        "paused_because": None,
        "ended": None,
    }
    assert rows(connection, variants, "mailing_id")[1] == {
        "mailing_id": mailing.id,
        "number": 4,
        "language": "x4",
        "compiled": b"4",
    }
    (row,) = (each for each in rows(connection, deliveries, "subscriber_id") if each["mailing_id"] == mailing.id)
    assert {name: value for name, value in row.items() if value not in (None, 0)} == {
        "mailing_id": mailing.id,
        "subscriber_id": subscriber_id,
        "variant": 4,
        "state": "pending",
        "issue_id": issue_id,
        "next_at": datetime(1970, 1, 1, tzinfo=UTC),
        "changed": LATER,
    }
    (row,) = (each for each in rows(connection, recipients, "subscriber_id") if each["mailing_id"] == mailing.id)
    assert row == {
        "mailing_id": mailing.id,
        "subscriber_id": subscriber_id,
        "address": "Reader1@example.net",
        "name": "Subscriber 1",
        "first_name": "Subscriber",
        "last_name": "1",
        "language": "en",
        "fields": '{"company": "ACME"}',
        # The corrected message.
        "answered_mailing": first.id,
        "answered_subscriber": subscriber_id,
    }
    told = rows(connection, events, "id")
    assert [(each["mailing_id"], each["subscriber_id"], each["kind"], each["at"], each["who"]) for each in told] == [
        (first.id, None, "frozen", NOW, "anna"),
        (mailing.id, None, "frozen", LATER, "anna"),
    ]
    assert mailed in picked(connection, first.id) and mailed not in picked(connection, mailing.id)


def test_a_mailing_counts_its_own_recipients(connection: Connection) -> None:
    """The count of an earlier mailing does not change."""
    add_subscribers(connection, 2)
    freeze(connection, draft("first"), NOW)
    add_subscribers(connection, 1, first=3)
    freeze(connection, draft("second"), NOW)
    assert [each["frozen"] for each in rows(connection, mailings, "id")] == [2, 3]


def test_a_rehearsal_is_possible_next_to_a_mailing(connection: Connection) -> None:
    """It exists next to the unfinished mailing, and does not belong to an issue."""
    add_subscribers(connection, 1)
    freeze(connection, draft(), NOW)
    rehearsal = freeze(
        connection, draft(is_rehearsal=True, selection=Selection(issue=ISSUE, is_again=True), again_because="x"), NOW
    )
    held = {each["mailing_id"]: each["issue_id"] for each in rows(connection, deliveries, "mailing_id")}
    assert held[rehearsal.id] is None and held[1] is not None
    assert rehearsal.is_rehearsal


def test_again_is_counted_by_issue(connection: Connection) -> None:
    """From one on, also if the issue was never sent; other issues are not counted."""
    add_subscribers(connection, 1)
    for issue, again in (("a", 1), ("a", 2), ("a", 3), ("b", 1)):
        asked = draft(issue, selection=Selection(issue=issue, is_again=True), again_because="blank")
        assert freeze(connection, asked, NOW).again == again
        connection.execute(update(mailings).values(ended=NOW))
    assert freeze(connection, draft("c"), NOW).again == 0


def test_who_gets_which_of_two_messages(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """All pages, by the current tags and language, in this mailing only."""
    monkeypatch.setattr("composer.delivery.selection.freeze._PAGE", 2)
    asked: list[tuple[str, frozenset[str]]] = []

    def pick(language: str, tags: frozenset[str]) -> int:
        asked.append((language, tags))
        assert len(asked) < 50
        return 7 if tags >= {"press", "de"} or language == "de" else 3

    ids = add_subscribers(connection, 5)
    tag(connection, [ids[0], ids[3], ids[4]], "press", "de")
    connection.execute(update(subscribers).where(subscribers.c.id == ids[1]).values(language="de"))
    first = freeze(connection, draft("first", variants=versions(3, 7), pick=pick), NOW)
    wanted = dict(zip(ids, (7, 7, 3, 7, 7), strict=True))
    assert picked(connection, first.id) == wanted
    assert asked == [
        ("en", frozenset({"press", "de"})),
        ("de", frozenset()),
        ("en", frozenset()),
        *[("en", frozenset({"press", "de"}))] * 2,
    ]
    # A changed subscriber gets another variant; frozen ones do not change.
    connection.execute(update(subscribers).where(subscribers.c.id == ids[1]).values(language="en"))
    second = freeze(connection, draft("second", variants=versions(3, 7), pick=pick), NOW)
    assert picked(connection, second.id) == wanted | {ids[1]: 3}
    assert picked(connection, first.id) == wanted
    assert len(asked) == 10
    # Another order of the messages, and a single message, for which there is no choice.
    third = freeze(connection, draft("third", variants=versions(7, 3), pick=pick), NOW)
    assert picked(connection, third.id) == wanted | {ids[1]: 3}
    fourth = freeze(connection, draft("fourth", variants=versions(7), pick=pick), NOW)
    assert set(picked(connection, fourth.id).values()) == {7} and len(asked) == 15


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"variants": versions(3, 7)}, "several variants"),
        ({"selection": Selection(issue=ISSUE, is_again=True)}, "needs a reason"),
    ],
)
def test_what_a_draft_must_say(connection: Connection, change: dict[str, Any], wanted: str) -> None:
    """How to pick between two messages, and why it is sent again; otherwise nothing is written."""
    add_subscribers(connection, 1)
    with pytest.raises(ValueError, match=wanted):
        freeze(connection, replace(draft(), **change), NOW)
    assert rows(connection, mailings, "id") == []
    # Neither is required if it is not needed.
    assert freeze(connection, draft(again_because="", pick=None), NOW).frozen == 1


def test_the_audience_is_locked_during_freezing(postgres: PostgresServer, postgres_template: str) -> None:
    """On PostgreSQL the lock of the suppression list is held until the end; on SQLite there is one writer."""
    location = postgres.create(postgres_template)
    with open_database(location) as database:
        with database.write() as connection:
            add_subscribers(connection, 1)
        with database.write() as connection, database.read() as other:
            is_free = text("SELECT pg_try_advisory_xact_lock(:key)")
            freeze(connection, draft(), NOW)
            assert not other.scalar(is_free, {"key": suppression._LOCK})
