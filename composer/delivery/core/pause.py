"""A paused mailing: only a person can resume it.

Input: nothing. Output: values. Guarantees: the reasons are codes, stored in the database as they are; their texts are
in composer/cli/ui/mailing_texts.py.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PauseReason(StrEnum):
    """Why a mailing was paused."""

    #: `compose stop`
    STOPPED = "stopped"
    #: a person who may approve requested changes
    CHANGES_REQUESTED = "changes_requested"
    #: Ctrl-C
    INTERRUPTED = "interrupted"
    #: `--limit` was reached; only a person can send the rest
    LIMIT = "limit"
    #: the server rejected the sender or the message, or confirmed nothing, so another run would have the same result
    HALTED = "halted"
    #: started by a version that did not record pauses
    UPGRADE = "upgrade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The pause of a mailing."""

    at: datetime
    #: Who paused the mailing, or whose run did; empty if that is not known.
    by: str
    reason: PauseReason
