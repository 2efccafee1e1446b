"""Find invalid times and quotation marks that face the wrong way.

Input: a text, and its language. Output: each finding with its offset. Guarantees: scores, Bible verses and the quotation marks
of other languages („…“, ”…”) are skipped.
"""

import re
from collections.abc import Iterator

from composer.checks.text_patterns.scan_memory import remembered

_CLOCK = r"(?<![\d:：.,/])(?P<hour>\d{1,2})[:：](?P<minute>\d\d)(?![\d:：]|[.,]\d)"
_BARE = re.compile(_CLOCK)
#: With words that are only used before or after a time of day.
_TIMES = (
    re.compile(rf"{_CLOCK}(?=\s?(?:[ap]\.?m\b|(?:AM|PM|CES?T|GMT|UTC|BST|E[SD]?T|P[SD]T|MES?Z)\b))"),
    re.compile(r"(?<![\d:.,/])(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?=\s?(?:Uhr|o['’]clock)\b)"),
    re.compile(r"(?:上午|下午|晚上|早上|中午|凌晨|傍晚)\s?(?P<hour>\d{1,2})[:：](?P<minute>\d\d)(?!\d)"),
)
#: With words that are also used with lengths and similar numbers: here only the minutes can be invalid.
_MINUTES = (
    re.compile(r"\b(?i:at|um|à|a las|alle ore)\s+(?P<hour>[01]?\d|2[0-4]):(?P<minute>[6-9]\d)(?![\d:]|[.,]\d)"),
    re.compile(r"(?<![\w:.,/])(?P<hour>[01]?\d|2[0-4])\s?h\s?(?P<minute>[6-9]\d)(?![\w:])"),
)


@remembered
def impossible_times(text: str, *, is_time: bool = False) -> Iterator[tuple[int, str]]:
    """Yield invalid times as offset and time; 24:00 is valid. `is_time`: the whole text says when something takes place."""
    found: dict[int, str] = {}
    for pattern in (_BARE, *_TIMES, *_MINUTES) if is_time else (*_TIMES, *_MINUTES):
        for match in pattern.finditer(text):
            hour, minute = int(match["hour"]), int(match["minute"])
            if minute > 59 or hour > 24 or (hour == 24 and minute):
                found[match.start("hour")] = text[match.start("hour") : match.end("minute")]
    yield from sorted(found.items())


#: Languages in which “ opens and ” closes. In Swedish and Finnish, ” does both.
_OPENING_LEFT = ("en", "es", "fr", "pt", "it", "zh")
_OPENS_WRONG = re.compile(r"(?<![^\s(\[—–])”(?=[^\W_])")
_CLOSES_WRONG = re.compile(r"(?<=[\w.,!?])“(?=[\s)\],;:.!?]|$)")
_GERMAN_OPENS_WRONG = re.compile(r"(?<![^\s(\[—–])[“”](?=[^\W_])(?=[^“”„]*“)")
_GERMAN_CLOSES_WRONG = re.compile(r"(?<=[\w.,!?])„(?=[\s)\],;:.!?]|$)")
_HAN = re.compile("[\u3400-\u9fff]")


@remembered
def turned_quotes(paragraph: str, language: str) -> Iterator[tuple[int, str]]:
    """Yield quotation marks that face the wrong way: offset, and the mark with the word next to it."""
    base = language.split("-")[0].lower()
    if base == "de":
        patterns: tuple[re.Pattern[str], ...] = (_GERMAN_OPENS_WRONG, _GERMAN_CLOSES_WRONG)
    elif base not in _OPENING_LEFT or "„" in paragraph:
        return
    elif base == "zh" or _HAN.search(paragraph):
        yield from _turned_in_chinese(paragraph)
        return
    else:
        patterns = (_OPENS_WRONG, _CLOSES_WRONG)
    for match in sorted(
        (match for each in patterns for match in each.finditer(paragraph)), key=lambda each: each.start()
    ):
        yield match.start(), _around(paragraph, match.start())


def _turned_in_chinese(paragraph: str) -> Iterator[tuple[int, str]]:
    """Find a mark that breaks the order of pairs: Chinese has no spaces that show the direction of a mark."""
    # A ” after a digit may mean inches.
    marks = [(match.start(), match[0]) for match in re.finditer(r"“|(?<!\d)”", paragraph)]
    opening = sum(mark == "“" for _, mark in marks)
    if len(marks) % 2 or not marks or (2 * opening == len(marks) and marks[0][1] == "“"):
        return
    for number, (offset, mark) in enumerate(marks):
        if mark != "“”"[number % 2]:
            yield offset, _around(paragraph, offset)
            return


def _around(text: str, offset: int) -> str:
    """Return a mark with the word next to it."""
    before = re.search(r"[^\s“”„]{0,12}$", text[max(0, offset - 12) : offset])
    behind = re.match(r"[^\s“”„]{0,12}", text[offset + 1 : offset + 13])
    return f"{before[0] if before else ''}{text[offset]}{behind[0] if behind else ''}"
