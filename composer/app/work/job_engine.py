"""What starts jobs at their times.

Input: a function that starts a job. Output: calls of it. Guarantees: an engine starts jobs and keeps nothing else: a start
that is missed or repeated changes nothing.
"""

from typing import Protocol


class Engine(Protocol):
    """Starts jobs at their times, from `start` to `stop`."""

    def start(self) -> None:
        """Begin. Raises ComposeError if that is not possible on this computer."""

    def stop(self) -> None:
        """Start no more jobs."""
