"""A mail server in a thread that follows a script, and counts every accepted copy.

A script has actions for stages; an action is a function that takes an `SmtpSession` and returns the reply code (0:
none). Without an action the server behaves normally.
"""

import contextlib
import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

#: Seconds that the server waits for a client, and the test waits for the server: much longer than needed.
_MAX_WAIT = 30


class HangUp(Exception):
    """The server closes the connection."""


@dataclass
class SmtpSession:
    """One connection on the server's side."""

    office: "FakeSmtp"
    connection: socket.socket
    data: bytearray = field(default_factory=bytearray)
    heard: list[bytes] = field(default_factory=list)
    sender: bytes | None = None
    recipient: bytes | None = None
    #: The received message, with doubled dots.
    content: bytes = b""
    #: Accepted messages of this connection.
    count: int = 0

    def say(self, raw: bytes) -> int:
        self.connection.sendall(raw)
        return int(raw[:3]) if raw[:3].isdigit() else 0

    def take(self) -> None:
        assert self.recipient is not None
        self.count += 1
        self.office.taken.append((self.recipient, self.content))

    def more(self) -> None:
        data = self.connection.recv(65536)
        if not data:
            raise HangUp
        self.data += data

    def line(self) -> bytes:
        while (end := self.data.find(b"\n")) < 0:
            self.more()
        line = bytes(self.data[: end + 1])
        del self.data[: end + 1]
        return line.removesuffix(b"\r\n")

    def reply(self, stage: str, good: bytes) -> int:
        action = self.office.script.get(stage)
        return action(self) if action else self.say(good)

    def secure(self) -> None:
        assert self.office.context is not None
        self.connection = self.office.context.wrap_socket(self.connection, server_side=True)

    def talk(self) -> None:
        if self.office.is_tls:
            self.secure()
        self.reply("greeting", b"220 office.example ESMTP\r\n")
        while True:
            line = self.line()
            self.heard.append(line)
            verb = line.split(b" ")[0].upper().decode("ascii", "replace")
            match verb:
                case "EHLO":
                    offers = (b"250-%s\r\n" % each.encode() for each in self.office.offers)
                    self.reply("ehlo", b"250-office.example\r\n%s250 HELP\r\n" % b"".join(offers))
                case "STARTTLS":
                    if self.reply("starttls", b"220 2.0.0 go ahead\r\n") == 220:
                        self.secure()
                case "AUTH":
                    self.auth(line)
                case "MAIL":
                    code = self.reply("mail", b"250 2.1.0 Ok\r\n")
                    self.sender = line if code == 250 else None
                case "RCPT" if self.sender is None:
                    self.say(b"503 5.5.1 MAIL first\r\n")
                case "RCPT":
                    code = self.reply("rcpt", b"250 2.1.5 Ok\r\n")
                    self.recipient = line if code == 250 else None
                case "DATA" if self.recipient is None and not self.office.is_naive:
                    self.say(b"503 5.5.1 no valid recipients\r\n")
                case "DATA":
                    if self.reply("data", b"354 go ahead\r\n") == 354:
                        self.body()
                case "RSET" | "NOOP":
                    self.sender = self.recipient = None
                    self.reply(verb.lower(), b"250 2.0.0 Ok\r\n")
                case "QUIT":
                    self.reply("quit", b"221 2.0.0 Bye\r\n")
                    raise HangUp
                case _:
                    self.say(b"500 5.5.2 what?\r\n")

    def auth(self, line: bytes) -> None:
        mechanism = line.split(b" ")[1]
        if mechanism == b"LOGIN":
            for prompt in (b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n"):
                self.say(prompt)
                self.heard.append(self.line())
        self.reply("auth", b"235 2.7.0 welcome\r\n")

    def body(self) -> None:
        if action := self.office.script.get("body"):
            self.more()
            action(self)
            raise HangUp
        while not self.data.startswith(b".\r\n") and b"\r\n.\r\n" not in self.data:
            self.more()
        whole, _, rest = (b"\r\n" + self.data).partition(b"\r\n.\r\n")
        self.content, self.data = whole[2:] + b"\r\n", bytearray(rest)
        if self.recipient is None:
            self.reply("lone dot", b"554 5.5.1 no valid recipients\r\n")
        elif self.reply("dot", b"250 2.0.0 Ok: queued as Q%d\r\n" % next(self.office.ids)) == 250:
            self.take()
        self.sender = self.recipient = None


Action = Callable[[SmtpSession], int]
Script = Mapping[str, Action]


class FakeSmtp:
    """The server."""

    def __init__(
        self,
        script: Script | None = None,
        *,
        host: str = "127.0.0.1",
        offers: tuple[str, ...] = ("PIPELINING",),
        context: ssl.SSLContext | None = None,
        is_tls: bool = False,
        is_naive: bool = False,
    ) -> None:
        self.script = script or {}
        self.offers, self.context, self.is_tls, self.is_naive = offers, context, is_tls, is_naive
        self.ids = itertools.count(1)
        self.taken: list[tuple[bytes, bytes]] = []
        self.visits: list[SmtpSession] = []
        #: Bytes of an endless answer that the client read.
        self.flooded = 0
        self.closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listening = socket.create_server((host, 0))
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> "FakeSmtp":
        self._start(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Wait until every client has disconnected, so that the count is final."""
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(_MAX_WAIT)
            assert not thread.is_alive(), "a visitor did not leave"

    @property
    def is_empty(self) -> bool:
        """Whether every client has disconnected."""
        return not any(thread.is_alive() for thread in self._threads[1:])

    @property
    def heard(self) -> list[bytes]:
        return [line for visit in self.visits for line in visit.heard]

    def _start(self, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._start(partial(self._receive, SmtpSession(self, connection)))

    def _receive(self, visit: SmtpSession) -> None:
        self.visits.append(visit)
        visit.connection.settimeout(_MAX_WAIT)
        # Without it, an answer waits about 40 ms for an acknowledgment (Nagle's algorithm).
        visit.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(HangUp, OSError):
            visit.talk()
        visit.connection.close()


def says(raw: bytes) -> Action:
    return lambda visit: visit.say(raw)


def says_and_leaves(raw: bytes) -> Action:
    def action(visit: SmtpSession) -> int:
        visit.say(raw)
        raise HangUp

    return action


def leaves(visit: SmtpSession) -> int:
    raise HangUp


def hangs(visit: SmtpSession) -> int:
    """Never answer; return when the client disconnects, or the test has ended."""
    with contextlib.suppress(HangUp, OSError):
        while not visit.office.closing.is_set():
            visit.more()
    raise HangUp


def stops_reading(visit: SmtpSession) -> int:
    visit.office.closing.wait(5)
    raise HangUp


def reads_slowly(visit: SmtpSession) -> int:
    while not visit.office.closing.wait(0.02):
        if not visit.connection.recv(500):
            break
    raise HangUp


def drips(visit: SmtpSession) -> int:
    """Start a normal answer byte by byte, more slowly than any timeout."""
    for byte in b"250-" + b"x" * 500:
        if visit.office.closing.wait(0.02):
            break
        visit.say(bytes([byte]))
    raise HangUp


def dribbles(raw: bytes) -> Action:
    """Answer byte by byte."""

    def action(visit: SmtpSession) -> int:
        for at in range(len(raw)):
            visit.say(raw[at : at + 1])
            visit.office.closing.wait(0.002)
        return int(raw[:3])

    return action


def floods(piece: bytes) -> Action:
    """Repeat the same answer, a hundred megabytes of it."""

    def action(visit: SmtpSession) -> int:
        for _ in range(100_000_000 // len(piece)):
            visit.say(piece)
            visit.office.flooded += len(piece)
        raise HangUp

    return action


def takes(action: Action) -> Action:
    """Accept the message, then do anything except confirm it."""

    def taking(visit: SmtpSession) -> int:
        visit.take()
        return action(visit) and 0

    return taking


def once(action: Action, good: bytes, *, number: int = 1) -> Action:
    """Fail the first time (or the given one), and behave normally after that."""
    times = itertools.count(1)
    return lambda visit: action(visit) if next(times) == number else visit.say(good)


def after(count: int, action: Action, good: bytes) -> Action:
    """Behave normally for this many messages of a session, and fail after that."""
    return lambda visit: action(visit) if visit.count >= count else visit.say(good)


class Holding:
    """Behave normally this many times, over all connections, and then wait, so that a test need not be fast."""

    def __init__(self, count: int, good: bytes) -> None:
        self._free, self._good = count, good
        self._times = itertools.count(1)
        #: Set when a connection waits.
        self.is_holding = threading.Event()
        self._is_free = threading.Event()

    def __call__(self, visit: SmtpSession) -> int:
        if next(self._times) > self._free:
            self.is_holding.set()
            while not self._is_free.wait(0.02) and not visit.office.closing.is_set():
                pass
        return visit.say(self._good)

    def wait(self, seconds: float = 120) -> None:
        """Wait until a connection waits."""
        assert self.is_holding.wait(seconds), "nobody came that far"

    def release(self) -> None:
        """Behave normally from now on, and answer the waiting connections."""
        self._is_free.set()


def session_limits(
    count: int, words: bytes = b"4.4.5 Maximum number of messages per session exceeded"
) -> "dict[str, Script]":
    """Return servers with a limit of messages per session, by how each reports it."""
    good = {
        "mail": b"250 2.1.0 Ok\r\n",
        "rcpt": b"250 2.1.5 Ok\r\n",
        "data": b"354 go ahead\r\n",
        "dot": b"250 2.0.0 Ok\r\n",
    }
    said, last = b"452 %s\r\n" % words, b"421 %s\r\n" % words
    scripts: dict[str, Script] = {}
    for stage, fine in good.items():
        scripts[f"452 at {stage}"] = {stage: after(count, says(said), fine)}
        scripts[f"421 at {stage}"] = {stage: after(count, says_and_leaves(last), fine)}
        if stage != "dot":
            scripts[f"silence at {stage}"] = {stage: after(count, leaves, fine)}
    scripts["silence after the last answer"] = {
        "dot": after(count - 1, takes(says_and_leaves(good["dot"])), good["dot"])
    }
    scripts["silence at dot, taken"] = {"dot": after(count, takes(leaves), good["dot"])}
    scripts["silence at dot, not taken"] = {"dot": after(count, leaves, good["dot"])}
    return scripts


@contextlib.contextmanager
def full_office() -> Iterator[int]:
    """Provide the port of a server that never accepts connections."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening, contextlib.ExitStack() as callers:
        port = listening.getsockname()[1]
        for _ in range(4):
            caller = callers.enter_context(socket.socket())
            caller.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                caller.connect(("127.0.0.1", port))
        yield port
