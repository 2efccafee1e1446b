"""A process that makes messages, and the protocol between it and the run.

Input: the data of a mailing's messages, as bytes; then recipients. Output: a `WorkerReply` for each, in the same order,
from which `message_of` makes the same message as `MailingMessages` in this process. Guarantees: keys are sent only
through the socket, not as arguments or environment variables.

A worker reads recipients from a socket and writes messages to it. It ends when its run ends in any way, because the
other end of the socket is closed then. If it ends earlier, or does not answer, it is not used any longer.
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
from typing import IO, NamedTuple, cast

from composer.core.errors import ComposeError
from composer.delivery.messages.message_factory import MailingMessages, MessageError
from composer.delivery.messages.outgoing import MessageRecipient, OutgoingMessage
from composer.mail.dot_stuffing import WireMessage, joined, to_wire
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
#: The head of a reply: the subscriber, the kind, when it was made, and two lengths.
_REPLY = struct.Struct("!QBdII")
_TROUBLE, _MESSAGE, _DOTTED = range(3)
_RECIPIENT = tuple(each.name for each in fields(MessageRecipient))
_ENVELOPE = tuple(each.name for each in fields(Envelope))
_recipient_of, _envelope_of = attrgetter(*_RECIPIENT), attrgetter(*_ENVELOPE)


class WorkerReply(NamedTuple):
    """A worker's reply for one recipient."""

    kind: int
    made: float
    about: bytes
    message: bytes


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
                whose, found = _reply(self._source)
                self._replies[whose] = found
                del self._asked[whose]
        return reply


def message_of(reply: WorkerReply) -> OutgoingMessage:
    """Return the message in a reply. Raises MessageError if the reply is an error."""
    told = pickle.loads(reply.about)  # noqa: S301  # from our own process
    if reply.kind == _TROUBLE:
        raise MessageError(*told)
    message = joined((reply.message,)) if reply.kind == _MESSAGE else to_wire(reply.message)
    return OutgoingMessage(envelope=Envelope(**dict(zip(_ENVELOPE, told, strict=True))), message=message)


def _send(to: socket.socket, *many: bytes) -> None:
    to.sendall(b"".join(_LENGTH.pack(len(data)) + data for data in many))


def _take(source: IO[bytes], count: int) -> bytes:
    data = source.read(count)
    if len(data) < count:
        raise EOFError
    return data


def _reply(source: IO[bytes]) -> tuple[int, WorkerReply]:
    whose, kind, made, about, message = _REPLY.unpack(_take(source, _REPLY.size))
    return whose, WorkerReply(kind, made, _take(source, about), _take(source, message))


def serve() -> None:
    """Run as the worker, until the other end of the socket (standard input) is closed."""
    # As in composer/cli/main.py: most objects live until the end.
    gc.set_threshold(50_000)
    with suppress(EOFError, OSError), socket.socket(fileno=os.dup(0)) as ends, ends.makefile("rb") as source:

        def question() -> bytes:
            return _take(source, *_LENGTH.unpack(_take(source, _LENGTH.size)))

        message_source = MailingMessages(pickle.loads(question()))  # noqa: S301  # from the process that started this one
        ends.sendall(_READY)
        while True:
            given = pickle.loads(question())  # noqa: S301
            ends.sendall(_answer(message_source, MessageRecipient(**dict(zip(_RECIPIENT, given, strict=True)))))


def _answer(message_source: MailingMessages, recipient: MessageRecipient) -> bytes:
    message, made = b"", time.monotonic()
    try:
        outgoing = message_source.outgoing(recipient)
    except ComposeError as error:
        kind, about = _TROUBLE, pickle.dumps((error.message, error.hint))
    else:
        message = outgoing.message
        kind = _MESSAGE if isinstance(message, WireMessage) and message.is_plain else _DOTTED
        about = pickle.dumps(_envelope_of(outgoing.envelope))
    return b"".join((_REPLY.pack(recipient.subscriber_id, kind, made, len(about), len(message)), about, message))
