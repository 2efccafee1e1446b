"""Editorial checks: dates, outlet names, length, brackets, placeholders and issue numbers."""

import datetime
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import groupby

from composer.checks.issue_text import named
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.text_patterns.open_details import open_details
from composer.checks.text_patterns.placeholders import placeholders
from composer.checks.text_patterns.scan_memory import MOST
from composer.checks.text_patterns.unclosed_pairs import Unclosed, unclosed_pairs
from composer.checks.written_texts import written_texts
from composer.content.values.field_values import Group, value_in
from composer.content.yaml.source import SourcePlace
from composer.core.errors import Level
from composer.core.issue_files import Shared

_EDITORIAL_RULE = "editorial rule: set its level in newsletter.yaml"


@check(
    "DATE01",
    "The issue's date is not in the past",
    level=Level.BLOCKER,
    fix="set   date:   to the day on which you send the issue",
    source=_EDITORIAL_RULE,
)
def past(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the issue's date with today in the time zone of the newsletter."""
    if review.issue.date < review.today:
        days = (review.today - review.issue.date).days
        message = f"the issue is dated {review.issue.date}, {days} {'day' if days == 1 else 'days'} ago"
        yield CheckFinding(place=review.issue.place("date"), message=message)


@check(
    "DATE02",
    "News items are recent and not dated after the issue",
    unit="days",
    warn=90,
    fix="check the date, especially the year",
    source=_EDITORIAL_RULE,
)
def item_dates(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the dates of news (items with an outlet or a source) with the date of the issue."""
    for place, day in _dates(review):
        age = (review.issue.date - day).days
        if age < 0:
            yield CheckFinding(
                place=place, message=f"{day} is after the issue's date, {review.issue.date}", kind="later"
            )
        elif level := limits.over(age):
            yield CheckFinding(
                place=place, message=f"{day} is {age} days before the issue's date", level=level, kind="old"
            )


def _dates(review: ReviewedEdition) -> Iterator[tuple[SourcePlace, datetime.date]]:
    """Yield the dates of published items and sources, not those of events."""
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
    "Each outlet is spelled the same way everywhere",
    fix="use the earlier spelling",
    source=_EDITORIAL_RULE,
)
def outlets(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the outlets of the issue with each other and with those of earlier issues."""
    known: dict[str, str] = {}
    for earlier in review.earlier:
        for name in sorted(earlier.outlets):
            known.setdefault(name, f"in issue {earlier.stem}")
    told: set[str] = set()
    for outlet in review.copy.outlets:
        name = outlet.name
        if name not in known:
            other = next((each for each in known if _is_same_outlet(name, each)), None)
            if other is not None and name not in told:
                told.add(name)
                where = known[other]
                message = f"“{name}” is spelled differently {where}: “{other}”"
                yield CheckFinding(place=outlet.mark.place, message=named(outlet.mark, message))
        known.setdefault(name, f"in line {outlet.mark.place.line}")


@lru_cache(maxsize=16_384)
def _is_same_outlet(one: str, other: str) -> bool:
    """Return whether two names mean the same outlet: they differ in case, punctuation, “The”, initials or a typing error."""
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
    "Sections are not longer than their word limit",
    fix="shorten the text, or raise   words:   of the section in newsletter.yaml",
    source="words: in newsletter.yaml or in the section type's schema.yaml",
)
def budget(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the number of words of each section, or of each of its items, with its limit."""
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
                number = f" {path[-1] + 1}" if isinstance(path[-1], int) else ""
                message = f"{noun}{number}: {count} words; the limit is {allowed}"
                yield CheckFinding(place=review.issue.place(*path), message=message)


@lru_cache(maxsize=MOST)
def words(text: str) -> int:
    """Return the number of words in a text; a Chinese or Japanese character counts as half a word."""
    han = len(re.findall("[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff]", text))
    return len(re.findall(r"[^\W\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+(?:['’.-]\w+)*", text)) + (han + 1) // 2


@check(
    "EDIT05",
    "Brackets and quotation marks are closed",
    fix="add the missing bracket or quotation mark",
    source=_EDITORIAL_RULE,
)
def unclosed(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for unclosed brackets and quotation marks; a pair may open in one paragraph of a text and close in a later one."""
    for _, group in groupby(review.texts, key=lambda text: id(text.mark.node)):
        texts = list(group)
        for number, wrong in sorted(unclosed_pairs([text.words for text in texts]).items()):
            mark = texts[number].mark
            yield CheckFinding(
                place=mark.place, message=named(mark, _MISSING[wrong.kind].format(*wrong.signs)), kind=wrong.kind
            )


_MISSING = {
    Unclosed.OPEN: "“{}” is not closed",
    Unclosed.CLOSED: "“{}” has no opening bracket",
    Unclosed.MIXED: "“{}” is closed by “{}”",
    Unclosed.QUOTE: "a quotation mark is missing",
}


@check(
    "EDIT07",
    "No placeholders are left",
    level=Level.BLOCKER,
    fix="replace the placeholder with the final text, or delete it",
    source=_EDITORIAL_RULE,
)
def unfinished(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for TODO, TK, [to come] and similar placeholders; a room or a time announced as open is reported as info."""
    for written in written_texts(review):
        is_open = dict(open_details(written.text, is_detail=written.is_detail))
        for offset, found in is_open.items():
            yield CheckFinding(
                place=written.place(offset, found),
                message=written.named(f"“{found}”: still to be confirmed"),
                level=Level.INFO,
                hint="subscribers see this; add the details if you know them",
                kind="open",
            )
        for offset, found in placeholders(written.text, is_name=written.is_name):
            if not any(offset <= start < offset + len(found) for start in is_open):
                message = written.named(f"“{found}” is a placeholder")
                yield CheckFinding(place=written.place(offset, found), message=message, kind="placeholder")


@check(
    "EDIT08",
    "The issue number follows the last one",
    fix="correct   number:   in the issue",
    source=_EDITORIAL_RULE,
)
def number(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the number with that of the previous issue."""
    mine = review.issue.number
    before = next((earlier for earlier in review.earlier if earlier.number is not None), None)
    if any(other.shared is Shared.NUMBER for other in review.same_issue):
        return  # FILE01 reports the other file
    if mine is not None and before is not None and before.number is not None and mine != before.number + 1:
        message = f"this is number {mine}, but issue {before.stem} is number {before.number}"
        yield CheckFinding(place=review.issue.place("number"), message=message)
