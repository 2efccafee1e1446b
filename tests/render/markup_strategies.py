"""Reads HTML for tests, with lxml."""

import lxml.html


def links(html: str) -> list[str]:
    """Return the addresses of all links in order, without duplicates."""
    document = lxml.html.document_fromstring(html)
    return list(dict.fromkeys(link for anchor in document.iter("a") if (link := anchor.get("href"))))
