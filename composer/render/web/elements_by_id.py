"""Finds elements of an article by their ids.

Input: HTML as our templates and printers write it. Output: the HTML of each element, from its start tag to its end tag.
"""

import re
from collections.abc import Collection
from html import unescape

_VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"))
_TAG = re.compile(
    r"<!--.*?-->|<(?P<end>/?)(?P<name>[a-zA-Z][\w:-]*+)(?P<rest>(?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+)>", re.DOTALL
)
_ID = re.compile(r'\sid="([^"]*)"')


def elements_by_id(html: str, names: Collection[str]) -> dict[str, str]:
    """Return the element of each id that the article has; of several with the same id, the first that ends."""
    wanted = frozenset(names)
    found: dict[str, str] = {}
    #: The open elements: their start, and their id if it is wanted.
    opened: list[tuple[int, str | None]] = []
    for tag in _TAG.finditer(html):
        if not tag["name"] or tag["name"].lower() in _VOID:
            continue
        if not tag["end"]:
            name = _ID.search(tag["rest"])
            opened.append((tag.start(), unescape(name[1]) if name and unescape(name[1]) in wanted else None))
        elif opened:
            start, own = opened.pop()
            if own is not None:
                found.setdefault(own, html[start : tag.end()])
    return found
