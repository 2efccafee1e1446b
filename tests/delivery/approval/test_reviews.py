"""Reviews in the database, on both databases: who counts, the effect of an answer on a mailing, and locking."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, insert, select

from composer.audience.identity.tokens import Tokens
from composer.core.addresses import Address
from composer.database.engine import Database
from composer.database.tables.mailing_tables import events
from composer.database.tables.review_tables import review_answers, review_requests, reviews
from composer.delivery.approval.approvals import approval_of, approval_of_mailing, may_begin
from composer.delivery.approval.recorded_editions import RecordedEdition
from composer.delivery.approval.review_links import ask, question
from composer.delivery.approval.reviews import AnswerEffect, Review, ReviewAnswer, hold, link_to_mailing, record_answer
from composer.delivery.config.delivery_settings import Settings
from composer.delivery.core.events import EventKind
from composer.delivery.core.mailing import Mailing, mailing_of, note
from composer.delivery.core.pause import PauseReason
from composer.delivery.core.scheduler import Ending
from composer.delivery.selection.freeze import freeze
from composer.transport.memory_transport import MemoryTransport
from tests.delivery.factories import ISSUE, NOW, add_subscribers, draft
from tests.delivery.worker.test_run_loop import run

ANNA, BEN = (Address(address=f"{name}@example.org") for name in ("anna", "ben"))
SETTINGS = Settings(approvals=1, approvers=(ANNA, BEN))
TOKENS = Tokens((b"k" * 64,))


def _review(hash: str = "a", issue: str = ISSUE) -> Review:
    edition = RecordedEdition(
        issue=issue, stem=issue, hash=f"2:{hash}", subject="A letter", language="en", date=date(2025, 1, 30),
        digests={"subject": hash},
    )  # fmt: skip
    return Review(issue=issue, hash=f"2:{hash}", editions=(edition,))


def _frozen(database: Database, review: Review, **more: object) -> Mailing:
    with database.write() as connection:
        add_subscribers(connection, 3)
        mailing = freeze(connection, draft(review.issue, edition=review.hash, **more), NOW)
        link_to_mailing(connection, mailing.id, review, NOW)
    return mailing


def _say(connection: Connection, review: Review, who: Address, answer: ReviewAnswer) -> AnswerEffect:
    return record_answer(connection, review, who, answer, "why" if answer is ReviewAnswer.NO else "", "desk", NOW)


def test_the_last_answer_of_each_mailbox_counts(database: Database) -> None:
    """A changed answer counts once; answers about another edition, or of other people, do not count."""
    review = _review()
    with database.write() as connection:
        for who, answer in (
            (ANNA, ReviewAnswer.YES),
            (BEN, ReviewAnswer.YES),
            (ANNA, ReviewAnswer.NO),
            (ANNA, ReviewAnswer.YES),
        ):
            _say(connection, review, who, answer)
        _say(connection, review, Address(address="dora@example.org"), ReviewAnswer.NO)
        _say(connection, _review("b"), BEN, ReviewAnswer.NO)
        found = approval_of(connection, review, SETTINGS)
        assert [each.address for each in found.approved] == ["ben@example.org", "anna@example.org"]
        assert found.returned == () and [each.address for each in found.former] == ["dora@example.org"]
        _say(connection, review, Address(address="Ben+x@Example.org"), ReviewAnswer.NO)
        found = approval_of(connection, review, SETTINGS)
        assert [each.address for each in found.returned] == ["Ben+x@Example.org"] and not found.is_enough
        assert len(connection.execute(select(review_answers)).all()) == 7
        # The third edition has no answers; the result says which edition it changed since.
        assert approval_of(connection, _review("c"), SETTINGS).changed_since == {ISSUE: ("subject",)}


@pytest.mark.parametrize(
    ("begins", "ends", "effect"),
    [(False, False, AnswerEffect.HELD), (True, False, AnswerEffect.STOPPED), (True, True, AnswerEffect.LATE)],
)
def test_what_a_request_for_changes_does(database: Database, begins: bool, ends: bool, effect: AnswerEffect) -> None:
    """A waiting mailing does not change and may not start; a started mailing is stopped; an ended mailing stays ended."""
    review = _review()
    mailing = _frozen(database, review)
    with database.write() as connection:
        _say(connection, review, ANNA, ReviewAnswer.YES)
        if begins:
            note(connection, mailing.id, EventKind.BEGAN, NOW)
        if ends:
            connection.exec_driver_sql("UPDATE mailings SET ended = 1")
        assert may_begin(connection, mailing.id, SETTINGS)
        assert _say(connection, review, BEN, ReviewAnswer.NO) is effect
        assert not may_begin(connection, mailing.id, SETTINGS)
        after = mailing_of(connection, mailing.id)
    if effect is AnswerEffect.STOPPED:
        assert after.stopped == NOW and after.pause is not None
        assert (after.pause.by, after.pause.reason) == ("ben@example.org", PauseReason.CHANGES_REQUESTED)
    else:
        assert after.stopped is None and after.pause is None


def test_a_request_for_changes_ignores_rehearsals(database: Database) -> None:
    """A request for changes neither stops a rehearsal, nor is it late because of one."""
    review = _review()
    mailing = _frozen(database, review, is_rehearsal=True)
    with database.write() as connection:
        note(connection, mailing.id, EventKind.BEGAN, NOW)
        assert _say(connection, review, BEN, ReviewAnswer.NO) is AnswerEffect.RECORDED
        assert mailing_of(connection, mailing.id).stopped is None


def test_a_run_that_may_not_begin_sends_nothing(database: Database) -> None:
    """Changes requested between the last check and the start of the run: it ends as stopped and sends nothing."""
    review = _review()
    mailing = _frozen(database, review)
    with database.write() as connection:
        _say(connection, review, BEN, ReviewAnswer.NO)
    server = MemoryTransport()
    ran = run(database, server, may_begin=lambda connection: may_begin(connection, mailing.id, SETTINGS))
    assert ran.ending is Ending.STOPPED and server.taken == [] and ran.sums.open == 3
    with database.write() as connection:
        assert not connection.execute(select(events).where(events.c.kind == EventKind.BEGAN)).all()
        _say(connection, review, BEN, ReviewAnswer.YES)
    ran = run(database, server, may_begin=lambda connection: may_begin(connection, mailing.id, SETTINGS))
    assert ran.ending is Ending.DONE and len(server.taken) == 3


def _freezes(database: Database, review: Review) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        hold(connection, review, NOW)
        if approval_of(connection, review, SETTINGS).is_enough:
            mailing = freeze(connection, draft(review.issue, edition=review.hash), NOW)
            link_to_mailing(connection, mailing.id, review, NOW)

    return work


@pytest.mark.parametrize("first", ["the answer", "the freezing", "the beginning"])
def test_an_answer_and_a_mailing_wait_for_each_other(database: Database, first: str) -> None:
    """The first one locks the review until it is committed; the other waits and sees it. No request for changes is missed."""
    review = _review()
    with database.write() as connection:
        _say(connection, review, ANNA, ReviewAnswer.YES)
    mailing = _frozen(database, review) if first == "the beginning" else None
    if mailing is None:
        with database.write() as connection:
            add_subscribers(connection, 3)
    effects: list[AnswerEffect] = []

    def begins(connection: Connection) -> None:
        assert mailing is not None
        if may_begin(connection, mailing.id, SETTINGS):
            note(connection, mailing.id, EventKind.BEGAN, NOW)

    def returns(connection: Connection) -> None:
        effects.append(_say(connection, review, BEN, ReviewAnswer.NO))

    mails = begins if mailing is not None else _freezes(database, review)
    one, other = (returns, mails) if first == "the answer" else (mails, returns)
    is_waiting = threading.Event()

    def later() -> None:
        with database.write() as connection:
            is_waiting.set()
            other(connection)

    thread = threading.Thread(target=later)
    with database.write() as connection:
        one(connection)
        thread.start()
        # On SQLite the other one does not start before this one has ended.
        is_waiting.wait(0.3)
        thread.join(0.2)
    thread.join()
    with database.read() as connection:
        frozen = connection.exec_driver_sql("SELECT count(*) FROM mailings").scalar()
    assert (frozen, effects) == {
        "the answer": (0, [AnswerEffect.RECORDED]),
        "the freezing": (1, [AnswerEffect.HELD]),
        "the beginning": (1, [AnswerEffect.STOPPED]),
    }[first]


def test_a_link_contains_no_row_id(database: Database) -> None:
    """In a database that was emptied and filled with other rows of the same ids, the old token is not valid."""
    review, other = _review(), replace(_review("b"), issue=ISSUE)
    with database.write() as connection:
        token = ask(connection, review, ANNA, TOKENS, NOW)
        assert ask(connection, review, ANNA, TOKENS, NOW) == token
        found = question(connection, TOKENS, token, NOW + timedelta(days=1))
        assert found is not None and (found.review_id, found.address) == (1, "anna@example.org")
        for name in ("review_requests", "review_editions", "review_answers", "reviews", "editions"):
            connection.exec_driver_sql(f"DELETE FROM {name}")
        row = {"id": 1, "issue": other.issue, "hash": other.hash, "seen": NOW}
        connection.execute(insert(reviews), [row])
        request = {"id": 1, "review_id": 1, "address": "ben@example.org", "normal": "ben@example.org", "at": NOW}
        connection.execute(insert(review_requests), [{**request, "link": "0" * 18}])
        assert question(connection, TOKENS, token, NOW) is None


def test_a_mailing_from_before_approvals_were_required(database: Database) -> None:
    """Without a recorded review it has no approvals: it continues if none are required, otherwise not."""
    with database.write() as connection:
        add_subscribers(connection, 1)
        mailing = freeze(connection, draft(), NOW)
        assert may_begin(connection, mailing.id, Settings())
        assert not may_begin(connection, mailing.id, SETTINGS)
        assert may_begin(connection, mailing.id, SETTINGS, 0)
        assert approval_of_mailing(connection, mailing.id, SETTINGS).last == 0
