"""Makes the page that is printed from an article of the web edition.

Input: the article, and what stands around it. Output: a `PrintJob`. Pure.
"""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape, unescape

from composer.pdf.print_job import PrintJob

_LINK = re.compile(r'<a\b[^>]*?\shref="(https?://[^"]*)"[^>]*>.*?</a>', re.DOTALL)
_END = "</article>"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintPage:
    """An issue to print."""

    #: The article: `<article class="issue">…</article>`.
    article: str
    #: The texts of the theme's print.css.
    styles: str
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    #: The newsletter's name, and the subject of the issue.
    newsletter: str
    title: str
    language: str
    direction: str
    date: datetime.date
    #: A4 or Letter.
    paper: str
    #: The heading of the list of links; empty for no list.
    link_list: str = ""


def print_job(page: PrintPage) -> PrintJob:
    """Return the job that prints a page."""
    article = _with_link_list(page.article, page.link_list) if page.link_list else page.article
    title = f"{page.newsletter}: {page.title}"
    html = (
        f'<!DOCTYPE html><html lang="{escape(page.language)}" dir="{page.direction}"><head><meta charset="utf-8">'
        f'<title>{escape(title)}</title></head><body><p class="publication">{escape(page.newsletter)}</p>'
        f"{article}</body></html>"
    )
    return PrintJob(
        html=html,
        styles=f"{page.styles}\n@page {{ size: {page.paper} }}",
        pictures=page.pictures,
        title=title,
        # A plain text: one with a source position cannot go to another process.
        author=str(page.newsletter),
        date=page.date,
    )


def _with_link_list(article: str, heading: str) -> str:
    """Return the article with a number after each link to another site, and a list of their addresses at its end."""
    numbers: dict[str, int] = {}

    def numbered(link: re.Match[str]) -> str:
        number = numbers.setdefault(link[1], len(numbers) + 1)
        # The number is content of the style sheet, so that it is not part of a heading or a bookmark.
        return f'{link[0]}<sup class="link-number" data-number="{number}"></sup>'

    article = _LINK.sub(numbered, article)
    if not numbers:
        return article
    # An address may break after a slash and before a sign, but not at its hyphens.
    items = "".join(f'<li><a href="{url}">{_breakable(unescape(url))}</a></li>' for url in numbers)
    listed = f'<section class="link-list"><h2>{escape(heading)}</h2><ol>{items}</ol></section>'
    head, _, rest = article.rpartition(_END)
    return f"{head}{listed}{_END}{rest}"


def _breakable(url: str) -> str:
    """Return an address as HTML, with the places where a line may end."""
    head, slashes, rest = url.partition("//")
    return escape(f"{head}{slashes}") + re.sub(r"(/+)|([?&=#.])", _break, escape(rest, quote=False))


def _break(sign: re.Match[str]) -> str:
    return f"{sign[1]}<wbr>" if sign[1] else f"<wbr>{sign[2]}"
