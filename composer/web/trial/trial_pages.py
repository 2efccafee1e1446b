"""The mailbox pages of a trial: what was received, the server's answers, the mailing and its report.

Input: a `TrialMailbox`, the reverse proxy, and the trial's actions. Output: a web application. Guarantees: answers only
requests to this computer; a received message is shown in a frame without scripts, without forms and without the network.
"""

from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPException as NoAnswer
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from composer.core.untrusted.untrusted_text import finished
from composer.web.loopback_listener import HOST
from composer.web.trial.delivery_rules import RULES
from composer.web.trial.received_mail import ReceivedMail, TrialMailbox, linked, to_this_computer
from composer.web.trial.trial_proxy import BANNER, TrialProxy, with_banner

#: The path of the public pages.
PAGES = "/n"
_FOLDER = Path(__file__).parent / "templates"
_POLICY = (
    "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_COMMON = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
#: Message parts: links open a page of their own; nothing runs.
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_FILES = {"trial.css": "text/css", "banner.css": "text/css", "trial.js": "text/javascript"}


class Stage(StrEnum):
    """How far the mailing is."""

    READY = "ready"
    SENDING = "sending"
    FINISHED = "finished"
    #: it was not sent, for the given reasons
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingView:
    """The mailing of a trial, as its page shows it."""

    stage: Stage
    #: The summary of the report; empty before the first mailing.
    lines: tuple[str, ...] = ()
    #: Why it was not sent, or why compose send would refuse it, each with what to do.
    refusals: tuple[tuple[str, str], ...] = ()


class TrialActions(Protocol):
    """What the pages show and start."""

    @property
    def newsletter(self) -> str:
        """The newsletter's name."""
        ...

    @property
    def issue(self) -> str:
        """The issue that is sent."""
        ...

    @property
    def zone(self) -> ZoneInfo:
        """The newsletter's time zone."""
        ...

    def subscribers(self) -> int:
        """Return the number of subscribers who get mail."""
        ...

    def mailing(self) -> MailingView:
        """Return the mailing's stage and figures."""
        ...

    def report(self) -> str | None:
        """Return the report as a web page; None before the first mailing."""
        ...

    def send(self) -> None:
        """Begin to send the issue, unless it is being sent."""
        ...


class TrialPages:
    """The pages."""

    def __init__(self, mailbox: TrialMailbox, proxy: TrialProxy, actions: TrialActions) -> None:
        """Keep what they show."""
        self._mailbox, self._proxy, self._actions = mailbox, proxy, actions
        self._templates = Environment(
            loader=FileSystemLoader(_FOLDER),
            undefined=StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=finished,
        )

    def overview(self, request: Request) -> Response:
        """Show the steps, the mailing, the mailbox and the server's rules and answers."""
        return self._page(
            "overview",
            mailing=self._actions.mailing(),
            subscribers=self._actions.subscribers(),
            mails=tuple(self._mailbox.newest_first()),
            answers=self._mailbox.answers[:200],
            rules=RULES,
            pages=f"{PAGES}/",
            state=self._state(),
        )

    def state(self, request: Request) -> Response:
        """Return a text that changes when the overview changes."""
        return Response(self._state(), headers=_COMMON, media_type="text/plain")

    async def send(self, request: Request) -> Response:
        """Begin to send, and show the overview."""
        self._require_own(request)
        await run_in_threadpool(self._actions.send)
        return RedirectResponse("/#mailing", 303)

    def message(self, request: Request) -> Response:
        """Show a message: its headers, its HTML part in a frame, its text part."""
        return self._message(request)

    def message_html(self, request: Request) -> Response:
        """Return the HTML part, for the frame."""
        mail, origin = self._mail(request), f"http://{request.url.netloc}"
        html = to_this_computer(mail.html, origin)
        html = html.replace("cid:", f"{origin}/messages/{mail.number}/pictures/")
        policy = f"default-src 'none'; img-src {origin} data:; style-src 'unsafe-inline'; sandbox {_SANDBOX}"
        html = html.replace("<head>", '<head><base target="_blank">', 1)
        return Response(html, headers={**_COMMON, "Content-Security-Policy": policy}, media_type="text/html")

    def picture(self, request: Request) -> Response:
        """Return a picture inside a message."""
        found = self._mail(request).picture(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return Response(found[1], headers=_COMMON, media_type=found[0])

    def source(self, request: Request) -> Response:
        """Return a message as it was received."""
        data = self._mail(request).data.decode("utf-8", "replace")
        return Response(data, headers={**_COMMON, "Content-Security-Policy": "sandbox"}, media_type="text/plain")

    async def unsubscribe(self, request: Request) -> Response:
        """Unsubscribe as the button of a mail program does."""
        self._require_own(request)
        mail = self._mail(request)
        if mail.one_click_url is None:
            raise HTTPException(404)
        try:
            status = await run_in_threadpool(self._proxy.post_one_click, mail.one_click_url)
        except (OSError, NoAnswer):
            status = 502
        return self._message(request, status)

    def report(self, request: Request) -> Response:
        """Show the report of the latest mailing."""
        html = self._actions.report()
        if html is None:
            raise HTTPException(404)
        return Response(with_banner(html), headers=_COMMON, media_type="text/html")

    def file(self, request: Request) -> Response:
        """Return a style sheet or the script."""
        name = request.path_params["name"]
        if name not in _FILES:
            raise HTTPException(404)
        return Response((_FOLDER / name).read_bytes(), headers=_COMMON, media_type=_FILES[name])

    def missing(self, request: Request, error: Exception) -> Response:
        """Show that there is no such page."""
        return self._page("missing", status=404)

    def _message(self, request: Request, result: int | None = None) -> Response:
        """Show a message, perhaps with the HTTP status of a request to unsubscribe."""
        mail = self._mail(request)
        pieces = tuple(linked(mail.plain, f"http://{request.url.netloc}"))
        return self._page("message", mail=mail, pieces=pieces, sandbox=_SANDBOX, result=result)

    def _mail(self, request: Request) -> ReceivedMail:
        found = self._mailbox.mail(request.path_params["number"])
        if found is None:
            raise HTTPException(404)
        return found

    def _state(self) -> str:
        mailing = self._actions.mailing()
        return f"{self._mailbox.state} {mailing.stage} {hash((mailing.lines, mailing.refusals))}"

    def _require_own(self, request: Request) -> None:
        """Check that one of our own pages posted the form."""
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise HTTPException(403)

    def _page(self, name: str, *, status: int = 200, **values: object) -> Response:
        html = self._templates.get_template(f"{name}.html.j2").render(
            banner=BANNER,
            newsletter=self._actions.newsletter,
            issue=self._actions.issue,
            zone=self._actions.zone,
            **values,
        )
        headers = {**_COMMON, "Content-Security-Policy": _POLICY}
        return Response(html, status, headers, media_type="text/html")


def application(mailbox: TrialMailbox, proxy: TrialProxy, actions: TrialActions) -> Starlette:
    """Return the application: the mailbox pages, and below /n the public pages."""
    pages = TrialPages(mailbox, proxy, actions)
    one = "/messages/{number:int}"
    every = ["GET", "POST"]
    return Starlette(
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])],
        exception_handlers={404: pages.missing},
        routes=[
            Route("/", pages.overview),
            Route("/state", pages.state),
            Route("/send", pages.send, methods=["POST"]),
            Route("/report", pages.report),
            Route("/files/{name}", pages.file),
            Route(one, pages.message),
            Route(f"{one}/html", pages.message_html),
            Route(f"{one}/source", pages.source),
            Route(f"{one}/unsubscribe", pages.unsubscribe, methods=["POST"]),
            Route(f"{one}/pictures/{{name:path}}", pages.picture),
            Route(PAGES, proxy.pass_on, methods=every),
            Route(f"{PAGES}/{{path:path}}", proxy.pass_on, methods=every),
        ],
    )
