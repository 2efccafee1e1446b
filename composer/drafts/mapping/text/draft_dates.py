"""Dates as drafts contain them: with names of months, as numbers, in the date format of the newsletter.

Input: a text, the language, a date format (Unicode CLDR letters). Output: the date. Guarantees: pure; a date that could be
two days is the one near the issue, or else the one that is usual in the language.
"""

import datetime
import re
from dataclasses import dataclass
from functools import lru_cache

_NUMERIC = re.compile(
    r"(?<!\d)(?:(\d{4})[-./](\d{1,2})[-./](\d{1,2})|(\d{1,2})([-./])\s?(\d{1,2})\5\s?(\d{4}|\d{2}))(?!\d)"
)
_WITHOUT_YEAR = re.compile(r"(?P<first>\d{1,2})(?P<sign>/|\.(?=\d+\.))(?P<second>\d{1,2})\.?")
_CJK = re.compile(r"(\d{4})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日")
_PARTS = {"yyyy": r"(?P<y>\d{4})", "yy": r"(?P<y>\d{2})", "y": r"(?P<y>\d{4})", "MM": r"(?P<m>\d{1,2})", "M": r"(?P<m>\d{1,2})",
          "dd": r"(?P<d>\d{1,2})", "d": r"(?P<d>\d{1,2})"}  # fmt: skip


#: A date this far from the issue is not read in the date format of the newsletter if it can be read in another way.
_FAR = datetime.timedelta(days=366)
#: How much nearer to the issue one reading must be than the other, and how near.
_NEVER = datetime.date.min
_NEARER, _NEAR = 3, datetime.timedelta(days=62)


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date, and where it is in the text."""

    date: datetime.date
    start: int
    end: int


def find_date(text: str, language: str, form: str = "", near: datetime.date | None = None) -> FoundDate | None:
    """Return the first date in a text. `near`, the date of the issue, completes a date and decides between two readings."""
    if not re.search(r"\d", text):
        return None
    formed, numeric = _by_form(text, form), _numeric(text, language, near)
    if formed and numeric and near and abs(formed.date - near) > _FAR > abs(numeric.date - near):
        formed = None
    found = [each for each in (formed, _cjk(text), numeric, _in_words(text, language, near)) if each]
    return found[0] if found else None


def other_reading(text: str, found: datetime.date, form: str, near: datetime.date | None) -> datetime.date | None:
    """Return the other day that a numeric date may be, unless the date format or the date of the issue decides."""
    bare = _WITHOUT_YEAR.fullmatch(text.strip(" ()"))
    match = _NUMERIC.search(_in_year(bare, found.year) if bare else text)
    if match is None or match[1] or match[5] != "/" or found.day > 12 or found.day == found.month:
        return None
    if (formed := _by_form(text, form)) and formed.date == found:
        return None
    other = _day(str(found.year), str(found.day), str(found.month))
    is_read = {match[4].lstrip("0"), match[6].lstrip("0")} == {str(found.day), str(found.month)}
    if other is None or not is_read or _is_nearer(found, other, near):
        return None
    return other


def date_without_year(text: str, language: str, near: datetime.date | None) -> datetime.date | None:
    """Return the last day before the issue that a text such as `10/11` or `10.11.` is, if it is nothing else."""
    match = _WITHOUT_YEAR.fullmatch(text)
    if match is None or near is None:
        return None
    found = (find_date(_in_year(match, year), language, near=near) for year in (near.year, near.year - 1))
    return next((each.date for each in found if each and each.date <= near), None)


def _in_year(match: re.Match[str], year: int) -> str:
    return f"{match['first']}{match['sign']}{match['second']}{match['sign']}{year}"


def is_month_first(language: str) -> bool:
    """Return whether numeric dates with slashes usually begin with the month."""
    return language.lower() in ("en", "en-us")


def _is_nearer(one: datetime.date, other: datetime.date, near: datetime.date | None) -> bool:
    """Return whether a day is clearly the one near the issue: a digest is about the days before it, not about those after."""
    if near is None or abs(one - near) > _NEAR or other <= near < one:
        return False
    return abs(one - near) * _NEARER <= abs(other - near)


def whole_date(text: str, language: str, form: str = "", near: datetime.date | None = None) -> datetime.date | None:
    """Return the date if a text is nothing else, except for the day of the week."""
    found = find_date(text, language, form, near)
    if found is None:
        return None
    rest = text[: found.start] + " " + text[found.end :]
    words = [word for word in re.findall(r"[^\W\d_]+", rest.casefold()) if word not in _weekdays(language)]
    return found.date if not words and not re.search(r"\d", rest) else None


def is_month_or_year(word: str, language: str) -> bool:
    """Return whether a word is the name of a month, or a year of four digits."""
    return re.fullmatch(r"(?:19|20)\d\d", word) is not None or word.casefold() in _months(language)


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


def _numeric(text: str, language: str, near: datetime.date | None) -> FoundDate | None:
    for match in _NUMERIC.finditer(text):
        if match[1]:
            day = _day(match[1], match[2], match[3])
        else:
            one, two, year = match[4], match[6], match[7]
            is_us = match[5] == "/" and is_month_first(language)
            orders = ((two, one), (one, two)) if is_us else ((one, two), (two, one))
            days = [day for d, m in orders if (day := _day(year, m, d))]
            nearer = next((each for each in days if any(_is_nearer(each, other, near) for other in days)), None)
            # Only English writes the month first in one country and the day in the next.
            past = [each for each in days if near and each <= near] if is_us else []
            day = (nearer if is_us else None) or (past[0] if len(past) == 1 else None) or next(iter(days), None)
            year_first = _day(one, two, year) if len(one) == len(year) == 2 else None
            if (
                year_first
                and near
                and abs(year_first - near) <= _FAR < min(abs(each - near) for each in days or [_NEVER])
            ):
                day = year_first
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
