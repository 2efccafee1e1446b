"""The places of merge-field tokens, and how a value is escaped there.

Input: HTML, plaintext or a header with tokens. Output: its pieces, with a slot for each token that knows its escape; or
the same filled with values. Guarantees: a value is data; it cannot open a tag, leave an attribute, run a script, start
a line or change an address's host. The place alone decides the escape, not the value.
"""

import re
from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from html import escape
from typing import assert_never
from urllib.parse import quote

from composer.core.addresses import FORBIDDEN, forbidden_in
from composer.core.errors import ComposeError

#: A start tag as lxml writes it, in a conditional comment too; a `<` in a text is `&lt;`.
_TAG = re.compile(r"<[A-Za-z](?:\"[^\"]*+\"|'[^']*+'|[^\"'<>])*+>")
_ADDRESS = re.compile(r"(?<=\s)(href|src|background|action)=(?:\"([^\"]*+)\"|'([^']*+)')", re.IGNORECASE)
#: An address in plaintext, as render/text_printer.py writes it; if it is only a field, it looks like a word.
_WRITTEN = re.compile(r"<(https?://[^\s<>]+|[a-z0-9]+)>")
#: The part of an address that decides where it leads: up to its host or mailbox.
_LEADS = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//[^/?#]*|mailto:[^?]*@[^?]*", re.IGNORECASE)
#: Elements in which HTML escapes do not help: style sheets, scripts.
_RAW = re.compile(r"<(style|script)\b.*?</\1>", re.IGNORECASE | re.DOTALL)
#: What is before the quotation mark of a style, a script or a list of addresses.
_UNSAFE = re.compile(r"\s(?:style|srcset|on[a-z]+)=\Z", re.IGNORECASE)
#: The maximum length of that.
_UNSAFE_LENGTH = 40
_WEB = re.compile(r"https?://|mailto:", re.IGNORECASE)
#: Most of our addresses: nothing to escape, in HTML or elsewhere.
_BARE = re.compile(r"https?://[A-Za-z0-9._~%:/?#\[\]@!$()*+,;=-]+")


class PlaceError(ComposeError):
    """A merge field is in a place where no value is safe."""


class Escape(StrEnum):
    """How a value is escaped, by its place."""

    #: the text of an element, an attribute
    HTML = "html"
    #: a whole address in HTML
    HTML_ADDRESS = "html-address"
    #: inside an address: percent-encoded (RFC 3986, section 2.1), so that it stays one segment of a path or a query; a
    #: value of only dots may change the path, but not the host
    IN_ADDRESS = "in-address"
    #: plaintext, a header
    TEXT = "text"
    #: a whole address in plaintext
    TEXT_ADDRESS = "text-address"


@dataclass(frozen=True, slots=True)
class MergeSlot:
    """A place for a value."""

    token: str
    escape: Escape


#: A document in order: texts, and the slots between them.
Pieces = list[str | MergeSlot]


def split_html(html: str, tokens: Collection[str]) -> Pieces:
    """Return the pieces of HTML, with a slot and its escape for each token. Raises PlaceError."""
    if not tokens:
        return [html]
    token = _pattern(tuple(tokens))
    starts = [match.start() for match in token.finditer(html)]
    if any(_is_unsafe(html, start) for start in starts) or any(
        _is_between(starts, *element.span()) for element in _RAW.finditer(html)
    ):
        raise PlaceError(
            "a merge field is not allowed in a style, a script or a list of pictures (srcset)",
            "the theme must not put it there",
        )
    pieces: Pieces = []
    done = 0
    for tag in _TAG.finditer(html):
        if not _is_between(starts, *tag.span()):
            continue
        for address in _ADDRESS.finditer(html, tag.start(), tag.end()):
            written = address[2] if address[2] is not None else address[3]
            _split(html[done : address.start()], token, Escape.HTML, pieces)
            pieces.append(f'{address[1]}="')
            if written in tokens:
                pieces.append(MergeSlot(written, Escape.HTML_ADDRESS))
            else:
                _refuse_host(written, token)
                _split(written, token, Escape.IN_ADDRESS, pieces)
            pieces.append('"')
            done = address.end()
    _split(html[done:], token, Escape.HTML, pieces)
    return pieces


def split_text(text: str, tokens: Collection[str]) -> Pieces:
    """Return the pieces of plaintext or a subject, with a slot for each token. Raises PlaceError."""
    if not tokens:
        return [text]
    token = _pattern(tuple(tokens))
    if token.search(text) is None:
        return [text]
    pieces: Pieces = []
    done = 0
    for address in _WRITTEN.finditer(text):
        _split(text[done : address.start()], token, Escape.TEXT, pieces)
        if address[1] in tokens:
            pieces += ["<", MergeSlot(address[1], Escape.TEXT_ADDRESS), ">"]
        else:
            _refuse_host(address[1], token)
            _split(address[0], token, Escape.IN_ADDRESS, pieces)
        done = address.end()
    _split(text[done:], token, Escape.TEXT, pieces)
    return pieces


def fill_html(html: str, values: Mapping[str, str]) -> str:
    """Return HTML with its tokens filled; `values` by token."""
    return _filled(split_html(html, values.keys()), values)


def fill_text(text: str, values: Mapping[str, str]) -> str:
    """Return plaintext or a subject with its tokens filled; `values` by token."""
    return _filled(split_text(text, values.keys()), values)


def escaped(value: str, how: Escape) -> str:
    """Return a value that is safe for its place; it stays on one line, without characters that are forbidden in mail."""
    if forbidden_in(value):
        value = FORBIDDEN.sub(" ", value)
    match how:
        case Escape.HTML:
            return escape(value)
        case Escape.TEXT:
            return value
        case Escape.IN_ADDRESS:
            return value if value.isascii() and value.isalnum() else quote(value, safe="")
        case Escape.HTML_ADDRESS:
            return value if _BARE.fullmatch(value) else escape(_address(value))
        case Escape.TEXT_ADDRESS:
            return value if _BARE.fullmatch(value) else _address(value)
        case _:
            assert_never(how)


def _filled(pieces: Pieces, values: Mapping[str, str]) -> str:
    """Join pieces; filled-in values are not searched for tokens."""
    return "".join(piece if isinstance(piece, str) else escaped(values[piece.token], piece.escape) for piece in pieces)


@lru_cache(maxsize=64)
def _pattern(tokens: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, tokens)))


def _is_between(starts: list[int], begin: int, end: int) -> bool:
    """Check whether a token starts in a part of the text; no part ends within one."""
    at = bisect_left(starts, begin)
    return at < len(starts) and starts[at] < end


def _is_unsafe(html: str, at: int) -> bool:
    """Check whether the quotation mark before a token is that of a style, a script or a list of addresses."""
    quotes = (html.rfind(sign, 0, at) for sign in ('"', "'"))
    return any(_UNSAFE.search(html[max(0, quote - _UNSAFE_LENGTH) : quote]) for quote in quotes if quote > 0)


def _split(text: str, token: re.Pattern[str], how: Escape, pieces: Pieces) -> None:
    done = 0
    for match in token.finditer(text):
        pieces += (text[done : match.start()], MergeSlot(match[0], how))
        done = match.end()
    pieces.append(text[done:])


def _refuse_host(address: str, token: re.Pattern[str]) -> None:
    if (leads := _LEADS.match(address)) and token.search(leads[0]):
        shown = token.sub("…", address)
        raise PlaceError(
            f"a merge field is not allowed in the host name of an address: {shown}",
            "it is allowed after the first / that follows the host",
        )


def _address(value: str) -> str:
    """Return a web or mail address unchanged; turn anything else into a harmless relative address."""
    value = value.strip()
    return quote(value, safe="%:/?#[]@!$&'()*+,;=~") if _WEB.match(value) else quote(value, safe="")
