"""Sends single messages by the first of several mail servers that takes them.

Input: transports, in the order of preference. Output: one transport. Guarantees: a message goes to the next server only
after the one before has answered that it does not accept it, so no server gets it twice. The mailings have routes of
their own (delivery/worker).
"""

from collections.abc import Callable, Sequence

from composer.transport.envelope import Envelope
from composer.transport.outcome import Outcome, is_about_us
from composer.transport.protocol import Connection, Transport, TransportError, go


class FailoverTransport:
    """A transport to several servers."""

    def __init__(self, transports: Sequence[Transport]) -> None:
        self._transports = transports

    @property
    def name(self) -> str:
        """The names of all servers."""
        return ", ".join(each.name for each in self._transports)

    def connect(self) -> "FailoverConnection":
        """Connect to the first server that answers. Raises the first server's TransportError if none does."""
        return FailoverConnection(self._transports)


class FailoverConnection:
    """A connection to one of the servers, for one thread at a time."""

    def __init__(self, transports: Sequence[Transport]) -> None:
        self._left = list(transports)
        self._connection = self._open()

    def hand_over(self, envelope: Envelope, message: bytes, before_dot: Callable[[], bool] = go) -> Outcome:
        """Send one message and return its outcome; see `Connection`."""
        permission: bool | None = None

        def once() -> bool:
            # The intent is recorded only once. It still holds if a server has rejected the message since.
            nonlocal permission
            permission = before_dot() if permission is None else permission
            return permission

        while True:
            outcome = self._connection.hand_over(envelope, message, once)
            if permission is False or not is_about_us(outcome) or not self._move_on():
                return outcome

    def close(self) -> None:
        """Close the connection. Never raises."""
        self._connection.close()

    def _move_on(self) -> bool:
        """Connect to the next server; return False, and stay, without a next one."""
        try:
            connection = self._open()
        except (TransportError, IndexError):
            return False
        self._connection.close()
        self._connection = connection
        return True

    def _open(self) -> Connection:
        """Connect to the first server that is left and answers. Raises TransportError, or IndexError if none is left."""
        first: TransportError | None = None
        while self._left:
            try:
                return self._left.pop(0).connect()
            except TransportError as error:
                first = first or error
        raise first or IndexError
