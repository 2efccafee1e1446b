"""One connection: bytes go out, replies come in, and no wait is longer than was said.

Comes in: a connected socket. Goes out: replies, or `BrokenError`, in words. Never tries anything twice, never logs what
passes through: it carries passwords and readers' addresses.
"""

import contextlib
import datetime
import socket
import ssl
import time
from dataclasses import dataclass

from composer.transport.replies import GarbledError, Lines, ReplyReader

_BLOCK = 64 * 1024

LOST = "the connection was lost"
LATE = "the server did not answer in time"
SLOW = "the server stopped taking in what was sent"
GARBLED = "the server’s answer cannot be understood"


class BrokenError(Exception):
    """The connection is of no use any more; the words say what happened."""


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
        self._reader = ReplyReader()
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
        self._socket.settimeout(seconds)
        self._socket = trust.wrap_socket(self._socket, server_hostname=host)

    def send(self, data: bytes | memoryview, seconds: float) -> None:
        """Send all of it; every 64 KB has its own time (RFC 5321, section 4.5.3.2.5)."""
        whole = memoryview(data)
        try:
            for start in range(0, len(whole), _BLOCK):
                rest = whole[start : start + _BLOCK]
                end = time.monotonic() + seconds
                while rest:
                    self._socket.settimeout(_left(end))
                    rest = rest[self._socket.send(rest) :]
        except TimeoutError:
            raise BrokenError(SLOW) from None
        except OSError:
            raise BrokenError(LOST) from None

    def read(self, seconds: float) -> Lines:
        """Wait for one whole reply; the time is for all of it, however it comes."""
        end = time.monotonic() + seconds
        try:
            while (lines := self._reader.next()) is None:
                self._socket.settimeout(_left(end))
                data = self._socket.recv(_BLOCK)
                if not data:
                    raise BrokenError(LOST)
                self._reader.feed(data)
        except GarbledError:
            raise BrokenError(GARBLED) from None
        except TimeoutError:
            raise BrokenError(LATE) from None
        except OSError:
            raise BrokenError(LOST) from None
        return lines

    @property
    def is_silent(self) -> bool:
        """Tell whether the server has nothing to say and is still there, as it should be when it was asked nothing."""
        if not self._reader.is_empty:
            return False
        try:
            self._socket.settimeout(0)
            data = self._socket.recv(_BLOCK)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        self._reader.feed(data)
        return False

    def close(self) -> None:
        """Hang up, without a word. Never raises."""
        with contextlib.suppress(OSError):
            self._socket.close()


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
