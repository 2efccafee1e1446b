"""Writes dates as people do, and several days as a range: "6–8 February 2025", "2025年2月6日至8日".

Input: days, a pattern of CLDR letters or the name of one, a locale of babel. Output: a text. Guarantees: a range repeats
nothing that both days share; every language and pattern follows the same rules.
"""

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.core import Locale

#: CLDR letters by the size of what they show: years, months, days (UTS 35, date field symbols).
_SIZES = {**dict.fromkeys("GyYuUr", 0), **dict.fromkeys("QqMLl", 1)}
_DAY = 2
#: The words between two days, for languages that do not use a dash.
_BETWEEN = {"zh": "至", "ja": "～", "ko": "~"}
#: Day and month without the year, in the order of the language (CLDR's skeleton).
SHORT_DAY = "day"

#: The kind of a token, chars or field, and its text, or its letter and how often it is written.
_Token = tuple[str, str | tuple[str, int]]


def format_days(day: date, until: date | None, pattern: str, locale: "Locale") -> str:
    """Return a day, or the days from one to another; `pattern` is CLDR letters, `long`, `medium` or `day`."""
    return "".join(day_parts(day, until, pattern, locale))


def day_parts(day: date, until: date | None, pattern: str, locale: "Locale") -> tuple[str, str, str]:
    """Return the first day, what is between the days, and the last day; the last two are empty for a single day."""
    from babel.dates import format_date, untokenize_pattern

    letters = _letters(pattern, locale)
    if until is None or until <= day:
        return str(format_date(day, letters, locale=locale)), "", ""
    tokens = _tokens(letters)
    span = _span(tokens, day, until)
    if span is None:
        return str(format_date(day, letters, locale=locale)), "", ""
    first, last = span
    begin = format_date(day, untokenize_pattern(tokens[: last + 1]), locale=locale)
    end = format_date(until, untokenize_pattern(tokens[first:]), locale=locale)
    is_single = sum(kind == "field" for kind, _ in tokens[first : last + 1]) == 1
    between = _BETWEEN.get(locale.language) or ("–" if is_single else " – ")
    return str(begin), between, str(end)


def _letters(pattern: str, locale: "Locale") -> str:
    if pattern == SHORT_DAY:
        return str(locale.datetime_skeletons["MMMd"].pattern)
    return str(locale.date_formats[pattern].pattern) if pattern in ("full", "long", "medium", "short") else pattern


def _tokens(letters: str) -> list[_Token]:
    """Return the pattern's fields, and the texts between them; a sign right after a field is a text of its own."""
    from babel.dates import tokenize_pattern

    tokens: list[_Token] = []
    for kind, value in tokenize_pattern(letters):
        if isinstance(value, str) and tokens and _is_attached(value):
            attached = value.split(" ", 1)[0]
            tokens.append((kind, attached))
            value = value[len(attached) :]
        if value:
            tokens.append((kind, value))
    return tokens


def _is_attached(text: str) -> bool:
    """Return whether a text begins with a sign that belongs to the field before it, such as 日 or the dot of a German day."""
    return bool(text) and text[0] not in " ,/-–،"


def _span(tokens: list[_Token], day: date, until: date) -> tuple[int, int] | None:
    """Return the first and the last token that differs between two days, with the sign after the last; None if none does."""
    largest = 0 if day.year != until.year else 1 if day.month != until.month else _DAY
    places = [
        place
        for place, (kind, value) in enumerate(tokens)
        if kind == "field" and isinstance(value, tuple) and _SIZES.get(value[0], _DAY) >= largest
    ]
    if not places:
        return None
    last = places[-1]
    after = tokens[last + 1][1] if last + 1 < len(tokens) else ""
    return places[0], last + (isinstance(after, str) and _is_attached(after))
