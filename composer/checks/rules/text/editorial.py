"""Checks that an editor-in-chief would make: dates, repetitions, names, length, what was left unfinished."""

import datetime
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache

from composer.checks.issue_text import named
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.text_patterns.open_details import open_details
from composer.checks.text_patterns.placeholders import placeholders
from composer.checks.written_texts import written_texts
from composer.content.values.field_values import Group, value_in
from composer.content.yaml.source import SourcePlace
from composer.core.errors import Level
from composer.core.issue_files import Shared

_PAIRS = {"(": ")", "（": "）", "[": "]", "「": "」", "『": "』", "《": "》", "【": "】"}
_BRACKETS = re.compile("[" + re.escape("".join((*_PAIRS, *_PAIRS.values()))) + "]")
#: A smiley and an enumeration, “b)”, need no bracket before them.
_CLOSES_NOTHING = re.compile(r"(?:(?:^|\s)(?:[a-z]|[ivx]{2,4}|\d{1,2})|[:;]-?)\)+$")
_QUOTES = ("“", "„", '"')
_OWN_HOSTS = "the house's own rule: set its level in newsletter.yaml"


@check(
    "DATE01",
    "The issue's day is not past",
    level=Level.BLOCKER,
    fix="set the date on which it goes out",
    source=_OWN_HOSTS,
)
def past(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the issue's date with today in the newsletter's zone."""
    if review.issue.date < review.today:
        days = (review.today - review.issue.date).days
        message = f"the issue is dated {review.issue.date}, {days} {'day' if days == 1 else 'days'} ago"
        yield CheckFinding(place=review.issue.place("date"), message=message)


@check(
    "DATE02",
    "What the issue reports is neither old nor of tomorrow",
    unit="days",
    warn=90,
    fix="look at the year: in January the old one is easily written",
    source=_OWN_HOSTS,
)
def item_dates(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the dates of dated news (items with an outlet or a source) with the issue's."""
    for place, day in _dates(review):
        age = (review.issue.date - day).days
        if age < 0:
            yield CheckFinding(place=place, message=f"{day} lies behind the issue's own date, {review.issue.date}")
        elif level := limits.over(age):
            yield CheckFinding(place=place, message=f"{day} is {age} days before the issue", level=level)


def _dates(review: ReviewedEdition) -> Iterator[tuple[SourcePlace, datetime.date]]:
    """Yield the dates of what was published, not those of events to come."""
    for section in review.issue.sections:
        for path, item in section.pieces:
            day = value_in(item, "date")
            if isinstance(day, datetime.date) and value_in(item, "outlet"):
                yield review.issue.place(*path, "date"), day
            sources = value_in(item, "sources")
            for number, source in enumerate(sources if isinstance(sources, tuple) else ()):
                day = value_in(source, "date") if isinstance(source, Group) else None
                if isinstance(day, datetime.date):
                    yield review.issue.place(*path, "sources", number, "date"), day


@check(
    "EDIT03",
    "An outlet is spelled one way",
    fix="spell it as before",
    source=_OWN_HOSTS,
)
def outlets(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the outlets of the issue with each other and with those of the issues before."""
    known: dict[str, str] = {}
    for earlier in review.earlier:
        for name in sorted(earlier.outlets):
            known.setdefault(name, f"in {earlier.stem}")
    told: set[str] = set()
    for outlet in review.copy.outlets:
        name = outlet.name
        if name not in known:
            other = next((each for each in known if _is_same_outlet(name, each)), None)
            if other is not None and name not in told:
                told.add(name)
                where = known[other]
                message = f"“{name}” is spelled “{other}” {where}"
                yield CheckFinding(place=outlet.mark.place, message=named(outlet.mark, message))
        known.setdefault(name, f"in line {outlet.mark.place.line}")


@lru_cache(maxsize=16_384)
def _is_same_outlet(one: str, other: str) -> bool:
    """Return whether two names mean one outlet: other capitals, signs, “The”, initials, or a slip of the hand."""
    first, second = _outlet_key(one), _outlet_key(other)
    if first == second:
        return True
    for short, long in ((one, other), (other, one)):
        words = [word for word in re.findall(r"\w+", long) if word.lower() not in ("the", "of", "and", "for")]
        if len(words) > 2 and short.isupper() and short == "".join(word[0] for word in words).upper():
            return True
    if min(len(first), len(second)) < 8 or re.sub(r"\D", "", first) != re.sub(r"\D", "", second):
        return False
    near = SequenceMatcher(None, first, second)
    return near.real_quick_ratio() > 0.93 and near.quick_ratio() > 0.93 and near.ratio() > 0.93


def _outlet_key(name: str) -> str:
    return re.sub(r"\W+", "", re.sub(r"^the\s+", "", name.casefold()))


@check(
    "EDIT04",
    "Sections keep to their length",
    fix="cut it, or raise   words:   of the section in newsletter.yaml",
    source="words: in newsletter.yaml or in the section type's schema.yaml",
)
def budget(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Count the words of each section, or of each of its items, against its budget."""
    for section in review.issue.sections:
        allowed = section.spec.words
        if allowed is None:
            continue
        key = section.spec.key
        for path, item in section.pieces:
            count = sum(words(text) for text in review.copy.words_of(item))
            if count > allowed:
                name = section.spec.field(review.newsletter.definitions).items
                noun = (name.title or key).lower() if name and section.items else key.replace("_", " ")
                number = f" {path[1] + 1}" if len(path) > 1 and isinstance(path[1], int) else ""
                message = f"{noun}{number}: {count} words; the budget is {allowed}"
                yield CheckFinding(place=review.issue.place(*path), message=message)


def words(text: str) -> int:
    """Count words; a Chinese or Japanese character counts for half of one."""
    han = len(re.findall("[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff]", text))
    return len(re.findall(r"[^\W\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+(?:['’.-]\w+)*", text)) + (han + 1) // 2


@check(
    "EDIT05",
    "Brackets and quotation marks are closed",
    fix="add the one that is missing",
    source=_OWN_HOSTS,
)
def unclosed(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for what is opened and not closed, paragraph by paragraph."""
    for text, after in zip(review.texts, (*review.texts[1:], None), strict=True):
        # A quotation of several paragraphs begins each of them with its sign, and ends the last one only.
        goes_on = after is not None and after.mark.node is text.mark.node and after.words[:1] in _QUOTES
        message = _unclosed(text.words) or ("" if goes_on else _unquoted(text.words))
        if message:
            yield CheckFinding(place=text.mark.place, message=named(text.mark, message))


def _unclosed(text: str) -> str:
    opened: list[str] = []
    for match in _BRACKETS.finditer(text):
        sign = match[0]
        if sign in _PAIRS:
            opened.append(sign)
        elif opened and _PAIRS[opened[-1]] == sign:
            opened.pop()
        elif opened or not _CLOSES_NOTHING.search(text, 0, match.end()):
            return f"“{sign}” closes nothing"
    return f"“{opened[-1]}” is never closed" if opened else ""


def _unquoted(text: str) -> str:
    # “…” in English, „…“ in German: the sign that closes one opens the other, so their number tells. 27" are inches.
    is_odd = sum(text.count(sign) for sign in "“”„") % 2 or (text.count('"') % 2 and not re.search(r'\d"', text))
    return "a quotation mark is missing" if is_odd else ""


@check(
    "EDIT07",
    "Nothing was left to be done",
    level=Level.BLOCKER,
    fix="finish it",
    source=_OWN_HOSTS,
)
def unfinished(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for TODO, TK, [to come] and their like; a room or a time that readers are told is still open is good to know."""
    for written in written_texts(review):
        is_open = dict(open_details(written.text, is_detail=written.is_detail))
        for offset, found in is_open.items():
            yield CheckFinding(
                place=written.place(offset, found),
                message=written.named(f"“{found}”: still open"),
                level=Level.INFO,
                hint="subscribers are told so; fill it in if it is known by now",
                kind="open",
            )
        for offset, found in placeholders(written.text, is_name=written.is_name):
            if not any(offset <= start < offset + len(found) for start in is_open):
                message = written.named(f"“{found}” was left here")
                yield CheckFinding(place=written.place(offset, found), message=message)


@check(
    "EDIT08",
    "The issue's number goes on from the last one",
    fix="correct   number:",
    source=_OWN_HOSTS,
)
def number(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare it with the issue before."""
    mine = review.issue.number
    before = next((earlier for earlier in review.earlier if earlier.number is not None), None)
    if any(other.shared is Shared.NUMBER for other in review.same_issue):
        return  # FILE01 reports the other file
    if mine is not None and before is not None and before.number is not None and mine != before.number + 1:
        message = f"this is number {mine}; the issue {before.stem} was number {before.number}"
        yield CheckFinding(place=review.issue.place("number"), message=message)
