"""One connection: bytes go out, replies come in, and no wait is longer than was said.

Input: a connected socket. Output: replies, or `BrokenError`, with a `Fault`. Never tries anything twice, never logs what
passes through: it carries passwords and subscribers' addresses.
"""

import contextlib
import datetime
import select
import socket
import ssl
import sys
import time
from dataclasses import dataclass
from enum import StrEnum

from composer.transport.smtp.reply_parser import GarbledError, Lines, ReplyParser

_BLOCK = 64 * 1024
#: Seconds that the socket waits at a time at most; whoever has longer waits again. To tell it another time is a call of the
#: system, and each lets another thread go first: with a dozen connections that is dear.
_STEP = 10.0


class Fault(StrEnum):
    """Why a connection is of no use any more: a code."""

    LOST = "lost"
    LATE = "late"
    #: the server stopped reading
    SLOW = "slow"
    GARBLED = "garbled"

    @property
    def in_words(self) -> str:
        """The fault, for people."""
        return _WORDS[self]


_WORDS = {
    Fault.LOST: "the connection was lost",
    Fault.LATE: "the server did not answer in time",
    Fault.SLOW: "the server stopped taking in what was sent",
    Fault.GARBLED: "the server’s answer cannot be understood",
}


class BrokenError(Exception):
    """The connection is of no use any more."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.in_words)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """How a connection is encrypted, and until when the server's certificate holds."""

    #: Such as "TLSv1.3".
    version: str
    until: datetime.datetime


class Wire:
    """A connection to a server. BrokenError is the only trouble it makes."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._parser = ReplyParser()
        #: What the socket was last told to wait.
        self._seconds: float | None = None
        # Without it every message waits some 40 ms for an acknowledgement (Nagle's algorithm).
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def peer(self) -> str:
        """The address at the other end."""
        return str(self._socket.getpeername()[0])

    @property
    def here(self) -> str:
        """The address at our end."""
        return str(self._socket.getsockname()[0])

    @property
    def is_encrypted(self) -> bool:
        return isinstance(self._socket, ssl.SSLSocket)

    @property
    def encryption(self) -> Encryption | None:
        """How it is encrypted; None where it is not."""
        if not isinstance(self._socket, ssl.SSLSocket):
            return None
        certificate = self._socket.getpeercert() or {}
        seconds = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        until = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
        return Encryption(version=self._socket.version() or "", until=until)

    def secure(self, trust: ssl.SSLContext, host: str, seconds: float) -> None:
        """Encrypt from here on, with a server that proves to be `host`. Raises OSError (ssl.SSLError is one)."""
        self._seconds = None
        self._socket.settimeout(seconds)
        self._socket = trust.wrap_socket(self._socket, server_hostname=host)

    def send(self, data: bytes | memoryview, seconds: float) -> None:
        """Send all of it; every 64 KB has its own time (RFC 5321, section 4.5.3.2.5)."""
        rest, sent = memoryview(data), 0
        end = time.monotonic() + seconds
        try:
            while rest:
                try:
                    self._wait_until(end)
                    # By blocks, for TLS takes all of what it is given or nothing.
                    count = self._socket.send(rest[:_BLOCK])
                except TimeoutError:
                    if time.monotonic() >= end:
                        raise
                    continue
                rest, before, sent = rest[count:], sent, sent + count
                if sent // _BLOCK > before // _BLOCK:
                    end = time.monotonic() + seconds
        except TimeoutError:
            raise BrokenError(Fault.SLOW) from None
        except OSError:
            raise BrokenError(Fault.LOST) from None

    def read(self, seconds: float) -> Lines:
        """Wait for one whole reply; the time is for all of it, however it comes."""
        end = time.monotonic() + seconds
        try:
            while (lines := self._parser.next()) is None:
                try:
                    self._wait_until(end)
                    data = self._socket.recv(_BLOCK)
                except TimeoutError:
                    if time.monotonic() >= end:
                        raise
                    continue
                if not data:
                    raise BrokenError(Fault.LOST)
                self._parser.feed(data)
        except GarbledError:
            raise BrokenError(Fault.GARBLED) from None
        except TimeoutError:
            raise BrokenError(Fault.LATE) from None
        except OSError:
            raise BrokenError(Fault.LOST) from None
        return lines

    @property
    def is_silent(self) -> bool:
        """Tell whether the server has nothing to say and is still there, as it should be when it was asked nothing."""
        if not self._parser.is_empty:
            return False
        try:
            if not _has_arrived(self._socket):
                return True
            # A server that hung up is something to read, too; and what TLS says to itself is nothing to us.
            self._seconds = None
            self._socket.settimeout(0)
            data = self._socket.recv(_BLOCK)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except (OSError, ValueError):
            # ValueError: it was closed on this side.
            return False
        self._parser.feed(data)
        return False

    def _wait_until(self, end: float) -> None:
        """Let the next call wait until then, or a step of the way. Raises TimeoutError when it is past."""
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        seconds = min(left, _STEP)
        if seconds != self._seconds:
            self._seconds = seconds
            self._socket.settimeout(seconds)

    def close(self) -> None:
        """Hang up, without a word. Never raises."""
        with contextlib.suppress(OSError):
            self._socket.close()


def _has_arrived(connected: socket.socket) -> bool:
    """Return whether there is anything to read, without waiting."""
    if isinstance(connected, ssl.SSLSocket) and connected.pending():
        return True
    if sys.platform == "win32":
        return bool(select.select([connected], [], [], 0)[0])
    # Unlike select() it takes a descriptor of any number.
    poll = select.poll()
    poll.register(connected, select.POLLIN)
    return bool(poll.poll(0))
