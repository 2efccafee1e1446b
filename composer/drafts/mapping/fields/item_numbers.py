"""Numbers that were typed before the titles of a list: `1. Steel`, `2. Trade`.

Input: the lines of each item. Output: the items without these numbers, and the numbers. Guarantees: pure; numbers are taken
out only if several titles have one and they count up, so that the title `1. FC Union wins` stays as it is.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from composer.drafts.mapping.text.draft_dates import find_date
from composer.drafts.mapping.text.draft_lines import DraftLine
from composer.drafts.mapping.text.publisher_lines import DateReading
from composer.drafts.mapping.text.span_text import cut, strip_spans

_NUMBER = re.compile(
    r"\s*[(（#]?(?:№|[Nn][ro]\.?\s)?(?P<number>\d{1,2}|[IVX]{1,5}|[A-Za-z](?=[.)]))"
    r"(?:\s?[.):：、）/–—-]+(?:\s+(?=\S)|(?=[^\W\d_]))|\s\|\s*)"
)
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV")


def without_numbers(items: Sequence[list[DraftLine]], reading: DateReading) -> tuple[list[list[DraftLine]], str]:
    """Return the items without the numbers before their titles, and the numbers as written."""
    matches = [_number(item[0].text, reading) if item and item[0].is_text else None for item in items]
    found = [match for match in matches if match is not None]
    written = [match["number"] for match in found]
    if len(found) < 2 or not _count_up(written):
        return list(items), ""
    bare = [_cut(item, match) for item, match in zip(items, matches, strict=True)]
    return bare, " ".join(match[0] for match in found)


def counts_on(title: str, following: str) -> bool:
    """Return whether the number before one title is the next after that of another: `1. Steel`, `2. Trade`."""
    matches = [_NUMBER.match(title), _NUMBER.match(following)]
    return all(matches) and _count_up([match["number"] for match in matches if match])


def _number(text: str, reading: DateReading) -> re.Match[str] | None:
    """Return the number before a title, unless it is the day of a date."""
    match = _NUMBER.match(text)
    date = find_date(text, reading.language, reading.form, reading.near) if match else None
    return None if date is not None and match is not None and date.start < match.end() else match


def _cut(item: list[DraftLine], match: re.Match[str] | None) -> list[DraftLine]:
    return [replace(item[0], spans=strip_spans(cut(item[0].spans, match.end()))), *item[1:]] if match else item


def _count_up(written: Sequence[str]) -> bool:
    """Return whether numbers count up, as digits, Roman numerals or letters."""
    counts = ([count(each) for each in written] for count in (_digits, _roman, _letter))
    return any(numbers[0] > 0 and numbers == [*range(numbers[0], numbers[0] + len(numbers))] for numbers in counts)


def _digits(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _roman(text: str) -> int:
    return _ROMAN.index(text) + 1 if text in _ROMAN else 0


def _letter(text: str) -> int:
    return ord(text.lower()) - ord("a") + 1 if text.isascii() and len(text) == 1 else 0
