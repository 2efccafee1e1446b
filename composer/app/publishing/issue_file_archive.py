"""Publishes the issue files as they are, whether or not they were sent.

Input: a workspace, a folder, the time. Output: a `PublishResult`. Guarantees: needs no database; a draft of a later
issue is not read.
"""

import datetime
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from composer.app.publishing.archive_inputs import FileDigests, inputs_of
from composer.app.publishing.archive_issues import newsletters_of
from composer.app.publishing.archive_publication import PublishResult, write_archive
from composer.content.document.issue import read_issue
from composer.core.environment import Environment
from composer.core.errors import UsageError
from composer.core.issue_files import heading, issue_key
from composer.core.issue_names import date_in
from composer.core.workspace import ISSUES, Workspace, stamp
from composer.publish.publication_source import IssueSource, ReadIssue
from composer.publish.site.site_manifest import ArchiveKind, digest_of
from composer.publish.sources.public_source import public_source


def publish_files(
    workspace: Workspace,
    folder: Path | None = None,
    *,
    now: datetime.datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
    is_subscriber: Callable[[str], bool] | None = None,
) -> PublishResult:
    """Publish the issue files as they are, whether or not they were sent, up to the issues of today.

    Raises UsageError without such an issue, ContentError with the problems of all issues, and OutputError if the folder is
    not an archive of issue files or cannot be written.
    """
    issues = FileIssues(workspace, now)
    if not issues.sources:
        raise _nothing_to_publish(workspace, has_later=bool(issues.later))
    result = write_archive(issues, folder, now, progress, is_subscriber)
    paths = {str(path) for path in workspace.issues()}
    others = (path for path in workspace.yaml_files() if str(path) not in paths and heading(path, stamp(path)).is_issue)
    names = workspace.name
    return replace(result, later=tuple(map(names, issues.later)), misnamed=tuple(map(names, others)))


class FileIssues:
    """The issue files, up to those of today."""

    kind = ArchiveKind.UNSENT
    environment: Environment | None = None

    def __init__(self, workspace: Workspace, now: datetime.datetime) -> None:
        self.workspace, self.files = workspace, FileDigests(workspace)
        self.newsletters = newsletters_of(workspace)
        # A draft of a later issue may be incomplete, so it is not read.
        today = now.astimezone(self.newsletters[""].zone).date()
        paths, languages = workspace.issues(), workspace.languages()
        self.later = tuple(path for path in paths if (day := date_in(path.name)) is not None and day > today)
        self.sources: Sequence[IssueSource] = tuple(
            self._source(path, languages) for path in paths if path not in self.later
        )

    def new_version(self, stem: str) -> None:
        """Return None: nothing is known about versions of files."""

    def remember(self, version: object) -> None:
        """Do nothing."""

    def _source(self, path: Path, languages: Collection[str]) -> IssueSource:
        name, tag = self.workspace.name(path), self.workspace.language_of(path, languages) or ""

        def made_of(inputs: tuple[str, ...]) -> str:
            return digest_of(*(self.files.of(each) for each in (name, *inputs)))

        return IssueSource(
            stem=path.stem, key=issue_key(path), tag=tag, made_of=made_of, read=partial(self._read, path, tag)
        )

    def _read(self, path: Path, tag: str) -> ReadIssue:
        newsletter, issue = read_issue(self.workspace, path, newsletter=self.newsletters.get(tag))
        source, _ = public_source(issue, newsletter)
        return ReadIssue(
            newsletter=newsletter,
            issue=issue,
            digest=digest_of(source.digest, issue.withdrawn or ""),
            inputs=tuple(inputs_of(self.workspace, issue, newsletter)),
        )


def _nothing_to_publish(workspace: Workspace, *, has_later: bool) -> UsageError:
    folder = workspace.root / ISSUES
    if has_later:
        return UsageError(
            f"every issue in {folder} has a date after today",
            "publish again on the day of an issue; to see its page before: compose preview ISSUE",
        )
    return UsageError(f"no issue found in {folder}", "create one with: compose new   (files are named 2025-01-30.yaml)")
