"""Finds an element of an article by its id.

Input: HTML as our templates and printers write it. Output: the element's HTML, from its start tag to its end tag.
"""

import re
from html import escape

_VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"))
_TAG = re.compile(r"<!--.*?-->|<(?P<end>/?)(?P<name>[a-zA-Z][\w:-]*+)(?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+>", re.DOTALL)


def element_by_id(html: str, name: str) -> str | None:
    """Return the element with an id, or None."""
    start = re.search(rf'<[a-zA-Z][\w:-]*(?:\s[^<>]*)?\sid="{re.escape(escape(name))}"', html)
    if start is None:
        return None
    depth = 0
    for tag in _TAG.finditer(html, start.start()):
        if tag["name"] and tag["name"].lower() not in _VOID:
            depth += -1 if tag["end"] else 1
        if depth == 0:
            return html[start.start() : tag.end()]
    return html[start.start() :]
