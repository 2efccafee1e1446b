"""Finds issue files, by what a person calls them.

Input: a path or a stem, and a folder. Output: an `IssueFile`. Reads nothing of what is in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from composer.core.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFile:
    """An issue's file, and the newsletter it belongs to."""

    workspace: Workspace
    path: Path

    @property
    def name(self) -> str:
        """The file as people see it: `issues/2025-01-30.yaml`."""
        return self.workspace.name(self.path)

    @property
    def stem(self) -> str:
        """What commands call it: `2025-01-30`, `2025-01-30.de`."""
        return self.path.stem


def find_issue(name: str | Path, folder: Path | None = None) -> IssueFile:
    """Find an issue by path or by stem, seen from a folder of the newsletter; without one, from the current folder.

    Raises WorkspaceError where there is no newsletter, UsageError where there is no such issue.
    """
    path = Path(name) if folder is None else folder / name
    if path.is_file():
        workspace = Workspace.find(path.parent)
        return IssueFile(workspace=workspace, path=workspace.issue(str(path)))
    workspace = Workspace.find(folder or Path.cwd())
    return IssueFile(workspace=workspace, path=workspace.issue(str(name)))


def find_issues(names: Iterable[str | Path], folder: Path | None = None) -> tuple[IssueFile, ...]:
    """Find several issues as `find_issue` does, each of them once."""
    return tuple(dict.fromkeys(find_issue(name, folder) for name in dict.fromkeys(names)))
