"""One request, and the head of its answer.

Input: a method, a target, its checked addresses, a deadline. Output: status and Location, or the reason why there is no
answer. Guarantees: follows no redirect, looks up no name, reads no page, uses no proxy, and ends by the deadline,
however slowly a server sends: the remaining time is set again before every step.
"""

import functools
import importlib.metadata
import re
import socket
import ssl
import time
from dataclasses import dataclass

from composer.links.network import Reach
from composer.links.targets import Target, read_location

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?![0-9])")
_END = re.compile(rb"\r?\n\r?\n")
_LOCATION = re.compile(rb"^location[ \t]*:[ \t]*(.*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """The answer of a server."""

    status: int
    #: The target of a redirect (RFC 9110, section 15.4), as the server wrote it.
    redirect: str | None

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300 or self.redirect is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """No answer, or none that is valid."""

    reason: str
    #: Whether a connection was made: then the server may have disliked the request itself.
    connected: bool


class Deadline:
    """A point in time at which all waiting ends."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the remaining seconds, more than zero; raises TimeoutError."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _NotUnderstoodError(Exception):
    """The data is not a valid answer; the message says why."""


def fetch(
    method: str, target: Target, addresses: tuple[str, ...], *, reach: Reach, trust: ssl.SSLContext, deadline: Deadline
) -> HttpReply | Silence:
    """Request a target at one of its addresses."""
    try:
        connection = _connect(target, addresses, reach, trust, deadline)
    except OSError as error:
        return Silence(reason=_words(error), connected=False)
    with connection:
        try:
            connection.settimeout(deadline.left())
            connection.sendall(_request(method, target))
            return _listen(connection, deadline, reach.limits.head)
        except _NotUnderstoodError as error:
            return Silence(reason=str(error), connected=True)
        except OSError as error:
            return Silence(reason=_words(error), connected=True)


def _connect(
    target: Target, addresses: tuple[str, ...], reach: Reach, trust: ssl.SSLContext, deadline: Deadline
) -> socket.socket:
    for place, address in enumerate(addresses):
        try:
            # An address that never answers leaves the other addresses their share of the time.
            plain = reach.connect(address, target.port, deadline.left() / (len(addresses) - place))
            break
        except OSError:
            if place == len(addresses) - 1:
                raise
    if target.scheme == "http":
        return plain
    try:
        plain.settimeout(deadline.left())
        return trust.wrap_socket(plain, server_hostname=target.host)
    except BaseException:
        plain.close()
        raise


def _request(method: str, target: Target) -> bytes:
    lines = (
        f"{method} {target.path} HTTP/1.1",
        f"Host: {target.authority}",
        f"User-Agent: {_agent()}",
        "Accept: text/html,*/*",
        "Connection: close",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


@functools.cache
def _agent() -> str:
    return f"compose-link-check/{importlib.metadata.version('compose-newsletter')} (+newsletter link check)"


def _listen(connection: socket.socket, deadline: Deadline, limit: int) -> HttpReply:
    """Read to the end of the head, but not the page after it. Interim answers (1xx) are skipped."""
    heard, read = b"", 0
    while True:
        looked_at = max(0, len(heard) - 3)  # the end may arrive in pieces
        connection.settimeout(deadline.left())
        more = connection.recv(min(4096, limit - read))
        if not more:
            raise _NotUnderstoodError("the server closed the connection without an answer")
        heard, read = heard + more, read + len(more)
        while end := _END.search(heard, looked_at):
            reply, heard, looked_at = _reply(heard[: end.end()]), heard[end.end() :], 0
            if reply.status >= 200:
                return reply
        if not heard.startswith(b"HTTP/"[: len(heard)]):
            raise _NotUnderstoodError("the server’s answer is not HTTP")
        if read >= limit:
            raise _NotUnderstoodError("the header of the server’s answer is too long")


def _reply(head: bytes) -> HttpReply:
    status = _STATUS.match(head)
    if status is None:
        raise _NotUnderstoodError("the server’s answer is not valid HTTP")
    location = _LOCATION.search(head)
    redirects = int(status[1]) in (301, 302, 303, 307, 308) and location is not None and location[1]
    return HttpReply(status=int(status[1]), redirect=read_location(redirects) if redirects else None)


#: OpenSSL's numbers (X509_V_ERR_…) for errors of a certificate.
_CERTIFICATE = {
    9: "is not valid yet",
    10: "has expired",
    18: "is signed only by the site itself",
    19: "is not signed by a trusted authority",
    20: "is not signed by a trusted authority",
    62: "is for another host",
    64: "is for another host",
}


def _words(error: OSError) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            wrong = _CERTIFICATE.get(error.verify_code, "cannot be trusted")
            return f"the connection is not secure: the site’s certificate {wrong}"
        case TimeoutError():
            return "the server did not answer in time"
        case ConnectionRefusedError():
            return "the server refuses the connection"
        case ssl.SSLEOFError() | ConnectionError():
            return "the server closed the connection"
        case ssl.SSLError():
            return "a secure connection could not be made"
        case _:
            return "the server cannot be reached"
