"""Numeric dates that could be two days."""

import datetime
from pathlib import Path

import pytest

from composer.app.issues.drafting import DraftFile, draft_issue
from composer.drafts.mapping.text.draft_dates import find_date, other_reading
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
