"""Writes the files for a server into a folder.

Input: a newsletter, its place on the server, a folder. Output: what became of each file, and the next steps.
Guarantees: a file that differs is replaced only if the caller wants that, and one with secrets never.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from composer.app.deployment.server_files import NEXT_STEPS, server_files
from composer.app.deployment.server_place import ServerPlace, check_place
from composer.content.document.newsletter import read_newsletter
from composer.core.environment import Environment
from composer.core.errors import OutputError, UsageError
from composer.core.workspace import Workspace


class FileResult(StrEnum):
    """What became of a file."""

    WRITTEN = "written"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    #: it exists with another content, and stays as it is
    KEPT = "kept"


#: Where the units of a computer are.
UNITS = Path("/etc/systemd/system")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The files by their names, and what to do with them."""

    files: Mapping[str, FileResult] = field(default_factory=dict)
    next_steps: str


def write_server_files(
    workspace: Workspace, environment: Environment, place: ServerPlace, folder: Path, *, replaces: bool = False
) -> Deployment:
    """Write the files. Files that differ are kept unless `replaces`; the file for the secrets is always kept.

    Raises UsageError, ContentError, DatabaseError, SettingsError, OutputError.
    """
    files = server_files(read_newsletter(workspace), workspace, environment, check_place(place))
    secret = place.environment_name
    try:
        done = {
            name: _write(folder / name, text, replaces=replaces and name != secret, is_private=name == secret)
            for name, text in files.items()
        }
    except OSError as error:
        raise OutputError(f"{error.filename or folder} cannot be written: {error.strerror}") from error
    return Deployment(files=done, next_steps=files[NEXT_STEPS])


def check_names(place: ServerPlace, units: Path = UNITS) -> None:
    """Check that no other newsletter of this computer has units with the same names. Raises UsageError."""
    name = f"{place.unit}-work.service"
    try:
        text = (units / name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    if f"WorkingDirectory={place.folder}\n" not in text:
        raise UsageError(
            f"{units / name} belongs to another newsletter",
            "use other names and another port:   --name NAME --port N",
        )


def _write(path: Path, text: str, *, replaces: bool, is_private: bool) -> FileResult:
    if path.exists():
        if path.read_text(encoding="utf-8", errors="replace") == text:
            return FileResult.UNCHANGED
        if not replaces:
            return FileResult.KEPT
    result = FileResult.REPLACED if path.exists() else FileResult.WRITTEN
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    if is_private:
        # People fill in passwords here.
        path.chmod(0o600)
    return result
