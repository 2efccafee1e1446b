"""Find weekdays next to dates in a text, in several languages.

Input: a text. Output: each pair with the days that its date can mean. Guarantees: the weekday belongs to the date: it is not
the end of a range (“Friday to Sunday, 31 January”), a plural, or the name of a newspaper (“The Sun, 3 March”).
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from composer.checks.text_patterns.scan_memory import remembered

#: Monday first. No word means different days in different languages.
_WEEKDAYS = (
    ("monday", "montag", "lundi", "lunes", "lunedì", "segunda-feira", "maandag"),
    ("tuesday", "dienstag", "mardi", "martes", "martedì", "terça-feira", "dinsdag"),
    ("wednesday", "mittwoch", "mercredi", "miércoles", "mercoledì", "quarta-feira", "woensdag"),
    ("thursday", "donnerstag", "jeudi", "jueves", "giovedì", "quinta-feira", "donderdag"),
    ("friday", "freitag", "vendredi", "viernes", "venerdì", "sexta-feira", "vrijdag"),
    ("saturday", "samstag", "sonnabend", "samedi", "sábado", "sabato", "zaterdag"),
    ("sunday", "sonntag", "dimanche", "domingo", "domenica", "zondag"),
)
#: Abbreviations, with their capital letters.
_SHORT_WEEKDAYS = (
    ("Mon", "Mo"), ("Tue", "Tues", "Di"), ("Wed", "Mi"), ("Thu", "Thur", "Thurs", "Do"),
    ("Fri", "Fr"), ("Sat", "Sa"), ("Sun", "So"),
)  # fmt: skip
_MONTHS = (
    ("january", "januar", "jänner", "janvier", "enero", "gennaio", "janeiro", "januari", "jan"),
    ("february", "februar", "feber", "février", "febrero", "febbraio", "fevereiro", "februari", "feb"),
    ("march", "märz", "mars", "marzo", "março", "maart"),
    ("april", "avril", "abril", "aprile", "apr"),
    ("may", "mai", "mayo", "maggio", "maio", "mei"),
    ("june", "juni", "juin", "junio", "giugno", "junho", "jun"),
    ("july", "juli", "juillet", "julio", "luglio", "julho", "jul"),
    ("august", "août", "agosto", "augustus", "aug"),
    ("september", "septembre", "septiembre", "settembre", "setembro", "sept", "sep"),
    ("october", "oktober", "octobre", "octubre", "ottobre", "outubro", "oct", "okt"),
    ("november", "novembre", "noviembre", "novembro", "nov"),
    ("december", "dezember", "décembre", "diciembre", "dicembre", "dezembro", "dec", "dez"),
)
_HAN_WEEKDAYS = "一二三四五六日"


def _numbers(words: tuple[tuple[str, ...], ...]) -> dict[str, int]:
    return {word: number for number, names in enumerate(words) for word in names}


_WEEKDAY_OF = _numbers(_WEEKDAYS) | {word.lower(): number for word, number in _numbers(_SHORT_WEEKDAYS).items()}
_MONTH_OF = {word: number + 1 for word, number in _numbers(_MONTHS).items()}


def _any_of(words: tuple[tuple[str, ...], ...]) -> str:
    return "|".join(sorted((word for names in words for word in names), key=len, reverse=True))


_LONG = rf"(?i:{_any_of(_WEEKDAYS)})"
_EN_SHORT = r"(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\.?"
_DE_SHORT = r"(?:Mo|Di|Mi|Do|Fr|Sa|So)(?:\.,?|,)"
_MONTH = rf"(?P<month>(?i:{_any_of(_MONTHS)}))\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?"
_YEAR = r"(?:,?\s+(?:de\s+|del\s+)?(?P<year>(?:19|20)\d\d)\b)?(?!\d|\s+\d\d\b(?![:.]\d|\s?[ahpuAU]))"
_STARS = r"[*_]{0,2}"
_GAP = rf"{_STARS},?{_STARS}\s+(?:(?i:the|den|dem|der|le|el|il|dia|am)\s+)?{_STARS}"
_DATES = (
    # 31 January 2025, 31. Januar, 31 de enero de 2025
    rf"{_DAY}\s+(?:of\s+|de\s+)?{_MONTH}{_YEAR}",
    # January 31st, 2025
    rf"{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b{_YEAR}",
    r"(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b",
)
_DOTTED = r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.(?:\s?(?P<year>(?:19|20)\d\d)\b)?(?!\d)"
_BOTH_DIGITS = r"(?P<day>\d\d)\.(?P<month>\d\d)\.(?P<year>(?:19|20)\d\d)?(?!\d)"
_SLASHED = r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>(?:19|20)\d\d)\b"
_PATTERNS = (
    *(re.compile(rf"(?<![\w-])(?P<weekday>{_LONG}){_GAP}{date}") for date in (*_DATES, _DOTTED, _SLASHED)),
    *(re.compile(rf"(?<![\w-])(?<![Tt]he )(?P<weekday>{_EN_SHORT}),?\s+{date}") for date in _DATES),
    *(re.compile(rf"(?<![\w-])(?P<weekday>{_DE_SHORT})\s*{date}") for date in (_DATES[0], _BOTH_DIGITS)),
    *(re.compile(rf"(?<![\w.]){date}\s*\((?P<weekday>{_LONG})\)") for date in (*_DATES, _DOTTED)),
    re.compile(
        r"(?:(?P<year>(?:19|20)\d\d)\s?年\s?)?(?<!\d)(?P<month>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?[日号號]\s?[（(，,]?\s?"
        r"(?P<weekday>(?:星期|周|週|礼拜|禮拜)[一二三四五六日天])(?![至到\-–—~～、])"
    ),
    re.compile(
        r"(?P<weekday>(?:星期|周|週|礼拜|禮拜)[一二三四五六日天])\s?[（(]\s?(?:(?P<year>(?:19|20)\d\d)\s?年\s?)?"
        r"(?P<month>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?[日号號]\s?[）)]"
    ),
)
_EMPTY_LINES = re.compile(r"\n\s*\n")
#: A weekday, without which no pattern matches.
_ANY = re.compile(rf"(?<![\w-])(?:{_LONG}|{_EN_SHORT}|{_DE_SHORT})|星期|周|週|礼拜|禮拜")
#: The text right before a weekday that ends a range or a series of weekdays.
_ROW = re.compile(
    rf"(?:\b(?:{_LONG}|{_EN_SHORT}|(?:Mo|Di|Mi|Do|Fr|Sa|So)\.?)s?|(?:星期|周|週)[一二三四五六日天])"
    r"[\s,*_]*(?:[-–—/&+、至到]|\b\w{1,7}\b)?\s*$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedWeekday:
    """A weekday with its date: offset, text as written, and how the date can be read (month and day)."""

    offset: int
    text: str
    #: 0 for Monday.
    weekday: int
    year: int | None
    readings: tuple[tuple[int, int], ...]

    def days(self, near: datetime.date) -> tuple[datetime.date, ...]:
        """Return the days that the date can mean; without a year, those nearest to `near`; empty if no such day exists."""
        found = []
        for month, day in self.readings:
            years = (self.year,) if self.year else (near.year - 1, near.year, near.year + 1)
            made = [each for year in years if (each := _day(year, month, day))]
            if made:
                found.append(min(made, key=lambda each: abs((each - near).days)))
        return tuple(found)


def dated_weekdays(text: str) -> Iterator[DatedWeekday]:
    """Yield weekdays with their dates, each once, in the order of the text."""
    done = 0
    for gap in (*_EMPTY_LINES.finditer(text), None):
        end = gap.end() if gap else len(text)
        for found in _in_paragraph(text[done:end]):
            yield replace(found, offset=done + found.offset)
        done = end


@remembered
def _in_paragraph(text: str) -> Iterator[DatedWeekday]:
    found: dict[int, re.Match[str]] = {}
    for pattern in _PATTERNS if _ANY.search(text) else ():
        for match in pattern.finditer(text):
            if not _ROW.search(text[max(0, match.start("weekday") - 30) : match.start("weekday")]):
                found.setdefault(match.start("weekday"), match)
    for _, match in sorted(found.items()):
        month = _MONTH_OF.get(match["month"].lower()) or int(match["month"]) if match["month"] else 0
        day = int(match["day"])
        readings = ((month, day), (day, month)) if match.re.pattern.endswith(_SLASHED) else ((month, day),)
        yield DatedWeekday(
            offset=match.start(),
            text=match[0],
            weekday=_weekday(match["weekday"]),
            year=int(match["year"]) if match["year"] else None,
            readings=readings,
        )


def _weekday(word: str) -> int:
    last = word[-1].replace("天", "日")
    return _HAN_WEEKDAYS.index(last) if last in _HAN_WEEKDAYS else _WEEKDAY_OF[word.rstrip(".,").lower()]


def _day(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None
