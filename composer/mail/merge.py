"""Fills merge-field tokens with values, each escaped for where it stands.

Comes in: HTML, plaintext or a header with tokens, and the values. Goes out: the same without tokens. A value is data:
it cannot open a tag, leave an attribute, run a script, begin a line or change an address's host.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from html import escape
from urllib.parse import quote

from composer.content.addresses import FORBIDDEN

#: A start tag as lxml writes it, in a conditional comment too; a `<` of a text is `&lt;`.
_TAG = re.compile(r"<[A-Za-z](?:\"[^\"]*+\"|'[^']*+'|[^\"'<>])*+>")
_ADDRESS = re.compile(r"(?<=\s)(href|src|background|action)=(?:\"([^\"]*+)\"|'([^']*+)')", re.IGNORECASE)
#: An address in plaintext, as render/text.py writes it.
_WRITTEN = re.compile(r"<(https?://[^\s<>]+)>")
_WEB = re.compile(r"https?://|mailto:", re.IGNORECASE)


def fill_html(html: str, values: Mapping[str, str]) -> str:
    """Fill tokens in HTML.

    A token that is a whole address takes a web or mail address, and makes anything else a harmless relative one; a
    value inside an address is percent-encoded (RFC 3986, 2.1); anywhere else it is text, in an element or an attribute.
    """
    if not values:
        return html
    token = _pattern(tuple(values))
    fill = _filler(token, values)
    pieces: list[str] = []
    done = 0
    # One pass from left to right: what has been filled in is never looked at again.
    for tag in _TAG.finditer(html):
        if token.search(html, tag.start(), tag.end()) is None:
            continue
        for address in _ADDRESS.finditer(html, tag.start(), tag.end()):
            written = address[2] if address[2] is not None else address[3]
            target = _address(values[written]) if written in values else fill(written, _percent)
            pieces += (fill(html[done : address.start()], escape), f'{address[1]}="{target}"')
            done = address.end()
    return "".join((*pieces, fill(html[done:], escape)))


def fill_text(text: str, values: Mapping[str, str]) -> str:
    """Fill tokens in plaintext or a subject; inside the `<https://…>` of an address values are percent-encoded."""
    token = _pattern(tuple(values))
    if not values or token.search(text) is None:
        return text
    fill = _filler(token, values)
    pieces: list[str] = []
    done = 0
    for address in _WRITTEN.finditer(text):
        pieces += (fill(text[done : address.start()], str), fill(address[0], _percent))
        done = address.end()
    return "".join((*pieces, fill(text[done:], str)))


@lru_cache(maxsize=64)
def _pattern(tokens: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, tokens)))


def _filler(token: re.Pattern[str], values: Mapping[str, str]) -> Callable[[str, Callable[[str], str]], str]:
    """Give a function that fills a text, each value going through an escape first."""

    def fill(text: str, escaped: Callable[[str], str]) -> str:
        return token.sub(lambda match: escaped(_one_line(values[match[0]])), text)

    return fill


def _one_line(value: str) -> str:
    """No value begins a line of its own, in a text or in a header, or holds what mail cannot."""
    return FORBIDDEN.sub(" ", value)


def _percent(value: str) -> str:
    return quote(value, safe="")


def _address(value: str) -> str:
    value = _one_line(value).strip()
    if not _WEB.match(value):
        return _percent(value)
    return escape(quote(value, safe="%:/?#[]@!$&'()*+,;=~"))
