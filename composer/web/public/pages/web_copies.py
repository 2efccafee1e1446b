"""Web copies of editions as they were sent, without any subscriber's values; and the newsletter's logo.

Input: an issue's stem. Output: the frozen edition's page and its pictures. Guarantees: builds no edition, and shows none that
has not been sent, or that was withdrawn.
"""

import re

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from composer.web.public.pages.edition_pages import EditionPage, page_of, policy_of
from composer.web.public.pages.page_context import Site

#: A sent edition does not change, but a browser asks again after an hour.
_KEPT = {"Cache-Control": "public, max-age=3600"}
#: The theme's link to the very page that is being read, with the line break before it.
_VIEW = re.compile(r'(?:<br\s*/?>)?<(a|p) class="view"[^>]*>.*?</\1>', re.DOTALL)
_PICTURE = re.compile(r"image/[a-z0-9.+-]+")


def edition(site: Site, shown: EditionPage, pictures: str, *, is_framed: bool) -> Response:
    """Return an edition's page; `pictures` is the path of its pictures."""
    path = site.publication.address.path
    policy = policy_of(site.publication.main.brand.assets_url, is_framed=is_framed)
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
    html = page_of(shown, f"{path}{pictures}")
    return Response((html if is_framed else _VIEW.sub("", html)).encode(errors="replace"), headers=headers)


def picture(shown: EditionPage, name: str) -> Response | None:
    """Return one of an edition's pictures, or None."""
    kind, data = shown.pictures.get(name, ("", b""))
    return Response(data, headers={"Content-Type": kind}) if _PICTURE.fullmatch(kind) else None


class WebCopies:
    """The pages that everybody can see."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def issue(self, request: Request) -> Response:
        """GET: an edition that has been sent. If the archive has it, its page there takes its place."""
        stem = request.path_params["stem"]
        if self._site.archive is not None and (page := self._site.archive.page_of(stem)) is not None:
            return RedirectResponse(page, 301)
        if (reason := await self._withdrawn(stem)) is not None:
            return self._site.page("withdrawn", self._site.texts(request), status=410, reason=reason)
        shown = await self._found(stem)
        if shown is None:
            return self._site.said("missing", self._site.texts(request), status=404)
        answer = edition(self._site, shown, f"/{stem}/pictures", is_framed=False)
        answer.headers.update(_KEPT)
        return answer

    async def issue_picture(self, request: Request) -> Response:
        """GET: one of its pictures."""
        stem = request.path_params["stem"]
        shown = await self._found(stem) if await self._withdrawn(stem) is None else None
        found = picture(shown, request.path_params["name"]) if shown else None
        if found is None:
            return self._site.said("missing", self._site.texts(request), status=404)
        found.headers.update(_KEPT)
        return found

    async def logo(self, request: Request) -> Response:
        """GET: a logo, in any of the newsletter's languages."""
        name, brands = request.path_params["name"], self._site.publication.brands.values()
        logo = next((brand.logos[name] for brand in brands if name in brand.logos), None)
        if logo is None:
            return self._site.said("missing", self._site.texts(request), status=404)
        return Response(logo.data, headers={"Content-Type": logo.media_type, **_KEPT})

    async def _withdrawn(self, stem: str) -> str | None:
        site = self._site
        return await site.executor.read(lambda connection: site.editions.withdrawn(connection, stem))

    async def _found(self, stem: str) -> EditionPage | None:
        site = self._site
        return await site.executor.read(lambda connection: site.editions.find(connection, stem))
