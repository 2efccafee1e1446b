"""Dates as lists write them: ISO 8601, `14.03.2024`, `14 March 2024`, `03/14/2024`, seconds since 1970.

Input: a text, and whether day or month comes first if the text does not tell. Output: a time, or the reason why it is
not one. Guarantees: pure; never guesses a date that can be read in two ways.
"""

import re
from datetime import UTC, datetime
from enum import StrEnum


class DateOrder(StrEnum):
    """Which part comes first in `03/04/2024`: the values of `--dates`."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


class AmbiguousDateError(ValueError):
    """A date that can be read in two ways."""


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jänner janvier enero ene",
            "feb february februar février fevrier févr fevr febrero",
            "mar march märz maerz mrz mars marzo",
            "apr april avril avr abril abr",
            "may mai mayo",
            "jun june juni juin junio",
            "jul july juli juillet juil julio",
            "aug august août aout agosto ago",
            "sep sept september septembre septiembre setiembre",
            "oct october oktober okt octobre octubre",
            "nov november novembre noviembre",
            "dec december dezember dez décembre decembre diciembre dic",
        ),
        1,
    )
    for name in names.split()
}
_TIME = (
    r"(?:[T ,]+(?:um |at |à )?(\d{1,2})[:.h](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*([ap]\.?m\.?)?"
    r"\s*(?:uhr|utc|gmt|z)?\s*(?:[+-]00:?00)?(?:\s*\(.*\))?)?"
)
#: 14.03.2024, 14/03/24, 3-14-2024
_NUMBERS = re.compile(rf"(\d{{1,2}})([./-])\s?(\d{{1,2}})\2\s?(\d{{4}}|\d{{2}}){_TIME}", re.IGNORECASE)
#: 2024/03/14, 2024.3.14, 2024年3月14日
_YEAR_FIRST = re.compile(rf"(\d{{4}})[./年-]\s?(\d{{1,2}})[./月-]\s?(\d{{1,2}})日?{_TIME}", re.IGNORECASE)
#: 14 March 2024, 14. März 2024, 14-Mar-24, Thu, 14 Mar 2024, 14 de marzo de 2024
_DAY_NAME = re.compile(
    r"(?:[^\W\d]{2,10}\.?,?\s+)?(\d{1,2})(?:st|nd|rd|th|er|\.)?[\s-]+(?:de\s+)?([^\W\d]{3,10})\.?,?[\s-]+(?:de\s+)?"
    rf"(\d{{4}}|\d{{2}}){_TIME}",
    re.IGNORECASE,
)
#: March 14, 2024
_NAME_DAY = re.compile(
    rf"(?:[^\W\d]{{2,10}}\.?,?\s+)?([^\W\d]{{3,10}})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}}){_TIME}",
    re.IGNORECASE,
)
_SECONDS = re.compile(r"\d{10}|\d{13}")


def read_date(text: str, order: DateOrder | None = None) -> datetime:
    """Read a date, with or without a time; a time without a zone is UTC.

    Raises AmbiguousDateError if day and month could be swapped and no order is given, ValueError if it is not a date.
    """
    text = " ".join(text.split())
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = _spoken(text, order)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def looks_like_date(text: str) -> bool:
    """Return whether a text is a date, in either order."""
    try:
        read_date(text, DateOrder.DAY_FIRST)
    except ValueError:
        try:
            read_date(text, DateOrder.MONTH_FIRST)
        except ValueError:
            return False
    return True


def _spoken(text: str, order: DateOrder | None) -> datetime:
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / (1 if len(text) == 10 else 1000), UTC)
    if match := _YEAR_FIRST.fullmatch(text):
        return _made(match[1], int(match[2]), int(match[3]), match.groups()[3:])
    if match := _NUMBERS.fullmatch(text):
        first, sign, second, year = int(match[1]), match[2], int(match[3]), match[4]
        day, month = _ordered(first, second, DateOrder.DAY_FIRST if sign == "." else order)
        return _made(year, month, day, match.groups()[4:])
    if match := _DAY_NAME.fullmatch(text):
        return _made(match[3], _month(match[2]), int(match[1]), match.groups()[3:])
    if match := _NAME_DAY.fullmatch(text):
        return _made(match[3], _month(match[1]), int(match[2]), match.groups()[3:])
    raise ValueError("not a date")


def _ordered(first: int, second: int, order: DateOrder | None) -> tuple[int, int]:
    """Return day and month."""
    if first > 12 or first == second:
        return first, second
    if second > 12:
        return second, first
    if order is None:
        raise AmbiguousDateError
    return (first, second) if order is DateOrder.DAY_FIRST else (second, first)


def _month(name: str) -> int:
    number = _MONTHS.get(name.casefold())
    if number is None:
        raise ValueError("not a month")
    return number


def _made(year: str, month: int, day: int, clock: tuple[str | None, ...]) -> datetime:
    hour, minute, second, half = clock
    whole = int(year) + (2000 if len(year) == 2 else 0)
    at = int(hour or 0)
    if half:
        at = at % 12 + (12 if half.lower().startswith("p") else 0)
    return datetime(whole, month, day, at, int(minute or 0), int(second or 0))
