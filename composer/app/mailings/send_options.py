"""What whoever sends an issue chooses, and where mailings are written to.

Input: nothing. Output: values that the use cases about sending share. Never reads anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from composer.core.workspace import OUTBOX

#: Where rehearsals and reports of mailings are written, by their number.
MAILINGS = Path(OUTBOX) / "mailings"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOptions:
    """How an issue is sent, and to whom."""

    #: A name of newsletter.yaml; None for all subscribers.
    audience: str | None = None
    #: How many to try now at most.
    limit: int | None = None
    #: A rehearsal for every subscriber.
    is_all: bool = False
    #: Reasons by the code of what they let pass.
    allowed: Mapping[str, str] = field(default_factory=dict)
    #: Only to those who have not got the issue.
    is_rest: bool = False
    #: The key of the issue that is corrected.
    got: str | None = None
    #: Why people get it again.
    again: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it is the issue's own mailing, to whoever has not had it."""
        return not (self.is_rest or self.got or self.again)
