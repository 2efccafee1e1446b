"""Unsubscribing through the link or the header of a message (RFC 8058).

Input: a token. Output: a page. A POST unsubscribes its subscriber at once and permanently; a GET changes nothing. The token does
nothing else: to subscribe again, a person uses the form and confirms by email. A page confirms only what has
happened.
"""

from starlette.requests import Request
from starlette.responses import Response

from composer.audience.identity.token_holders import FoundHolder
from composer.audience.identity.tokens import Purpose
from composer.web.public.pages.operations import leave, look_up
from composer.web.public.pages.page_context import Site

#: The field of a one-click request (RFC 8058 section 3.2), from a mail program or from the page's own form.
FIELD, VALUE = "List-Unsubscribe", "One-Click"


class UnsubscribePages:
    """The page that List-Unsubscribe links to."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def unsubscribe(self, request: Request) -> Response:
        """GET: a button. POST with the field: unsubscribe, any number of times; no cookie and no redirect."""
        site, token = self._site, request.path_params["token"]
        claim = site.tokens.read(Purpose.UNSUBSCRIBE, token)
        if claim is None:
            return site.broken(request)
        here = f"/unsubscribe/{token}"
        if request.method != "POST":
            known = await site.executor.read(lambda connection: look_up(connection, claim))
            if known.found is FoundHolder.UNKNOWN:
                return site.unknown(request)
            return site.page("leave", site.texts(request, known.language), here=here)
        form = await site.form(request)
        if not form.has(FIELD, VALUE):
            return site.page("leave", site.texts(request), here=here, status=400)
        reason, now = form.text("reason"), site.clock()
        left = await site.executor.write(lambda connection: leave(connection, claim, now, reason))
        match left.found:
            case FoundHolder.PERSON:
                texts = site.texts(request, left.language)
                return site.page("left", texts, here=here, is_thanked=left.is_reason_kept)
            case FoundHolder.GONE:
                return site.said("gone", site.texts(request))
            case FoundHolder.UNKNOWN:
                return site.unknown(request)
