"""Work that a caller can stop waiting for.

Input: work, and a function that ends the wait. Output: the result of the work, or None if the wait ended first; the
work itself continues in its thread, which ends with the process. Raises what the work raises.
"""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

#: The seconds between two checks of the function.
_LOOK = 0.1

T = TypeVar("T")


def abandonable(work: Callable[[], T], is_enough: Callable[[], bool]) -> T | None:
    """Do the work and return its result; return None as soon as `is_enough` is true."""
    reply: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            reply.put((work(), None))
        except BaseException as error:
            reply.put((None, error))

    Thread(target=run, name="abandonable", daemon=True).start()
    while True:
        try:
            found, error = reply.get(timeout=_LOOK)
        except Empty:
            if is_enough():
                return None
            continue
        if error is not None:
            raise error
        return found
