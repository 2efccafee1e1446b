"""An editor's desk to test the pages with: keeps answers in memory, under one token."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from composer.pipeline import build_issue
from composer.web.public.approvals import Answer, Asked
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
        return Asked(edition=self.edition, answer=self.answers[-1][0] if self.answers else None)

    def record(self, connection: Connection, token: str, answer: Answer, comment: str, now: datetime) -> bool:
        """Keep an answer."""
        if token != TOKEN:
            return False
        self.answers.append((answer, comment, now))
        return True

    def find(self, connection: Connection, stem: str) -> Shown | None:
        """Give the edition that has gone out."""
        return self.edition if stem == STEM else None
