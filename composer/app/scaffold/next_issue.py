"""The date and the number of the next issue.

Input: the issues in the folder, today's date. Output: a `NextIssue`. Guarantees: reads only names and numbers; the sample
issue does not count.
"""

import datetime
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from composer.content.document.section_types import read_document
from composer.content.yaml.nodes import Mapping, Scalar
from composer.core.errors import ContentError
from composer.core.issue_names import date_in
from composer.core.workspace import ISSUES, Workspace, shipped

#: The longest interval between two issues that is continued: a month and some days.
LONGEST = datetime.timedelta(weeks=5)
_FRIDAY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NextIssue:
    """The date and the number of the next issue."""

    date: datetime.date
    number: int | None


def next_issue(workspace: Workspace, today: datetime.date) -> NextIssue:
    """Return the date and number that follow from the existing issues: same interval, next number, not in the past.

    An interval longer than `LONGEST` is ignored: it is a pause. The default is a week.
    """
    days: set[datetime.date] = set()
    numbers: list[int] = []
    for path in workspace.issues():
        day, found = date_in(path.name), _read(path, workspace.name(path))
        if day is not None and not _is_sample(path.name, found):
            days.add(day)
            numbers += [int(found["number"])] if found.get("number", "").isdigit() else []
    if not days:
        return NextIssue(date=today, number=1)
    ordered = sorted(days)
    gaps = (later - earlier for earlier, later in pairwise(ordered))
    step = min((gap for gap in gaps if gap <= LONGEST), default=datetime.timedelta(weeks=1))
    day = ordered[-1] + step
    if day < today:
        day += step * -((day - today) // step)
    return NextIssue(date=day, number=max(numbers) + 1 if numbers else None)


def first_date(today: datetime.date) -> datetime.date:
    """Return a date for the first issue of a new newsletter: in a week, or on the Monday after that."""
    day = today + datetime.timedelta(weeks=1)
    return day + datetime.timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > _FRIDAY else 0)


def _is_sample(name: str, found: dict[str, str]) -> bool:
    """Return whether an issue is one of the sample's: with its date, number and subject."""
    path = shipped("starter") / ISSUES / name
    return bool(found) and path.is_file() and _read(path, name) == found


def _read(path: Path, name: str) -> dict[str, str]:
    """Return the number and the subject of an issue."""
    try:
        root, _ = read_document(path, name)
    except ContentError:
        return {}
    nodes = {key: root.get(key) for key in ("number", "subject")} if isinstance(root, Mapping) else {}
    return {key: node.text.strip() for key, node in nodes.items() if isinstance(node, Scalar)}
