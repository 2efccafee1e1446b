"""Finds the list of contents of a draft: every edition has its own.

Input: lines. Output: the numbers of the lines of the list. Guarantees: pure; a line is part of the list only if the same
words are a line of the draft below it.
"""

import re
from collections.abc import Sequence

from composer.drafts.mapping.names.heading_match import normal_heading
from composer.drafts.mapping.names.known_names import Vocabulary
from composer.drafts.mapping.text.draft_lines import DraftLine

_PAGE = re.compile(r"[\s.·…_]*\s*(?:\d{1,3}|[ivx]{1,4})\s*$")
_LEAST = 3


def contents_lines(lines: Sequence[DraftLine], vocabulary: Vocabulary) -> frozenset[int]:
    """Return the numbers of the lines that are the contents list, with its heading."""
    rows = [_rows(line) for line in lines]
    found: set[int] = set()
    for start, line in enumerate(lines):
        if start in found or not line.is_text:
            continue
        has_heading = normal_heading(line.text) in vocabulary.contents
        first = start + 1 if has_heading else start
        end = first
        while end < len(lines) and rows[end] and all(_is_listed(row, end, rows) for row in rows[end]):
            end += 1
        listed = sum(len(rows[at]) for at in range(first, end))
        if (has_heading and listed) or listed >= _LEAST and _is_short_list(lines, first, end, rows):
            found.update(range(start, end))
    return frozenset(found)


def _rows(line: DraftLine) -> list[str]:
    return [row.strip() for row in line.text.split("\n") if row.strip()] if line.is_text else []


def _is_listed(row: str, at: int, rows: Sequence[Sequence[str]]) -> bool:
    """Return whether a line, without its page number, is a line further down."""
    texts = {normal_heading(row), normal_heading(_PAGE.sub("", row))} - {""}
    below = (normal_heading(other) for each in rows[at + 1 :] for other in each)
    return len(row) <= 220 and any(text in texts for text in below)


def _is_short_list(lines: Sequence[DraftLine], first: int, end: int, rows: Sequence[Sequence[str]]) -> bool:
    """Return whether lines without a heading above them are a list of contents: with page numbers, or as a list."""
    own = [lines[at] for at in range(first, end)]
    has_pages = sum(bool(_PAGE.search(row)) for at in range(first, end) for row in rows[at])
    return has_pages * 2 >= sum(len(rows[at]) for at in range(first, end)) or all(line.list_level for line in own)
