"""Which version of an edition was last written to the outbox as a test, without a mail server.

Input: a workspace, the stem and the hash of an edition. Output: `.compose/tests/STEM.txt` with the hash. Guarantees: a test of
another version does not count.
"""

from pathlib import Path

from composer.core.errors import OutputError
from composer.core.workspace import OUTBOX, Workspace

_FOLDER = Path(".compose") / "tests"


def folder_of_tests(workspace: Workspace, stem: str) -> Path:
    """Return the folder for the messages of a test."""
    return workspace.root / OUTBOX / "tests" / stem


def record_file_test(workspace: Workspace, stem: str, edition_hash: str) -> None:
    """Record that a version was written. Raises OutputError."""
    path = workspace.root / _FOLDER / f"{stem}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(edition_hash, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{workspace.name(path)} cannot be written: {error.strerror}") from error


def has_file_test(workspace: Workspace, stem: str, edition_hash: str) -> bool:
    """Return whether the messages of this version are in the outbox."""
    try:
        recorded = (workspace.root / _FOLDER / f"{stem}.txt").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return recorded == edition_hash and folder_of_tests(workspace, stem).is_dir()
