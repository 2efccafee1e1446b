"""The issues before the current one, with which checks compare it.

Input: a workspace and an issue. Output: the content of the last issues in its language, the latest first, without
issues that cannot be read: their problems are reported when they are built. Guarantees: writes no files.
"""

from functools import lru_cache
from pathlib import Path

from composer.checks.issue_text import IssueTexts
from composer.checks.review import Earlier
from composer.checks.rules.text.citations import bare_urls
from composer.content.document.issue import Issue, read_issue
from composer.core.errors import ContentError, WorkspaceError
from composer.core.workspace import NEWSLETTER, Workspace, stamp

#: The number of issues to compare with: two months of a weekly newsletter.
REMEMBERED = 8


def earlier_issues(workspace: Workspace, issue: Issue) -> tuple[Earlier, ...]:
    """Return the issues before one, by date; files are read again only if they change."""
    newsletter = stamp(workspace.root / NEWSLETTER)
    languages = workspace.languages()
    language = workspace.language_of(issue.path, languages)
    # Files are named by date: those that sort after this one need not be opened.
    before = [
        path
        for path in workspace.issues()
        if path.stem < issue.stem and workspace.language_of(path, languages) == language
    ]
    found = (_earlier(workspace, path, stamp(path), newsletter) for path in before[-REMEMBERED:])
    known = [each for each in found if each is not None and each.date < issue.date]
    return tuple(sorted(known, key=lambda each: each.date, reverse=True))


@lru_cache(maxsize=64)
def _earlier(workspace: Workspace, path: Path, _stamp: tuple[int, int], _newsletter: tuple[int, int]) -> Earlier | None:
    try:
        # A moved or damaged picture does not change the text of the issue.
        _, issue = read_issue(workspace, path, has_pictures=False)
    except (ContentError, WorkspaceError):
        return None
    copy = IssueTexts(issue)
    return Earlier(
        stem=issue.stem,
        date=issue.date,
        number=issue.number,
        subject=issue.subject,
        urls=bare_urls(copy.references),
        outlets=frozenset(outlet.name for outlet in copy.outlets),
    )
