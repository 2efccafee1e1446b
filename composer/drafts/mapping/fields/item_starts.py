"""Where the items of a list begin: at headings, bold lines, headlines without a style, before a label that comes again, and
after the publisher of an item.

Input: the lines of a section, the roles of an item's fields, the names of its labels. Output: the numbers of lines.
Guarantees: pure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from composer.drafts.draft_document import text_of
from composer.drafts.mapping.fields.item_numbers import counts_on
from composer.drafts.mapping.names.field_roles import FieldRoles
from composer.drafts.mapping.names.known_names import FieldName
from composer.drafts.mapping.names.label_match import find_label
from composer.drafts.mapping.text.block_markdown import is_caption
from composer.drafts.mapping.text.draft_dates import find_date, whole_date
from composer.drafts.mapping.text.draft_lines import BOLD, DraftLine, ends_sentence
from composer.drafts.mapping.text.publisher_lines import DateReading, citation_in
from composer.drafts.mapping.text.span_text import first_link, only_link
from composer.drafts.mapping.text.trailing_marks import trailing_brackets
from composer.drafts.mapping.text.typed_addresses import linked_addresses

LONGEST_TITLE = 180
#: A linked line of fewer words, such as `Read the report`, may be the link of the item before.
_SHORTEST_TITLE = 5


@dataclass(slots=True)
class ItemSplitter:
    """Finds the lines of a section that begin an item."""

    lines: list[DraftLine]
    roles: FieldRoles
    names: Sequence[FieldName]
    reading: DateReading

    def starts(self) -> list[int]:
        """Return the numbers of the lines that begin an item."""
        headings = [at for at, line in enumerate(self.lines) if line.level and not self._is_inner(at)]
        level = min((self.lines[at].level for at in headings), default=0)
        found: list[int] = []
        labels: dict[str, int] = {}
        in_sources = False
        for at, line in enumerate(self.lines):
            label = self._label(line) if line.is_text else None
            if label is None and self._begins(at, level, found, in_sources=in_sources):
                found.append(at)
                labels.clear()
                in_sources = False
            elif label is not None:
                if label in labels and (title := self._title_between(max(labels.values()), at)):
                    found.append(title)
                    labels.clear()
                labels[label] = at
                in_sources = self.roles.fields[label].format == "sources"
        return found

    def _title_between(self, label: int, again: int) -> int | None:
        """Return the heading or bold line above a label that the item has already: the title of the next item."""
        between = range(again - 1, label, -1)
        return next((at for at in between if self.lines[at].level and not self._is_inner(at)), None)

    def with_titles_first(self, starts: Sequence[int]) -> tuple[list[DraftLine], Sequence[int]]:
        """Return the lines and starts; if each title has the publisher or the date above it, they change places."""
        above = [at - 1 for at in starts]
        if starts[0] != 1 or not all(map(self._is_citation, above)):
            return self.lines, starts
        lines = list(self.lines)
        for at in above:
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
        return lines, above

    def _begins(self, at: int, level: int, found: Sequence[int], *, in_sources: bool) -> bool:
        line = self.lines[at]
        if self.roles.title is None or not line.is_text or self._is_inner(at):
            return False
        if line.level:
            return line.level == level or (line.level == BOLD and self._is_bold_title(at, found))
        if not line.is_plain or not self._is_short(line):
            return False
        follows = self._has_text_after(at)
        if in_sources and at and self.lines[at - 1].list_level and follows:
            return not only_link(line.spans)
        if not follows:
            return False
        if found and at - 1 == found[-1]:
            return False
        if self._is_cited and found and self._is_linked_title(line):
            return True
        return (not found or not level or self._ended(at)) and (self._ended(at) or self._is_headline(at))

    def _is_bold_title(self, at: int, found: Sequence[int]) -> bool:
        """Return whether a bold line is a title although other titles are headings."""
        if self._ended(at) or not self.roles.sources and self._is_headline(at):
            return True
        if found and counts_on(self.lines[found[-1]].text, self.lines[at].text):
            return True
        # Before the first heading, and in a list of short items, it is not a subhead.
        has_text = at + 1 < len(self.lines) and self.lines[at + 1].is_text and not self.lines[at + 1].level
        is_apart = not found or (self._is_cited and at - 1 > found[-1])
        return has_text and is_apart

    def _is_short(self, line: DraftLine) -> bool:
        found = trailing_brackets(line.spans)
        text = text_of(found.before) if found is not None else line.text
        return len(line.text) <= LONGEST_TITLE and "\n" not in line.text and not re.search(r"[.。:：;,]\s*$", text)

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
        if at + 1 < len(self.lines) and self._is_citation(at + 1) and line.is_plain and not ends_sentence(line.text):
            return True
        if self._is_dated_event(at + 1) and self._is_short_line(at):
            return True
        return self._is_short_line(at) and (at == 0 or (self._is_short_line(0) and self._follows_text(at)))

    def _is_linked_title(self, line: DraftLine) -> bool:
        """Return whether a line is nothing but a link with its publisher in brackets, or with a whole title as its words."""
        found = trailing_brackets(line.spans)
        if found is not None and only_link(found.before):
            return re.search(r"[^\W\d_]", found.words) is not None
        return (
            bool(only_link(line.spans)) and len(line.text.split()) >= _SHORTEST_TITLE and not ends_sentence(line.text)
        )

    def _is_dated_event(self, at: int) -> bool:
        """Return whether a line begins with the date of an event."""
        if at >= len(self.lines) or not (self.roles.date and self.roles.place):
            return False
        line = self.lines[at]
        date = find_date(line.text, self.reading.language, self.reading.form, self.reading.near)
        return (
            line.is_plain and len(line.text) <= 140 and date is not None and len(line.text[: date.start].split()) <= 1
        )

    def _is_short_line(self, at: int) -> bool:
        return not ends_sentence(self.lines[at].text) and len(self.lines[at].text) <= 120

    def _follows_text(self, at: int) -> bool:
        """Return whether a line is between two texts, as the first title is above one."""
        if at + 1 == len(self.lines):
            return False
        before, after = self.lines[at - 1], self.lines[at + 1]
        return before.is_plain and ends_sentence(before.text) and after.is_plain and ends_sentence(after.text)

    def _is_dated_source(self, line: DraftLine) -> bool:
        """Return whether a line is like `13.12.2026 – Die Zeit: title`, with a link."""
        before, *after = re.split(r"[:：]\s", line.text, maxsplit=1)
        has_link = bool(first_link(linked_addresses(line.spans)))
        return bool(after) and has_link and len(before) <= 90 and find_date(before, self.reading.language) is not None

    def _ended(self, at: int) -> bool:
        """Return whether the line before ended an item: with a date in brackets, or by naming the publisher."""
        if not at:
            return False
        before = self.lines[at - 1]
        if self._is_cited and before.is_plain and self._label(before) == self.roles.outlet:
            return True
        if (
            self._is_citation(at - 1)
            and at > 1
            and self.lines[at - 2].is_plain
            and ends_sentence(self.lines[at - 2].text)
        ):
            return True
        if not self.roles.date:
            return False
        found = trailing_brackets(before.spans) if before.is_text and not before.level else None
        return (
            found is not None
            and whole_date(found.words, self.reading.language, self.reading.form or "yy/MM/dd") is not None
        )

    def _has_text_after(self, at: int) -> bool:
        below = at + 1
        while below < len(self.lines) and self._is_citation(below):
            below += 1
        if below >= len(self.lines):
            return False
        after = self.lines[below]
        return (
            after.is_text
            and not after.level
            and (len(after.text) > len(self.lines[at].text) * 0.7 or self._label(after) is not None)
        )

    @property
    def _is_cited(self) -> bool:
        """Whether an item has one publisher, not a list of sources."""
        return self.roles.outlet is not None and self.roles.sources is None

    def _is_citation(self, at: int) -> bool:
        """Return whether a line only names the publisher or the date."""
        line = self.lines[at]
        if not self._is_cited or not line.is_text or line.list_level or (line.level and line.level < BOLD):
            return False
        return citation_in(line.spans, self.reading) is not None

    def _is_inner(self, at: int) -> bool:
        """Return whether a heading belongs to an item: a label, a publisher, or the caption of a table."""
        line = self.lines[at]
        if self._is_citation(at):
            return True
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
