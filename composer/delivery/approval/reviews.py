"""Reviews: an issue in all its languages and variants, identified by one hash, and the answers to it.

Input: a connection, editions, who answers, the time. Output: rows, and the effect of an answer. Guarantees: an answer
belongs to one hash. A request for changes and the start of a mailing lock the review's row, so that one waits for the
other: the request stops a mailing that has started; one that has not started is refused when it starts (approvals.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from composer.core.addresses import Address, mailbox_of, normal_address
from composer.database.tables.mailing_tables import events, mailings
from composer.database.tables.review_tables import mailing_reviews, review_answers, review_editions, reviews
from composer.delivery.approval.archive_records import keep_public_source
from composer.delivery.approval.recorded_editions import RecordedEdition, editions_in, keep_messages, remember
from composer.delivery.core.events import EventKind
from composer.delivery.core.mailing import stop
from composer.delivery.core.pause import PauseReason
from composer.editions.pipeline import hash_of


class ReviewAnswer(StrEnum):
    """A person's answer to a review."""

    YES = "yes"
    #: changes are requested, with a comment
    NO = "no"


class AnswerEffect(StrEnum):
    """The effect of an answer."""

    #: the answer is recorded; there is no mailing
    RECORDED = "recorded"
    #: a scheduled mailing will not be sent
    HELD = "held"
    #: a mailing that had started was stopped
    STOPPED = "stopped"
    #: a mailing of this edition has ended, so the edition was sent
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What is approved: an issue in all its languages, identified by one hash."""

    issue: str
    hash: str
    #: The newsletter's main language first.
    editions: tuple[RecordedEdition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer:
    """A recorded answer."""

    id: int
    address: str
    answer: ReviewAnswer
    comment: str
    #: Who entered it on the command line; empty if it came by link.
    typed_by: str
    at: datetime

    def in_words(self, zone: ZoneInfo) -> str:
        """Return who answered, when and how, as text."""
        how = f"entered by {self.typed_by}" if self.typed_by else "by link"
        comment = f": {self.comment}" if self.answer is ReviewAnswer.NO else ""
        return f"{self.address}, {self.at.astimezone(zone):%Y-%m-%d %H:%M}, {how}{comment}"


def review_of(found: Sequence[RecordedEdition]) -> Review:
    """Return the review of an issue; `found` are its editions in all languages."""
    whole = hash_of([variant for each in found for variant in each.variants])
    return Review(issue=found[0].issue, hash=whole, editions=tuple(found))


def hold(connection: Connection, review: Review, now: datetime) -> int:
    """Record a review, lock its row until the transaction ends, and return its id."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    added = dialect.insert(reviews).values(issue=review.issue, hash=review.hash, seen=now)
    # An update that changes nothing locks the row and returns its id.
    held = added.on_conflict_do_update(index_elements=["issue", "hash"], set_={"issue": review.issue})
    review_id: int = connection.execute(held.returning(reviews.c.id)).scalar_one()
    rows = [
        {"review_id": review_id, "position": position, "edition_id": remember(connection, each, now)}
        for position, each in enumerate(review.editions, 1)
    ]
    if connection.scalar(select(review_editions.c.review_id).where(review_editions.c.review_id == review_id)) is None:
        connection.execute(insert(review_editions), rows)
    return review_id


def record_answer(
    connection: Connection,
    review: Review,
    who: Address,
    answer: ReviewAnswer,
    comment: str,
    typed_by: str,
    now: datetime,
) -> AnswerEffect:
    """Record the answer of a person who may approve. Their earlier answers no longer count."""
    return add_answer(connection, hold(connection, review, now), who.address, answer, comment, typed_by, now)


def add_answer(
    connection: Connection,
    review_id: int,
    address: str,
    answer: ReviewAnswer,
    comment: str,
    typed_by: str,
    now: datetime,
) -> AnswerEffect:
    row = {
        "review_id": review_id,
        "address": address,
        "normal": normal_address(address),
        "answer": answer,
        "comment": comment,
        "typed_by": typed_by,
        "at": now,
    }
    connection.execute(insert(review_answers), [row])
    return _stop_mailings(connection, review_id, address, now) if answer is ReviewAnswer.NO else AnswerEffect.RECORDED


def last_answers(connection: Connection, review_id: int | None, end: datetime | None = None) -> dict[str, GivenAnswer]:
    """Return the last answer of each mailbox."""
    here = review_answers.c.review_id == review_id
    question = select(review_answers).where(here if end is None else here & (review_answers.c.at <= end))
    return {
        mailbox_of(row.normal): GivenAnswer(
            id=row.id,
            address=row.address,
            answer=ReviewAnswer(row.answer),
            comment=row.comment,
            typed_by=row.typed_by,
            at=row.at,
        )
        for row in connection.execute(question.order_by(review_answers.c.id))
    }


def link_to_mailing(
    connection: Connection, mailing_id: int, review: Review, now: datetime, allowed_until: int | None = None
) -> None:
    """Record the review that a mailing was frozen from; store the messages that the online page shows, and the archive's sources.

    `allowed_until`: the last answer that was known to the person who allowed the mailing to be sent without approvals.
    """
    review_id = hold(connection, review, now)
    for kept, edition in zip(editions_in(connection, review_id), review.editions, strict=True):
        keep_messages(connection, edition, kept.id, is_public_only=True)
        keep_public_source(connection, edition, kept.id)
    row = {"mailing_id": mailing_id, "review_id": review_id, "allowed_until": allowed_until}
    connection.execute(insert(mailing_reviews), [row])


def review_id_of_mailing(connection: Connection, mailing_id: int) -> int | None:
    here = mailing_reviews.c.mailing_id == mailing_id
    found: int | None = connection.scalar(select(mailing_reviews.c.review_id).where(here))
    return found


def _stop_mailings(connection: Connection, review_id: int, who: str, now: datetime) -> AnswerEffect:
    """Stop every started mailing of a review; a waiting one is refused when it starts."""
    begun = select(events.c.id).where(events.c.mailing_id == mailings.c.id, events.c.kind == EventKind.BEGAN).exists()
    rows = connection.execute(
        select(mailings.c.id, mailings.c.ended, begun.label("is_begun"))
        .join_from(mailing_reviews, mailings)
        .where(mailing_reviews.c.review_id == review_id, mailings.c.is_rehearsal.is_(False))
    ).all()
    open_ones = [row for row in rows if row.ended is None]
    for row in open_ones:
        if row.is_begun:
            stop(connection, row.id, who, now, PauseReason.CHANGES_REQUESTED)
    if any(row.is_begun for row in open_ones):
        return AnswerEffect.STOPPED
    if open_ones:
        return AnswerEffect.HELD
    return AnswerEffect.LATE if rows else AnswerEffect.RECORDED
