"""Protects the public pages: checks the host name, limits the size and duration of requests, and logs them.

Input: requests as a reverse proxy forwards them. Output: requests with a complete, small body and a path below the pages;
responses with the security headers; one log line for each request. Guarantees: the log contains no personal data.
"""

import asyncio
import logging
import re
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from composer.core.event_log import emit, emit_bug

#: Bytes of the largest form. The longest one of the pages, with an editor's comment, has a quarter of this.
MOST_BYTES = 32_768
#: Bytes of a provider's webhook call, which can contain a whole bounce.
MOST_HOOK_BYTES = 1_048_576
#: Seconds for a body to arrive.
BODY_SECONDS = 10.0

_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")
_METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
#: Characters that programs wrongly add to a link in a sentence, in brackets or in quotes. No path of the pages ends with one.
_BEHIND_LINKS = " \t\r\n/.,;:!?>)]}'\"\u00bb\u2019\u201d\u3002\uff09\uff0c"
_ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    # A page's address contains a subscriber's token, which other sites must not see.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}


class Trouble(StrEnum):
    """Why a request is rejected or failed."""

    #: sent to another host name than newsletter.yaml has
    NAME = "name"
    LARGE = "large"
    SLOW = "slow"
    #: the database is not available; the subscriber can try again
    BUSY = "busy"
    #: an error in this program
    BUG = "bug"

    @property
    def status(self) -> int:
        """The HTTP status."""
        return {"name": 421, "large": 413, "slow": 408, "busy": 503, "bug": 500}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAddress:
    """`delivery.public_url`, split into parts. Every link is made from it, none from a request's headers."""

    url: str
    hosts: frozenset[str]
    path: str

    @classmethod
    def of(cls, url: str) -> "PublicAddress":
        """Split an address: http or https, a host, and optionally a port and a path."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        shown = f"[{host}]" if ":" in host else host
        default = {"https": 443, "http": 80}.get(parts.scheme)
        port = parts.port or default
        hosts = {f"{shown}:{port}"} | ({shown} if port == default else set())
        path = parts.path.rstrip("/")
        return cls(url=f"{parts.scheme}://{parts.netloc}{path}", hosts=frozenset(hosts), path=unquote(path))


class Guard:
    """Wraps the application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        address: PublicAddress,
        explain: Callable[[Request, Trouble], Response],
        log: logging.Logger,
    ) -> None:
        self._app, self._explain, self._log = app, explain, log
        self._address = address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        status = 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = {name.lower() for name, _ in message["headers"]}
                added = [(name.lower().encode(), value.encode()) for name, value in _ALWAYS.items()]
                message["headers"] = [*message["headers"], *(pair for pair in added if pair[0] not in given)]
            await send(message)

        try:
            await self._answer(scope, receive, send_guarded)
        finally:
            took = (time.perf_counter() - begun) * 1000
            # Log nothing that the client wrote: no path, which contains a token, no address and no user agent.
            method = scope["method"] if scope["method"] in _METHODS else "other"
            name = getattr(scope.get("endpoint"), "__name__", "nothing")
            # Our own question before a mailing is of no interest to a person.
            said = "" if name == "probe" else f"{name} {method} {status or 'gone'} {took:.0f} ms"
            emit(self._log, "request", said=said, page=name, method=method, status=status or None, ms=round(took))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        trouble = None if self._is_ours(scope) else Trouble.NAME
        if trouble is None and scope["method"] == "POST":
            is_hook = self._within(scope["path"]).startswith("/hooks/")
            body = await _body(scope, receive, MOST_HOOK_BYTES if is_hook else MOST_BYTES)
            if body is None:
                return
            if isinstance(body, Trouble):
                trouble = body
            else:
                receive = _given(body, receive)
        scope["path"] = self._within(scope["path"])
        if trouble is None:
            try:
                await self._app(scope, receive, send)
            except Exception as error:
                # The request has been answered. Log only the place, since the message may contain what a subscriber wrote.
                said = f"bug: {type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"
                emit_bug(self._log, "request.bug", error, said=said)
        else:
            await self._explain(Request(scope), trouble)(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        """Return whether a request was sent to the public host name, or to this computer's own: a health check."""
        hosts = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        return len(hosts) == 1 and (hosts[0] in self._address.hosts or bool(_LOOPBACK.fullmatch(hosts[0])))

    def _within(self, path: str) -> str:
        """Remove the public address's path, if the proxy has not done so, and punctuation that is not part of the link."""
        prefix = self._address.path
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            path = path[len(prefix) :]
        return path.rstrip(_BEHIND_LINKS) or "/"


async def _body(scope: Scope, receive: Receive, most: int) -> bytes | Trouble | None:
    """Return a body, or None if the client has disconnected."""
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if not length.isdigit() or int(length[:12]) > most:
        return Trouble.LARGE
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                body += message.get("body", b"")
                if len(body) > most:
                    return Trouble.LARGE
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        return Trouble.SLOW


def _given(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """Return a `receive` that passes on a body that has been read."""
    is_given = False

    async def again() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
