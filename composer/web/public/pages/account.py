"""The subscriber's own pages, through a link that is sent to their address and works for an hour.

Input: an address, which gets the link; then the link's token. Output: pages, and a file with all stored data. Guarantees: only a
POST changes something, so a mail program's link scanner changes nothing.
"""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from composer.audience.identity.token_holders import FoundHolder
from composer.audience.identity.tokens import Purpose, TokenClaim
from composer.audience.subscribers import Status, Subscriber, by_id
from composer.audience.suppression import status_of
from composer.core.addresses import Address, AddressError
from composer.web.personal_data import EVERYWHERE
from composer.web.public.pages.operations import (
    ProfileChange,
    change,
    data_of,
    erase_subscriber,
    leave,
    look_up,
    own_of,
    request_mail,
)
from composer.web.public.pages.page_context import Site
from composer.web.public.transactional.mail_requests import EmailKind, EmailRequest, request_email

_LEFT = "own_left"
#: The page's note for subscribers who get no messages, by status.
_NOTES = {
    Status.PENDING: "own_pending",
    Status.BOUNCED: "own_bounced",
    Status.UNSUBSCRIBED: _LEFT,
    Status.COMPLAINED: _LEFT,
}


class AccountPages:
    """Preferences, data, unsubscribing and erasure."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def ask(self, request: Request) -> Response:
        """GET: the form to request a link. POST: request one; the answer is the same for every address."""
        site = self._site
        if request.method != "POST":
            return self._asking(request)
        form = await site.form(request)
        texts = site.texts(request, form.line("language", 35))
        turn = site.turn(request)
        if turn is None:
            return site.said("often", texts, status=429)
        if form.line("website"):
            return site.page("posted", texts, what="posted_link")
        try:
            address = Address(address=form.line("email", 400))
        except AddressError:
            return self._asking(request, form.line("email"), is_wrong=True)
        asked = EmailRequest(
            kind=EmailKind.LINK, address=address, language=texts.language, turn=turn, asked=site.clock()
        )
        await site.executor.write(lambda connection: request_email(connection, asked))
        site.wake()
        return site.page("posted", texts, what="posted_link")

    def _asking(self, request: Request, email: str = "", *, is_wrong: bool = False) -> Response:
        return self._site.page(
            "ask",
            self._site.texts(request),
            status=422 if is_wrong else 200,
            here="/preferences",
            email=email,
            is_wrong=is_wrong,
        )

    async def preferences(self, request: Request) -> Response:
        """GET: the preferences. POST: save them."""
        site = self._site
        if self._claim(request) is None:
            return await self._from_message(request)
        subscriber_id = await self._whose(request)
        if subscriber_id is None:
            return site.broken(request)
        if request.method != "POST":
            return await self._page(request, subscriber_id)
        form = await site.form(request)
        publication = site.publication
        fields, offers = publication.fields(publication.language), publication.offers(publication.language)
        chosen = form.every("tag")
        edition = form.line("edition", 35)
        changed = ProfileChange(
            names={each: form.line(each) for each in ("name", "first_name", "last_name") if each in form.fields},
            language=edition if edition in site.publication.newsletters else None,
            fields={
                each.name: form.line(f"field-{each.name}") for each in fields if f"field-{each.name}" in form.fields
            },
            tags={each.name: each.name in chosen for each in offers},
        )
        now = site.clock()
        is_saved = await site.executor.write(lambda connection: change(connection, subscriber_id, changed, now))
        return await self._page(request, subscriber_id, is_saved=is_saved)

    async def data(self, request: Request) -> Response:
        """POST: all stored data, as a file."""
        site, subscriber_id = self._site, await self._whose(request)
        stored = None if subscriber_id is None else await site.executor.read(lambda it: data_of(it, subscriber_id))
        return site.broken(request) if stored is None else site.file(stored, "my-data.json")

    async def leave(self, request: Request) -> Response:
        """POST: unsubscribe."""
        site, claim, subscriber_id = self._site, self._claim(request), await self._whose(request)
        if claim is None or subscriber_id is None:
            return site.broken(request)
        now = site.clock()
        await site.executor.write(lambda connection: leave(connection, claim, now))
        return await self._page(request, subscriber_id)

    async def erase(self, request: Request) -> Response:
        """GET: the question. POST: erase the subscriber; the link then no longer works."""
        site, token = self._site, request.path_params["token"]
        subscriber_id = await self._whose(request)
        subscriber = None if subscriber_id is None else await site.executor.read(lambda it: by_id(it, subscriber_id))
        if subscriber_id is None or subscriber is None:
            return site.broken(request)
        texts = site.texts(request, subscriber.language)
        if request.method != "POST":
            back = f"{site.publication.address.path}/preferences/{token}"
            return site.page("erase", texts, here=f"/preferences/{token}/erase", back=back)
        now = site.clock()
        is_erased = await site.executor.write(
            lambda connection: erase_subscriber(connection, subscriber_id, now, EVERYWHERE)
        )
        site.executor.settle()
        return site.said("erased", texts) if is_erased else site.broken(request)

    async def _from_message(self, request: Request) -> Response:
        """Answer to the link in every message of a mailing. It opens nothing, since messages can be forwarded.

        GET: a button. POST: send a link that works to the subscriber's own address, which is neither shown nor entered.
        """
        site, token = self._site, request.path_params["token"]
        claim = site.tokens.read(Purpose.PREFERENCES, token)
        if claim is None:
            return site.broken(request)
        known = await site.executor.read(lambda connection: look_up(connection, claim))
        if known.found is not FoundHolder.PERSON:
            return site.said("gone", site.texts(request)) if known.found is FoundHolder.GONE else site.unknown(request)
        texts = site.texts(request, known.language)
        if request.method != "POST":
            return site.page("ask", texts, here=f"/preferences/{token}", email=None, is_wrong=False)
        turn = site.turn(request)
        if turn is None:
            return site.said("often", texts, status=429)
        now = site.clock()
        found = await site.executor.write(lambda connection: request_mail(connection, claim, texts.language, turn, now))
        if found is not FoundHolder.PERSON:
            return site.unknown(request)
        site.wake()
        return site.page("posted", texts, what="posted_link")

    def _claim(self, request: Request) -> TokenClaim | None:
        """Return the token of a requested link, which expires. One that does not is from a mailing and opens nothing."""
        claim = self._site.tokens.read(Purpose.PREFERENCES, request.path_params["token"], self._site.clock())
        return None if claim is None or claim.expires is None else claim

    async def _whose(self, request: Request) -> int | None:
        """Return the id of the subscriber whose data the link opens now."""
        claim = self._claim(request)
        return None if claim is None else await self._site.executor.read(lambda connection: own_of(connection, claim))

    async def _page(self, request: Request, subscriber_id: int, *, is_saved: bool = False) -> Response:
        site, token = self._site, request.path_params["token"]
        found = await site.executor.read(lambda connection: _stands(connection, subscriber_id))
        if found is None:
            return site.broken(request)
        subscriber, status = found
        texts = site.texts(request, subscriber.language)
        publication = site.publication
        return site.page(
            "own",
            texts,
            here=f"/preferences/{token}",
            address=subscriber.address,
            names=[
                {"name": each, "value": subscriber.values[each]} for each in publication.name_fields(subscriber.values)
            ],
            note=_NOTES.get(status),
            can_leave=_NOTES.get(status) != _LEFT,
            is_saved=is_saved,
            editions=publication.editions,
            edition=publication.nearest(subscriber.language),
            fields=[
                {"name": each.name, "label": each.label, "value": subscriber.fields.get(each.name, "")}
                for each in publication.fields(texts.language)
            ],
            offers=[
                {"tag": each.name, "label": each.label, "is_chosen": each.name in subscriber.tags}
                for each in publication.offers(texts.language)
            ],
        )


def _stands(connection: Connection, subscriber_id: int) -> tuple[Subscriber, Status] | None:
    """Return a subscriber and their status."""
    subscriber = by_id(connection, subscriber_id)
    return None if subscriber is None else (subscriber, status_of(connection, subscriber))
