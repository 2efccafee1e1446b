"""Finds issue files by path or by stem.

Input: a path or a stem, and a folder. Output: an `IssueFile`. Guarantees: reads only a file that
does not end with .yaml, to recognize it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from composer.core.command_lines import shell_line
from composer.core.errors import UsageError
from composer.core.issue_files import current_issue
from composer.core.issue_names import is_issue_file
from composer.core.workspace import NEWSLETTER, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFile:
    """An issue's file, and the newsletter it belongs to."""

    workspace: Workspace
    path: Path

    @property
    def name(self) -> str:
        """The file as shown to people: `issues/2025-01-30.yaml`."""
        return self.workspace.name(self.path)

    @property
    def stem(self) -> str:
        """The name that commands take: `2025-01-30`, `2025-01-30.de`."""
        return self.path.stem


def find_issue(name: str | Path, folder: Path | None = None) -> IssueFile:
    """Find an issue by path or by stem, relative to a folder of the newsletter, by default the current folder.

    Raises WorkspaceError without a newsletter, UsageError without such an issue.
    """
    path = Path(name) if folder is None else folder / name
    if (parent := folder_of_issue(path)) is not None:
        workspace = Workspace.find(parent)
        return IssueFile(workspace=workspace, path=workspace.issue(str(path)))
    workspace = Workspace.find(folder or Path.cwd())
    try:
        return IssueFile(workspace=workspace, path=workspace.issue(str(name)))
    except UsageError as error:
        # Imported late: only for a name that was not found.
        from composer.content.values.formats import dates_meant

        stems = [each.stem for each in workspace.issues()]
        if meant := [day for day in dates_meant(str(name)) if day in stems and day != str(name)]:
            raise UsageError(error.message, f"did you mean {' or '.join(meant)}?") from None
        raise


def folder_of_issue(name: str | Path) -> Path | None:
    """Return the folder of an issue that was named by its path; None if it was named by its stem.

    Raises UsageError for the folder of a newsletter, and for a draft, which can be in any folder, also outside the
    newsletter.
    """
    path = Path(name)
    if path.is_dir() and (path / NEWSLETTER).is_file():
        step = f"go there first:   {shell_line('cd', str(name))}"
        raise UsageError(f"{name} is the folder of a newsletter, not an issue", step)
    if not path.is_file():
        return None
    if not is_issue_file(path.name):
        from composer.core.untrusted.file_types import refusal_of_draft

        if (refusal := refusal_of_draft(path, str(name))) is not None:
            raise refusal
    return path.parent


def find_current_issue(folder: Path | None = None) -> tuple[IssueFile, ...]:
    """Return the current issue of the newsletter, in all its languages. Raises WorkspaceError, UsageError without an issue."""
    workspace = Workspace.find(folder or Path.cwd())
    if found := current_issue(workspace):
        return tuple(IssueFile(workspace=workspace, path=path) for path in found)
    raise UsageError("there is no issue yet", "create the first one:   compose new")


def find_issues(names: Iterable[str | Path], folder: Path | None = None) -> tuple[IssueFile, ...]:
    """Find several issues as `find_issue` does, without duplicates."""
    return tuple(dict.fromkeys(find_issue(name, folder) for name in dict.fromkeys(names)))
