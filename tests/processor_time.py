"""Limits of processor time, in seconds of a usual machine: a slower machine gets more, in proportion."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

#: What a usual machine needs for `_work`, in seconds.
_USUAL = 0.06


def _work() -> None:
    """Do what Python programs do: look things up, call, add and compare."""
    counts: dict[str, int] = {}
    for number in range(300_000):
        key = str(number % 997)
        counts[key] = counts.get(key, 0) + number


def _slowness() -> float:
    """Return how many times longer than a usual machine this one needs now, and never less than 1."""
    began = time.process_time()
    _work()
    return max(1.0, (time.process_time() - began) / _USUAL)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail if the block needs more processor time than this on a usual machine.

    The speed is measured only if the time was exceeded.
    """
    began = time.process_time()
    yield
    needed = time.process_time() - began
    assert needed < seconds or needed < seconds * _slowness(), f"{needed:.2f} s, the limit is {seconds} s"
