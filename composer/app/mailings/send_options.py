"""The options for sending an issue, and the folder that mailings are written to.

Input: nothing. Output: values that the use cases about sending share. Guarantees: reads nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from composer.core.workspace import OUTBOX

#: The folder of rehearsals and reports, each in a folder named by the mailing's number.
MAILINGS = Path(OUTBOX) / "mailings"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOptions:
    """How an issue is sent, and to which subscribers."""

    #: The name of an audience in newsletter.yaml; None for all subscribers.
    audience: str | None = None
    #: The most messages to try now.
    limit: int | None = None
    #: Whether a rehearsal covers every subscriber.
    is_all: bool = False
    #: Reasons by the code of the refusal or finding that they override.
    allowed: Mapping[str, str] = field(default_factory=dict)
    #: Whether to send only to subscribers who have not received the issue.
    is_rest: bool = False
    #: The key of the corrected issue.
    got: str | None = None
    #: The reason for sending it again.
    again: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it is the issue's regular mailing, without special options."""
        return not (self.is_rest or self.got or self.again)
