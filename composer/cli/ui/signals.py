"""Signals that stop a run: Ctrl-C, a service's end, a terminal that is gone.

Input: signals. Output: a `Signalled`, the stop that the engine looks at. Says nothing, and ends nothing by itself.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from composer.delivery.core.scheduler import StopLevel
from composer.delivery.worker.stop_request import Stop

#: That the terminal is gone, where there is such a signal.
_HANGUP: signal.Signals | None = getattr(signal, "SIGHUP", None)


class Signalled(Stop):
    """A stop that signals say, a little more each time."""

    #: Which one said it last.
    by: signal.Signals | None = None


def listen() -> Signalled:
    """Hear signals from now until the command has ended: said its last words, closed its database."""
    return click.get_current_context().with_resource(_heard())


@contextmanager
def _heard() -> Iterator[Signalled]:
    stop = Signalled()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    terminals = [number for number in (1, 2) if os.isatty(number)]

    def hear(number: int, frame: FrameType | None) -> None:
        if number == _HANGUP:
            _let_go(terminals)
            if stop.level is not StopLevel.NONE:
                # The system and the shell both say it; it is one terminal that is gone.
                return
        stop.by = signal.Signals(number)
        # Somebody at the keyboard.
        stop.say(is_by_hand=number == signal.SIGINT)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if _HANGUP is not None and signal.getsignal(_HANGUP) is not signal.SIG_IGN:
        # Under nohup it is ignored, and is to remain so.
        numbers.append(_HANGUP)
    before = {number: signal.signal(number, hear) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            # Whoever said stop was heard: from here to the end of the process a further word could only spoil the end.
            signal.signal(number, handler if stop.level is StopLevel.NONE else signal.SIG_IGN)


def _let_go(terminals: list[int]) -> None:
    """Let what is said go nowhere where the terminal that was to show it is gone: to write to it is an error."""
    for number in terminals:
        if not os.isatty(number):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)
