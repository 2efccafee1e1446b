"""A review asked for by a link: everything that subscribers may get of an issue, and what an editor says of it.

Input: a token. Output: what is asked, and what an answer did. Who keeps the answers implements `ReviewPages`.
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
    """A review that waits for an answer."""

    #: Every language and every variant.
    messages: Sequence[Message]
    #: What this editor answered before.
    answer: ReviewAnswer | None = None
    #: Whether they may approve today.
    is_approver: bool = True


class ReviewPages(Protocol):
    """Keeps what editors say. A token that is forged, too old or unknown leads to nothing, whatever is wrong with it."""

    def look(self, connection: Connection, token: str, now: datetime) -> RequestedReview | None:
        """Return what a token asks; None for one that leads nowhere."""
        ...

    def show(self, connection: Connection, token: str, number: int, now: datetime) -> EditionPage | None:
        """Return one of the messages that a token asks about, by its number; None where there is none."""
        ...

    def record(
        self, connection: Connection, token: str, answer: ReviewAnswer, comment: str, now: datetime
    ) -> AnswerEffect | None:
        """Record an answer, which replaces an earlier one; None for a token that leads nowhere."""
        ...
