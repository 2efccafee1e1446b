"""What stands before the public pages: who is answered, how long and how much a request may be, and what is written down.

Input: requests as a reverse proxy hands them on. Output: requests whose body is here and small, whose path begins at
the pages; answers with the headers that every one of them has, and one line each that names nobody.
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

#: Bytes of the largest form; the longest of ours, a comment of an editor, has a quarter of it.
MOST_BYTES = 32_768
#: Bytes of what a provider posts, a whole bounce in it.
MOST_HOOK_BYTES = 1_048_576
#: Seconds for a body to come.
BODY_SECONDS = 10.0

_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")
_METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
#: What programs take for the end of a link that stands in a sentence, in brackets or in quotes; no path of ours ends so.
_BEHIND_LINKS = " \t\r\n/.,;:!?>)]}'\"\u00bb\u2019\u201d\u3002\uff09\uff0c"
_ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    # A page's address holds a subscriber's token: no other site is told of it.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}


class Trouble(StrEnum):
    """Why a request is not answered as it was meant."""

    #: not by the name that newsletter.yaml gives
    NAME = "name"
    LARGE = "large"
    SLOW = "slow"
    #: the database could not be had; a subscriber may try again
    BUSY = "busy"
    #: a mistake of ours
    BUG = "bug"

    @property
    def status(self) -> int:
        """The HTTP status."""
        return {"name": 421, "large": 413, "slow": 408, "busy": 503, "bug": 500}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAddress:
    """`delivery.public_url`, taken apart. Every link is made from it, none from what a request says of itself."""

    url: str
    hosts: frozenset[str]
    path: str

    @classmethod
    def of(cls, url: str) -> "PublicAddress":
        """Take an address apart: http or https, a host, perhaps a port and a path."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        shown = f"[{host}]" if ":" in host else host
        default = {"https": 443, "http": 80}.get(parts.scheme)
        port = parts.port or default
        hosts = {f"{shown}:{port}"} | ({shown} if port == default else set())
        path = parts.path.rstrip("/")
        return cls(url=f"{parts.scheme}://{parts.netloc}{path}", hosts=frozenset(hosts), path=unquote(path))


class Guard:
    """Stands before the application."""

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
            # Nothing of what the client wrote: no path, which holds a token, no address, no name of a program.
            method = scope["method"] if scope["method"] in _METHODS else "other"
            name = getattr(scope.get("endpoint"), "__name__", "nothing")
            said = f"{name} {method} {status or 'gone'} {took:.0f} ms"
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
                # It has been answered. Its words may hold what a subscriber wrote: where it happened is enough.
                said = f"bug: {type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"
                emit_bug(self._log, "request.bug", error, said=said)
        else:
            await self._explain(Request(scope), trouble)(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        """Return whether it came by the public name, or from this computer by its own: a probe of health."""
        hosts = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        return len(hosts) == 1 and (hosts[0] in self._address.hosts or bool(_LOOPBACK.fullmatch(hosts[0])))

    def _within(self, path: str) -> str:
        """Take away the public address's path, where the proxy has not done so, and punctuation that is not the link's."""
        prefix = self._address.path
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            path = path[len(prefix) :]
        return path.rstrip(_BEHIND_LINKS) or "/"


async def _body(scope: Scope, receive: Receive, most: int) -> bytes | Trouble | None:
    """Read a body; None when the client has gone."""
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
    """Hand a body on that has been read."""
    is_given = False

    async def again() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
