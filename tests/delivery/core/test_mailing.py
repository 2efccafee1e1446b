"""The properties of a mailing from its totals and times: a table for each."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import deliveries, events, mailings
from composer.delivery.core.events import EventKind
from composer.delivery.core.mailing import (
    FrozenVariant,
    MailingError,
    Sums,
    allow,
    is_early,
    mailing_of,
    mailings_of,
    note,
    pause,
    resume,
    stop,
    sums_of,
    unfinished,
    unfinished_mailings,
    variants_of,
)
from composer.delivery.core.pause import Pause, PauseReason
from composer.delivery.core.states import DeliveryState
from composer.delivery.selection.freeze import freeze
from composer.delivery.selection.selection import Selection
from tests.delivery.factories import NOW, SECOND, add_subscribers, draft, frozen

S = DeliveryState


@pytest.fixture
def database(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    """On SQLite only: these are plain statements, and test_freeze.py covers most of them on PostgreSQL."""
    path = tmp_path / "newsletter.db"
    shutil.copy(sqlite_template, path)
    with open_database(Location(path=path)) as opened:
        yield opened


#: A different number for each state, so that no two totals are equal by accident.
EACH = {state: 1 << number for number, state in enumerate(S)}


def test_totals_count_the_right_states() -> None:
    """`open` counts unfinished deliveries; `holding` counts those received or possibly received."""
    sums = Sums(frozen=sum(EACH.values()), by_state=EACH)
    assert sums.total == sums.frozen and sums.is_even and not sums.is_complete
    assert sums.open == sum(EACH[each] for each in (S.PENDING, S.CLAIMED, S.SENDING, S.DEFERRED))
    assert sums.holding == sum(EACH[each] for each in (S.CLAIMED, S.SENDING, S.DEFERRED, S.ACCEPTED, S.UNKNOWN))
    assert not replace(sums, frozen=sums.frozen + 1).is_even
    assert Sums(frozen=0, by_state={})[S.ACCEPTED] == 0


@pytest.mark.parametrize("state", S)
def test_a_mailing_is_complete_when_every_result_is_known(state: DeliveryState) -> None:
    """And only if all recipients are accounted for."""
    is_known = state in (S.ACCEPTED, S.REFUSED, S.SUPPRESSED, S.EXPIRED, S.WRITTEN)
    assert Sums(frozen=2, by_state={state: 2}).is_complete is is_known
    assert not Sums(frozen=3, by_state={state: 2}).is_complete


def test_a_mailing_is_early_until_its_time(database: Database) -> None:
    """Or until it was started; a mailing without a time is never early."""
    mailing = frozen(database, 3, due=NOW + SECOND)
    assert mailing.due == NOW + SECOND
    for seconds, pending, is_still_early in (
        (1, 3, True),
        (0, 3, False),
        (-1, 3, False),
        (1, 2, False),
        (None, 3, False),
    ):
        due = None if seconds is None else NOW + seconds * SECOND
        sums = Sums(frozen=3, by_state={S.PENDING: pending, S.ACCEPTED: 3 - pending})
        assert is_early(replace(mailing, due=due), sums, NOW) is is_still_early


def test_unfinished_mailings_are_ordered_by_time(database: Database) -> None:
    """By when they are due, or else were made; without ended mailings and rehearsals."""
    rows: tuple[tuple[str, datetime, dict[str, Any]], ...] = (
        ("a", NOW + timedelta(hours=3), {}),
        ("b", NOW, {"due": NOW + timedelta(hours=4)}),
        ("c", NOW + timedelta(hours=5), {"due": NOW + timedelta(hours=1)}),
        ("d", NOW + timedelta(hours=3), {}),
        ("over", NOW, {}),
        ("rehearsed", NOW, {"is_rehearsal": True}),
    )
    with database.write() as connection:
        add_subscribers(connection, 1)
        for issue, made, more in rows:
            freeze(connection, draft(issue, **more), made)
        connection.execute(update(mailings).where(mailings.c.id == 5).values(ended=NOW))
        assert [each.issue for each in unfinished_mailings(connection)] == ["c", "a", "d", "b"]


def test_the_last_rehearsal_is_resumed(database: Database) -> None:
    """There may be several unfinished rehearsals, but only one unfinished mailing."""
    frozen(database, 1, is_rehearsal=True)
    last = frozen(database, 0, is_rehearsal=True)
    with database.read() as connection:
        assert unfinished(connection, last.issue, is_rehearsal=True) == last
        assert unfinished(connection, last.issue) is None


def test_totals_are_for_one_mailing(database: Database) -> None:
    """By state; a mailing that does not exist is named."""
    frozen(database, 3)
    frozen(database, 0, issue="other")
    with database.write() as connection:
        one = (deliveries.c.mailing_id == 1) & (deliveries.c.subscriber_id == 2)
        connection.execute(update(deliveries).where(one).values(state=S.ACCEPTED))
        assert sums_of(connection, 1) == Sums(frozen=3, by_state={S.PENDING: 2, S.ACCEPTED: 1})
        assert sums_of(connection, 2) == Sums(frozen=3, by_state={S.PENDING: 3})
        for look in (sums_of, mailing_of):
            with pytest.raises(MailingError, match="there is no mailing 9"):
                look(connection, 9)


def _told(connection: Connection) -> list[tuple[object, ...]]:
    """Return the events except the freezing."""
    columns = (events.c.mailing_id, events.c.kind, events.c.at, events.c.who, events.c.reason, events.c.run)
    question = select(*columns, events.c.words, events.c.subscriber_id).where(events.c.kind != "frozen")
    return [tuple(row) for row in connection.execute(question.order_by(events.c.id))]


def test_stops_pauses_and_resumes_record_who_and_when(database: Database) -> None:
    """In the mailing and in its events; a second stop changes nothing, and a pause that was not seen stays."""
    frozen(database, 1)
    frozen(database, 0, issue="other")
    later = NOW + SECOND
    with database.write() as connection:
        other = mailing_of(connection, 2)
        assert not resume(connection, 1, "anna", NOW, seen=None)
        assert stop(connection, 1, "anna", NOW, PauseReason.HALTED)
        assert not stop(connection, 1, "ben", later)
        stopped = mailing_of(connection, 1)
        by_anna = Pause(at=NOW, by="anna", reason=PauseReason.HALTED)
        assert (stopped.stopped, stopped.pause) == (NOW, by_anna)
        assert not pause(connection, 1, "ben", PauseReason.LIMIT, later)
        for seen in (None, replace(by_anna, at=later), replace(by_anna, by="ben")):
            assert not resume(connection, 1, "carla", later, seen=seen)
        assert mailing_of(connection, 1) == stopped
        assert resume(connection, 1, "carla", later, seen=by_anna)
        assert mailing_of(connection, 1) == replace(stopped, stopped=None, pause=None)
        row = connection.execute(
            select(mailings.c.paused_by, mailings.c.paused_because).where(mailings.c.id == 1)
        ).one()
        assert tuple(row) == ("", None)
        assert pause(connection, 1, "ben", PauseReason.LIMIT, later)
        by_ben = Pause(at=later, by="ben", reason=PauseReason.LIMIT)
        assert mailing_of(connection, 1) == replace(stopped, stopped=None, pause=by_ben)
        assert mailing_of(connection, 2) == other
        assert _told(connection) == [
            (1, "stopped", NOW, "anna", "halted", None, "", None),
            (1, "resumed", later, "carla", None, None, "", None),
            (1, "paused", later, "ben", "limit", None, "", None),
        ]


def test_an_ended_mailing_does_not_change(database: Database) -> None:
    """Neither its pause nor its reasons; a stop is an error."""
    mailing = frozen(database, 1)
    with database.write() as connection:
        pause(connection, 1, "anna", PauseReason.STOPPED, NOW)
        connection.execute(update(mailings).values(ended=NOW))
        before = mailing_of(connection, mailing.id)
        assert not pause(connection, 1, "ben", PauseReason.STOPPED, NOW)
        assert not resume(connection, 1, "ben", NOW, seen=before.pause)
        allow(connection, 1, {"changed": "typo"})
        with pytest.raises(MailingError, match=r"has (already )?ended"):
            stop(connection, 1, "ben", NOW)
        assert mailing_of(connection, 1) == before
        assert len(_told(connection)) == 1


def test_an_event_stores_its_values(database: Database) -> None:
    """Who, which run, why, and the text."""
    frozen(database, 1)
    with database.write() as connection:
        note(connection, 1, EventKind.RUN_ENDED, NOW, who="anna", run=7, reason="later", words="said")
        assert _told(connection) == [(1, "run_ended", NOW, "anna", "later", 7, "said", None)]


def test_a_correction_names_what_it_corrects(database: Database) -> None:
    """By the number that people use and by the one in tokens; other mailings name none."""
    first = frozen(database, 1)
    with database.write() as connection:
        connection.execute(update(deliveries).values(state=S.ACCEPTED))
    second = frozen(database, 0, issue="fix", selection=Selection(issue="fix", got=first.issue), corrects=first.id)
    assert (second.corrects, second.corrects_public_id) == (first.id, first.public_id)
    assert (first.corrects, first.corrects_public_id) == (None, None)
    assert first.public_id != second.public_id


def test_a_message_is_not_in_its_repr() -> None:
    """So that it does not fill an error message."""
    assert (
        repr(FrozenVariant(number=1, language="en", compiled=b"compiled")) == "FrozenVariant(number=1, language='en')"
    )


def test_a_stop_has_the_default_reason(database: Database) -> None:
    """As with `compose stop`."""
    frozen(database, 1)
    with database.write() as connection:
        assert stop(connection, 1, "anna", NOW)
        assert mailing_of(connection, 1).pause == Pause(at=NOW, by="anna", reason=PauseReason.STOPPED)


def test_mailings_and_messages_are_sorted(database: Database) -> None:
    """In any order of the database: mailings with the oldest first, rehearsals with the latest first."""
    several = tuple(FrozenVariant(number=number, language="en", compiled=b"x") for number in (2, 0, 1))
    with database.write() as connection:
        add_subscribers(connection, 1)
        for _ in range(3):
            freeze(connection, draft(variants=several, pick=lambda language, tags: 0, is_rehearsal=True), NOW)
        freeze(connection, draft("other"), NOW)
        for is_reversed in ("ON", "OFF"):
            connection.exec_driver_sql(f"PRAGMA reverse_unordered_selects = {is_reversed}")
            assert [each.id for each in mailings_of(connection)] == [1, 2, 3, 4]
            assert [each.number for each in variants_of(connection, 2)] == [0, 1, 2]
            rehearsal = unfinished(connection, draft().selection.issue, is_rehearsal=True)
            assert rehearsal is not None and rehearsal.id == 3
