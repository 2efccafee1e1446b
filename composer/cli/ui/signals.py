"""Signals that stop a run: Ctrl-C, the end of a service, a closed terminal.

Input: signals. Output: a `Signalled`, the stop request that the run loop checks. Guarantees: prints nothing, and ends
nothing by itself.
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

#: The signal for a closed terminal, on systems that have one.
_HANGUP: signal.Signals | None = getattr(signal, "SIGHUP", None)


class Signalled(Stop):
    """A stop request that becomes more urgent with each signal."""

    #: The last signal.
    by: signal.Signals | None = None


def listen() -> Signalled:
    """Receive signals from now until the command has printed its result and closed its database."""
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
                # Both the system and the shell send it, for one closed terminal.
                return
        stop.by = signal.Signals(number)
        # SIGINT comes from a person at the keyboard.
        stop.say(is_by_hand=number == signal.SIGINT)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if _HANGUP is not None and signal.getsignal(_HANGUP) is not signal.SIG_IGN:
        # Under nohup the signal is ignored; keep it so.
        numbers.append(_HANGUP)
    before = {number: signal.signal(number, hear) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            # The stop was received. Another signal could only disturb the rest of the process.
            signal.signal(number, handler if stop.level is StopLevel.NONE else signal.SIG_IGN)


def _let_go(terminals: list[int]) -> None:
    """Discard the output to a terminal that was closed, because writing to it is an error."""
    for number in terminals:
        if not os.isatty(number):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)
