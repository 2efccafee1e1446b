"""How messages leave: one small protocol, and the stop when there is no way out at all."""

from collections.abc import Callable
from typing import Protocol

from composer.core.errors import ComposeError
from composer.transport.envelope import Envelope
from composer.transport.outcome import Outcome, ServerReply, Stage


class TransportError(ComposeError):
    """There is no connection: nothing has been sent. The message says why, the hint what to do."""

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        stage: Stage,
        reply: ServerReply | None = None,
        is_temporary: bool = False,
    ) -> None:
        super().__init__(message, hint)
        self.stage = stage
        self.reply = reply
        #: Whether it is worth trying again later without changing anything.
        self.is_temporary = is_temporary


def go() -> bool:
    """Hold nothing back."""
    return True


class Connection(Protocol):
    """An open way out, for one thread at a time."""

    def hand_over(self, envelope: Envelope, message: bytes, before_dot: Callable[[], bool] = go) -> Outcome:
        """Hand one message over, and say what became of it; what a server or a network does is never an exception.

        `before_dot` is called when everything but the final dot has gone; unless it returns True the message is dropped.
        What it raises comes through, and the message is dropped as well. `message` is 7-bit with CRLF, or ValueError.
        """
        ...

    def close(self) -> None:
        """Take leave. Never raises."""
        ...


class Transport(Protocol):
    """A way out. It may be shared by threads; what it opens may not."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def connect(self) -> Connection:
        """Open it. Raises TransportError."""
        ...
