"""The public pages as a web application.

Input: a `Site`. Output: an ASGI application, wrapped by its guard. Guarantees: sets no cookie, redirects only to the
archive, and keeps only counts between two requests.
"""

import logging
import re

from sqlalchemy import text
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from composer.core.errors import DatabaseError
from composer.core.event_log import emit
from composer.web.public.http.forms import FormError
from composer.web.public.http.guard import Guard, Trouble
from composer.web.public.pages.account import AccountPages
from composer.web.public.pages.archive_files import PREFIX, ArchiveFiles
from composer.web.public.pages.page_context import Site
from composer.web.public.pages.review_answers import ReviewAnswers
from composer.web.public.pages.signup import SignupPages
from composer.web.public.pages.unsubscribe import UnsubscribePages
from composer.web.public.pages.web_copies import WebCopies
from composer.web.public.pages.webhook_endpoints import WebhookEndpoints

_NONCE = re.compile(r"[A-Za-z0-9_-]{16,128}")
_BOTH = ["GET", "POST"]


def archive_routes(archive: ArchiveFiles) -> tuple[Route, ...]:
    """Return the routes of the online archive."""
    return (Route(PREFIX, archive.file), Route(f"{PREFIX}/{{path:path}}", archive.file))


def application(site: Site, log: logging.Logger) -> ASGIApp:
    """Return the application. It logs each response as an event, without personal data."""
    leaving, joining, own = UnsubscribePages(site), SignupPages(site), AccountPages(site)
    approving, reading, hooks = ReviewAnswers(site), WebCopies(site), WebhookEndpoints(site, log)

    async def probe(request: Request) -> Response:
        """Prove to `compose send`, with its nonce, that this server has the newsletter's keys: one line per key."""
        nonce = request.path_params["nonce"]
        if not _NONCE.fullmatch(nonce):
            return site.said("missing", site.texts(request), status=404)
        return PlainTextResponse("".join(f"{proof}\n" for proof in site.tokens.proofs(nonce)))

    async def health(request: Request) -> Response:
        """Return whether the database responds and mail is sent; if so, with a line for each alert."""
        await site.executor.read(lambda connection: connection.execute(text("SELECT 1")))
        if not site.is_posting():
            return PlainTextResponse("mail is not being sent\n", 503)
        return PlainTextResponse("".join(f"{line}\n" for line in ("ok", *(f"alert: {each}" for each in site.alerts()))))

    async def wrong(request: Request, error: Exception) -> Response:
        texts = site.texts(request)
        if isinstance(error, HTTPException) and error.status_code == 405:
            answer = site.said("method", texts, status=405)
            answer.headers.update(error.headers or {})
            return answer
        if isinstance(error, FormError):
            return site.said("method", texts, status=400)
        return site.said("missing", texts, status=404)

    async def busy(request: Request, error: Exception) -> Response:
        assert isinstance(error, DatabaseError)
        said = f"database: {error.message}"
        emit(log, "database.unavailable", level=logging.ERROR, said=said, error=type(error).__name__)
        return explain(request, Trouble.BUSY)

    async def bug(request: Request, error: Exception) -> Response:
        return explain(request, Trouble.BUG)

    def explain(request: Request, trouble: Trouble) -> Response:
        match trouble:
            case Trouble.NAME:
                return PlainTextResponse("Unknown host name.\n", trouble.status)
            case Trouble.LARGE | Trouble.SLOW:
                answer = site.said("large", site.texts(request), status=trouble.status)
                answer.headers["Connection"] = "close"
            case Trouble.BUSY | Trouble.BUG:
                answer = site.said("busy", site.texts(request), status=trouble.status)
                answer.headers["Retry-After"] = "60"
        return answer

    app = Starlette(
        exception_handlers={404: wrong, 405: wrong, FormError: wrong, DatabaseError: busy, Exception: bug},
        routes=[
            Route("/health", health),
            Route("/probe/{nonce}", probe),
            Route("/brand/{name}", reading.logo),
            Route("/", joining.subscribe),
            Route("/subscribe", joining.subscribe, methods=_BOTH),
            Route("/confirm/{token}", joining.confirm, methods=_BOTH),
            # Without a token, as in editions without a recipient: the page sends a link.
            Route("/unsubscribe", own.ask),
            Route("/unsubscribe/{token}", leaving.unsubscribe, methods=_BOTH),
            Route("/preferences", own.ask, methods=_BOTH),
            Route("/preferences/{token}", own.preferences, methods=_BOTH),
            Route("/preferences/{token}/data", own.data, methods=["POST"]),
            Route("/preferences/{token}/leave", own.leave, methods=["POST"]),
            Route("/preferences/{token}/erase", own.erase, methods=_BOTH),
            Route("/hooks/ses", hooks.ses, methods=["POST"]),
            Route("/hooks/postmark", hooks.postmark, methods=["POST"]),
            Route("/hooks/{name}", hooks.provider, methods=["POST"]),
            Route("/approve/{token}", approving.approve, methods=_BOTH),
            Route("/approve/{token}/edition/{number:int}", approving.frame),
            Route("/approve/{token}/edition/{number:int}/text", approving.plain_text),
            Route("/approve/{token}/edition/{number:int}/pictures/{name}", approving.frame_picture),
            *(archive_routes(site.archive) if site.archive is not None else ()),
            Route("/{stem}", reading.issue),
            Route("/{stem}/pictures/{name}", reading.issue_picture),
        ],
    )
    # No redirect of Starlette for a missing slash: its target would be made from the request's Host header.
    app.router.redirect_slashes = False
    return Guard(app, address=site.publication.address, explain=explain, log=log)
