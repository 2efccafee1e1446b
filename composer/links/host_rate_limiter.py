"""Rate limits: one request at a time to a host, a pause after each, no request after the end of the run.

Input: hosts. Output: permission to send a request. Guarantees: sends no requests itself.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from composer.links.network import NetworkLimits


class OverError(Exception):
    """The run has ended, because its time is over or a person stopped it."""


@dataclass(slots=True)
class _Door:
    lock: threading.Lock = field(default_factory=threading.Lock)
    opens_at: float = 0


class HostRateLimiter:
    """The limits of all hosts in a run, which begins now."""

    def __init__(self, limits: NetworkLimits) -> None:
        self._pause = limits.pause
        self._end = time.monotonic() + limits.run
        self._stopped = threading.Event()
        self._doors: dict[str, _Door] = {}
        self._doors_lock = threading.Lock()

    @contextmanager
    def at(self, host: str) -> Iterator[None]:
        """Wait until a request to a host is allowed, and block others until it ends; raises OverError if the run ends."""
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
        """Return the remaining seconds of the run, more than zero; raises OverError."""
        left = self._end - time.monotonic()
        if left <= 0 or self._stopped.is_set():
            raise OverError
        return left

    def stop(self) -> None:
        """End the run: waiting requests are not sent."""
        self._stopped.set()
