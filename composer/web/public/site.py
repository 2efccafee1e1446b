"""What all pages share: the newsletter, the database's turns, the keys, the words of an answer.

Comes in: requests and the names of pages. Goes out: answers. Decides which language is spoken, and nothing else.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from composer.audience.tokens import Tokens
from composer.web.public.approvals import Approvals
from composer.web.public.editions import Editions
from composer.web.public.forms import Form, read_form
from composer.web.public.hooks import Callers
from composer.web.public.limits import Limit, NetworkTurns, Rate, network_of
from composer.web.public.pages import Pages
from composer.web.public.publication import Publication
from composer.web.public.turns import Turns
from composer.web.public.words import Words, accepted, choose

#: How often one network may give an address: an office that signs up together, not a program that tries a list.
GIVING = Rate(at_once=20, seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The readers' pages of one newsletter."""

    publication: Publication
    turns: Turns
    tokens: Tokens
    approvals: Approvals
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
    asking: NetworkTurns = field(default_factory=NetworkTurns)
    pages: Pages = field(init=False)

    def __post_init__(self) -> None:
        """Make what is made from the rest."""
        object.__setattr__(self, "pages", Pages(self.publication.address.path, self.publication.brand))

    def tongue(self, request: Request, *known: str | None) -> Words:
        """Choose the language: what was clicked on, what is known of the reader, what the browser asks for, our own."""
        asked = request.query_params.get("language")
        browser = accepted(request.headers.get("accept-language", ""))
        return choose((asked, *known, browser, self.publication.language))

    def page(
        self,
        page: str,
        tongue: Words,
        *,
        status: int = 200,
        here: str | None = None,
        frames: bool = False,
        **values: object,
    ) -> Response:
        """Answer with a page."""
        made = self.pages.page(page, tongue, here=here, frames=frames, **values)
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Language": tongue.language,
            "Content-Security-Policy": made.policy,
        }
        return Response(made.html, status, headers)

    def said(self, what: str, tongue: Words, *, text: str = "", status: int = 200) -> Response:
        """Answer with two phrases: `what`_title and, unless another is named, `what`_text."""
        return self.page("said", tongue, status=status, heading=f"{what}_title", text=text or f"{what}_text")

    def broken(self, request: Request) -> Response:
        """Answer to every link that does not work, whatever is wrong with it, in the same words."""
        return self.page("broken", self.tongue(request), status=404)

    def unknown(self, request: Request) -> Response:
        """Answer to a link of ours of which it cannot be told any more whose it is; nothing has happened."""
        return self.page("unknown", self.tongue(request), status=404)

    def file(self, value: object, name: str) -> Response:
        """Answer with a value as a JSON file to keep."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return Response(json.dumps(value, ensure_ascii=False, indent=2).encode(), headers=headers)

    async def form(self, request: Request) -> Form:
        """Read what a form sent; its size has been looked at. Raises FormError."""
        return read_form(request.headers.get("content-type", ""), await request.body())

    def turn(self, request: Request) -> int | None:
        """Count an address that was given from a network, and return its turn; None where there were too many."""
        client, now = request.client.host if request.client else "", time.monotonic()
        return self.asking.next(client, now) if self.giving.allows(network_of(client), now) else None
