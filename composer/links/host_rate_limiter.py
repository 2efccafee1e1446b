"""Who may ask when: one request at a time to a host, a pause after each, nothing after the run's end.

Input: hosts. Output: turns. Never asks anything itself.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from composer.links.network import NetworkLimits


class OverError(Exception):
    """The run has ended, by its time or because a person stopped it."""


@dataclass(slots=True)
class _Door:
    lock: threading.Lock = field(default_factory=threading.Lock)
    opens_at: float = 0


class HostRateLimiter:
    """The doors of all hosts of a run, which begins now."""

    def __init__(self, limits: NetworkLimits) -> None:
        self._pause = limits.pause
        self._end = time.monotonic() + limits.run
        self._stopped = threading.Event()
        self._doors: dict[str, _Door] = {}
        self._doors_lock = threading.Lock()

    @contextmanager
    def at(self, host: str) -> Iterator[None]:
        """Wait for one's turn at a host, and hold it; raises OverError when the run ends before."""
        with self._doors_lock:
            door = self._doors.setdefault(host, _Door())
        with door.lock:
            self._stopped.wait(min(door.opens_at - time.monotonic(), self.left()))
            self.left()
            try:
                yield
            finally:
                door.opens_at = time.monotonic() + self._pause

    def left(self) -> float:
        """Return the seconds that are left of the run, more than none; raises OverError."""
        left = self._end - time.monotonic()
        if left <= 0 or self._stopped.is_set():
            raise OverError
        return left

    def stop(self) -> None:
        """End the run: whoever waits gets no turn any more."""
        self._stopped.set()
