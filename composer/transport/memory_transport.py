"""A fake mail server in memory, for tests: it returns the outcomes of a script, and records accepted messages.

Input: a script. Output: the outcomes of the script. Guarantees: as strict as a real transport about messages and
addresses; calls `before_dot` like a real transport; sends nothing.
"""

import itertools
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from composer.mail.dot_stuffing import stuffed
from composer.transport.envelope import Envelope, addresses
from composer.transport.outcome import Outcome, OutcomeState, ServerReply, Stage
from composer.transport.protocol import TransportError, go


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenMessage:
    """A message that the server has, even if it did not confirm it."""

    envelope: Envelope
    message: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """The scripted result of a message."""

    outcome: Outcome
    #: Whether the server has a message with the outcome UNKNOWN. For other states, the outcome decides.
    is_taken: bool = False


#: Returns the result of a message; None to accept it. It may raise exceptions that the caller must survive.
Script = Callable[[Envelope], Played | Outcome | None]


def accept(envelope: Envelope) -> None:
    """Accept every message."""


class MemoryTransport:
    """A transport in memory. Safe to share between threads."""

    name = "memory"

    def __init__(self, script: Script = accept, *, refusals: Iterable[TransportError | None] = ()) -> None:
        #: Each call of `connect` takes one; None, or the end, means that the connection succeeds.
        self._refusals = iter(refusals)
        self._script = script
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self.taken: list[TakenMessage] = []
        #: Every started message, in order.
        self.seen: list[Envelope] = []
        self.connections = 0
        self.open_connections = 0

    def connect(self) -> "MemoryConnection":
        """Return a connection, or raise the scripted error."""
        with self._lock:
            if refusal := next(self._refusals, None):
                raise refusal
            self.connections += 1
            self.open_connections += 1
            return MemoryConnection(self)

    def _begin(self, envelope: Envelope) -> Played:
        with self._lock:
            self.seen.append(envelope)
            played = self._script(envelope)
            if isinstance(played, Played):
                return played
            return Played(outcome=played or self._accepted())

    def _accepted(self) -> Outcome:
        queue_id = f"M{next(self._ids):06}"
        reply = ServerReply(code=250, enhanced="2.0.0", text=f"2.0.0 Ok: queued as {queue_id}")
        return Outcome(state=OutcomeState.ACCEPTED, stage=Stage.DOT, reply=reply, queue_id=queue_id)

    def _end(self, envelope: Envelope, message: bytes, played: Played) -> None:
        match played.outcome.state:
            case OutcomeState.ACCEPTED:
                is_taken = True
            case OutcomeState.UNKNOWN:
                is_taken = played.is_taken
            case _:
                is_taken = False
        if is_taken:
            with self._lock:
                self.taken.append(TakenMessage(envelope=envelope, message=message))

    def _close(self) -> None:
        with self._lock:
            self.open_connections -= 1


class MemoryConnection:
    """A connection in memory, for one thread at a time."""

    def __init__(self, transport: MemoryTransport) -> None:
        self._transport = transport
        self._is_open = True

    def hand_over(self, envelope: Envelope, message: bytes, before_dot: Callable[[], bool] = go) -> Outcome:
        """Return the scripted outcome; see `Connection`."""
        stuffed(message)
        addressed = addresses(envelope)
        if isinstance(addressed, Outcome):
            return addressed
        played = self._transport._begin(envelope)
        if played.outcome.stage is Stage.DOT and not before_dot():
            reason = "canceled before the message was complete; the server does not have it"
            return Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.BODY, reason=reason)
        self._transport._end(envelope, message, played)
        return played.outcome

    def close(self) -> None:
        """Close the connection."""
        if self._is_open:
            self._is_open = False
            self._transport._close()
