"""The public pages as HTML: no script, nothing fetched from elsewhere, everything that is not ours escaped.

Input: a page's name, its words, its values. Output: a `Page`, with the policy under which a browser shows it.
Never sees a request.
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
    """A page, and its Content-Security-Policy: this style sheet, our own pictures, our own forms, nothing else."""

    html: bytes
    policy: str


class PageRenderer:
    """Writes pages for subscribers at one address."""

    def __init__(self, base: str, brand: Callable[[str], Brand]) -> None:
        """`base` is the path of the pages' address, `/n` or empty; `brand` gives the newsletter in a language."""
        self.base = base
        self._brand = brand
        self._style = lru_cache(maxsize=8)(self._rendered_style)

    def page(
        self, page: str, texts: PageTexts, *, here: str | None = None, frames: bool = False, **values: object
    ) -> PublicPage:
        """Write a page; `here` is its own path where it can be asked for again, in another language or by its form."""
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
        # A theme names the fonts: whatever it writes cannot end the element.
        return style.replace("<", "").strip()
