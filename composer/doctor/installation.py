"""Check the installed packages, and whether git tracks private files.

Input: the workspace. Output: diagnoses. Guarantees: changes nothing.
"""

import re
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from composer.core.command_lines import shell_line
from composer.core.workspace import Workspace
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel

_PRIVATE = re.compile(r"\.(?:db|db-wal|db-shm|sqlite3?|pem|key)$|(?:^|/)\.env$", re.IGNORECASE)
_LISTS = (".csv", ".tsv", ".xlsx", ".jsonl")
_ADDRESS = re.compile(rb"[\w.+-]+@[\w-]+\.[\w.-]+")
#: A file with this many addresses is a list of subscribers.
_MANY = 5


def look_at_packages() -> Iterator[Diagnosis]:
    """Check the MJML compiler: two packages on PyPI install a module `mjml`, and the wrong one breaks every build."""
    subject = "MJML compiler"
    found = {name: _version(name) for name in ("mjml-python", "mjml")}
    wanted = next(each for each in metadata.requires("compose-newsletter") or () if each.startswith("mjml-python"))
    if found["mjml"]:
        step = f"pip uninstall mjml && pip install --force-reinstall {wanted}"
        seen = f"another package, mjml {found['mjml']}, is installed in its place"
        yield Diagnosis(subject=subject, health=DiagnosisLevel.BAD, seen=seen, step=step)
    elif not found["mjml-python"]:
        yield Diagnosis(
            subject=subject, health=DiagnosisLevel.BAD, seen="it is not installed", step=f"pip install {wanted}"
        )
    else:
        yield Diagnosis(subject=subject, health=DiagnosisLevel.GOOD, seen=f"mjml-python {found['mjml-python']}")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def look_at_git(workspace: Workspace) -> Iterator[Diagnosis]:
    """Find databases, keys and lists of subscribers among the files that git tracks."""
    subject = "files in git"
    try:
        listed = subprocess.run(  # noqa: S603
            ["git", "-C", str(workspace.root), "ls-files", "-z"],  # noqa: S607
            capture_output=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        listed = None
    if listed is None or listed.returncode:
        yield Diagnosis(subject=subject, health=DiagnosisLevel.OPEN, seen="git does not track this folder")
        return
    names = [name.decode("utf-8", "replace") for name in listed.stdout.split(b"\0") if name]
    found = [name for name in names if _PRIVATE.search(name) or _is_list(workspace.root / name)]
    for name in found:
        step = f"{shell_line('git', 'rm', '--cached', '--', name)}, add it to .gitignore, and change any secret in it"
        yield Diagnosis(
            subject=subject,
            health=DiagnosisLevel.BAD,
            seen=f"{name} is tracked: everyone with a clone has it",
            step=step,
        )
    if not found:
        yield Diagnosis(subject=subject, health=DiagnosisLevel.GOOD, seen="no database, key or list of subscribers")


def _is_list(path: Path) -> bool:
    if path.suffix.lower() not in _LISTS or not path.is_file():
        return False
    if path.suffix.lower() == ".xlsx":
        return True
    with path.open("rb") as file:
        return len(_ADDRESS.findall(file.read(200_000))) >= _MANY
