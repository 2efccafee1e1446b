"""Fills merge-field tokens with values, each escaped for where it stands.

Comes in: HTML, plaintext or a header with tokens, and the values. Goes out: the same without tokens. A value is data:
it cannot open a tag, leave an attribute or change an address's host.
"""

import re
from collections.abc import Mapping
from html import escape
from urllib.parse import quote

_ADDRESS = re.compile(r'(?<=\s)(href|src)="([^"]*)"')


def fill_html(html: str, values: Mapping[str, str]) -> str:
    """Fill tokens in HTML.

    A token that is a whole address takes an address; one inside an address is percent-encoded (RFC 3986, 2.1);
    anywhere else a value is text, in an element or an attribute.
    """
    if not values:
        return html
    token = _tokens(values)

    def address(match: re.Match[str]) -> str:
        written = match[2]
        if written in values:
            return f'{match[1]}="{escape(values[written])}"'
        return f'{match[1]}="{token.sub(lambda inner: quote(values[inner[0]], safe=""), written)}"'

    return token.sub(lambda match: escape(values[match[0]]), _ADDRESS.sub(address, html))


def fill_text(text: str, values: Mapping[str, str]) -> str:
    """Fill tokens in plaintext; inside the `<…>` of an address values are percent-encoded."""
    if not values:
        return text
    token = _tokens(values)

    def address(match: re.Match[str]) -> str:
        written = match[1]
        if written in values:
            return f"<{values[written]}>"
        return f"<{token.sub(lambda inner: quote(values[inner[0]], safe=''), written)}>"

    return token.sub(lambda match: values[match[0]], re.sub(r"<(\S+)>", address, text))


def _tokens(values: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(token) for token in values))
