"""The issue from which another one is translated: that of the same name in the newsletter's own language.

Input: a workspace and an issue's path. Output: the tree of the original. Guarantees: a file is parsed again only if it changes.
"""

from functools import lru_cache
from pathlib import Path

from composer.content.document.section_types import read_document
from composer.content.yaml.nodes import Mapping
from composer.core.errors import ContentError, WorkspaceError
from composer.core.issue_files import editions_of_issue
from composer.core.workspace import Workspace, stamp


def original_of(workspace: Workspace, path: Path) -> Mapping | None:
    """Return the original, or None for an original issue and for a file with mistakes, which its own check reports."""
    if workspace.language_of(path) is None:
        return None
    first = editions_of_issue(workspace, path)[0]
    return None if workspace.language_of(first) is not None else _tree(workspace, first, stamp(first))


@lru_cache(maxsize=8)
def _tree(workspace: Workspace, path: Path, _stamp: tuple[int, int]) -> Mapping | None:
    try:
        root, _ = read_document(path, workspace.name(path))
    except (ContentError, WorkspaceError):
        return None
    return root if isinstance(root, Mapping) else None
