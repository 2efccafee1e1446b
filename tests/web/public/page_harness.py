"""A review repository for tests: keeps answers in memory, under one token."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from composer.content.document.variants import VariantAudience
from composer.core.workspace import Workspace
from composer.editions.pipeline import build_issue
from composer.web.public.pages.edition_pages import EditionPage, shown_of
from composer.web.public.pages.review_pages import AnswerEffect, Message, RequestedReview, ReviewAnswer

TOKEN = "editor"
STEM = "2025-01-30"
#: An issue that was sent and withdrawn later.
WITHDRAWN = "2024-12-24"


def frozen(workspace: Workspace) -> EditionPage:
    """Return the sample's edition as a mailing freezes it: the message that compose wrote."""
    return shown_of(build_issue(workspace, workspace.issue(STEM)).message)


@dataclass(slots=True, kw_only=True)
class Desk:
    """A review of one edition that has also been sent."""

    edition: EditionPage
    answers: list[tuple[ReviewAnswer, str, datetime]] = field(default_factory=list)

    def look(self, connection: Connection, token: str, now: datetime) -> RequestedReview | None:
        """Return the requested review."""
        if token != TOKEN:
            return None
        message = Message(number=1, stem=STEM, language="en", subject=self.edition.subject, who=VariantAudience())
        return RequestedReview(messages=(message,), answer=self.answers[-1][0] if self.answers else None)

    def show(self, connection: Connection, token: str, number: int, now: datetime) -> EditionPage | None:
        """Return the edition."""
        return self.edition if (token, number) == (TOKEN, 1) else None

    def record(
        self, connection: Connection, token: str, answer: ReviewAnswer, comment: str, now: datetime
    ) -> AnswerEffect | None:
        """Record an answer."""
        if token != TOKEN:
            return None
        self.answers.append((answer, comment, now))
        return AnswerEffect.RECORDED

    def find(self, connection: Connection, stem: str) -> EditionPage | None:
        """Return the edition that was sent."""
        return self.edition if stem in (STEM, WITHDRAWN) else None

    def withdrawn(self, connection: Connection, stem: str) -> str | None:
        """Return why it was withdrawn."""
        return "Wrong <b>figures</b>." if stem == WITHDRAWN else None
