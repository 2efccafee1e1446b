"""Divides the lines of a section that is a list into its items.

Input: lines, the roles of an item's fields, the names of its labels. Output: the introduction, and the lines of each item.
Guarantees: pure; every line is in one part.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from composer.drafts.draft_document import text_of
from composer.drafts.mapping.fields.event_lines import event_line, event_lines
from composer.drafts.mapping.fields.item_starts import LONGEST_TITLE, ItemSplitter
from composer.drafts.mapping.names.field_roles import FieldRoles
from composer.drafts.mapping.names.known_names import FieldName
from composer.drafts.mapping.names.label_match import find_label
from composer.drafts.mapping.text.draft_lines import BOLD, DraftLine, ends_sentence
from composer.drafts.mapping.text.publisher_lines import DateReading
from composer.drafts.mapping.text.span_text import Spans, is_all_bold, only_link, split_spans, strip_spans
from composer.drafts.mapping.text.trailing_marks import trailing_brackets

#: The first of two sentences; a short word or one letter before the full stop may be abbreviated.
_FIRST_SENTENCE = re.compile(r"[^\n]{6,160}?(?:[^\W_]{3}(?=\.\s)|[!?](?=\s))(?=.?\s+[“\"„«]?[^\W\d_a-zß-ÿ]\w*\s)")
_AFTER_TITLE = re.compile(r"\s*(?:[:：–—|]|,\s|-\s|\n|\.\s)\s*")


@dataclass(slots=True)
class SectionItems:
    """The parts of a list: what is before its first item, and its items."""

    intro: list[DraftLine] = field(default_factory=list)
    items: list[list[DraftLine]] = field(default_factory=list)


def section_items(
    lines: Sequence[DraftLine], roles: FieldRoles, names: Sequence[FieldName], reading: DateReading
) -> SectionItems:
    """Divide a section: at headings of the highest level, at headlines without a style, or at the bullets of a list."""
    if roles.title and lines and not any(line.level for line in lines) and _has_bold_lead(lines[0], names):
        return _leads(lines, names)
    if roles.title and _is_link_list(lines):
        return SectionItems(items=[[line] for line in lines])
    if roles.date and roles.place and (events := event_lines(lines, reading)):
        return SectionItems(items=events)
    splitter = ItemSplitter(list(lines), roles, names, reading)
    starts = splitter.starts()
    if starts:
        found = _parts(*splitter.with_titles_first(starts))
        if roles.date and roles.place:
            found.items = [_detailed(item, reading) for item in found.items]
        return found
    if any(line.list_level == 1 for line in lines) and not any(line.level for line in lines):
        return _bullets(lines, reading if roles.date and roles.place else None)
    if roles.title is not None and _is_line_list(lines):
        return SectionItems(items=[[line] for line in lines])
    return SectionItems(items=[list(lines)] if lines else [])


def _parts(lines: Sequence[DraftLine], starts: Sequence[int]) -> SectionItems:
    ends = [*starts[1:], len(lines)]
    return SectionItems(list(lines[: starts[0]]), [list(lines[at:end]) for at, end in zip(starts, ends, strict=True)])


def _detailed(item: list[DraftLine], reading: DateReading) -> list[DraftLine]:
    """Divide a heading such as `Fair – 3 March, Leuven` into title and details."""
    first, *rest = item
    title, *details = event_line(replace(first, level=0), reading) or [first]
    return [replace(title, level=first.level), *details, *rest]


def _has_bold_lead(line: DraftLine, names: Sequence[FieldName]) -> bool:
    """Return whether a paragraph begins with bold words other than a label: the title of an item and its text in one."""
    if not line.is_plain or is_all_bold(line.spans) or not line.spans[0].is_bold:
        return False
    return find_label(line.spans, names, has_level=False) is None and 0 < _title_end(line.spans) <= LONGEST_TITLE


def _leads(lines: Sequence[DraftLine], names: Sequence[FieldName]) -> SectionItems:
    """Make an item of each paragraph with a bold title; the lines below it belong to it."""
    found = SectionItems()
    for line in lines:
        if _has_bold_lead(line, names):
            found.items.append(_opened(line))
        else:
            found.items[-1].append(line)
    return found


def _is_line_list(lines: Sequence[DraftLine]) -> bool:
    """Return whether every line is short, as in a list of links or of people that has no bullets."""
    return len(lines) > 1 and all(
        line.is_plain and len(line.text) <= 200 and (only_link(line.spans) or not ends_sentence(line.text))
        for line in lines
    )


def _is_link_list(lines: Sequence[DraftLine]) -> bool:
    """Return whether every line is a linked title, perhaps with its publisher in brackets."""
    return len(lines) > 1 and all(line.is_plain and only_link(_title_of(line)) for line in lines)


def _title_of(line: DraftLine) -> Spans:
    found = trailing_brackets(line.spans)
    return found.before if found is not None else line.spans


def _bullets(lines: Sequence[DraftLine], reading: DateReading | None) -> SectionItems:
    """Make an item of each bullet; lines below it belong to it."""
    first = next(at for at, line in enumerate(lines) if line.list_level == 1)
    found = SectionItems(intro=list(lines[:first]))
    for line in lines[first:]:
        if line.list_level == 1:
            found.items.append((reading and event_line(line, reading)) or _opened(line))
        else:
            inner = replace(line, list_level=max(line.list_level - 1, 0)) if line.list_level else line
            found.items[-1].append(inner)
    return found


def _opened(line: DraftLine) -> list[DraftLine]:
    """Divide a bullet into its title and its text: bold words, a link or a first line are the title."""
    spans = line.spans
    text = text_of(spans)
    end = _title_end(spans)
    title = replace(line, list_level=0, level=BOLD, is_numbered=False)
    if not 0 < end < len(text):
        return [title]
    after = _AFTER_TITLE.match(text, end)
    before, rest = split_spans(spans, end, after.end() if after else end)
    pieces = [replace(title, spans=strip_spans(before))]
    if text_of(rest).strip():
        pieces.append(replace(line, list_level=0, is_numbered=False, spans=strip_spans(rest)))
    return pieces


def _title_end(spans: Spans) -> int:
    """Return where the title of a bullet ends; its whole length if all of it is the title."""
    text = text_of(spans)
    if is_all_bold(spans):
        return len(text)
    at = 0
    for span in spans:
        is_title = span.is_bold or bool(span.link)
        if span.text.strip() and not is_title:
            break
        at += len(span.text)
    if at:
        # A publisher in brackets after the title belongs to it.
        found = re.match(r"\s*[(（][^()（）]{1,60}[)）]", text[at:])
        at += found.end() if found else 0
        while at and text[at - 1] in " :：":
            at -= 1
        return at
    line_end = text.find("\n")
    if line_end > 0:
        return line_end
    colon = re.search(r":\s", text)
    if colon and colon.start() <= 80 and len(text) > 120:
        return colon.start()
    sentence = _FIRST_SENTENCE.match(text)
    return sentence.end() if sentence else len(text)
