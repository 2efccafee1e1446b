"""Subscribing with double opt-in: somebody enters an address, its owner confirms through a link that is sent to it.

Input: a form, on these pages or on any other site; then a token. Output: pages. Guarantees: the first step gives the same answer
and does the same work for every address; worker.py later decides what to send, so that response times reveal nothing.
"""

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from composer.audience.identity.tokens import Purpose
from composer.core.addresses import Address, AddressError
from composer.web.public.http.forms import SubmittedForm
from composer.web.public.pages.operations import confirm, is_confirmed
from composer.web.public.pages.page_context import Site
from composer.web.public.transactional.mail_requests import EmailKind, EmailRequest, request_email, requested

_ORIGIN = re.compile(r"https?://([a-z0-9.:\[\]-]{1,255})", re.IGNORECASE)


class SignupPages:
    """The form, and the page that the link opens."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def subscribe(self, request: Request) -> Response:
        """GET: the form. POST: queue a mail to the submitted address."""
        site = self._site
        if request.method != "POST":
            return self._form(request)
        form = await site.form(request)
        texts = site.texts(request, form.line("language", 35))
        turn = site.turn(request)
        if turn is None:
            return site.said("often", texts, status=429)
        if form.line("website"):
            return site.page("posted", texts, what="posted_subscribe")
        try:
            address = Address(address=form.line("email", 400))
        except AddressError:
            return self._form(request, form.line("email"), _values(form, site), form.line("edition", 35), is_wrong=True)
        edition = site.publication.nearest(form.line("edition", 35) or texts.language)
        origin = _ORIGIN.fullmatch(request.headers.get("origin", ""))
        asked = EmailRequest(
            kind=EmailKind.CONFIRM,
            address=address,
            values=_values(form, site),
            language=texts.language,
            edition=edition,
            origin=origin[1].lower() if origin else "",
            turn=turn,
            asked=site.clock(),
        )
        await site.executor.write(lambda connection: request_email(connection, asked))
        site.wake()
        return site.page("posted", texts, what="posted_subscribe")

    def _form(
        self,
        request: Request,
        email: str = "",
        values: Mapping[str, str] | None = None,
        edition: str = "",
        *,
        is_wrong: bool = False,
    ) -> Response:
        site = self._site
        texts = site.texts(request)
        written = values or {}
        publication = site.publication
        return site.page(
            "subscribe",
            texts,
            status=422 if is_wrong else 200,
            here="/subscribe",
            email=email,
            names=[{"name": each, "value": written.get(each, "")} for each in publication.name_fields(written)],
            fields=[
                {"name": each.name, "label": each.label, "value": written.get(each.name, "")}
                for each in publication.sign_up_fields(texts.language)
            ],
            editions=site.publication.editions,
            edition=site.publication.nearest(edition or texts.language),
            is_wrong=is_wrong,
        )

    async def confirm(self, request: Request) -> Response:
        """GET: the consent text and a button. POST: confirm; the link works once."""
        site, token = self._site, request.path_params["token"]
        now = site.clock()
        claim = site.tokens.read(Purpose.CONFIRM, token, now)
        email = None if claim is None else await site.executor.read(lambda connection: requested(connection, claim))
        if email is None:
            return site.broken(request)
        texts = site.texts(request, email.language)
        words = texts.about("consent", site.publication.brand(texts.language).name)
        if email.is_used:
            is_in = await site.executor.read(lambda connection: is_confirmed(connection, email))
            return site.said("welcome", texts) if is_in else site.broken(request)
        if request.method != "POST":
            return site.page("confirm", texts, here=f"/confirm/{token}", consent=words)
        is_in = await site.executor.write(lambda connection: confirm(connection, email, words, now))
        return site.said("welcome", texts) if is_in else site.broken(request)


def _values(form: SubmittedForm, site: Site) -> dict[str, str]:
    """Return the submitted values, from any site's form: the name, and fields with a label."""
    publication = site.publication
    names = {each: form.line(each) for each in ("name", "first_name", "last_name")}
    own = {each.name: form.line(f"field-{each.name}") for each in publication.fields(publication.language)}
    return {name: value for name, value in {**names, **own}.items() if value}
