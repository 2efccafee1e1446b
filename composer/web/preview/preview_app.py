"""The preview's web application: a page, its state, and the edition in frames.

Input: requests from a browser on this computer. Output: pages that run only this package's own scripts. Guarantees:
rejects requests made by another site or for another host name, and changes nothing.
"""

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from composer.web.preview.issue_sessions import IssueSessions
from composer.web.preview.page_state import VIEWS, as_json, listed_issues
from composer.web.preview.preview_session import HEARTBEAT, PreviewSession
from composer.web.preview.simulation.web_page import WEB_FRAMES, web_document
from composer.web.preview.views import edition, named

STATIC = Path(__file__).parent / "static"
TYPES: Mapping[str, str] = {
    "page.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}

_ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: Never add allow-scripts: scripts in an issue must not run. The page reads the frame to find places.
_FRAME = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin"
)
_SILENT = "default-src 'none'; frame-ancestors 'none'; sandbox"


def media_type(name: str) -> str:
    """Return the type of one of the page's own files."""
    return "text/javascript; charset=utf-8" if name.endswith(".js") else TYPES[name]


def static_names() -> tuple[str, ...]:
    """List the page's own files."""
    return tuple(sorted(path.name for path in STATIC.iterdir() if path.suffix == ".js" or path.name in TYPES))


_Handler = Callable[[PreviewSession, Request], Awaitable[Response]]


def application(sessions: IssueSessions, port: int, heartbeat: float = HEARTBEAT) -> ASGIApp:
    """Return the application, which builds and watches files while it runs.

    The first issue has the paths of `_HANDLERS`; every issue has them below `/issue/NAME`.
    """

    @contextlib.asynccontextmanager
    async def working(app: Starlette) -> AsyncIterator[None]:
        sessions.start()
        try:
            yield
        finally:
            await sessions.end()

    def of_issue(handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            session = sessions.session(request.path_params.get("issue"))
            return _missing() if session is None else await handler(session, request)

        return answer

    async def events(session: PreviewSession, request: Request) -> Response:
        return StreamingResponse(_events(session, heartbeat), media_type="text/event-stream")

    async def issues(session: PreviewSession, request: Request) -> Response:
        current = request.path_params.get("issue", sessions.current)
        return _answer(as_json(listed_issues(current, sessions.listed())), "application/json")

    handlers = {**_HANDLERS, "/events": events, "/issues.json": issues}
    routes = [
        Route(f"{before}{path}", of_issue(handler))
        for before in ("", "/issue/{issue}")
        for path, handler in handlers.items()
    ]
    return _Guard(Starlette(lifespan=working, routes=routes), port)


async def _page(session: PreviewSession, request: Request) -> Response:
    return _file("page.html")


async def _static(session: PreviewSession, request: Request) -> Response:
    name = request.path_params["name"]
    return _file(name) if name in static_names() and name != "page.html" else _missing()


async def _state(session: PreviewSession, request: Request) -> Response:
    return _answer(session.json, "application/json")


async def _frame(session: PreviewSession, request: Request) -> Response:
    model, name = session.shown.model, request.path_params["frame"]
    if model is not None and name in WEB_FRAMES:
        public = await run_in_threadpool(model.public)
        return _answer(web_document(public, name).encode(errors="replace"), "text/html; charset=utf-8", _FRAME)
    found = named(model, name) if model else None
    if model is None or found is None:
        return _missing()
    return _answer(edition(model, found).encode(errors="replace"), "text/html; charset=utf-8", _FRAME)


async def _view(session: PreviewSession, request: Request) -> Response:
    number, whole = request.query_params.get("variant", "1"), session.shown.model
    model = whole.variant(int(number)) if whole and re.fullmatch("[0-9]{1,2}", number) else None
    made = VIEWS.get(request.path_params["name"])
    return _answer(as_json(made(model)), "application/json") if model and made else _missing()


async def _picture(session: PreviewSession, request: Request) -> Response:
    model, name = session.shown.model, request.path_params["name"]
    found = next((each.pictures[name] for each in model.variants if name in each.pictures), None) if model else None
    if found is None and model is not None:
        found = (await run_in_threadpool(model.public)).pictures.get(name)
    if found is None or not re.fullmatch(r"image/[\w.+-]+", found[0]):
        return _missing()
    return _answer(found[1], found[0])


async def _source(session: PreviewSession, request: Request) -> Response:
    model = session.shown.model
    return _answer(model.mailed, "text/plain; charset=utf-8") if model else _missing()


#: What answers each path of an issue. All addresses in the page are relative to it.
_HANDLERS: Mapping[str, _Handler] = {
    "/": _page,
    "/static/{name}": _static,
    "/state.json": _state,
    "/edition/{frame}.html": _frame,
    "/views/{name}.json": _view,
    "/pictures/{name}": _picture,
    "/source.txt": _source,
}


async def _events(session: PreviewSession, heartbeat: float) -> AsyncIterator[bytes]:
    yield b"retry: 500\n\n"
    async for signal in session.signals(heartbeat):
        if signal is None:
            yield b": still here\n\n"
        elif signal.is_building:
            yield b"event: building\ndata: building\n\n"
        else:
            yield f"data: {signal.version}\n\n".encode()


def _file(name: str) -> Response:
    csp = _PAGE if name == "page.html" else _SILENT
    return _answer((STATIC / name).read_bytes(), media_type(name), csp)


def _answer(body: bytes, kind: str, csp: str = _SILENT) -> Response:
    return Response(body, headers={"Content-Type": kind, "Content-Security-Policy": csp})


def _missing() -> Response:
    return PlainTextResponse("Page not found.\n", 404)


class _Guard:
    """Wraps the application: rejects requests that a browser on this computer would not send by itself."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                headers = {**_ALWAYS, "Content-Security-Policy": _SILENT}
                added = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
                message["headers"] = [*message["headers"], *(pair for pair in added if pair[0] not in given)]
            await send(message)

        answer = self._refusal(scope) or self._app
        await answer(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        given: dict[bytes, list[str]] = {}
        for name, value in scope["headers"]:
            given.setdefault(name, []).append(value.decode("latin-1"))
        hosts = given.get(b"host", [])
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            words = "The preview is only available at the address that it printed when it started.\n"
            return PlainTextResponse(words, 421)
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("The preview is read-only.\n", 405, {"Allow": "GET, HEAD"})
        is_foreign = any(site not in ("same-origin", "none") for site in given.get(b"sec-fetch-site", []))
        if is_foreign or any(origin not in self._origins for origin in given.get(b"origin", [])):
            words = "Request from another site rejected. Copy the preview's address from the terminal and open it directly.\n"
            return PlainTextResponse(words, 403)
        return None
