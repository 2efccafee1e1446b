"""Operations on the text of a paragraph that keep its bold words, links, footnotes and comments.

Input: spans and offsets in their text. Output: spans. Guarantees: pure; pieces that are cut apart contain every character
once.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace

from composer.content.yaml.source import FORBIDDEN
from composer.drafts.draft_document import Span, text_of

Spans = tuple[Span, ...]
_EDGE = " \t\n\u00a0"


def clean_spans(spans: Iterable[Span]) -> Spans:
    """Return the text in the form in which a file stores it: composed letters, no control characters."""
    return merged_spans(replace(span, text=clean_text(span.text)) for span in spans)


def clean_text(text: str) -> str:
    """Return a text in Unicode form C, with spaces for control characters, which a file must not contain."""
    text = text.replace("\t", " ")
    if text.isascii() and not FORBIDDEN.search(text):
        return text
    text = re.sub("[\r\x0b\x0c\u2028\u2029\x85]", "\n", text).replace("\ufeff", "")
    return unicodedata.normalize("NFC", FORBIDDEN.sub(" ", text))


def merged_spans(spans: Iterable[Span]) -> Spans:
    """Join neighbours with the same look; drop those without text, unless they are marks."""
    found: list[Span] = []
    for span in spans:
        if not span.text and not span.footnote and not span.comment:
            continue
        last = found[-1] if found else None
        if last is not None and _is_text(span) and _is_text(last) and replace(last, text="") == replace(span, text=""):
            found[-1] = replace(last, text=last.text + span.text)
        else:
            found.append(span)
    return tuple(found)


def _is_text(span: Span) -> bool:
    return not span.footnote and not span.comment


def cut(spans: Spans, start: int, end: int | None = None, marks_end: int | None = None) -> Spans:
    """Return the characters between two offsets; a mark belongs to the character before it.

    With `marks_end`, marks up to this offset are included: those in a separator that is dropped.
    """
    end = len(text_of(spans)) if end is None else end
    marks_end = end if marks_end is None else marks_end
    found: list[Span] = []
    at = 0
    for span in spans:
        if not span.text:
            if start < at <= marks_end or (at == 0 == start):
                found.append(span)
            continue
        first, last = max(start - at, 0), min(end - at, len(span.text))
        if first < last:
            found.append(replace(span, text=span.text[first:last]))
        at += len(span.text)
    return tuple(found)


def split_spans(spans: Spans, end: int, start: int) -> tuple[Spans, Spans]:
    """Return what is before `end` and what is after `start`, without the separator between them."""
    return cut(spans, 0, end, start), cut(spans, start)


def strip_spans(spans: Spans) -> Spans:
    """Remove white space at both ends."""
    text = text_of(spans)
    start = len(text) - len(text.lstrip(_EDGE))
    end = len(text.rstrip(_EDGE))
    if start == 0 and end == len(text):
        return spans
    if start >= end:
        return marks_of(spans)
    return (*marks_of(cut(spans, 0, start)), *cut(spans, start, end, len(text)))


def marks_of(spans: Spans) -> Spans:
    """Return the footnote marks and comments only."""
    return tuple(span for span in spans if not span.text)


def without_bold(spans: Spans) -> Spans:
    """Return the text without bold letters: of a title or a label, which the theme prints in its own way."""
    return merged_spans(replace(span, is_bold=False) for span in spans)


def is_all_bold(spans: Spans) -> bool:
    """Return whether every visible character is bold."""
    inked = [span for span in spans if span.text.strip()]
    return bool(inked) and all(span.is_bold for span in inked)


def only_link(spans: Spans) -> str:
    """Return the address if all visible characters are one link; otherwise an empty text."""
    links = {span.link for span in spans if re.search(r"\w", span.text)}
    return links.pop() if len(links) == 1 else ""


def first_link(spans: Spans) -> str:
    """Return the address of the first link."""
    return next((span.link for span in spans if span.link), "")


def lines_of(spans: Spans) -> Iterator[Spans]:
    """Yield the lines of a text with line breaks."""
    start = 0
    for line in text_of(spans).split("\n"):
        yield cut(spans, start, start + len(line), start + len(line) + 1)
        start += len(line) + 1
