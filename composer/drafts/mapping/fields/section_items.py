"""Divides the lines of a section that is a list into its items.

Input: lines, the roles of an item's fields, the names of its labels. Output: the introduction, and the lines of each item.
Guarantees: pure; every line is in one part.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from composer.drafts.draft_document import text_of
from composer.drafts.mapping.names.field_roles import FieldRoles
from composer.drafts.mapping.names.known_names import FieldName
from composer.drafts.mapping.names.label_match import find_label
from composer.drafts.mapping.text.block_markdown import is_caption
from composer.drafts.mapping.text.draft_dates import find_date, whole_date
from composer.drafts.mapping.text.draft_lines import BOLD, DraftLine, ends_sentence
from composer.drafts.mapping.text.span_text import Spans, first_link, is_all_bold, only_link, split_spans, strip_spans
from composer.drafts.mapping.text.trailing_marks import trailing_brackets
from composer.drafts.mapping.text.typed_addresses import linked_addresses

_LONGEST_TITLE = 180
_AFTER_TITLE = re.compile(r"\s*(?:[:：–—|]|,\s|-\s|\n|\.\s)\s*")


@dataclass(slots=True)
class SectionItems:
    """The parts of a list: what is before its first item, and its items."""

    intro: list[DraftLine] = field(default_factory=list)
    items: list[list[DraftLine]] = field(default_factory=list)


def section_items(
    lines: Sequence[DraftLine], roles: FieldRoles, names: Sequence[FieldName], language: str
) -> SectionItems:
    """Divide a section: at headings of the highest level, at headlines without a style, or at the bullets of a list."""
    if roles.title and lines and not any(line.level for line in lines) and _has_bold_lead(lines[0], names):
        return _leads(lines, names)
    splitter = _Splitter(list(lines), roles, names, language)
    starts = splitter.starts()
    if starts:
        return _parts(lines, starts)
    if any(line.list_level == 1 for line in lines) and not any(line.level for line in lines):
        return _bullets(lines, language if roles.date else "")
    if roles.title is not None and _is_line_list(lines):
        return SectionItems(items=[[line] for line in lines])
    return SectionItems(items=[list(lines)] if lines else [])


def _parts(lines: Sequence[DraftLine], starts: Sequence[int]) -> SectionItems:
    ends = [*starts[1:], len(lines)]
    return SectionItems(list(lines[: starts[0]]), [list(lines[at:end]) for at, end in zip(starts, ends, strict=True)])


def _has_bold_lead(line: DraftLine, names: Sequence[FieldName]) -> bool:
    """Return whether a paragraph begins with bold words other than a label: the title of an item and its text in one."""
    if not line.is_plain or is_all_bold(line.spans) or not line.spans[0].is_bold:
        return False
    return find_label(line.spans, names, has_level=False) is None and 0 < _title_end(line.spans) <= _LONGEST_TITLE


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


@dataclass(slots=True)
class _Splitter:
    lines: list[DraftLine]
    roles: FieldRoles
    names: Sequence[FieldName]
    language: str

    def starts(self) -> list[int]:
        """Return the numbers of the lines that begin an item."""
        headings = [at for at, line in enumerate(self.lines) if line.level and not self._is_inner(at)]
        level = min((self.lines[at].level for at in headings), default=0)
        found: list[int] = []
        in_sources = False
        for at, line in enumerate(self.lines):
            is_label = line.is_text and self._label(line) is not None
            if not is_label and self._begins(at, level, found, in_sources=in_sources):
                found.append(at)
                in_sources = False
            elif is_label:
                label = self._label(line)
                in_sources = label is not None and self.roles.fields[label].format == "sources"
        return found

    def _begins(self, at: int, level: int, found: Sequence[int], *, in_sources: bool) -> bool:
        line = self.lines[at]
        if self.roles.title is None or not line.is_text or self._is_inner(at):
            return False
        if line.level:
            return line.level == level or (
                line.level == BOLD
                and (self._ended(at) or not self.roles.sources and level < BOLD and self._is_headline(at))
            )
        if not line.is_plain or not self._is_short(line):
            return False
        follows = self._has_text_after(at)
        if in_sources and at and self.lines[at - 1].list_level and follows:
            return not only_link(line.spans)
        if not follows:
            return False
        if found and at - 1 == found[-1]:
            return False
        return (not found or not level or self._ended(at)) and (self._ended(at) or self._is_headline(at))

    def _is_short(self, line: DraftLine) -> bool:
        found = trailing_brackets(line.spans)
        text = text_of(found.before) if found is not None else line.text
        return len(line.text) <= _LONGEST_TITLE and "\n" not in line.text and not re.search(r"[.。:：;,]\s*$", text)

    def _is_headline(self, at: int) -> bool:
        """Return whether a paragraph looks like a headline: linked as a whole, or with a publisher in brackets, or the first."""
        line = self.lines[at]
        found = trailing_brackets(line.spans)
        if only_link(line.spans) and (found is None or text_of(found.before).strip()):
            return not ends_sentence(line.text) or found is not None
        if self.roles.outlet and self._is_dated_source(line):
            return True
        if found is not None and self.roles.outlet and re.search(r"[^\W\d_]", found.words):
            return True
        return at == 0 and not ends_sentence(line.text) and len(line.text) <= 120

    def _is_dated_source(self, line: DraftLine) -> bool:
        """Return whether a line is like `13.12.2026 – Die Zeit: title`, with a link."""
        before, *after = re.split(r"[:：]\s", line.text, maxsplit=1)
        has_link = bool(first_link(linked_addresses(line.spans)))
        return bool(after) and has_link and len(before) <= 90 and find_date(before, self.language) is not None

    def _ended(self, at: int) -> bool:
        """Return whether the line before ended an item: with a date in brackets."""
        if not at or not self.roles.date:
            return False
        before = self.lines[at - 1]
        found = trailing_brackets(before.spans) if before.is_text and not before.level else None
        return found is not None and whole_date(found.words, self.language, "yy/MM/dd") is not None

    def _has_text_after(self, at: int) -> bool:
        if at + 1 >= len(self.lines):
            return False
        after = self.lines[at + 1]
        return (
            after.is_text
            and not after.level
            and (len(after.text) > len(self.lines[at].text) * 0.7 or self._label(after) is not None)
        )

    def _is_inner(self, at: int) -> bool:
        """Return whether a heading belongs to an item: a label, or the caption of a table."""
        line = self.lines[at]
        if line.is_text and self._label(line) is not None:
            return True
        return (
            at + 1 < len(self.lines)
            and self.lines[at + 1].table is not None
            and line.level == BOLD
            and is_caption(line)
        )

    def _label(self, line: DraftLine) -> str | None:
        found = find_label(line.spans, self.names, has_level=bool(line.level))
        if found is None or (self.roles.title and found.key == self.roles.title):
            return None
        return found.key


def _bullets(lines: Sequence[DraftLine], language: str) -> SectionItems:
    """Make an item of each bullet; lines below it belong to it."""
    first = next(at for at, line in enumerate(lines) if line.list_level == 1)
    found = SectionItems(intro=list(lines[:first]))
    for line in lines[first:]:
        if line.list_level == 1:
            found.items.append((language and _dated(line, language)) or _opened(line))
        else:
            inner = replace(line, list_level=max(line.list_level - 1, 0)) if line.list_level else line
            found.items[-1].append(inner)
    return found


def _dated(line: DraftLine, language: str) -> list[DraftLine]:
    """Divide `18 February, 19:30, Town hall: Council meeting` into the title and the details before it."""
    text = line.text
    near = datetime.date(2000, 6, 30)  # only the place of the date counts
    date = find_date(text, language, near=near)
    if date is None or len(text[: date.start].split()) > 1:
        return []
    colon = re.compile(r"\s*(?::\s+|\s[–—]\s)").search(text, date.end)
    if colon is None or colon.start() > 90 or not text[colon.end() :].strip():
        return []
    details, title = split_spans(line.spans, colon.start(), colon.end())
    plain = replace(line, list_level=0, is_numbered=False)
    return [replace(plain, level=BOLD, spans=strip_spans(title)), replace(plain, spans=strip_spans(details))]


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
    return len(text)
