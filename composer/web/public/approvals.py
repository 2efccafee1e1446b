"""The word of an editor on an edition, asked by the link of a test message.

Comes in: a token. Goes out: what is asked, and whether the answer was recorded. Who keeps the answers implements `Approvals`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Connection

from composer.web.public.editions import Shown


class Answer(StrEnum):
    """What an editor says."""

    YES = "yes"
    #: with a comment
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An edition that waits for a word, frozen as it was tested."""

    edition: Shown
    #: What this editor has said of it before.
    answer: Answer | None = None


class Approvals(Protocol):
    """Keeps what editors say. A token that is forged, too old or another's leads to nothing, without a word why."""

    def look(self, connection: Connection, token: str, now: datetime) -> Asked | None:
        """Give what a token asks; None for one that leads nowhere."""
        ...

    def record(self, connection: Connection, token: str, answer: Answer, comment: str, now: datetime) -> bool:
        """Keep an answer, in the place of an earlier one; False for a token that leads nowhere."""
        ...
