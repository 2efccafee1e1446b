"""What the command line of `compose send` says, and where mailings are written to.

Comes in: nothing. Goes out: a value that the modules about sending share. Never reads anything.
"""

from dataclasses import dataclass
from pathlib import Path

from composer.core.workspace import OUTBOX

#: Where rehearsals and reports of mailings are written, by their number.
MAILINGS = Path(OUTBOX) / "mailings"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOptions:
    """What the command line says."""

    #: A name of newsletter.yaml; None for all subscribers.
    audience: str | None
    #: How many to try now at most.
    limit: int | None
    is_dry: bool
    #: The count, said beforehand.
    yes: int | None
    #: A time, as it was typed.
    at: str | None
    #: A rehearsal for every subscriber.
    is_all: bool
    #: Reasons by the code of what they let pass.
    allowed: dict[str, str]
    #: To those without.
    is_rest: bool
    #: The key of the issue that is corrected.
    got: str | None
    #: Why people get it again.
    again: str | None

    @property
    def is_plain(self) -> bool:
        """Whether it is the issue's own mailing, to whoever has not had it."""
        return not (self.is_rest or self.got or self.again)
