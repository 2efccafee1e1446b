"""Where the connections of a run wait because of the rate, a pause or the end of the run.

Input: slots from the database, pauses. Output: permission to start one message, or the end. It covers only this run;
the bucket that all processes share is in the database (rate_limit.py).
"""

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum

from composer.delivery.throttle.token_bucket import HORIZON


class Admittance(Enum):
    """The answer to a thread that waits."""

    #: start the message
    GO = "go"
    #: return the message: another route may take it
    RETURN = "return"
    #: the run is ending
    CLOSED = "closed"


class Admission:
    """Admits threads one at a time."""

    def __init__(self, now: Callable[[], datetime], on_want: Callable[[], None]) -> None:
        self._now, self._on_want = now, on_want
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._slots: deque[datetime] = deque()
        self._is_limited = False
        self._paused_until: datetime | None = None
        self._waiting = 0
        self._recalls = 0

    def pass_through(self) -> Admittance:
        """Wait for permission to start a message."""
        with self._changed:
            recalls = self._recalls
            while True:
                if self._closed.is_set():
                    return Admittance.CLOSED
                if self._recalls != recalls:
                    return Admittance.RETURN
                now = self._now()
                if self._paused_until is not None and now < self._paused_until:
                    self._changed.wait((self._paused_until - now).total_seconds())
                    continue
                if not self._is_limited:
                    return Admittance.GO
                if self._slots:
                    slot = self._slots.popleft()
                    break
                self._waiting += 1
                self._on_want()
                try:
                    self._changed.wait(1)
                finally:
                    self._waiting -= 1
        # A slot is never further away than the horizon, even if the clock changes.
        left = min(slot - now, 2 * HORIZON) / timedelta(seconds=1)
        is_closed = self._closed.wait(left) if left > 0 else self._closed.is_set()
        return Admittance.CLOSED if is_closed else Admittance.GO

    @property
    def wanted(self) -> int:
        """How many slots are needed now: twice as many as threads that wait."""
        with self._changed:
            if not self._is_limited or self._closed.is_set():
                return 0
            return max(0, 2 * self._waiting + 2 - len(self._slots))

    def limit(self, is_limited: bool) -> None:
        """Set whether slots are needed."""
        with self._changed:
            if is_limited != self._is_limited:
                self._is_limited = is_limited
                self._changed.notify_all()

    def add(self, slots: tuple[datetime, ...]) -> None:
        """Add slots."""
        with self._changed:
            self._slots.extend(slots)
            self._changed.notify(len(slots))

    def pause(self, until: datetime | None) -> None:
        """Admit no thread before `until`."""
        with self._changed:
            if until != self._paused_until:
                self._paused_until = until
                self._changed.notify_all()

    def recall(self) -> None:
        """Make the threads that wait now return their messages."""
        with self._changed:
            self._recalls += 1
            self._changed.notify_all()

    def close(self) -> int:
        """Admit no more threads; return how many slots are left over."""
        with self._changed:
            self._closed.set()
            self._changed.notify_all()
            left = len(self._slots)
            self._slots.clear()
            return left
