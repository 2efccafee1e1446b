"""Events in one line: `12 January 2027, 18:00, Brussels: Council meeting`, `Fair, 20–22 January, Leuven`.

Input: lines of a section, how its dates are read. Output: title and details of each event, and the lines below it.
Guarantees: pure; every word is in one of the lines.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from composer.drafts.mapping.text.draft_dates import whole_date
from composer.drafts.mapping.text.draft_lines import BOLD, DraftLine, ends_sentence
from composer.drafts.mapping.text.event_days import find_range
from composer.drafts.mapping.text.publisher_lines import DateReading
from composer.drafts.mapping.text.span_text import split_spans, strip_spans

_LONGEST, _LONGEST_DETAILS = 200, 90
_BEFORE_TITLE = re.compile(r"\s*(?::\s+|\s[–—|-]\s)")
_AFTER_TITLE = re.compile(r"\s*(?::\s+|\s[–—|-]\s+|,\s+|(?P<bracket>[(（]))\s*")


def event_line(line: DraftLine, reading: DateReading) -> list[DraftLine]:
    """Return the title and the details of an event; nothing if the line is something else."""
    text = line.text
    if not line.is_text or line.level or line.is_quote or len(text) > _LONGEST or "\n" in text:
        return []
    days = find_range(text, reading.language, reading.form, reading.near)
    if days is None:
        return []
    if _is_weekday(text[: days.start], reading):
        end = _BEFORE_TITLE.search(text, days.end)
        if end is None or end.start() > _LONGEST_DETAILS or not text[end.end() :].strip():
            return []
        details, title = split_spans(line.spans, end.start(), end.end())
    else:
        if ends_sentence(text):
            return []
        end = next(
            (found for found in _AFTER_TITLE.finditer(text, 0, days.start)
             if found.start() and _is_weekday(text[found.end() : days.start], reading)), None
        )  # fmt: skip
        if end is None or end["bracket"] and not text.endswith((")", "）")):
            return []
        title, details = split_spans(line.spans, end.start(), end.end())
        if end["bracket"]:
            details, _ = split_spans(details, len(text) - end.end() - 1, len(text) - end.end())
    plain = replace(line, list_level=0, is_numbered=False)
    return [replace(plain, level=BOLD, spans=strip_spans(title)), replace(plain, spans=strip_spans(details))]


def event_lines(lines: Sequence[DraftLine], reading: DateReading) -> list[list[DraftLine]]:
    """Return the events of a section without headings whose first line is an event; other lines belong to the event above."""
    if not lines or any(line.level for line in lines):
        return []
    found: list[list[DraftLine]] = []
    for line in lines:
        if event := event_line(line, reading):
            found.append(event)
        elif not found:
            return []
        else:
            found[-1].append(replace(line, list_level=max(line.list_level - 1, 0)))
    return found


def _is_weekday(text: str, reading: DateReading) -> bool:
    """Return whether nothing is before a date except for the day of the week."""
    words = text.strip(" ,")
    return not words or (len(words.split()) == 1 and whole_date(f"{words} 2025-01-30", reading.language) is not None)
