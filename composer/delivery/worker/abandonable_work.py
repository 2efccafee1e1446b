"""Work that somebody waits for only as long as they like.

Input: work, and whether it is still waited for. Output: what the work returns, or None when nobody waits for it any more;
the work itself goes on in its thread, which ends with the process. Raises what the work raises.
"""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

#: How often it is asked whether somebody still waits, in seconds.
_LOOK = 0.1

T = TypeVar("T")


def abandonable(work: Callable[[], T], is_enough: Callable[[], bool]) -> T | None:
    """Do the work; return None as soon as it is enough."""
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
