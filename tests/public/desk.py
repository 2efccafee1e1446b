"""An editor's desk to test the pages with: keeps answers in memory, under one token."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from composer.content.cuts import Readership
from composer.pipeline import build_issue
from composer.web.public.approvals import Answer, Asked, Effect, Message
from composer.web.public.editions import Shown, shown_of
from composer.workspace import Workspace

TOKEN = "editor"
STEM = "2025-01-30"


def frozen(workspace: Workspace) -> Shown:
    """Give the sample's edition as a mailing freezes it: the message that compose itself wrote."""
    return shown_of(build_issue(workspace, workspace.issue(STEM)).message)


@dataclass(slots=True, kw_only=True)
class Desk:
    """Asks for a word on one edition, and has sent it."""

    edition: Shown
    answers: list[tuple[Answer, str, datetime]] = field(default_factory=list)

    def look(self, connection: Connection, token: str, now: datetime) -> Asked | None:
        """Give what is asked."""
        if token != TOKEN:
            return None
        message = Message(number=1, stem=STEM, language="en", subject=self.edition.subject, who=Readership())
        return Asked(messages=(message,), answer=self.answers[-1][0] if self.answers else None)

    def show(self, connection: Connection, token: str, number: int, now: datetime) -> Shown | None:
        """Give the edition."""
        return self.edition if (token, number) == (TOKEN, 1) else None

    def record(self, connection: Connection, token: str, answer: Answer, comment: str, now: datetime) -> Effect | None:
        """Keep an answer."""
        if token != TOKEN:
            return None
        self.answers.append((answer, comment, now))
        return Effect.RECORDED

    def find(self, connection: Connection, stem: str) -> Shown | None:
        """Give the edition that has gone out."""
        return self.edition if stem == STEM else None
