"""One process that makes messages, and how a run speaks with it.

Input: what a mailing's messages are made from, as bytes; then recipients. Output: a `Reply` for each, in the same order,
from which `letter_of` makes what `MailingMessages` would have made here.

A worker is a filter: recipients go in at one end of a socket, messages come out. It ends when its run does, however that ends,
for nobody is at the other end any more. If it ends before, or does not answer, it is not spoken to any more. Keys reach it
through the socket; they stand in no argument and in no environment.
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

#: How far one may be ahead of those who read, and how many bytes of questions may wait for it: far fewer than the socket holds,
#: so that whoever asks never waits.
_AHEAD, _WAITING = 1 << 20, 1 << 16
#: Seconds that a worker may take for a message, and that one may lie ready: its date and its signature say when it was made.
_MAX_WAIT, _FRESH = 30.0, 60.0

#: What it says first: as long as it gets ready, messages are made here.
_READY = b"!"
_LENGTH = struct.Struct("!I")
#: Of a reply: whose, what it holds, when it was made, and two lengths.
_REPLY = struct.Struct("!QBdII")
_TROUBLE, _MESSAGE, _DOTTED = range(3)
_RECIPIENT = tuple(each.name for each in fields(MessageRecipient))
_ENVELOPE = tuple(each.name for each in fields(Envelope))
_recipient_of, _envelope_of = attrgetter(*_RECIPIENT), attrgetter(*_ENVELOPE)


class WorkerReply(NamedTuple):
    """What a worker says to a recipient."""

    kind: int
    made: float
    about: bytes
    message: bytes


class MessageWorker:
    """A worker at work; threads share it."""

    def __init__(self, payload: bytes) -> None:
        """Raises OSError where no process can be started, or the system gives it no room."""
        self._socket, there = socket.socketpair()
        try:
            with there:
                for end in (self._socket, there):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _AHEAD)
                if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) < 4 * _WAITING:
                    raise OSError
                self.process = subprocess.Popen(
                    # -P: a folder of that name where it is started is none of ours.
                    [
                        sys.executable,
                        "-P",
                        "-c",
                        "from composer.delivery.messages.message_worker import serve; serve()",
                    ],
                    stdin=there.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    # Ctrl-C on a terminal is for the run to hear.
                    process_group=0,
                )
        except BaseException:
            self._socket.close()
            raise
        self._socket.settimeout(_MAX_WAIT)
        self._source = cast("IO[bytes]", self._socket.makefile("rb", _AHEAD))
        self._asking, self._reading = threading.Lock(), threading.Lock()
        #: What was asked and has no reply yet: bytes of the question, by subscriber; and replies that nobody has taken.
        self._asked: dict[int, int] = {}
        self._replies: dict[int, WorkerReply] = {}
        self._has_begun = self._is_gone = False
        # It takes them when it has begun; nobody waits for that, and nothing else is sent before it has said so.
        self._delivery = threading.Thread(target=self._deliver, args=(payload,), daemon=True)
        self._delivery.start()

    def expect(self, recipients: Sequence[MessageRecipient]) -> None:
        """Have these made, as far ahead as may be."""
        with self._asking, self._parting():
            self._ask(recipients)

    def reply(self, recipient: MessageRecipient) -> WorkerReply | None:
        """Return what it says to a recipient; None when it has not begun, has too much to do, or has ended."""
        while True:
            is_asked, reply = False, None
            with self._asking, self._parting():
                is_asked = self._ask((recipient,))
            if is_asked:
                with self._parting():
                    reply = self._read(recipient.subscriber_id)
            # One that has lain through a pause is made again.
            if reply is None or time.monotonic() - reply.made < _FRESH:
                return reply

    def close(self) -> None:
        """End it; nothing is lost with it."""
        self._is_gone = True
        # First of all whoever waits for a reply is told that none will come.
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
        """Know it for gone when it does not answer; it is not spoken to any more."""
        try:
            yield
        except (OSError, ValueError, EOFError):
            # ValueError: it was closed on this side.
            self._is_gone = True

    def _deliver(self, payload: bytes) -> None:
        with self._parting():
            _send(self._socket, payload)

    def _listen(self) -> None:
        """Hear whether it has begun. Raises OSError, or EOFError where it has ended."""
        if self._has_begun or self._is_gone:
            return
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        if poll.poll(0):
            if self._socket.recv(len(_READY)) != _READY:
                raise EOFError
            self._has_begun = True

    def _ask(self, recipients: Sequence[MessageRecipient]) -> bool:
        """Ask for those that were not asked for yet; tell whether all are. Raises OSError, or EOFError."""
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
        # Subscribers take away from it meanwhile: what is seen is never too little.
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
        """Read until the reply is there that was asked for. Raises OSError, EOFError, or ValueError."""
        with self._reading:
            # Replies come in the order of the questions: whoever is first takes in what others wait for.
            while (reply := self._replies.pop(subscriber_id, None)) is None:
                whose, found = _reply(self._source)
                self._replies[whose] = found
                del self._asked[whose]
        return reply


def message_of(reply: WorkerReply) -> OutgoingMessage:
    """Make a message of a reply. Raises MessageError where it says why there is none."""
    told = pickle.loads(reply.about)  # noqa: S301  # by a process of ours
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
    """Be the worker, as long as there is somebody at the other end of the socket that is standard input."""
    # As in composer/cli/main.py: what lives here lives to the end.
    gc.set_threshold(50_000)
    with suppress(EOFError, OSError), socket.socket(fileno=os.dup(0)) as ends, ends.makefile("rb") as source:

        def question() -> bytes:
            return _take(source, *_LENGTH.unpack(_take(source, _LENGTH.size)))

        message_source = MailingMessages(pickle.loads(question()))  # noqa: S301  # by the process that started this one
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
