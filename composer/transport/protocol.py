"""The interface of transports, and the error when there is no connection."""

from collections.abc import Callable
from typing import Protocol

from composer.core.errors import ComposeError
from composer.transport.envelope import Envelope
from composer.transport.outcome import Outcome, ServerReply, Stage


class TransportError(ComposeError):
    """There is no connection, and nothing was sent. The message says why, the hint says what to do."""

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
        #: Whether another attempt may succeed later without any change.
        self.is_temporary = is_temporary


def go() -> bool:
    """Always allow the final dot."""
    return True


class Connection(Protocol):
    """An open connection, for one thread at a time."""

    def hand_over(self, envelope: Envelope, message: bytes, before_dot: Callable[[], bool] = go) -> Outcome:
        """Send one message and return its outcome; problems of a server or a network are not exceptions.

        `before_dot` is called when everything except the final dot was sent; unless it returns True, the message is
        canceled. If it raises, the message is canceled, too. `message` must be 7-bit with CRLF, otherwise ValueError is
        raised.
        """
        ...

    def close(self) -> None:
        """Close the connection. Never raises."""
        ...


class Transport(Protocol):
    """A route for messages. Threads may share it, but not its connections."""

    @property
    def name(self) -> str:
        """The name for people."""
        ...

    def connect(self) -> Connection:
        """Return an open connection. Raises TransportError."""
        ...
