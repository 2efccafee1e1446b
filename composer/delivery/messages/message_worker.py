"""A process that makes what differs from message to message, and the protocol between it and the run.

Input: the data of a mailing's messages, as bytes; then recipients. Output: a `WorkerReply` for each, in the same order,
from which the run makes the same message as without this process. Guarantees: keys are sent only through the socket,
not as arguments or environment variables.

A worker reads recipients from a socket and writes signatures, headers and encoded values to it: a kilobyte instead of a
whole message. It ends when its run ends in any way, because the other end of the socket is closed then. If it ends
earlier, or does not answer, it is not used any longer.
"""

import gc
import os
import pickle
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from operator import attrgetter
from typing import IO, Any, NamedTuple, cast

from composer.core.errors import ComposeError
from composer.delivery.messages.message_factory import MailingMessages, MessageError
from composer.delivery.messages.outgoing import MessageRecipient
from composer.mail.compiled_message import PersonalPieces
from composer.transport.envelope import Envelope

#: How many bytes a worker may be ahead of the readers, and how many bytes of requests may wait for it: far fewer than
#: the buffer of the socket, so that sending a request never blocks.
_AHEAD, _WAITING = 1 << 20, 1 << 16
#: Seconds that a worker may need for a message, and for which a message is current: its date and signature contain the
#: time.
_MAX_WAIT, _FRESH = 30.0, 60.0

#: The first byte from the worker: until then, messages are made in this process.
_READY = b"!"
_LENGTH = struct.Struct("!I")
_RECIPIENT = tuple(each.name for each in fields(MessageRecipient))
_ENVELOPE = tuple(each.name for each in fields(Envelope))
_recipient_of, _envelope_of = attrgetter(*_RECIPIENT), attrgetter(*_ENVELOPE)


class WorkerReply(NamedTuple):
    """A worker's reply for one recipient."""

    subscriber_id: int
    #: When it was made, on the monotonic clock.
    made: float
    found: tuple[Envelope, PersonalPieces] | MessageError


class MessageWorker:
    """A running worker; threads share it."""

    def __init__(self, payload: bytes) -> None:
        """Raises OSError if no process can be started, or the socket's buffer is too small."""
        self._socket, there = socket.socketpair()
        try:
            with there:
                for end in (self._socket, there):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _AHEAD)
                if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) < 4 * _WAITING:
                    raise OSError
                self.process = subprocess.Popen(
                    # -P: ignore a folder of the same name in the current folder.
                    [
                        sys.executable,
                        "-P",
                        "-c",
                        "from composer.delivery.messages.message_worker import serve; serve()",
                    ],
                    stdin=there.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    # Ctrl-C on a terminal must go only to the run.
                    process_group=0,
                )
        except BaseException:
            self._socket.close()
            raise
        self._socket.settimeout(_MAX_WAIT)
        self._source = cast("IO[bytes]", self._socket.makefile("rb", _AHEAD))
        self._asking, self._reading = threading.Lock(), threading.Lock()
        #: Requests without a reply: their size in bytes, by subscriber; and replies that are not used yet.
        self._asked: dict[int, int] = {}
        self._replies: dict[int, WorkerReply] = {}
        self._has_begun = self._is_gone = False
        # A thread sends the payload, so that nothing waits for the worker to start. Nothing else is sent before its
        # first byte.
        self._delivery = threading.Thread(target=self._deliver, args=(payload,), daemon=True)
        self._delivery.start()

    def expect(self, recipients: Sequence[MessageRecipient]) -> None:
        """Request these messages, as far ahead as possible."""
        with self._asking, self._parting():
            self._ask(recipients)

    def reply(self, recipient: MessageRecipient) -> WorkerReply | None:
        """Return the reply for a recipient; None if the worker has not started, is too busy, or has ended."""
        while True:
            is_asked, reply = False, None
            with self._asking, self._parting():
                is_asked = self._ask((recipient,))
            if is_asked:
                with self._parting():
                    reply = self._read(recipient.subscriber_id)
            # A message that was made before a pause is made again.
            if reply is None or time.monotonic() - reply.made < _FRESH:
                return reply

    def close(self) -> None:
        """End the worker; nothing is lost."""
        self._is_gone = True
        # First, threads that wait for a reply get an error.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.process.kill()
        self.process.wait()
        self._delivery.join()
        with self._reading:
            self._source.close()
        self._socket.close()

    @contextmanager
    def _parting(self) -> Iterator[None]:
        """Mark the worker as gone if it does not answer; it is not used any longer."""
        try:
            yield
        except (OSError, ValueError, EOFError):
            # ValueError: it was closed on this side.
            self._is_gone = True

    def _deliver(self, payload: bytes) -> None:
        with self._parting():
            _send(self._socket, payload)

    def _listen(self) -> None:
        """Check whether the worker has started. Raises OSError, or EOFError if it has ended."""
        if self._has_begun or self._is_gone:
            return
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        if poll.poll(0):
            if self._socket.recv(len(_READY)) != _READY:
                raise EOFError
            self._has_begun = True

    def _ask(self, recipients: Sequence[MessageRecipient]) -> bool:
        """Request messages that were not requested; return whether all of them are now. Raises OSError, or EOFError."""
        self._listen()
        if not self._has_begun or self._is_gone:
            return False
        new = [
            each
            for each in recipients
            if each.subscriber_id not in self._asked and each.subscriber_id not in self._replies
        ]
        if not new:
            return True
        # Readers may remove requests at the same time, so the room is never overestimated.
        room = _WAITING - sum(list(self._asked.values()))
        questions = []
        for each in new:
            question = pickle.dumps(_recipient_of(each))
            room -= len(question)
            if room < 0:
                break
            self._asked[each.subscriber_id] = len(question)
            questions.append(question)
        if questions:
            _send(self._socket, *questions)
        return len(questions) == len(new)

    def _read(self, subscriber_id: int) -> WorkerReply:
        """Read until the reply for this subscriber has arrived. Raises OSError, EOFError, or ValueError."""
        with self._reading:
            # Replies come in the order of the requests: the first thread also reads the replies that others wait for.
            while (reply := self._replies.pop(subscriber_id, None)) is None:
                found = _reply(_next(self._source))
                self._replies[found.subscriber_id] = found
                del self._asked[found.subscriber_id]
        return reply


def _send(to: socket.socket, *many: bytes) -> None:
    to.sendall(b"".join(_LENGTH.pack(len(data)) + data for data in many))


def _take(source: IO[bytes], count: int) -> bytes:
    data = source.read(count)
    if len(data) < count:
        raise EOFError
    return data


def _next(source: IO[bytes]) -> Any:
    return pickle.loads(_take(source, *_LENGTH.unpack(_take(source, _LENGTH.size))))  # noqa: S301  # from our own process


def _reply(data: tuple[Any, ...]) -> WorkerReply:
    subscriber_id, made, error, envelope, pieces = data
    if error is not None:
        return WorkerReply(subscriber_id, made, MessageError(*error))
    known = Envelope(**dict(zip(_ENVELOPE, envelope, strict=True)))
    return WorkerReply(subscriber_id, made, (known, PersonalPieces(*pieces)))


def serve() -> None:
    """Run as the worker, until the other end of the socket (standard input) is closed."""
    # As in composer/cli/main.py: most objects live until the end.
    gc.set_threshold(50_000)
    with suppress(EOFError, OSError), socket.socket(fileno=os.dup(0)) as ends, ends.makefile("rb") as source:
        message_source = MailingMessages(_next(source))
        ends.sendall(_READY)
        while True:
            recipient = MessageRecipient(**dict(zip(_RECIPIENT, _next(source), strict=True)))
            _send(ends, pickle.dumps(_answer(message_source, recipient)))


def _answer(message_source: MailingMessages, recipient: MessageRecipient) -> tuple[Any, ...]:
    """Return a reply as simple values, from which `_reply` makes a `WorkerReply`."""
    made = time.monotonic()
    try:
        envelope, pieces = message_source.pieces(recipient)
    except ComposeError as error:
        return recipient.subscriber_id, made, (error.message, error.hint), None, None
    return recipient.subscriber_id, made, None, _envelope_of(envelope), tuple(pieces)
