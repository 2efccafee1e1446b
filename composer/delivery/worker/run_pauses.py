"""What a run does about pauses: which it takes back when it begins, which it leaves behind.

Input: a connection in a transaction, how the run was started, why it ended, the time. Guarantees: an unattended run takes no
pause back; a run with a limit is paused from its beginning on, so that a crash does not send the rest.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from composer.delivery.core.mailing import go_on, mailing_of, pause
from composer.delivery.core.pause import Pause, PauseReason
from composer.delivery.core.scheduler import Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPauses:
    """The pauses of one run."""

    mailing_id: int
    who: str
    is_unattended: bool
    #: Whether only so many are sent to: for an unattended run that is how much it does each time, and no pause.
    is_limited: bool
    #: What the person was shown who started it.
    seen: Pause | None

    def begin(self, connection: Connection, now: datetime) -> None:
        """Take back the pause that was seen, and leave the rest to a person where there is a limit."""
        if self.is_unattended:
            return
        is_kept = self.is_limited and self.seen is not None and self.seen.reason is PauseReason.LIMIT
        if not is_kept:
            go_on(connection, self.mailing_id, self.who, now, seen=self.seen)
        if self.is_limited:
            pause(connection, self.mailing_id, self.who, PauseReason.LIMIT, now)

    def interrupt(self, connection: Connection, now: datetime) -> None:
        """Pause it: a person pressed Ctrl-C."""
        pause(connection, self.mailing_id, self.who, PauseReason.INTERRUPTED, now)

    def end(self, connection: Connection, ending: Ending, now: datetime) -> None:
        """Leave a mailing to a person if another run would meet the same; take the limit back if it kept nobody waiting."""
        if ending is Ending.HALTED:
            pause(connection, self.mailing_id, self.who, PauseReason.HALTED, now)
        elif ending in (Ending.DONE, Ending.LATER) and self.is_limited and not self.is_unattended:
            found = mailing_of(connection, self.mailing_id).pause
            if found is not None and found.reason is PauseReason.LIMIT:
                go_on(connection, self.mailing_id, self.who, now, seen=found)
