"""Checks of dates and times: wrong weekdays, past events, invalid times.

Input: a review. Output: findings.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import replace

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.text_patterns.misprint_patterns import impossible_times
from composer.checks.text_patterns.weekdays import DatedWeekday, dated_weekdays
from composer.checks.written_texts import written_texts
from composer.content.values.field_values import value_in
from composer.core.errors import Level

_EDITORIAL_RULE = "editorial rule: set its level in newsletter.yaml"
#: The range of a date without a year, in days before and after the issue.
_DAYS_BEFORE, _DAYS_BEHIND = 60, 200
#: Texts about an event of several days, or about a past event.
_GOES_ON = re.compile(
    r"(?i:\b(?:until|till|through|bis|jusqu['’]au|hasta|fino al?|t/m)\s+)(?!\d{1,2}(?:[:.h]\d\d|\s?(?:[ap]\.?m|Uhr|h)\b))"
    r"|(?i:recording|replay|recap|\bmissed\b|aufzeichnung|mitschnitt|rückblick|nachlese|nachbericht|verpasst|enregistrement"
    r"|compte[- ]rendu|grabación|registrazione)|至|回顾|回放|录像|录播"
)


@check(
    "DATE03",
    "Weekdays match their dates",
    fix="check the calendar and correct the weekday, the day or the year",
    source="https://www.iso.org/iso-8601-date-and-time-format.html",
)
def weekdays(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare weekdays with the dates next to them; a date without a year means the nearest one."""
    near = review.issue.date
    for written in written_texts(review):
        for found in dated_weekdays(written.text):
            days = found.days(near)
            if any(day.weekday() == found.weekday for day in days) or not _is_meant(found, days, near, written.text):
                continue
            if days:
                message = f"“{found.text}”: {days[0].day} {days[0]:%B %Y} is a {days[0]:%A}{_other_year(found, near)}"
            else:
                message = f"“{found.text}”: this date does not exist"
            yield CheckFinding(place=written.place(found.offset, found.text), message=written.named(message))


def _other_year(found: DatedWeekday, near: datetime.date) -> str:
    """Return a year next to the issue's in which the weekday is right, if the text names another year: `; in 2026 …`."""
    for year in (near.year, near.year + 1, near.year - 1) if found.year else ():
        days = replace(found, year=year).days(near)
        right = next((day for day in days if day.weekday() == found.weekday), None)
        if right is not None and year != found.year:
            return f"; in {year} it is a {right:%A}"
    return ""


def _is_meant(found: DatedWeekday, days: tuple[datetime.date, ...], near: datetime.date, text: str) -> bool:
    """Return whether a date without a year is close to the issue, and no year in its text makes the weekday right."""
    if found.year or not days:
        return True
    if not any(-_DAYS_BEFORE <= (day - near).days <= _DAYS_BEHIND for day in days):
        return False
    years = {int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", text)}
    others = (day.replace(year=year) for day in days for year in years if (day.month, day.day) != (2, 29))
    return all(other.weekday() != found.weekday for other in others)


@check(
    "DATE04",
    "Events are not in the past",
    fix="correct the date or remove the event; if it runs for several days, write its last day:   end: 2025-03-02",
    source=_EDITORIAL_RULE,
)
def past_events(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the dates of events with that of the issue; skip sections in which all of several events are over."""
    for section in review.issue.sections:
        if section.spec.type.name != "events":
            continue
        dated = [(path, item, value_in(item, "end") or value_in(item, "date")) for path, item in section.pieces]
        over = [
            (path, item, day) for path, item, day in dated if isinstance(day, datetime.date) and day < review.issue.date
        ]
        if len(over) == len(dated) > 1:
            continue
        for path, item, day in over:
            if not any(_GOES_ON.search(words) for words in review.copy.words_of(item)):
                message = f"this event is dated {day}, before the issue's date, {review.issue.date}"
                place = review.issue.place(*path, "end" if value_in(item, "end") else "date")
                yield CheckFinding(place=place, message=message, kind="past")


@check(
    "DATE06",
    "Events do not end before they begin",
    level=Level.BLOCKER,
    fix="correct the date or the end",
    source="https://www.iso.org/iso-8601-date-and-time-format.html",
)
def ends(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the first and the last day of each event."""
    for section in review.issue.sections:
        for path, item in section.pieces:
            begin, end = value_in(item, "date"), value_in(item, "end")
            if isinstance(begin, datetime.date) and isinstance(end, datetime.date) and end < begin:
                message = f"this event ends on {end}, before it begins on {begin}"
                yield CheckFinding(place=review.issue.place(*path, "end"), message=message, kind="end")


@check(
    "DATE05",
    "Times are valid",
    fix="correct the time: hours end at 24:00, minutes at 59",
    source="https://www.iso.org/iso-8601-date-and-time-format.html",
)
def times(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for invalid hours and minutes if the context shows that a time of day is meant."""
    for written in written_texts(review):
        for offset, found in impossible_times(written.text, is_time=written.mark.trail[-1:] == ("time",)):
            message = written.named(f"“{found}” is not a valid time")
            yield CheckFinding(place=written.place(offset, found), message=message, kind="time")
