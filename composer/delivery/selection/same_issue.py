"""Finds earlier mailings of the same issue under another key, because its file was copied or renamed.

Input: what identifies the editions of a mailing as this issue. Output: the earlier mailings with the same content.
Guarantees: of two mailings that are frozen at the same time, one sees the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, text

from composer.core.command_lines import command_line
from composer.core.issue_files import SAME_NUMBER_WITHIN
from composer.database.tables.mailing_tables import deliveries, issues, mailings
from composer.database.tables.review_tables import editions, mailing_reviews, review_editions
from composer.delivery.approval.recorded_editions import RecordedEdition
from composer.delivery.core.mailing import MailingError
from composer.delivery.core.states import HOLDING

#: The code of the refusal, which `--allow` lifts (preflight.py lists all).
SAME_ISSUE = "same-issue"


class SharedContent(StrEnum):
    """What the edition of an earlier mailing has in common with this one."""

    HASH = "hash"
    TEXT = "text"
    DATE = "date"
    NUMBER = "number"

    @property
    def in_words(self) -> str:
        """Return the reason as text."""
        match self:
            case SharedContent.HASH:
                return "it has the same edition"
            case SharedContent.TEXT:
                return "it has the same text"
            case SharedContent.DATE:
                return "it has the same date"
            case SharedContent.NUMBER:
                return "it has the same number"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueContent:
    """What identifies an edition as this issue."""

    key: str
    hash: str
    language: str
    #: As the database stores them.
    digests: str
    #: None if several issues may have the same date (`checks:` in newsletter.yaml).
    date: date | None
    number: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierMailing:
    """A mailing of the same issue."""

    mailing: int
    #: Its issue key.
    issue: str
    shared: SharedContent


def content_of(edition: RecordedEdition, *, is_dated: bool) -> IssueContent:
    """Return what distinguishes an edition from other issues."""
    return IssueContent(
        key=edition.issue,
        hash=edition.hash,
        language=edition.language,
        digests=edition.digests_as_json,
        date=edition.date if is_dated else None,
        number=edition.number if is_dated else None,
    )


def earlier_mailings(
    connection: Connection, contents: Sequence[IssueContent], *, corrects: str | None
) -> tuple[EarlierMailing, ...]:
    """Find mailings under other keys that sent one of the editions, or will send it.

    A correction (`corrects`: the key of the corrected issue) may have the date and number of that issue.
    """
    found: dict[int, EarlierMailing] = {}
    for content in contents:
        for shared, condition in _conditions(content):
            question = (
                select(mailings.c.id, issues.c.key)
                .join_from(mailings, issues)
                .join(mailing_reviews, mailing_reviews.c.mailing_id == mailings.c.id)
                .join(review_editions, review_editions.c.review_id == mailing_reviews.c.review_id)
                .join(editions, editions.c.id == review_editions.c.edition_id)
                .where(condition, issues.c.key != content.key, mailings.c.is_rehearsal.is_(False), _went_out())
            )
            for row in connection.execute(question):
                if row.key != corrects or shared in (SharedContent.HASH, SharedContent.TEXT):
                    found.setdefault(row.id, EarlierMailing(mailing=row.id, issue=row.key, shared=shared))
    return tuple(found[number] for number in sorted(found))


def refuse_same_issue(connection: Connection, contents: Sequence[IssueContent], *, corrects: str | None) -> None:
    """Raise MailingError if another mailing sent this issue, in the transaction that freezes this one."""
    if connection.dialect.name == "postgresql":
        # Two processes that freeze at the same time wait for each other here, as writers to SQLite always do.
        connection.execute(text("LOCK TABLE mailing_reviews IN SHARE ROW EXCLUSIVE MODE"))
    for each in earlier_mailings(connection, contents, corrects=corrects):
        shared = each.shared.in_words
        raise MailingError(
            f"mailing {each.mailing} of {each.issue} already sent this issue: {shared}",
            f'to resume it: {command_line("send", each.issue)}; to send this one anyway: --allow {SAME_ISSUE}="the reason"',
        )


def _conditions(content: IssueContent) -> list[tuple[SharedContent, ColumnElement[bool]]]:
    """Return the conditions for a recorded edition to be the same issue, the most certain first."""
    in_language = func.lower(editions.c.language) == content.language.lower()
    found = [
        (SharedContent.HASH, editions.c.hash == content.hash),
        (SharedContent.TEXT, and_(in_language, editions.c.digests == content.digests)),
    ]
    if content.date is None:
        return found
    day = content.date.isoformat()
    # Editions of older versions have no date; their key contains it.
    found.append((SharedContent.DATE, and_(in_language, func.coalesce(editions.c.issue_date, editions.c.issue) == day)))
    if content.number is not None:
        first, last = content.date - SAME_NUMBER_WITHIN, content.date + SAME_NUMBER_WITHIN
        is_near = editions.c.issue_date.between(first.isoformat(), last.isoformat())
        found.append((SharedContent.NUMBER, and_(in_language, editions.c.issue_number == content.number, is_near)))
    return found


def _went_out() -> ColumnElement[bool]:
    """Return the condition, over `mailings`, of those that a recipient has, may have, or will still get."""
    held = exists().where(deliveries.c.mailing_id == mailings.c.id, deliveries.c.state.in_(HOLDING))
    return or_(mailings.c.ended.is_(None), held)
