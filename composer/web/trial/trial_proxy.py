"""The reverse proxy of a trial: passes requests on to the public pages, as a web server with HTTPS does on the web.

Input: a request from the browser. Output: the answer of `compose serve`'s pages, with a banner on every page. Guarantees:
connects only to the given port of this computer; links to the public address lead to this proxy.
"""

import hashlib
import http.client
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from composer.web.loopback_listener import HOST
from composer.web.trial.received_mail import NEWS_HOST, PUBLIC_ORIGIN, to_this_computer

BANNER = "This is a trial: nothing here is real, and no message leaves this computer."
_SECONDS = 30
_STYLE = (Path(__file__).parent / "templates" / "banner.css").read_text(encoding="utf-8").strip()
_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")
_HTML = (
    f'<style>{_STYLE}</style><aside class="compose-trial" aria-label="Trial">{BANNER} '
    '<a href="/">Back to the mailboxes</a></aside>'
)
#: The start of a page, and its link to skip the header, which must come first.
_BODY = re.compile(r"<body[^>]*>(?:\s*<a class=\"skip\"[^>]*>[^<]*</a>)?", re.IGNORECASE)
#: Headers that belong to one connection.
_HOPS = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host", "accept-encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class TrialProxy:
    """Passes requests on."""

    def __init__(self, upstream: Callable[[], int]) -> None:
        """`upstream` returns the port of the public pages."""
        self._upstream = upstream

    async def pass_on(self, request: Request) -> Response:
        """Answer one request."""
        body, path = await request.body(), request.url.path + (f"?{request.url.query}" if request.url.query else "")
        headers = {name: value for name, value in request.headers.items() if name not in _HOPS}
        try:
            found = await run_in_threadpool(self.ask, request.method, path, body, headers)
        except (OSError, http.client.HTTPException):
            return Response("The public pages are stopping or starting. Try again.", 502, media_type="text/plain")
        origin = f"http://{request.url.netloc}"
        return Response(_with_banner(found, origin), found.status, _browser_headers(found, origin))

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> _Answer:
        """Send a request to the public pages. Raises OSError, HTTPException."""
        connection = http.client.HTTPConnection(HOST, self._upstream(), timeout=_SECONDS)
        try:
            sent = {**(headers or {}), "Host": NEWS_HOST, "X-Forwarded-For": HOST, "X-Forwarded-Proto": "https"}
            connection.request(method, path, body or None, sent)
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOPS}
            return _Answer(status=answer.status, headers=kept, body=answer.read())
        finally:
            connection.close()

    def post_one_click(self, url: str) -> int:
        """Unsubscribe as the button of a mail program does (RFC 8058); return the HTTP status. Raises OSError, HTTPException."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", url.removeprefix(PUBLIC_ORIGIN), b"List-Unsubscribe=One-Click", headers).status


def with_banner(html: str) -> str:
    """Return a page with the banner at its top."""
    return _BODY.sub(lambda found: found[0] + _HTML, html, count=1)


def _with_banner(answer: _Answer, origin: str) -> bytes:
    kind = next((value for name, value in answer.headers.items() if name.lower() == "content-type"), "")
    if not kind.startswith("text/html"):
        return answer.body
    return with_banner(to_this_computer(answer.body.decode("utf-8", "replace"), origin)).encode()


def _browser_headers(answer: _Answer, origin: str) -> dict[str, str]:
    """Return the headers for the browser: the policy of a page that names its styles by hash also allows the banner's."""
    found = {name: to_this_computer(value, origin) for name, value in answer.headers.items()}
    return {
        name: value.replace("style-src 'sha256-", f"style-src 'sha256-{_HASH}' 'sha256-", 1)
        if name.lower() == "content-security-policy"
        else value
        for name, value in found.items()
    }
