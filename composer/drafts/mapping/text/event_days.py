"""Days from one to another, as drafts write them: `11–15 January 2027`, `30. Januar bis 2. Februar`, `du 11 au 15 janvier`.

Input: a text, the language, the date of the issue. Output: the first and the last day. Guarantees: pure; one day is a range, too.
"""

import datetime
import re
from dataclasses import dataclass, replace

from composer.drafts.mapping.text.draft_dates import FoundDate, find_date

_TO = r"(?:[–—-]|to|until|till|through|bis(?:\s+zum)?|au|al|a|até|tot(?:\s+en\s+met)?|do|至)"
_ORDINAL = r"(?:\.|st|nd|rd|th|er|º|ª)?"
#: `11–` and `11.1.–` before a whole date.
_DAY_BEFORE = re.compile(
    rf"(?<![\d./-])(?P<day>\d{{1,2}})(?:{_ORDINAL}|\.(?P<month>\d{{1,2}})\.?)\s*{_TO}\s*$", re.IGNORECASE
)
#: `–15, 2027` after `January 11`.
_DAY_AFTER = re.compile(
    rf"\s*{_TO}\s*(?P<day>\d{{1,2}}){_ORDINAL}(?![\d./:])(?:,?\s+(?P<year>\d{{4}}))?", re.IGNORECASE
)
_TO_DATE = re.compile(rf"\s*{_TO}\s*(?=\S)", re.IGNORECASE)
_FROM = re.compile(r"(?:^|(?<=[\s,(]))(?:from|vom|von|du|de|del|dal|van|le|am|on|op)(?:\s+the)?\s+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DateRange:
    """A day, perhaps the last day, and where both are in the text."""

    date: datetime.date
    last: datetime.date | None
    start: int
    end: int


def find_range(text: str, language: str, form: str = "", near: datetime.date | None = None) -> DateRange | None:
    """Return the first date of a text with the day it goes on to; a word such as `from` before it belongs to it."""
    found = find_date(text, language, form, near)
    if found is None:
        return None
    days = _from_day(text, found) or _to_date(text, found, language, near) or _to_day(text, found)
    days = days or DateRange(found.date, None, found.start, found.end)
    before = _FROM.search(text, 0, days.start)
    return replace(days, start=before.start()) if before is not None else days


def _from_day(text: str, found: FoundDate) -> DateRange | None:
    match = _DAY_BEFORE.search(text, 0, found.start)
    first = _day(found.date.year, int(match["month"] or found.date.month), int(match["day"])) if match else None
    if match is None or first is None or first >= found.date:
        return None
    return DateRange(first, found.date, match.start(), found.end)


def _to_day(text: str, found: FoundDate) -> DateRange | None:
    match = _DAY_AFTER.match(text, found.end)
    # `11 January – 15 guests` is one day.
    if match is None or text[found.start].isdigit():
        return None
    year = int(match["year"] or found.date.year)
    first, last = _day(year, found.date.month, found.date.day), _day(year, found.date.month, int(match["day"]))
    return DateRange(first, last, found.start, match.end()) if first and last and first < last else None


def _to_date(text: str, found: FoundDate, language: str, near: datetime.date | None) -> DateRange | None:
    match = _TO_DATE.match(text, found.end)
    other = find_date(text[match.end() :], language, near=near) if match else None
    if match is None or other is None or other.start:
        return None
    first = found.date
    if first > other.date:
        first = _day(other.date.year, first.month, first.day) or first
    return DateRange(first, other.date, found.start, match.end() + other.end) if first < other.date else None


def _day(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None
