"""Fills merge-field tokens with values, each escaped for where it stands.

Comes in: HTML, plaintext or a header with tokens, and the values. Goes out: the same without tokens. A value is data:
it cannot open a tag, leave an attribute, run a script, begin a line or change an address's host.
"""

import re
from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import quote

from composer.content.addresses import FORBIDDEN

#: A start tag as lxml writes it, in a conditional comment too; elsewhere in a text `<` is always `&lt;`.
_TAG = re.compile(r"<[A-Za-z](?:\"[^\"]*+\"|'[^']*+'|[^\"'<>])*+>")
_ADDRESS = re.compile(r"(?<=\s)((?:href|src|background|action)=)(?:\"([^\"]*+)\"|'([^']*+)')", re.IGNORECASE)
#: The addresses in a plaintext part, as text.py writes them.
_WRITTEN = re.compile(r"<(https?://[^\s<>]+)>")
_WEB = re.compile(r"https?://|mailto:", re.IGNORECASE)


def fill_html(html: str, values: Mapping[str, str]) -> str:
    """Fill tokens in HTML.

    A token that is a whole address takes a web or mail address, and anything else as a harmless relative one; a token
    inside an address is percent-encoded (RFC 3986, 2.1); anywhere else a value is text, in an element or an attribute.
    """
    if not values:
        return html
    fill = _filler(values)

    def address(match: re.Match[str]) -> str:
        written = match[2] if match[2] is not None else match[3]
        filled = escape(_whole(values[written])) if written in values else fill(written, _percent)
        return f'{match[1]}"{fill(filled, escape)}"' if filled == written else f'{match[1]}"{filled}"'

    pieces: list[str] = []
    done = 0
    for tag in _TAG.finditer(html):
        pieces.append(fill(html[done : tag.start()], escape))
        # Piece by piece, so that nothing that was filled in is looked at again.
        at = tag.start()
        for match in _ADDRESS.finditer(html, at, tag.end()):
            pieces += (fill(html[at : match.start()], escape), address(match))
            at = match.end()
        pieces.append(fill(html[at : tag.end()], escape))
        done = tag.end()
    pieces.append(fill(html[done:], escape))
    return "".join(pieces)
