"""Reads a draft in plain text: an e-mail, notes, or what was pasted into the terminal.

Input: text. Output: a `DraftDocument`; places are lines. Guarantees: pure. Nothing is taken as a mark except bullets at the
start of a line, which are not words; typed numbers stay in the text.
"""

import re
from collections.abc import Iterator

from composer.drafts.draft_document import DraftDocument, Paragraph, Place, Span
from composer.drafts.formats.span_collector import SpanCollector, shortened, visible_text
from composer.drafts.formats.wrapped_links import clean_link

_BULLET = re.compile(r"([ \t]*)[-*•·–◦▪‣][ \t\u00a0]+(?=\S)")
_ADDRESS = re.compile(r"https?://[^\s<>\"“”«»]+[^\s<>\"“”«».,;:!?')\]}’]")
#: A line of this length was ended by the width of a window; a longer one is a paragraph.
_SHORTEST_WRAPPED, _LONGEST_WRAPPED = 55, 120


def read_plain_text(text: str) -> DraftDocument:
    """Read plain text."""
    lines = visible_text(text.expandtabs(4)).split("\n")
    return DraftDocument(tuple(_paragraph(number, chunk) for number, chunk in _chunks(lines)))


def _chunks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of each paragraph, with the number of the first: between empty lines, or line by line."""
    filled = [line for line in lines if line.strip()]
    is_line_by_line = len(filled) == len("\n".join(lines).strip("\n").split("\n")) or any(
        len(line) > _LONGEST_WRAPPED for line in filled
    )
    chunk: list[str] = []
    for number, line in enumerate([*lines, ""], 1):
        if chunk and (not line.strip() or is_line_by_line or _BULLET.match(line)):
            yield number - len(chunk), chunk
            chunk = []
        if line.strip():
            chunk.append(line)


def _paragraph(number: int, chunk: list[str]) -> Paragraph:
    bullet = _BULLET.match(chunk[0])
    first = chunk[0][bullet.end() :] if bullet else chunk[0]
    is_wrapped = all(len(line) >= _SHORTEST_WRAPPED for line in chunk[:-1]) or bool(bullet)
    text = (" " if is_wrapped else "\n").join(line.strip() for line in (first, *chunk[1:]))
    level = 1 + min(len(bullet[1]) // 2, 8) if bullet else 0
    return Paragraph(_spans(text), Place(number, shortened(text)), list_level=level)


def _spans(text: str) -> tuple[Span, ...]:
    """Return a text whose web addresses are links."""
    spans, end = SpanCollector(), 0
    for match in _ADDRESS.finditer(text):
        spans.add(text[end : match.start()])
        spans.add(match[0], Span("", link=clean_link(match[0])))
        end = match.end()
    spans.add(text[end:])
    return spans.take()
