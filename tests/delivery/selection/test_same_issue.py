"""A sent issue is recognized by its content, on both databases: freezing it under another key is refused."""

import threading
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from composer.database.engine import Database
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import deliveries, mailings
from composer.database.tables.review_tables import editions
from composer.delivery.approval.recorded_editions import RecordedEdition, remember
from composer.delivery.approval.reviews import Review, link_to_mailing
from composer.delivery.core.mailing import Mailing, MailingError, mailings_of
from composer.delivery.core.states import DeliveryState
from composer.delivery.selection.freeze import freeze
from composer.delivery.selection.same_issue import (
    IssueContent,
    SharedContent,
    content_of,
    earlier_mailings,
    refuse_same_issue,
)
from tests.databases import PostgresServer
from tests.delivery.factories import NOW, add_subscribers, draft

DAY, ISSUE = date(2031, 1, 30), "2031-01-30"


def _edition(
    key: str, *, hash: str = "a", text: str = "1", day: date = DAY, number: int | None = 5, language: str = "en"
) -> RecordedEdition:
    return RecordedEdition(
        issue=key,
        stem=key,
        hash=hash * 64,
        subject="A letter",
        language=language,
        date=day,
        number=number,
        digests={"subject": text},
    )


def _review(edition: RecordedEdition) -> Review:
    return Review(issue=edition.issue, hash=edition.hash, editions=(edition,))


def _freeze(database: Database, edition: RecordedEdition, *, is_dated: bool = True, **more: Any) -> Mailing:
    contents = (content_of(edition, is_dated=is_dated),)
    with database.write() as connection:
        mailing = freeze(connection, draft(edition.issue, contents=contents, **more), NOW)
        link_to_mailing(connection, mailing.id, _review(edition), NOW)
    return mailing


def _shared(database: Database, content: IssueContent, corrects: str | None = None) -> list[SharedContent]:
    with database.read() as connection:
        return [each.shared for each in earlier_mailings(connection, [content], corrects=corrects)]


OTHER = {
    "the same edition": (_edition("copy", text="2", day=DAY + timedelta(9), number=9), SharedContent.HASH),
    "the same text": (_edition("copy", hash="b", day=DAY + timedelta(9), number=9), SharedContent.TEXT),
    "the same date": (_edition("copy", hash="b", text="2", number=None), SharedContent.DATE),
    "the same number": (_edition("copy", hash="b", text="2", day=DAY + timedelta(9)), SharedContent.NUMBER),
}


@pytest.mark.parametrize(("edition", "shared"), OTHER.values(), ids=list(OTHER))
def test_each_thing_that_makes_it_the_same_issue(
    database: Database, edition: RecordedEdition, shared: SharedContent
) -> None:
    """Edition, text, date or number: one is enough; nothing is frozen without a reason."""
    with database.write() as connection:
        add_subscribers(connection, 2)
    _freeze(database, _edition(ISSUE))
    assert _shared(database, content_of(edition, is_dated=True)) == [shared]
    with pytest.raises(MailingError, match=f"mailing 1 of {ISSUE} already sent this issue"):
        _freeze(database, edition)
    assert _freeze(database, edition, allowed={"same-issue": "two issues on one day"}).frozen == 2


def test_different_issues_are_not_refused(database: Database) -> None:
    """Another date and number, the number of another year, another language, its own key: not refused."""
    with database.write() as connection:
        add_subscribers(connection, 2)
    _freeze(database, _edition(ISSUE))
    other = _edition("other", hash="b", text="2", day=DAY + timedelta(7), number=6)
    assert _freeze(database, other).frozen == 2
    next_year = content_of(_edition("next", hash="c", text="3", day=DAY + timedelta(365)), is_dated=True)
    assert _shared(database, next_year) == []
    undated = content_of(_edition("evening", hash="c", text="3"), is_dated=False)
    assert _shared(database, undated) == []
    assert _shared(database, content_of(_edition("evening"), is_dated=False)) == [SharedContent.HASH]
    assert _shared(database, content_of(_edition("evening", hash="c"), is_dated=False)) == [SharedContent.TEXT]
    german = IssueContent(key="de", hash="d" * 64, language="de", digests="{}", date=DAY, number=5)
    assert _shared(database, german) == []
    assert _shared(database, replace(german, language="EN")) == [SharedContent.DATE]
    assert _shared(database, content_of(_edition(ISSUE, hash="c"), is_dated=True)) == []


def test_an_issue_with_a_key_of_its_own_has_neither_date_nor_number() -> None:
    """They may be those of another issue."""
    for is_dated, wanted in ((True, (DAY, 5)), (False, (None, None))):
        content = content_of(_edition(ISSUE), is_dated=is_dated)
        assert (content.date, content.number) == wanted


def test_shared_content_has_a_text() -> None:
    """Each has its own text."""
    assert len({each.in_words for each in SharedContent} - {""}) == len(SharedContent)


def test_earlier_mailings_are_named_in_their_order(database: Database) -> None:
    """For each kind of shared content."""
    with database.write() as connection:
        add_subscribers(connection, 1)
    _freeze(database, _edition("first", hash="b", text="2"))
    _freeze(database, _edition("second", text="3", day=DAY + timedelta(300), number=9))
    found = content_of(_edition("copy"), is_dated=True)
    assert _shared(database, found) == [SharedContent.DATE, SharedContent.HASH]


def test_a_number_counts_for_half_a_year(database: Database) -> None:
    """Before and after: numbers that restart each year do not count."""
    with database.write() as connection:
        add_subscribers(connection, 1)
    _freeze(database, _edition(ISSUE))
    for days, shared in ((-184, []), (-183, [SharedContent.NUMBER]), (183, [SharedContent.NUMBER]), (184, [])):
        other = content_of(_edition("other", hash="b", text="2", day=DAY + timedelta(days)), is_dated=True)
        assert _shared(database, other) == shared


def test_a_correction_answers_the_issue_of_its_date(database: Database) -> None:
    """It may have the date and the number of the corrected issue, but not its text."""
    with database.write() as connection:
        add_subscribers(connection, 1)
    _freeze(database, _edition(ISSUE))
    assert (
        _shared(database, content_of(_edition("correction", hash="b", text="2"), is_dated=True), corrects=ISSUE) == []
    )
    copied = content_of(_edition("correction", hash="b"), is_dated=True)
    assert _shared(database, copied, corrects=ISSUE) == [SharedContent.TEXT]
    assert _shared(database, content_of(_edition("correction"), is_dated=True), corrects=ISSUE) == [SharedContent.HASH]


def test_rehearsals_and_mailings_that_reached_nobody_count_for_nothing(database: Database) -> None:
    """Only mailings that a recipient has, may have or will get count as sent."""
    with database.write() as connection:
        add_subscribers(connection, 1)
    _freeze(database, _edition(ISSUE), is_rehearsal=True)
    content = content_of(_edition("copy"), is_dated=True)
    assert _shared(database, content) == []
    mailing = _freeze(database, _edition(ISSUE))
    assert _shared(database, content) == [SharedContent.HASH]
    with database.write() as connection:
        connection.execute(update(mailings).where(mailings.c.id == mailing.id).values(ended=NOW))
    for state in DeliveryState:
        with database.write() as connection:
            connection.execute(update(deliveries).where(deliveries.c.mailing_id == mailing.id).values(state=state))
        has_it = state in ("accepted", "unknown", "claimed", "sending", "deferred")
        assert bool(_shared(database, content)) is has_it


def test_mailings_of_an_older_version_are_known_by_their_key(database: Database) -> None:
    """Before dates were stored, the key, which is a date, identified the issue."""
    with database.write() as connection:
        add_subscribers(connection, 1)
    _freeze(database, _edition(ISSUE))
    with database.write() as connection:
        connection.execute(update(editions).values(issue_date=None, issue_number=None))
    assert _shared(database, content_of(_edition("copy", hash="b", text="2"), is_dated=True)) == [SharedContent.DATE]
    with database.write() as connection:
        remember(connection, _edition(ISSUE), NOW)
    with database.read() as connection:
        assert connection.scalar(select(editions.c.issue_date)) == "2031-01-30"


def test_of_two_frozen_at_the_same_time_one_is_refused(database: Database) -> None:
    """An issue and its copy, confirmed at the same moment in two windows: the later one waits and sees the earlier one."""
    with database.write() as connection:
        add_subscribers(connection, 2)
    first, second = _edition(ISSUE), _edition("copy")
    refused: list[str] = []
    began = threading.Event()

    def other() -> None:
        began.set()
        try:
            _freeze(database, second)
        except MailingError as error:
            refused.append(error.message)

    thread = threading.Thread(target=other)
    with database.write() as connection:
        mailing = freeze(connection, draft(ISSUE, contents=(content_of(first, is_dated=True),)), NOW)
        thread.start()
        began.wait()
        # Long enough for the other one to run its query, if it did not have to wait.
        thread.join(0.3)
        link_to_mailing(connection, mailing.id, _review(first), NOW)
    thread.join()
    assert len(refused) == 1
    with database.read() as connection:
        assert [each.issue for each in mailings_of(connection)] == [ISSUE]


def test_languages_are_compared_in_any_letters(database: Database) -> None:
    """Another language may have the same text, date and number, because its subscribers are different."""
    with database.write() as connection:
        add_subscribers(connection, 1)
    _freeze(database, _edition(ISSUE, language="zh-Hans"))
    copied = {
        SharedContent.TEXT: _edition("copy", hash="b", day=DAY + timedelta(9), number=9),
        SharedContent.DATE: _edition("copy", hash="b", text="2", number=9),
        SharedContent.NUMBER: _edition("copy", hash="b", text="2", day=DAY + timedelta(9)),
    }
    for shared, edition in copied.items():
        content = content_of(edition, is_dated=True)
        for language, found in (("zh-Hans", [shared]), ("ZH-HANS", [shared]), ("zh", []), ("en", [])):
            assert _shared(database, replace(content, language=language)) == found


def test_a_rehearsal_of_a_copy_is_allowed(database: Database) -> None:
    """A rehearsal is allowed, even if others have the issue."""
    with database.write() as connection:
        add_subscribers(connection, 1)
    _freeze(database, _edition(ISSUE))
    assert _freeze(database, _edition("copy"), is_rehearsal=True).frozen == 1


def test_the_check_blocks_other_mailings(postgres: PostgresServer, postgres_template: str) -> None:
    """On PostgreSQL, until the end of the transaction, so that one sees the other; readers do not wait."""
    with open_database(postgres.create(postgres_template)) as database, database.write() as connection:
        refuse_same_issue(connection, (), corrects=None)
        for mode, is_free in (("ACCESS SHARE", True), ("ROW EXCLUSIVE", False), ("SHARE ROW EXCLUSIVE", False)):
            with database.engine.connect() as other:
                ask = f"LOCK TABLE mailing_reviews IN {mode} MODE NOWAIT"
                if is_free:
                    other.exec_driver_sql(ask)
                    continue
                with pytest.raises(OperationalError, match="could not obtain lock"):
                    other.exec_driver_sql(ask)
