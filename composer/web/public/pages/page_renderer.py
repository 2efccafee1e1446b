"""Renders the public pages as HTML.

Input: a page's name, its texts and values. Output: a `PublicPage` with its Content-Security-Policy. Guarantees: no scripts,
nothing fetched from other sites, and all values escaped; knows nothing of requests.
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from composer.web.public.site.brand import Brand
from composer.web.public.site.page_templates import HTML, PLAIN
from composer.web.public.site.translations import PageTexts, languages, words


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPage:
    """A page and its Content-Security-Policy, which allows only this style sheet and the pages' own pictures and forms."""

    html: bytes
    policy: str


class PageRenderer:
    """Renders the pages of one address."""

    def __init__(self, base: str, brand: Callable[[str], Brand]) -> None:
        """`base` is the path of the pages' address, `/n` or empty; `brand` returns the brand for a language."""
        self.base = base
        self._brand = brand
        self._style = lru_cache(maxsize=8)(self._rendered_style)

    def page(
        self, page: str, texts: PageTexts, *, here: str | None = None, frames: bool = False, **values: object
    ) -> PublicPage:
        """Render a page. `here` is its own path, for its form and its other languages, or None."""
        brand = self._brand(texts.language)
        style = self._style(brand)
        html = HTML.get_template(f"{page}.html.j2").render(
            words=texts,
            tongues=[words(each) for each in languages()],
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
