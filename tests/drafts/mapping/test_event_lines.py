"""Events in one line, and days from one to another."""

import datetime

import pytest

from composer.drafts.draft_document import Place, Span
from composer.drafts.mapping.fields.event_lines import event_line, event_lines
from composer.drafts.mapping.text.draft_lines import DraftLine
from composer.drafts.mapping.text.event_days import find_range
from composer.drafts.mapping.text.publisher_lines import DateReading

NEAR = datetime.date(2026, 12, 15)
READING = DateReading(language="en", near=NEAR)


def _line(text: str) -> DraftLine:
    return DraftLine((Span(text),), Place(1))


@pytest.mark.parametrize(
    ("text", "language", "first", "last", "words"),
    [
        ("11–15 January 2027, Leuven", "en", "2027-01-11", "2027-01-15", "11–15 January 2027"),
        ("From 11 to 15 January in Leuven", "en", "2027-01-11", "2027-01-15", "From 11 to 15 January"),
        ("January 11–15, 2027", "en", "2027-01-11", "2027-01-15", "January 11–15, 2027"),
        ("30 December – 2 January, Hall 2", "en", "2026-12-30", "2027-01-02", "30 December – 2 January"),
        ("vom 11. bis 15. Januar 2027", "de", "2027-01-11", "2027-01-15", "vom 11. bis 15. Januar 2027"),
        ("11.01.–15.01.2027", "de", "2027-01-11", "2027-01-15", "11.01.–15.01.2027"),
        ("du 11 au 15 janvier 2027", "fr", "2027-01-11", "2027-01-15", "du 11 au 15 janvier 2027"),
        ("12 January, 18–19 h", "en", "2027-01-12", "", "12 January"),
        ("12 January – 14 guests", "en", "2027-01-12", "", "12 January"),
        ("January 12 - 18:00", "en", "2027-01-12", "", "January 12"),
    ],
)
def test_days(text: str, language: str, first: str, last: str, words: str) -> None:
    """The first and the last day; a time and a number of people do not count."""
    found = find_range(text, language, near=NEAR)
    assert found is not None
    assert (str(found.date), str(found.last or ""), text[found.start : found.end]) == (first, last, words)


@pytest.mark.parametrize(
    ("text", "title", "details"),
    [
        ("12 January 2027, 18:00, Brussels: Winter school", "Winter school", "12 January 2027, 18:00, Brussels"),
        ("Tue, 12 January, Ghent – Debate", "Debate", "Tue, 12 January, Ghent"),
        ("Fair, 20–22 January 2027, Leuven", "Fair", "20–22 January 2027, Leuven"),
        ("Winter school – 12 January 2027, Brussels", "Winter school", "12 January 2027, Brussels"),
        ("Talk (3 March 2027, Ghent)", "Talk", "3 March 2027, Ghent"),
    ],
)
def test_event_in_one_line(text: str, title: str, details: str) -> None:
    """Title and details are told apart in either order."""
    assert [line.text for line in event_line(_line(text), READING)] == [title, details]


def test_lines_of_events() -> None:
    """Lines below an event belong to it; a section that begins with another line, or a sentence with a date, is no such list."""
    event, text = _line("Fair, 3 March 2027, Leuven"), _line("A fair with many stands.")
    found = event_lines([event, text, event], READING)
    assert [[line.text for line in each] for each in found] == [
        ["Fair", "3 March 2027, Leuven", "A fair with many stands."],
        ["Fair", "3 March 2027, Leuven"],
    ]
    assert event_lines([text, event], READING) == []
    assert event_line(_line("We meet again, on 3 March 2027, in the hall."), READING) == []
