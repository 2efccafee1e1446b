"""What all pages share: the newsletter, the database's turns, the keys, the words of an answer.

Input: requests and the names of pages. Output: answers. Decides which language is spoken, and nothing else.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from composer.audience.identity.tokens import Tokens
from composer.web.public.http.forms import SubmittedForm, read_form
from composer.web.public.http.request_limits import Limit, NetworkLimiter, Rate, network_of
from composer.web.public.http.webhook_callers import Callers
from composer.web.public.http.write_executor import WriteExecutor
from composer.web.public.pages.edition_pages import Editions
from composer.web.public.pages.page_renderer import PageRenderer
from composer.web.public.pages.review_pages import ReviewPages
from composer.web.public.site.publication import PublicNewsletter
from composer.web.public.site.translations import PageTexts, accepted, choose

#: How often one network may give an address: an office that signs up together, not a program that tries a list.
GIVING = Rate(at_once=20, seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The public pages of one newsletter."""

    publication: PublicNewsletter
    executor: WriteExecutor
    tokens: Tokens
    approvals: ReviewPages
    editions: Editions
    clock: Callable[[], datetime]
    #: Says that a letter waits.
    wake: Callable[[], None]
    #: Tells whether letters are being sent.
    is_posting: Callable[[], bool] = lambda: True
    #: Providers that may post what came back.
    callers: Callers = field(default_factory=Callers)
    #: What somebody should look at, as codes.
    alerts: Callable[[], tuple[str, ...]] = tuple
    #: How much each network asks for; kept when the settings are read again.
    giving: Limit = field(default_factory=lambda: Limit(GIVING))
    asking: NetworkLimiter = field(default_factory=NetworkLimiter)
    pages: PageRenderer = field(init=False)

    def __post_init__(self) -> None:
        """Make what is made from the rest."""
        object.__setattr__(self, "pages", PageRenderer(self.publication.address.path, self.publication.brand))

    def texts(self, request: Request, *known: str | None) -> PageTexts:
        """Choose the language: what was clicked on, what is known of the subscriber, what the browser asks for, our own."""
        asked = request.query_params.get("language")
        browser = accepted(request.headers.get("accept-language", ""))
        return choose((asked, *known, browser, self.publication.language))

    def page(
        self,
        page: str,
        texts: PageTexts,
        *,
        status: int = 200,
        here: str | None = None,
        frames: bool = False,
        **values: object,
    ) -> Response:
        """Answer with a page."""
        made = self.pages.page(page, texts, here=here, frames=frames, **values)
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Language": texts.language,
            "Content-Security-Policy": made.policy,
        }
        return Response(made.html, status, headers)

    def said(self, what: str, texts: PageTexts, *, text: str = "", status: int = 200) -> Response:
        """Answer with two phrases: `what`_title and, unless another is named, `what`_text."""
        return self.page("said", texts, status=status, heading=f"{what}_title", text=text or f"{what}_text")

    def broken(self, request: Request) -> Response:
        """Answer to every link that does not work, whatever is wrong with it, in the same words."""
        return self.page("broken", self.texts(request), status=404)

    def unknown(self, request: Request) -> Response:
        """Answer to a link of ours of which it cannot be told any more whose it is; nothing has happened."""
        return self.page("unknown", self.texts(request), status=404)

    def file(self, value: object, name: str) -> Response:
        """Answer with a value as a JSON file to keep."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return Response(json.dumps(value, ensure_ascii=False, indent=2).encode(), headers=headers)

    async def form(self, request: Request) -> SubmittedForm:
        """Read what a form sent; its size has been looked at. Raises FormError."""
        return read_form(request.headers.get("content-type", ""), await request.body())

    def turn(self, request: Request) -> int | None:
        """Count an address that was given from a network, and return its turn; None where there were too many."""
        client, now = request.client.host if request.client else "", time.monotonic()
        return self.asking.next(client, now) if self.giving.allows(network_of(client), now) else None
