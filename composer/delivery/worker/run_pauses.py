"""The pauses of a run: which pauses it removes when it starts, and which it sets.

Input: a connection in a transaction, how the run was started, why it ended, the time. Output: changed rows. Guarantees:
an unattended run removes no pause; a run with a limit is paused from its start on, so that the rest is not sent after a
crash.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from composer.delivery.core.mailing import mailing_of, pause, resume
from composer.delivery.core.pause import Pause, PauseReason
from composer.delivery.core.scheduler import Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPauses:
    """The pauses of one run."""

    mailing_id: int
    who: str
    is_unattended: bool
    #: Whether the run has a limit: an unattended run sends up to the limit each time, without a pause.
    is_limited: bool
    #: The pause that was shown to the person who started it.
    seen: Pause | None

    def begin(self, connection: Connection, now: datetime) -> None:
        """Remove the pause that the person has seen; pause the mailing if the run has a limit."""
        if self.is_unattended:
            return
        is_kept = self.is_limited and self.seen is not None and self.seen.reason is PauseReason.LIMIT
        if not is_kept:
            resume(connection, self.mailing_id, self.who, now, seen=self.seen)
        if self.is_limited:
            pause(connection, self.mailing_id, self.who, PauseReason.LIMIT, now)

    def interrupt(self, connection: Connection, now: datetime) -> None:
        """Pause the mailing because a person pressed Ctrl-C."""
        pause(connection, self.mailing_id, self.who, PauseReason.INTERRUPTED, now)

    def end(self, connection: Connection, ending: Ending, now: datetime) -> None:
        """Pause a mailing that another run cannot continue; remove the pause of the limit if nothing is left."""
        if ending is Ending.HALTED:
            pause(connection, self.mailing_id, self.who, PauseReason.HALTED, now)
        elif ending in (Ending.DONE, Ending.LATER) and self.is_limited and not self.is_unattended:
            found = mailing_of(connection, self.mailing_id).pause
            if found is not None and found.reason is PauseReason.LIMIT:
                resume(connection, self.mailing_id, self.who, now, seen=found)
