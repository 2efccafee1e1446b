"""The sitemap: which pages search engines should know, and in which languages (sitemaps.org 0.9).

Input: pages with absolute addresses. Output: XML. Guarantees: pure; within the limit of 50,000 pages in one file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape, quoteattr

#: More pages need another file; that is a daily newsletter in several languages for decades.
MOST_PAGES = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapPage:
    """A page, the day of its last change, and its translations (by language, itself included)."""

    url: str
    changed: date | None = None
    translations: tuple[tuple[str, str], ...] = ()


def sitemap_text(pages: Sequence[SitemapPage]) -> str:
    """Return the sitemap; of too many pages, the first."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">',
    ]
    for page in pages[:MOST_PAGES]:
        lines.append(f"<url><loc>{escape(page.url)}</loc>")
        if page.changed is not None:
            lines.append(f"<lastmod>{page.changed.isoformat()}</lastmod>")
        lines += [
            f'<xhtml:link rel="alternate" hreflang={quoteattr(language)} href={quoteattr(url)}/>'
            for language, url in page.translations
            if len(page.translations) > 1
        ]
        lines.append("</url>")
    return "\n".join([*lines, "</urlset>"]) + "\n"
