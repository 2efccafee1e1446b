"""The time that an ending run waits for outstanding answers.

Input: why the run ends, a policy, a clock. Output: a deadline, for the run loop and for its progress display.
Guarantees: another reason to end can shorten the wait, but neither it nor a clock that is set back extends the wait.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from composer.delivery.core.retry_policy import RetryPolicy
from composer.delivery.core.scheduler import Ending

#: The reasons to end soon: a person wants it, or nothing can be recorded. Otherwise the server gets the full time.
_SOON = frozenset({Ending.INTERRUPTED, Ending.STOPPED, Ending.LEDGER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outstanding:
    """What an ending run still waits for."""

    #: The mail server's name.
    server: str
    #: Messages without an answer.
    open: int
    #: When it stops waiting.
    until: datetime


class DrainTimer:
    """The deadline for outstanding answers; it is set by `begin`."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._deadline: float | None = None

    def begin(self, why: Ending) -> None:
        """Start the wait, or shorten it."""
        self.limit(self._policy.drain if why in _SOON else self._policy.max_wait)

    def limit(self, most: timedelta) -> None:
        """Wait no longer than this from now on."""
        deadline = time.monotonic() + most / timedelta(seconds=1)
        self._deadline = deadline if self._deadline is None else min(self._deadline, deadline)

    @property
    def has_begun(self) -> bool:
        """Whether the run is ending."""
        return self._deadline is not None

    @property
    def left(self) -> timedelta:
        """The time that is left; negative if it is over. Only after `begin`."""
        assert self._deadline is not None
        return timedelta(seconds=self._deadline - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether the wait for answers is over."""
        return self._deadline is not None and self.left <= timedelta()

    @property
    def is_late(self) -> bool:
        """Whether the wait for the database is over, too."""
        return self._deadline is not None and self.left <= -self._policy.database_wait
