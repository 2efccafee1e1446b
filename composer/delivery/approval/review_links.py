"""Links to answer a review: each belongs to one person and one review, and shows every message in it.

Input: a connection, tokens, a review, the time. Output: tokens; for a token, its question. Guarantees: a token contains
a digest of the review's hash and the person's address, not the id of a row. So it leads to that review and that person,
or to nothing, even in a restored database that uses the same ids for others.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from composer.audience.identity.tokens import Purpose, Tokens
from composer.content.document.variants import VariantAudience
from composer.core.addresses import Address, normal_address
from composer.database.tables.review_tables import (
    edition_variants,
    editions,
    review_answers,
    review_editions,
    review_requests,
    reviews,
)
from composer.delivery.approval.recorded_editions import editions_in, keep_messages
from composer.delivery.approval.reviews import AnswerEffect, Review, ReviewAnswer, add_answer, hold

#: How long a link works.
LINK_DAYS = 14
#: Bytes of the digest in a token: the space that other tokens use for the numbers of a subscriber and a mailing.
_HIGH, _LOW = 5, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One of the messages of a review, by its number."""

    number: int
    stem: str
    language: str
    subject: str
    who: VariantAudience


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewQuestion:
    """The question of a link, as it was frozen for the person it was sent to."""

    review_id: int
    address: str
    messages: tuple[Message, ...]
    #: What this person answered last.
    answer: ReviewAnswer | None


def ask(connection: Connection, review: Review, who: Address, tokens: Tokens, now: datetime) -> str:
    """Return the token with which a person answers a review; it works for `LINK_DAYS`."""
    review_id, normal = hold(connection, review, now), normal_address(who.address)
    for kept, edition in zip(editions_in(connection, review_id), review.editions, strict=True):
        keep_messages(connection, edition, kept.id)
    link = hashlib.sha256(f"compose review 1\0{review.issue}\0{review.hash}\0{normal}".encode()).digest()[
        : _HIGH + _LOW
    ]
    here = review_requests.c.review_id == review_id, review_requests.c.normal == normal
    if connection.scalar(select(review_requests.c.id).where(*here)) is None:
        row = {"review_id": review_id, "address": who.address, "normal": normal, "link": link.hex(), "at": now}
        connection.execute(insert(review_requests), [row])
    high, low = int.from_bytes(link[:_HIGH]), int.from_bytes(link[_HIGH:])
    return tokens.make(Purpose.APPROVE, high, low, expires=now + timedelta(days=LINK_DAYS))


def question(connection: Connection, tokens: Tokens, token: str, now: datetime) -> ReviewQuestion | None:
    """Return the question of a token; None if the token is not valid."""
    found = _request(connection, tokens, token, now)
    if found is None:
        return None
    here = review_answers.c.review_id == found.review_id, review_answers.c.normal == found.normal
    last = connection.scalar(select(review_answers.c.answer).where(*here).order_by(review_answers.c.id.desc()).limit(1))
    return ReviewQuestion(
        review_id=found.review_id,
        address=found.address,
        messages=tuple(
            Message(
                number=number,
                stem=row.stem,
                language=row.language,
                subject=row.subject,
                who=VariantAudience.from_json(row.subscribers),
            )
            for number, row in enumerate(_messages(connection, found.review_id), 1)
        ),
        answer=None if last is None else ReviewAnswer(last),
    )


def message_in(connection: Connection, tokens: Tokens, token: str, number: int, now: datetime) -> bytes | None:
    """Return one of the messages that a token asks about; None if the token or the number is not valid."""
    found = _request(connection, tokens, token, now)
    rows = [] if found is None else _messages(connection, found.review_id)
    if not 1 <= number <= len(rows):
        return None
    row = rows[number - 1]
    here = edition_variants.c.edition_id == row.edition_id, edition_variants.c.number == row.number
    compiled: bytes = connection.execute(select(edition_variants.c.compiled).where(*here)).scalar_one()
    return compiled


def answer_by_link(
    connection: Connection, tokens: Tokens, token: str, answer: ReviewAnswer, comment: str, now: datetime
) -> AnswerEffect | None:
    """Record an answer by link; None if the token is not valid."""
    found = _request(connection, tokens, token, now)
    if found is None:
        return None
    # Locks the row, like `hold`.
    connection.execute(update(reviews).where(reviews.c.id == found.review_id).values(issue=found.issue))
    return add_answer(connection, found.review_id, found.address, answer, comment, "", now)


def _request(connection: Connection, tokens: Tokens, token: str, now: datetime) -> Row[Any] | None:
    claim = tokens.read(Purpose.APPROVE, token, now)
    if claim is None:
        return None
    link = claim.subscriber_id.to_bytes(_HIGH) + claim.mailing_id.to_bytes(_LOW)
    return connection.execute(
        select(review_requests, reviews.c.issue)
        .join_from(review_requests, reviews)
        .where(review_requests.c.link == link.hex())
    ).first()


def _messages(connection: Connection, review_id: int) -> Sequence[Row[Any]]:
    """Return the rows of a review's messages, without the messages themselves, in the order in which they are shown."""
    columns: list[ColumnElement[Any]] = [editions.c[name] for name in ("stem", "language", "subject")]
    columns += [edition_variants.c[name] for name in ("edition_id", "number", "subscribers")]
    return connection.execute(
        select(*columns)
        .join_from(review_editions, editions)
        .join(edition_variants, edition_variants.c.edition_id == editions.c.id)
        .where(review_editions.c.review_id == review_id)
        .order_by(review_editions.c.position, edition_variants.c.number)
    ).all()
