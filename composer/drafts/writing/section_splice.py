"""Puts one section into an issue file that exists, and changes nothing else in it.

Input: the text of the file, a key, the lines of the section. Output: the new text. Guarantees: pure; every byte outside the
section is the same, with its comments and line ends.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from composer.drafts.issue_entries import ItemList, KeyEntry
from composer.drafts.writing.issue_yaml import section_text

_TOP = re.compile(r"[^\s#\-]")
_ITEM = re.compile(r"( *)- ")


@dataclass(frozen=True, slots=True)
class SectionRange:
    """The lines of a section in a file: the first, and the one after the last."""

    start: int
    end: int


def splice_section(text: str, entry: KeyEntry, order: Sequence[str], *, has_items: bool) -> str:
    """Return the file with a section: new, in place of an empty one, or with `has_items` as more items of a list."""
    lines = text.splitlines(keepends=True)
    newline = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    place = section_range(lines, entry.key)
    if place is None:
        at = _place_of(lines, entry.key, order)
        before = lines[:at]
        gap = bool(before) and bool(before[-1].strip())
        new = ([""] if gap else []) + section_text(entry).splitlines()
        new += [""] if at < len(lines) and lines[at].strip() else []
        start = end = at
    elif has_items:
        assert isinstance(entry.value, ItemList)
        start = end = place.end
        new = _more_items(entry, lines[place.start : place.end])
    else:
        start, end = place.start, place.end
        new = section_text(entry).splitlines()
    if start and not lines[start - 1].endswith(("\n", "\r")):
        lines[start - 1] += newline
    return "".join((*lines[:start], *(f"{line}{newline}" for line in new), *lines[end:]))


def section_range(lines: Sequence[str], key: str) -> SectionRange | None:
    """Return the lines of a key. Empty lines and comments in the first column belong to what follows."""
    start = next((at for at, line in enumerate(lines) if _key(line) == key), None)
    if start is None:
        return None
    end = next((at for at in range(start + 1, len(lines)) if _TOP.match(lines[at])), len(lines))
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return SectionRange(start, end)


def _key(line: str) -> str:
    match = re.match(r"\ufeff?(?:\"([^\"]+)\"|'([^']+)'|([\w-]+))\s*:(?:\s|$)", line)
    return next(filter(None, match.groups()), "") if match else ""


def _place_of(lines: Sequence[str], key: str, order: Sequence[str]) -> int:
    """Return the line where a new section belongs in the order of the newsletter."""
    at = order.index(key)
    for other in reversed(order[:at]):
        if (place := section_range(lines, other)) is not None:
            return place.end
    for other in order[at + 1 :]:
        if (place := section_range(lines, other)) is not None:
            start = place.start
            while start and lines[start - 1].startswith("#"):
                start -= 1
            return start
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return end


def _more_items(entry: KeyEntry, section: Sequence[str]) -> list[str]:
    """Return items with the indentation of those that are there."""
    indent = next((match[1] for line in section if (match := _ITEM.match(line))), "  ")
    own = section_text(entry).splitlines()[1:]
    is_spaced = any(not line.strip() for line in (*section, *own))
    return [*([""] if is_spaced else []), *(f"{indent}{line[2:]}" if line else "" for line in own)]
