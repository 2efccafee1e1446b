"""One connection: sends bytes and reads replies, with exact timeouts.

Input: a connected socket. Output: replies, or `BrokenError` with a `Fault`. Guarantees: does not retry; logs nothing,
because the bytes contain passwords and subscribers' addresses.
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
#: The most seconds of one wait of the socket; longer waits are repeated. Each change of the timeout is a system call
#: that lets another thread run first, which is expensive with a dozen connections.
_STEP = 10.0


class Fault(StrEnum):
    """Why a connection failed: a code."""

    LOST = "lost"
    LATE = "late"
    #: the server stopped reading
    SLOW = "slow"
    GARBLED = "garbled"

    @property
    def in_words(self) -> str:
        """The fault as text."""
        return _WORDS[self]


_WORDS = {
    Fault.LOST: "the connection was lost",
    Fault.LATE: "the server did not answer in time",
    Fault.SLOW: "the server stopped reading the message",
    Fault.GARBLED: "the server sent an invalid reply",
}


class BrokenError(Exception):
    """The connection has failed."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.in_words)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """How a connection is encrypted, and until when the server's certificate is valid."""

    #: Such as "TLSv1.3".
    version: str
    until: datetime.datetime


class Wire:
    """A connection to a server. Raises only BrokenError."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._parser = ReplyParser()
        #: The current timeout of the socket.
        self._seconds: float | None = None
        # Without this, every message waits about 40 ms for an acknowledgment (Nagle's algorithm).
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
        """How it is encrypted; None if it is not."""
        if not isinstance(self._socket, ssl.SSLSocket):
            return None
        certificate = self._socket.getpeercert() or {}
        seconds = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        until = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
        return Encryption(version=self._socket.version() or "", until=until)

    def secure(self, trust: ssl.SSLContext, host: str, seconds: float) -> None:
        """Encrypt the connection, and check that the server is `host`. Raises OSError (ssl.SSLError is one)."""
        self._seconds = None
        self._socket.settimeout(seconds)
        self._socket = trust.wrap_socket(self._socket, server_hostname=host)

    def send(self, data: bytes | memoryview, seconds: float) -> None:
        """Send all bytes; the timeout is for each 64 KB (RFC 5321, section 4.5.3.2.5)."""
        rest, sent = memoryview(data), 0
        end = time.monotonic() + seconds
        try:
            while rest:
                try:
                    self._wait_until(end)
                    # In blocks, because TLS sends everything or nothing of a call.
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
        """Wait for one complete reply; the timeout is for the whole reply."""
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
        """Whether the connection is open and the server has sent nothing, as expected without a request."""
        if not self._parser.is_empty:
            return False
        try:
            if not _has_arrived(self._socket):
                return True
            # A closed connection is readable, too; and internal TLS messages contain no data for us.
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
        """Set the timeout of the next call, to the rest of the time or one step. Raises TimeoutError if no time is left."""
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        seconds = min(left, _STEP)
        if seconds != self._seconds:
            self._seconds = seconds
            self._socket.settimeout(seconds)

    def close(self) -> None:
        """Close the connection without QUIT. Never raises."""
        with contextlib.suppress(OSError):
            self._socket.close()


def _has_arrived(connected: socket.socket) -> bool:
    """Return whether there are bytes to read, without waiting."""
    if isinstance(connected, ssl.SSLSocket) and connected.pending():
        return True
    if sys.platform == "win32":
        return bool(select.select([connected], [], [], 0)[0])
    # Unlike select(), poll() accepts descriptors of any number.
    poll = select.poll()
    poll.register(connected, select.POLLIN)
    return bool(poll.poll(0))
