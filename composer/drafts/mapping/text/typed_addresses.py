"""Web addresses that were typed into a line, as in `Reuters: Prices fall https://…`.

Input: the spans of a line. Output: the line without the address, and the address. Guarantees: pure; an address is taken out
only if words remain and no other link would be lost.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from composer.content.values.bare_links import pieces
from composer.drafts.draft_document import Span, text_of
from composer.drafts.formats.wrapped_links import clean_link
from composer.drafts.mapping.text.span_text import Spans, split_spans, strip_spans

_BEFORE = re.compile(r"[\s,;|(\[<–—-]+$")
_AFTER = re.compile(r"[\s)\]>.,;|]+")
#: What is left of `Reuters: https://…`: no title.
_OUTLET_ALONE = re.compile(r"[^:：]*[:：]\s*")


@dataclass(frozen=True, slots=True)
class TypedAddress:
    """A line, the address that was in it, and the address as written; both are empty if there was none."""

    rest: Spans
    link: str = ""
    words: str = ""


def take_address(spans: Spans) -> TypedAddress:
    """Take the first typed address out of a line."""
    linked = linked_addresses(spans)
    at = 0
    for span in linked:
        start, at = at, at + len(span.text)
        if not span.link or not is_address(span.text):
            continue
        rest = _without(linked, start, at)
        links = {each.link for each in rest if each.link}
        if _has_title(text_of(rest)) and links <= {span.link}:
            return TypedAddress(rest, span.link, span.text)
    return TypedAddress(spans)


def linked_addresses(spans: Spans) -> Spans:
    """Return a line in which each typed address is a link."""
    return tuple(piece for span in spans for piece in _linked(span))


def is_address(text: str) -> bool:
    """Return whether a text is a web address and nothing else."""
    found = list(pieces(text.strip()))
    return len(found) == 1 and found[0][1].startswith("http")


def has_address(text: str) -> bool:
    """Return whether a web address is in a text."""
    return any(address.startswith("http") for _, address in pieces(text))


def _linked(span: Span) -> Iterator[Span]:
    if span.link or span.is_code or not span.text:
        yield span
        return
    for words, address in pieces(span.text):
        yield replace(span, text=words, link=clean_link(address) if address.startswith("http") else "")


def _without(spans: Spans, start: int, end: int) -> Spans:
    text = text_of(spans)
    before = _BEFORE.search(text, 0, start)
    after = _AFTER.match(text, end)
    first, last = split_spans(spans, before.start() if before else start, after.end() if after else end)
    gap = (Span(" "),) if text_of(first).strip() and text_of(last).strip() else ()
    return strip_spans((*first, *gap, *last))


def _has_title(text: str) -> bool:
    return re.search(r"[^\W_]", text) is not None and _OUTLET_ALONE.fullmatch(text) is None
