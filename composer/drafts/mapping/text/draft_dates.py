"""Dates as drafts contain them: with names of months, as numbers, in the date format of the newsletter.

Input: a text, the language, a date format (Unicode CLDR letters). Output: the date. Guarantees: pure; a date that could be
two days is the one that is usual in the language.
"""

import datetime
import re
from dataclasses import dataclass
from functools import lru_cache

_NUMERIC = re.compile(
    r"(?<!\d)(?:(\d{4})[-./](\d{1,2})[-./](\d{1,2})|(\d{1,2})([-./])\s?(\d{1,2})\5\s?(\d{4}|\d{2}))(?!\d)"
)
_CJK = re.compile(r"(\d{4})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日")
_PARTS = {"yyyy": r"(?P<y>\d{4})", "yy": r"(?P<y>\d{2})", "y": r"(?P<y>\d{4})", "MM": r"(?P<m>\d{1,2})", "M": r"(?P<m>\d{1,2})",
          "dd": r"(?P<d>\d{1,2})", "d": r"(?P<d>\d{1,2})"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date, and where it is in the text."""

    date: datetime.date
    start: int
    end: int


def find_date(text: str, language: str, form: str = "", near: datetime.date | None = None) -> FoundDate | None:
    """Return the first date in a text. `near` completes a date without a year."""
    if not re.search(r"\d", text):
        return None
    found = [
        each
        for each in (_by_form(text, form), _cjk(text), _numeric(text, language), _in_words(text, language, near))
        if each
    ]
    return found[0] if found else None


def whole_date(text: str, language: str, form: str = "", near: datetime.date | None = None) -> datetime.date | None:
    """Return the date if a text is nothing else, except for the day of the week."""
    found = find_date(text, language, form, near)
    if found is None:
        return None
    rest = text[: found.start] + " " + text[found.end :]
    words = [word for word in re.findall(r"[^\W\d_]+", rest.casefold()) if word not in _weekdays(language)]
    return found.date if not words and not re.search(r"\d", rest) else None


def _by_form(text: str, form: str) -> FoundDate | None:
    if not form:
        return None
    pieces = re.findall(r"y+|M+|d+|[^yMd]+", form)
    if any(piece[0] in "yMd" and piece not in _PARTS for piece in pieces):
        return None
    pattern = "".join(_PARTS.get(piece) or re.escape(piece) for piece in pieces)
    names = set(re.findall(r"\?P<(\w)>", pattern))
    for match in re.finditer(rf"(?<![\d/.]){pattern}(?![\d/])", text) if names == {"y", "m", "d"} else ():
        if day := _day(match["y"], match["m"], match["d"]):
            return FoundDate(day, match.start(), match.end())
    return None


def _cjk(text: str) -> FoundDate | None:
    match = _CJK.search(text)
    day = _day(*match.groups()) if match else None
    return FoundDate(day, match.start(), match.end()) if match and day else None


def _numeric(text: str, language: str) -> FoundDate | None:
    for match in _NUMERIC.finditer(text):
        if match[1]:
            day = _day(match[1], match[2], match[3])
        else:
            one, two, year = match[4], match[6], match[7]
            is_us = match[5] == "/" and language.lower() in ("en", "en-us")
            orders = ((two, one), (one, two)) if is_us else ((one, two), (two, one))
            day = next((day for d, m in orders if (day := _day(year, m, d))), None)
        if day:
            return FoundDate(day, match.start(), match.end())
    return None


def _in_words(text: str, language: str, near: datetime.date | None) -> FoundDate | None:
    for code in dict.fromkeys((language, "en")):
        names = _months(code)
        words = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
        pattern = re.compile(
            rf"(?<!\w)(?:(?P<d>\d{{1,2}})(?:\.|st|nd|rd|th|er|º|ª)?(?:\s+(?:de|of))?\s+(?P<m>{words})\b\.?(?:,?\s+(?:de\s+)?(?P<y>\d{{4}})(?!\d))?"
            rf"|(?P<m2>{words})\b\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,?\s+(?P<y2>\d{{4}})(?!\d))?)",
            re.IGNORECASE,
        )
        for match in pattern.finditer(text):
            month = names[(match["m"] or match["m2"]).casefold()]
            year = match["y"] or match["y2"] or (str(_year(month, near)) if near else "")
            day = _day(year, str(month), match["d"] or match["d2"]) if year else None
            if day:
                return FoundDate(day, match.start(), match.end())
    return None


def _year(month: int, near: datetime.date) -> int:
    """Return the year that makes a month the nearest to a date."""
    distance = month - near.month
    return near.year + (1 if distance < -6 else -1 if distance > 6 else 0)


def _day(year: str, month: str, day: str) -> datetime.date | None:
    try:
        return datetime.date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        return None


@lru_cache(maxsize=16)
def _months(language: str) -> dict[str, int]:
    # Imported late: language data is slow to load.
    from babel.core import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return {"\0": 1}
    found: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in locale.months[context][width].items():
                found[str(name).casefold().rstrip(".")] = number
    found |= {"sept": 9} if language.startswith("en") else {}
    return found


@lru_cache(maxsize=16)
def _weekdays(language: str) -> frozenset[str]:
    from babel.core import Locale, UnknownLocaleError

    found: set[str] = set()
    for code in (language, "en"):
        try:
            days = Locale.parse(code, sep="-").days["format"]
        except (UnknownLocaleError, ValueError):
            continue
        found |= {
            str(name).casefold().rstrip(".") for width in ("wide", "abbreviated") for name in days[width].values()
        }
    return frozenset(found)
