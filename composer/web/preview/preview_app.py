"""The preview's web application: a page, its state, and the edition in frames.

Input: requests from a browser on this computer. Output: pages that run only this package's own scripts. Guarantees:
rejects requests made by another site or for another host name, and changes nothing.
"""

import asyncio
import contextlib
import re
import sys
import traceback
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from composer.web.preview.file_watcher import watch
from composer.web.preview.page_state import VIEWS, as_json
from composer.web.preview.preview_session import HEARTBEAT, PreviewSession
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


def application(session: PreviewSession, port: int, heartbeat: float = HEARTBEAT) -> ASGIApp:
    """Return the application, which builds and watches files while it runs."""

    @contextlib.asynccontextmanager
    async def working(app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(session.run()), asyncio.create_task(watch(session))]
        for task in tasks:
            task.add_done_callback(_confess)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def page(request: Request) -> Response:
        return _file("page.html")

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        return _file(name) if name in static_names() and name != "page.html" else _missing()

    async def state(request: Request) -> Response:
        return _answer(session.json, "application/json")

    async def events(request: Request) -> Response:
        return StreamingResponse(_events(session, heartbeat), media_type="text/event-stream")

    async def frame(request: Request) -> Response:
        model = session.shown.model
        found = named(model, request.path_params["frame"]) if model else None
        if model is None or found is None:
            return _missing()
        return _answer(edition(model, found).encode(errors="replace"), "text/html; charset=utf-8", _FRAME)

    async def view(request: Request) -> Response:
        number, whole = request.query_params.get("variant", "1"), session.shown.model
        model = whole.variant(int(number)) if whole and re.fullmatch("[0-9]{1,2}", number) else None
        made = VIEWS.get(request.path_params["name"])
        return _answer(as_json(made(model)), "application/json") if model and made else _missing()

    async def picture(request: Request) -> Response:
        model, name = session.shown.model, request.path_params["name"]
        found = next((each.pictures[name] for each in model.variants if name in each.pictures), None) if model else None
        if found is None or not re.fullmatch(r"image/[\w.+-]+", found[0]):
            return _missing()
        return _answer(found[1], found[0])

    async def source(request: Request) -> Response:
        model = session.shown.model
        return _answer(model.mailed, "text/plain; charset=utf-8") if model else _missing()

    app = Starlette(
        lifespan=working,
        routes=[
            Route("/", page),
            Route("/static/{name}", static),
            Route("/state.json", state),
            Route("/events", events),
            Route("/edition/{frame}.html", frame),
            Route("/views/{name}.json", view),
            Route("/pictures/{name}", picture),
            Route("/source.txt", source),
        ],
    )
    return _Guard(app, port)


def _confess(task: "asyncio.Task[None]") -> None:
    """Print the error of a task that should never end."""
    if not task.cancelled() and (bug := task.exception()) is not None:
        traceback.print_exception(bug, file=sys.stderr)


async def _events(session: PreviewSession, heartbeat: float) -> AsyncIterator[bytes]:
    yield b"retry: 500\n\n"
    async for version in session.versions(heartbeat):
        yield b": still here\n\n" if version is None else f"data: {version}\n\n".encode()


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
