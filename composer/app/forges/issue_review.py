"""The review of a change: what it makes of the issues, compared with an earlier version of the newsletter.

Input: a newsletter's folder, a commit, and the day of the check. Output: a `Review`. Guarantees: both versions are built in
memory; the newsletter's folder is not changed.
"""

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from composer.app.forges.base_version import base_version
from composer.app.forges.placed_findings import PlacedFinding, place_findings
from composer.app.forges.review_data import (
    MOST_FINDINGS,
    MOST_ISSUES,
    MOST_LINES,
    MOST_LINKS,
    InboxLine,
    Review,
    ReviewedIssue,
    SectionChange,
)
from composer.app.issues.issue_lookup import IssueFile
from composer.core.errors import ContentError, Problem
from composer.core.issue_files import current_issue
from composer.core.workspace import Workspace
from composer.delivery.approval.content_diff import in_words, section_texts
from composer.editions.check_reports import report
from composer.editions.check_run import Checked, check_issue

#: Texts are compared by sentence, so that a change in a long paragraph is seen.
_SENTENCE_END = re.compile(r"\n|(?<=[.!?])\s+|(?<=[。！？])")


@dataclass(frozen=True, kw_only=True)
class _Version:
    """One version of an issue; `checked` is None if it cannot be built."""

    checked: Checked | None
    findings: tuple[PlacedFinding, ...]


def review_change(
    workspace: Workspace,
    base: str,
    issues: Sequence[IssueFile] = (),
    *,
    day: datetime.date | None = None,
    now: datetime.datetime | None = None,
) -> Review:
    """Compare issues with their version in a commit, or in the commit from which it and the current one branched.

    Without issues, it reviews those whose file has changed, or else the current one. Raises UsageError if git does not know
    the commit, WorkspaceError, CompilerError.
    """
    now = now or datetime.datetime.now().astimezone()
    with base_version(workspace, base) as before:
        chosen = [issue.path for issue in issues] or list(_changed(workspace, before)) or current_issue(workspace)
        made = tuple(_review(workspace, before, path, now, day) for path in chosen[:MOST_ISSUES])
        names = {workspace.name(path) for path in workspace.issues()}
        gone = [before.name(path) for path in before.issues()] if before else []
    return Review(
        issues=made,
        removed=tuple(name for name in gone if name not in names)[:MOST_ISSUES],
        left_out=len(chosen) - len(made),
    )


def _changed(workspace: Workspace, before: Workspace | None) -> Iterator[Path]:
    for path in workspace.issues():
        earlier = before.root / workspace.name(path) if before else path
        if before is None or not earlier.is_file() or earlier.read_bytes() != path.read_bytes():
            yield path


def _review(
    workspace: Workspace, before: Workspace | None, path: Path, now: datetime.datetime, day: datetime.date | None
) -> ReviewedIssue:
    after = _version(workspace, path, now, day)
    earlier = before.root / workspace.name(path) if before else path
    exists = before is not None and earlier.is_file()
    old = _version(before, earlier, now, day).checked if before is not None and exists else None
    links, old_links = _links(after.checked), _links(old)
    return ReviewedIssue(
        path=workspace.name(path),
        is_new=not exists,
        is_compared=old is not None and after.checked is not None,
        inbox=_inbox(after.checked),
        inbox_before=_inbox(old),
        sections=tuple(_sections(old, after.checked)),
        size=after.checked.review.size if after.checked else None,
        size_before=old.review.size if old else None,
        links=len(links),
        links_added=tuple(each for each in links if each not in old_links)[:MOST_LINKS] if old else (),
        links_removed=tuple(each for each in old_links if each not in links)[:MOST_LINKS] if after.checked else (),
        findings=after.findings[:MOST_FINDINGS],
        findings_left_out=max(0, len(after.findings) - MOST_FINDINGS),
    )


def _version(workspace: Workspace, path: Path, now: datetime.datetime, day: datetime.date | None) -> _Version:
    try:
        checked = check_issue(workspace, path, now, day)
    except ContentError as error:
        return _Version(checked=None, findings=_placed(workspace, path, error.problems, now))
    return _Version(checked=checked, findings=_placed(workspace, path, checked.problems, now))


def _placed(
    workspace: Workspace, path: Path, problems: tuple[Problem, ...], now: datetime.datetime
) -> tuple[PlacedFinding, ...]:
    name = workspace.name(path)
    made = report(issue=name, stem=path.stem, hash="", day=now.date(), problems=problems, allowed={})
    return place_findings([(workspace, made)])


def _inbox(checked: Checked | None) -> InboxLine | None:
    if checked is None:
        return None
    sender = checked.built.newsletter.sender
    return InboxLine(
        sender=sender.name or sender.address,
        subject=checked.review.subject,
        preheader=_preheader(checked),
    )


def _preheader(checked: Checked) -> str:
    issue = checked.built.issue
    return issue.fields.as_written(issue.preheader) if issue.preheader else ""


def _links(checked: Checked | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.url for each in checked.review.references)) if checked else ()


def _sections(old: Checked | None, new: Checked | None) -> Iterator[SectionChange]:
    """Yield the sections whose texts differ: in the new version's order, then those of the old version only."""
    if old is None or new is None:
        return
    before, after = section_texts(old.variants), section_texts(new.variants)
    for key in dict.fromkeys((*after, *before)):
        one, two = before.get(key, ""), after.get(key, "")
        if one != two:
            (name,) = in_words((key,))
            lines = tuple(_diff(_SENTENCE_END.split(one), _SENTENCE_END.split(two)))
            yield SectionChange(
                name=name,
                words_before=len(one.split()),
                words_after=len(two.split()),
                lines=lines[:MOST_LINES],
                lines_left_out=max(0, len(lines) - MOST_LINES),
            )


def _diff(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """Yield changed sentences with + or - in front."""
    lines = unified_diff(before, after, n=0, lineterm="")
    for number, line in enumerate(lines):
        # The first two lines would name the files, and those with @@ the places.
        if number > 1 and not line.startswith("@@"):
            yield line
