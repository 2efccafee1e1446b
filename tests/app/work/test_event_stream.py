"""The events of mailings for other programs: each once and in order, also if several machines write."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from composer.app.context import MailingContext
from composer.app.work.event_stream import events
from composer.core.errors import UsageError
from composer.database.engine import Database
from composer.database.tables.mailing_tables import events as table
from composer.delivery.core.event_writer import Event, write_events
from composer.delivery.core.events import EventKind
from composer.delivery.reporting.event_feed import EventFeed
from composer.delivery.worker.stop_request import Stop
from tests.cli_harness import CliHarness, make_workspace
from tests.databases import PostgresServer
from tests.delivery.factories import NOW, frozen

pytestmark = pytest.mark.slow
MAILING = 1


@pytest.fixture
def opened(context: MailingContext, database: Database) -> MailingContext:
    """A newsletter whose database is SQLite or PostgreSQL, with a mailing."""
    frozen(database, 1)
    return replace(context, database=database)


def accept(database: Database, *subscriber_ids: int) -> None:
    with database.write() as connection:
        write_events(
            connection, MAILING, [Event(kind=EventKind.ACCEPTED, subscriber_id=each) for each in subscriber_ids], NOW
        )


def last(database: Database) -> int:
    with database.read() as connection:
        found: int = connection.execute(select(func.max(table.c.id))).scalar_one()
    return found


def read(feed: EventFeed) -> tuple[list[int | None], bool]:
    """Return the subscribers of the next events, and whether no transaction is awaited."""
    return [each.subscriber_id for each in feed.read()], feed.is_settled


def test_a_reader_continues_after_the_last_event_that_it_has(opened: MailingContext) -> None:
    """All pages of a long list, one mailing alone, and only what came later."""
    accept(opened.database, *range(1, 2_501))
    seen = list(events(opened))
    assert [each.kind for each in seen[:2]] == ["frozen", "accepted"] and len(seen) == 2_501
    accept(opened.database, 7)
    assert [each.subscriber_id for each in events(opened, after=seen[-1].id)] == [7]
    assert list(events(opened, mailing_id=MAILING + 1)) == []


def test_events_to_come_until_the_stop(opened: MailingContext) -> None:
    """What is written while somebody reads is read, too; after a stop the stream ends."""
    stop, seen = Stop(), []
    for each in events(opened, is_followed=True, stop=stop):
        seen.append(each.subscriber_id)
        if len(seen) == 1:
            accept(opened.database, 1)
        else:
            stop.say()
    assert seen == [None, 1]


def test_only_codes_unless_texts_are_wanted(opened: MailingContext) -> None:
    """Names of people and servers' replies are not among the codes."""
    with opened.database.write() as connection:
        told = Event(kind=EventKind.REFUSED, subscriber_id=1, words="550 Quill is gone", who="Zoe")
        write_events(connection, MAILING, [told], NOW)
    *_, event = events(opened)
    assert "Quill" not in json.dumps(event.codes()) and "Zoe" not in json.dumps(event.codes())
    assert event.whole() == {**event.codes(), "who": "Zoe", "words": "550 Quill is gone"}


def test_the_reader_is_told_if_its_event_does_not_exist(opened: MailingContext) -> None:
    """As after a restored backup: otherwise it would silently miss the events that have its numbers now."""
    with pytest.raises(UsageError, match="no event"):
        list(events(opened, after=last(opened.database) + 5))


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_an_event_that_is_committed_late_is_not_skipped(
    postgres: PostgresServer, postgres_template: str, ending: str
) -> None:
    """A transaction got the lower id and is still open when the higher one is committed: the feed waits for it."""
    from composer.database.engine import connect

    location = postgres.create(postgres_template)
    with connect(location) as database:
        frozen(database, 1)
        feed = EventFeed(database, last(database))
        with database.keep() as slow:
            transaction = slow.begin()
            write_events(slow, MAILING, [Event(kind=EventKind.ACCEPTED, subscriber_id=1)], NOW)
            accept(database, 2)
            assert read(feed) == ([], False)
            # A writer that began later does not prolong the wait.
            with database.write() as late:
                write_events(late, MAILING, [Event(kind=EventKind.ACCEPTED, subscriber_id=3)], NOW)
                getattr(transaction, ending)()
                assert read(feed) == ([1, 2] if ending == "commit" else [2], True)
        assert read(feed) == ([3], True)
    postgres.drop(location)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    room = make_workspace(tmp_path, monkeypatch, capsys)
    with room.open() as database:
        frozen(database, 1)
    return room


def test_the_command(room: CliHarness) -> None:
    """One JSON object per line, with codes only unless texts are wanted."""
    first = json.loads(room.say("events").out)
    assert first["event"] == "frozen" and "words" not in first
    assert "words" in json.loads(room.say("events", "--texts", "--mailing", "1").out)
    assert room.say("events", "--after", str(first["id"])).out == ""
    assert room.say("events", "--after", "99").code == 2


@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_following_ends_with_a_signal(room: CliHarness, how: signal.Signals) -> None:
    """Each line arrives as soon as its event is written, and the exit code is 0."""
    child = room.start("events", "--follow")
    assert child.stdout is not None
    assert json.loads(child.stdout.readline())["event"] == "frozen"
    with room.open() as database:
        accept(database, 1)
    assert json.loads(child.stdout.readline())["subscriber"] == 1
    child.send_signal(how)
    out, err = child.communicate(timeout=120)
    assert (child.returncode, out, err) == (0, "", "")


@pytest.mark.skipif(os.name != "posix", reason="closes a pipe")
def test_following_ends_with_its_reader(room: CliHarness) -> None:
    """As in `compose events --follow | head -1`: no traceback."""
    child = room.start("events", "--follow")
    assert child.stdout is not None and child.stderr is not None
    child.stdout.readline()
    child.stdout.close()
    with room.open() as database:
        accept(database, 1)
    assert child.wait(timeout=120) == 1 and child.stderr.read() == ""
    child.stderr.close()
