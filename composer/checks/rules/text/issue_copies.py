"""Checks of the files around an issue."""

from collections.abc import Iterator

from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.core.errors import Level
from composer.core.issue_files import Shared
from composer.core.issue_names import parse_issue_name

#: How many file names a message lists.
_MOST = 4
#: `send` reports this code under its own name (delivery/preflight/preflight.py).
SAME_ISSUE = "FILE01"


@check(
    SAME_ISSUE,
    "No other file contains the same issue",
    level=Level.BLOCKER,
    fix="keep the right file and delete or move the other, or correct its date or number",
    source="docs/reference/issue-format.md: copies made by sync programs could be sent as a second issue",
)
def same_issue(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for files with the same date or number in the same language."""
    issue, mine = review.issue, review.issue.path.name
    for shared in Shared:
        names = [other.name for other in review.same_issue if other.shared is shared]
        if not names:
            continue
        others = ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")
        has, is_ = ("has", "is") if len(names) == 1 else ("have", "are")
        match shared:
            case Shared.DATE:
                key, message = "date", f"{others} {has} the same date as {mine}: {issue.date}"
            case Shared.NUMBER:
                key, message = "number", f"{others} {has} the same number as {mine}: {issue.number}"
            case Shared.NAME:
                key, message = "date", f"{others} {is_} named for the same date as {mine}"
        count = "two" if len(names) == 1 else f"{len(names) + 1}"
        yield CheckFinding(place=issue.place(key), message=f"{count} files for one issue: {message}")


@check(
    "FILE02",
    "The date of the issue is the date in its file name",
    fix="correct the date, or rename the file",
    source="docs/reference/issue-format.md: all languages of an issue have one date, by which it is ordered and sent",
)
def date_in_name(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Compare the two dates, in files that are named by a date."""
    issue = review.issue
    name = parse_issue_name(issue.path.name)
    if name is not None and name.date != issue.date:
        message = f"the date is {issue.date}, but the file is named {issue.path.name}"
        yield CheckFinding(place=issue.place("date"), message=message)
