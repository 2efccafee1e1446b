"""The files that an issue is read from, and their digests: whether a page has to be made again.

Input: a workspace. Output: names and digests. Guarantees: a file is read once.
"""

import hashlib
import os
from collections.abc import Iterator

from composer.content.document.issue import Issue
from composer.content.document.newsletter import Newsletter
from composer.core.workspace import Workspace


class FileDigests:
    """The digests of files, each calculated once."""

    def __init__(self, workspace: Workspace) -> None:
        self._root = str(workspace.root)
        self._known: dict[str, str] = {}

    def of(self, name: str) -> str:
        """Return the digest of a file, by its name in the workspace or its path; empty for a missing file."""
        if name not in self._known:
            try:
                with open(os.path.join(self._root, name), "rb") as file:  # noqa: PTH118, PTH123 - thousands of times
                    self._known[name] = hashlib.sha256(file.read()).hexdigest()
            except OSError:
                self._known[name] = ""
        return self._known[name]


def inputs_of(workspace: Workspace, issue: Issue, newsletter: Newsletter) -> Iterator[str]:
    """Yield the files that an issue was read from besides its own, without the logos, which all issues share."""
    logos = {logo.file for logo in (newsletter.brand.logo, newsletter.brand.dark_logo) if logo is not None}
    paths = {picture.file for picture in issue.pictures} | {node.source.path for node in issue.nodes.values()}
    yield from sorted(
        workspace.name(path) for path in paths if path not in logos and path.resolve() != issue.path.resolve()
    )
