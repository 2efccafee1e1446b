"""How a run is asked to stop: from a signal handler, another thread, or a test. The engine looks at it."""

import threading

from composer.delivery.core.scheduler import StopLevel


class Stop:
    """Says how much a run is to stop; more at each further word, never less. Safe from any thread and from a signal."""

    def __init__(self) -> None:
        self._level = StopLevel.NONE
        self._said = threading.Event()
        #: Whether a person said it: the mailing is then theirs to go on with.
        self.is_by_hand = False

    @property
    def level(self) -> StopLevel:
        """How much."""
        return self._level

    def say(self, *, is_by_hand: bool = False) -> StopLevel:
        """Stop a little more: first drain (what is open ends and is recorded), then at once. Gives how much now."""
        self.is_by_hand |= is_by_hand
        self._level = StopLevel(min(self._level + 1, StopLevel.NOW))
        self._said.set()
        return self._level

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until a stop is said; tell whether it was."""
        return self._said.wait(seconds)
