"""What all pages share: the newsletter, the write executor, the keys and the ways to respond.

Input: requests and the names of pages. Output: responses. Decides only the language of a page.
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
from composer.web.public.pages.archive_files import ArchiveFiles
from composer.web.public.pages.edition_pages import Editions
from composer.web.public.pages.page_renderer import PageRenderer
from composer.web.public.pages.review_pages import ReviewPages
from composer.web.public.site.publication import PublicNewsletter
from composer.web.public.site.translations import PageTexts

#: How often one network may submit an address: enough for an office that signs up together, too few to try out a list.
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
    #: Notifies the worker that a mail is queued.
    wake: Callable[[], None]
    #: Returns whether the worker is sending mail.
    is_posting: Callable[[], bool] = lambda: True
    #: Providers that may post bounces.
    callers: Callers = field(default_factory=Callers)
    #: The online archive, if it is served here.
    archive: ArchiveFiles | None = None
    #: Problems that need attention, as codes.
    alerts: Callable[[], tuple[str, ...]] = tuple
    #: Limits by network; kept when the settings are reloaded.
    giving: Limit = field(default_factory=lambda: Limit(GIVING))
    asking: NetworkLimiter = field(default_factory=NetworkLimiter)
    pages: PageRenderer = field(init=False)

    def __post_init__(self) -> None:
        """Create the renderer from the other values."""
        object.__setattr__(self, "pages", PageRenderer(self.publication))

    def texts(self, request: Request, *known: str | None) -> PageTexts:
        """Choose the language: the one clicked, the subscriber's, the browser's, or the newsletter's."""
        asked = request.query_params.get("language")
        translations = self.publication.translations
        browser = translations.accepted(request.headers.get("accept-language", ""))
        return translations.choose((asked, *known, browser, self.publication.language))

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
        """Return a page."""
        made = self.pages.page(page, texts, here=here, frames=frames, **values)
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Language": texts.language,
            "Content-Security-Policy": made.policy,
        }
        return Response(made.html, status, headers)

    def said(self, what: str, texts: PageTexts, *, text: str = "", status: int = 200) -> Response:
        """Return a page with two phrases: `what`_title and, unless `text` names another, `what`_text."""
        return self.page("said", texts, status=status, heading=f"{what}_title", text=text or f"{what}_text")

    def broken(self, request: Request) -> Response:
        """Return the same answer for every link that does not work, whatever the reason."""
        return self.page("broken", self.texts(request), status=404)

    def unknown(self, request: Request) -> Response:
        """Return the answer for a valid link whose subscriber is no longer known; nothing has changed."""
        return self.page("unknown", self.texts(request), status=404)

    def file(self, value: object, name: str) -> Response:
        """Return a value as a JSON file to download."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return Response(json.dumps(value, ensure_ascii=False, indent=2).encode(), headers=headers)

    async def form(self, request: Request) -> SubmittedForm:
        """Return a submitted form, whose size has been checked. Raises FormError."""
        return read_form(request.headers.get("content-type", ""), await request.body())

    def turn(self, request: Request) -> int | None:
        """Count a submitted address for its network, and return its turn; None if there were too many."""
        client, now = request.client.host if request.client else "", time.monotonic()
        return self.asking.next(client, now) if self.giving.allows(network_of(client), now) else None
