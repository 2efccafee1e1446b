"""Where the connections of a run wait for their turn: the rate, a pause, the end.

Input: slots that the database gave, pauses. Output: leave to begin one message, or none. It knows only this run; the
bucket that all processes share is the database's (rate_limit.py).
"""

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from composer.delivery.throttle.token_bucket import HORIZON


class Admission:
    """Lets threads through one by one."""

    def __init__(self, now: Callable[[], datetime], on_want: Callable[[], None]) -> None:
        self._now, self._on_want = now, on_want
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._slots: deque[datetime] = deque()
        self._is_limited = False
        self._paused_until: datetime | None = None
        self._waiting = 0

    def pass_through(self) -> bool:
        """Wait for leave to begin a message; False when there will be none."""
        with self._changed:
            while True:
                if self._closed.is_set():
                    return False
                now = self._now()
                if self._paused_until is not None and now < self._paused_until:
                    self._changed.wait((self._paused_until - now).total_seconds())
                    continue
                if not self._is_limited:
                    return True
                if self._slots:
                    slot = self._slots.popleft()
                    break
                self._waiting += 1
                self._on_want()
                try:
                    self._changed.wait(1)
                finally:
                    self._waiting -= 1
        # A slot is never further away than the horizon, whatever the clock does.
        left = min(slot - now, 2 * HORIZON) / timedelta(seconds=1)
        return not (self._closed.wait(left) if left > 0 else self._closed.is_set())

    @property
    def wanted(self) -> int:
        """How many slots are wanted now: for those who wait, and as many again."""
        with self._changed:
            if not self._is_limited or self._closed.is_set():
                return 0
            return max(0, 2 * self._waiting + 2 - len(self._slots))

    def limit(self, is_limited: bool) -> None:
        """Return whether slots are needed at all."""
        with self._changed:
            if is_limited != self._is_limited:
                self._is_limited = is_limited
                self._changed.notify_all()

    def add(self, slots: tuple[datetime, ...]) -> None:
        """Return slots."""
        with self._changed:
            self._slots.extend(slots)
            self._changed.notify(len(slots))

    def pause(self, until: datetime | None) -> None:
        """Let nobody through before then."""
        with self._changed:
            if until != self._paused_until:
                self._paused_until = until
                self._changed.notify_all()

    def close(self) -> int:
        """Let nobody through any more; give how many slots are left over."""
        with self._changed:
            self._closed.set()
            self._changed.notify_all()
            left = len(self._slots)
            self._slots.clear()
            return left
