"""Numeric dates that could be two days."""

import datetime
import re
from pathlib import Path

import pytest

from composer.app.issues.drafting import DraftFile, draft_issue
from composer.drafts.draft_document import Span
from composer.drafts.mapping.text.draft_dates import find_date, other_reading
from composer.drafts.mapping.text.publisher_lines import DateReading, publisher_in
from tests.factories import sample

ISSUE = datetime.date(2026, 12, 14)


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("11/12/26", "", "2026-12-11"),
        ("12/11/26", "", "2026-12-11"),
        ("11/12/26", "yy/MM/dd", "2026-12-11"),
        ("26/12/11", "yy/MM/dd", "2026-12-11"),
        ("12/11/2026", "dd/MM/yyyy", "2026-11-12"),
        ("12/13/26", "", "2026-12-13"),
        ("03/04/26", "", "2026-03-04"),
    ],
)
def test_the_day_near_the_issue(text: str, form: str, expected: str) -> None:
    """A date in the days before the issue is more probable than one a month before; the newsletter's format comes first."""
    found = find_date(text, "en", form, ISSUE)
    assert found is not None and found.date.isoformat() == expected


def test_a_date_that_remains_open_is_a_task(tmp_path: Path) -> None:
    """Neither day is near the issue, so a person has to decide."""
    items = "# China digest\n\n## Ports (BBC)\n\nOpen. (11/12/26)\n\n## Rivers (BBC)\n\nThey rise. (03/04/26)\n"
    items = f"December 14, 2026\n\n{items}"
    made = draft_issue(sample(tmp_path), [DraftFile(name="a.md", data=items.encode())])
    written = made.issue.path.read_text(encoding="utf-8")
    assert '    outlet: "BBC"\n    date: 2026-12-11\n' in written
    assert (
        "    # TODO check the date: in the draft, “03/04/26” could also be 2026-04-03\n    date: 2026-03-04\n"
        in written
    )


@pytest.mark.parametrize(
    ("written", "issue", "read"),
    [
        ("(25/01/20)", datetime.date(2025, 2, 6), datetime.date(2025, 1, 20)),
        ("(25/02/03)", datetime.date(2025, 2, 6), datetime.date(2025, 2, 3)),
        ("(26/12/03)", datetime.date(2026, 12, 15), datetime.date(2026, 12, 3)),
        ("(20.01.25)", datetime.date(2025, 2, 6), datetime.date(2025, 1, 20)),
    ],
)
def test_a_year_of_two_digits_may_come_first(written: str, issue: datetime.date, read: datetime.date) -> None:
    """Without a date format, the reading counts that is about the days of the issue."""
    found = find_date(written, "en", near=issue)
    assert found is not None and found.date == read


@pytest.mark.parametrize(
    ("language", "issue", "read", "is_open"),
    [
        ("en", datetime.date(2026, 12, 8), datetime.date(2026, 11, 12), True),
        ("fr", datetime.date(2026, 12, 8), datetime.date(2026, 11, 12), True),
        ("fr", datetime.date(2026, 12, 15), datetime.date(2026, 11, 12), True),
        ("de", datetime.date(2026, 12, 15), datetime.date(2026, 11, 12), True),
        ("fr", datetime.date(2026, 11, 13), datetime.date(2026, 11, 12), False),
    ],
)
def test_a_day_after_the_issue_never_wins(
    language: str, issue: datetime.date, read: datetime.date, is_open: bool
) -> None:
    """12/11/2026 is a day before the issue if it can be one, and the month comes first in English only."""
    found = find_date("12/11/2026", language, near=issue)
    assert found is not None and found.date == read
    assert (other_reading("12/11/2026", found.date, "", issue) is not None) == is_open


@pytest.mark.parametrize(
    ("text", "language", "form", "expected"),
    [
        ("NRC, 10/11", "fr", "", "2026-11-10"),
        ("NRC, 24.12.", "de", "", "2025-12-24"),
        ("NRC, 30/11", "en-GB", "", "2026-11-30"),
        ("NRC, 10.11", "en-GB", "", ""),
        ("10/11", "fr", "", ""),
    ],
)
def test_a_date_without_a_year(text: str, language: str, form: str, expected: str) -> None:
    """After the name of a publisher, a day and a month are the last such day before the issue."""
    found = publisher_in((Span(text),), DateReading(language=language, form=form, near=ISSUE))
    assert str(found.date or "") == expected and found.name == ("NRC" if expected else text)


def test_a_day_after_the_issue_is_no_second_reading(tmp_path: Path) -> None:
    """Where the day comes first, a task asks about a date only if both days are before the issue."""
    dates = {"12/11/2026": "", "10/09/2026": "2026-10-09", "10/11": "2026-10-11"}
    items = "".join(f"## Häfen {at} (Post, {date})\n\nSie sind offen.\n\n" for at, date in enumerate(dates))
    made = draft_issue(
        sample(tmp_path),
        [DraftFile(name="a.md", data=f"8. Dezember 2026\n\n# China digest\n\n{items}".encode())],
        language="de",
    )
    written = made.issue.path.read_text(encoding="utf-8")
    assert re.findall(r"could also be (\S+)", written) == [other for other in dates.values() if other]
    assert "    date: 2026-11-12\n" in written and written.count(' outlet: "Post"') == 3
