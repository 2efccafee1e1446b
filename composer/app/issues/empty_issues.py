"""Issues that are still as `compose new` wrote them: a draft may take their place.

Input: a newsletter. Output: its empty issues by date. Guarantees: an issue is empty only if not one character in it differs from
what would be written for its date and number.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from composer.app.scaffold.issue_skeleton import skeleton
from composer.app.scaffold.next_issue import NextIssue
from composer.content.document.newsletter import Newsletter
from composer.core.issue_files import heading
from composer.core.workspace import Workspace, stamp


@dataclass(frozen=True, slots=True)
class EmptyIssue:
    """An issue without a text, and its date and number."""

    path: Path
    upcoming: NextIssue


def empty_issues(
    workspace: Workspace, newsletter: Newsletter, language: str | None
) -> Mapping[datetime.date, EmptyIssue]:
    """Return the empty issues of a language, the earliest first."""
    found: dict[datetime.date, EmptyIssue] = {}
    for path in workspace.issues():
        head = heading(path, stamp(path))
        if head.date is None or workspace.language_of(path) != language:
            continue
        upcoming = NextIssue(date=head.date, number=head.number)
        name = f"{head.date.isoformat()}{'' if language is None else f'.{language}'}.yaml"
        text = _text(path) if path.name == name else ""
        # Comparing with a whole skeleton takes longer than looking for an empty text.
        if '""\n' in text and text == skeleton(newsletter, upcoming):
            found[head.date] = EmptyIssue(path, upcoming)
    return dict(sorted(found.items()))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
