"""A paused mailing: only a person goes on with it.

Values only. Guarantees: the reasons are codes, kept in the database as they are; what people read stands in
composer/cli/ui/mailing_texts.py.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PauseReason(StrEnum):
    """Why a mailing was paused."""

    #: `compose stop`
    STOPPED = "stopped"
    #: somebody who may approve requested changes
    CHANGES_REQUESTED = "changes_requested"
    #: Ctrl-C
    INTERRUPTED = "interrupted"
    #: `--limit`: the rest is for a person to send
    LIMIT = "limit"
    #: the server rejected us or the message, or confirmed nothing: another run would meet the same
    HALTED = "halted"
    #: started by a version that did not record pauses
    UPGRADE = "upgrade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """That a mailing is paused."""

    at: datetime
    #: Who did it, or whose run it was; empty if nobody knows.
    by: str
    reason: PauseReason
