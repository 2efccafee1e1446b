"""Renders the public pages as HTML.

Input: a page's name, its texts and values. Output: a `PublicPage` with its Content-Security-Policy. Guarantees: no scripts,
nothing fetched from other sites, and all values escaped; knows nothing of requests.
"""

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from composer.web.public.site.brand import Brand
from composer.web.public.site.page_templates import HTML, PLAIN
from composer.web.public.site.publication import PublicNewsletter
from composer.web.public.site.translations import PageTexts


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPage:
    """A page and its Content-Security-Policy, which allows only this style sheet and the pages' own pictures and forms."""

    html: bytes
    policy: str


class PageRenderer:
    """Renders the pages of one newsletter."""

    def __init__(self, publication: PublicNewsletter) -> None:
        """Keep the newsletter; `base` is the path of the pages' address, `/n` or empty."""
        self.base = publication.address.path
        self._publication = publication
        self._style = lru_cache(maxsize=8)(self._rendered_style)

    def page(
        self, page: str, texts: PageTexts, *, here: str | None = None, frames: bool = False, **values: object
    ) -> PublicPage:
        """Render a page. `here` is its own path, for its form and its other languages, or None."""
        brand = self._publication.brand(texts.language)
        style = self._style(brand)
        html = HTML.get_template(f"{page}.html.j2").render(
            words=texts,
            tongues=list(self._publication.translations.texts.values()),
            brand=brand,
            base=self.base,
            here=None if here is None else f"{self.base}{here}",
            style=Markup(style),
            **values,
        )
        digest = b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
        frame = "frame-src 'self'; " if frames else ""
        policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; {frame}"
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        return PublicPage(html=html.encode(), policy=policy)

    def _rendered_style(self, brand: Brand) -> str:
        style = PLAIN.get_template("page.css.j2").render(brand=brand)
        # The fonts come from a theme; its text must not end the style element.
        return style.replace("<", "").strip()
