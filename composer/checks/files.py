"""Checks of the files around an issue."""

from collections.abc import Iterator

from composer.checks.catalogue import Finding, Limits, check
from composer.checks.review import Review
from composer.errors import Level
from composer.issue_files import Shared

#: The code that `send` refuses under a name of its own (delivery/readiness.py).
SAME_ISSUE = "FILE01"


@check(
    SAME_ISSUE,
    "No other file holds the same issue",
    level=Level.BLOCKER,
    fix="keep the right file and delete or move the other, or correct its date or number",
    source="copies made by sync programs are sent as a second issue; docs/formats.md",
)
def same_issue(review: Review, limits: Limits) -> Iterator[Finding]:
    """Look for files with the same date or number in the same language."""
    issue = review.issue
    mine = f"{issue.path.name}"
    for other in review.same_issue:
        match other.shared:
            case Shared.DATE:
                key, message = "date", f"{other.name} has the same date as {mine}: {issue.date}"
            case Shared.NUMBER:
                key, message = "number", f"{other.name} has the same number as {mine}: {issue.number}"
            case Shared.NAME:
                key, message = "date", f"{other.name} is named for the same date as {mine}"
        yield Finding(place=issue.place(key), message=f"two files for one issue: {message}")
