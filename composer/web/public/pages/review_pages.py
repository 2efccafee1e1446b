"""A review requested by a link: every message that subscribers can get of an issue, and an editor's answer.

Input: a token. Output: the requested review, and the effect of an answer. The store of the answers implements `ReviewPages`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from composer.delivery.approval.review_links import Message
from composer.delivery.approval.reviews import AnswerEffect, ReviewAnswer
from composer.web.public.pages.edition_pages import EditionPage

__all__ = ["AnswerEffect", "Message", "RequestedReview", "ReviewAnswer", "ReviewPages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedReview:
    """A review that an editor was asked for."""

    #: Every language and every variant.
    messages: Sequence[Message]
    #: This editor's earlier answer.
    answer: ReviewAnswer | None = None
    #: Whether they may approve now.
    is_approver: bool = True


class ReviewPages(Protocol):
    """Keeps editors' answers. Forged, expired and unknown tokens all have the same result."""

    def look(self, connection: Connection, token: str, now: datetime) -> RequestedReview | None:
        """Return the review that a token belongs to, or None."""
        ...

    def show(self, connection: Connection, token: str, number: int, now: datetime) -> EditionPage | None:
        """Return a message of the review by its number, or None."""
        ...

    def record(
        self, connection: Connection, token: str, answer: ReviewAnswer, comment: str, now: datetime
    ) -> AnswerEffect | None:
        """Record an answer, which replaces an earlier one, and return its effect; None for an invalid token."""
        ...
