"""The request to stop a run: from a signal handler, another thread, or a test. The run loop reads it."""

import threading

from composer.delivery.core.scheduler import StopLevel


class Stop:
    """How urgently a run must stop: each request makes it more urgent. Safe in any thread and in a signal handler."""

    def __init__(self) -> None:
        self._level = StopLevel.NONE
        self._said = threading.Event()
        #: Whether a person requested the stop. If so, only a person can resume the mailing.
        self.is_by_hand = False

    @property
    def level(self) -> StopLevel:
        """The current level."""
        return self._level

    def say(self, *, is_by_hand: bool = False) -> StopLevel:
        """Increase the level: first drain (open deliveries finish and are recorded), then immediately. Return the new level."""
        self.is_by_hand |= is_by_hand
        self._level = StopLevel(min(self._level + 1, StopLevel.NOW))
        self._said.set()
        return self._level

    def wait(self, seconds: float) -> bool:
        """Wait this long, or until a stop is requested; return whether it was requested."""
        return self._said.wait(seconds)
