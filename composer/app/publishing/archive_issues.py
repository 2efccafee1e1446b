"""The issues of an archive: where they come from, and what has to be remembered of them.

Input: nothing. Output: the type that archives of issue files and of what was sent have in common.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from composer.app.publishing.archive_inputs import FileDigests
from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.core.environment import Environment
from composer.core.workspace import Workspace
from composer.publish.publication_source import IssueSource
from composer.publish.site.site_manifest import ArchiveKind


class ArchiveIssues(Protocol):
    """The issues of an archive."""

    kind: ArchiveKind
    workspace: Workspace
    #: By the language in file names, the main language (“”) first.
    newsletters: Mapping[str, Newsletter]
    files: FileDigests
    sources: Sequence[IssueSource]
    #: Where the database is found; None if the issues are files only.
    environment: Environment | None

    def new_version(self, stem: str) -> object | None:
        """Return the version of an issue that was read and that the database does not have yet."""

    def remember(self, version: object) -> None:
        """Take the version of an issue that another process has read."""


def newsletters_of(workspace: Workspace) -> Mapping[str, Newsletter]:
    """Return the newsletter by the language in file names, the main language (“”) first. Raises ContentError."""
    found = {"": read_newsletter(workspace)}
    for language in sorted(workspace.languages()):
        found[language] = read_newsletter(workspace, language)
    return found
