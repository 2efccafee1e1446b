"""Finds the label at the start of a paragraph: `**The facts:** …`, `**The facts**: …`, `Source: AP`.

Input: spans and the names of fields. Output: the field, the label as written, and the text after it. Guarantees: pure.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from composer.drafts.draft_document import text_of
from composer.drafts.mapping.names.heading_match import ENOUGH, normal_heading, similarity
from composer.drafts.mapping.names.known_names import FieldName
from composer.drafts.mapping.text.span_text import Spans, cut, strip_spans

_COLON = re.compile(r"\s*[:：]\s*")
_LONGEST = 60
#: A label that no field has is at most this many words long.
_MOST_WORDS = 4


@dataclass(frozen=True, slots=True)
class FoundLabel:
    """The label of a field, and the text after it."""

    key: str
    label: str
    rest: Spans
    #: The label as the edition prints it; empty for a name that only drafts use.
    name: str = ""


def find_label(spans: Spans, names: Iterable[FieldName], *, has_level: bool) -> FoundLabel | None:
    """Return the label at the start of a text. `has_level` says that the whole line is a heading."""
    text = text_of(spans)
    bold = _bold_length(spans)
    colon = _COLON.search(text, 0, _LONGEST + 2)
    found: list[tuple[int, int, bool]] = []
    names = list(names)
    if has_level:
        found.append((len(text.rstrip(" :：\n")), len(text), True))
    if colon is not None and bold >= colon.start() > 0:
        found.append((colon.start(), colon.end(), True))
    elif 0 < bold < len(text) and bold <= _LONGEST:
        after = re.compile(r"\s*[.:：–—-]?\s+|\s*[:：.]?\n+").match(text, bold)
        stripped = text[:bold].rstrip(" :：.\n–—-")
        if after is not None or not text[bold].isalnum():
            found.append((len(stripped), after.end() if after else bold, True))
    elif colon is not None:
        found.append((colon.start(), colon.end(), False))
    elif not has_level:
        # A line that is nothing but a label of the newsletter needs no style.
        names = [name for name in names if name.is_loose]
        found.append((len(text.rstrip()), len(text), False))
    for end, start, is_marked in found:
        if 0 < end <= _LONGEST and (name := _name(text[:end], names, is_marked=is_marked)):
            # The first name of a field is its label in the edition.
            printed = next(each.name for each in names if each.key == name.key) if name.is_loose else ""
            return FoundLabel(name.key, text[:end], strip_spans(cut(spans, start)), printed)
    return None


def unknown_label(spans: Spans, known: Iterable[str], *, has_level: bool) -> str:
    """Return what looks like a label although no field has it: a short heading, or a few words before a colon.

    Without bold letters, one of the words must be in a label that is `known`.
    """
    text = text_of(spans)
    bold = _bold_length(spans)
    colon = _COLON.search(text, 0, _LONGEST + 2)
    if has_level:
        label = text
    elif colon is None or colon.end() == len(text):
        return ""
    else:
        label = text[: colon.start()]
    label = label.strip(" :：.\n–—-")
    words = set(normal_heading(label).split())
    is_like = has_level or bold >= len(label) or any(words & set(normal_heading(name).split()) for name in known)
    is_label = re.fullmatch(r"[^\W\d_][^.!:：,;()\d]*", label) is not None and not label[0].islower()
    return label if is_like and is_label and len(words) <= _MOST_WORDS else ""


def _name(label: str, names: Iterable[FieldName], *, is_marked: bool) -> FieldName | None:
    normal = normal_heading(label)
    if not normal:
        return None
    best: float = 0.0
    found = None
    for name in names:
        if name.is_loose and is_marked:
            score = similarity(label, name.name)
        else:
            score = 1.0 if normal == normal_heading(name.name) else 0.0
        if score > best:
            best, found = score, name
    return found if best >= ENOUGH else None


def _bold_length(spans: Spans) -> int:
    """Return how many characters at the start are bold."""
    length = 0
    for span in spans:
        if span.text.strip() and not span.is_bold:
            break
        length += len(span.text)
    return length
