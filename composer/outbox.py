"""Writes a built edition into its folder of the outbox.

Comes in: a `Built` edition. Goes out: files, all of them or none: the folder is written beside its place and swapped
whole, so that a build that fails or is killed leaves the earlier output untouched.
"""

from pathlib import Path

from composer.errors import OutputError
from composer.folders import replace_folder
from composer.pipeline import PICTURES, Built


def write(built: Built, outbox: Path) -> tuple[Path, ...]:
    """Write issue.eml, issue.html, issue.txt and the pictures to `outbox/<stem>/`; give the three files' paths.

    Raises OutputError when the disk, or another program, is in the way.
    """
    folder = outbox / built.issue.stem
    try:
        replace_folder(folder, lambda fresh: _fill(fresh, built))
    except OSError as error:
        raise _explain(error, folder) from error
    return tuple(folder / name for name in ("issue.html", "issue.txt", "issue.eml"))


def _fill(folder: Path, built: Built) -> None:
    # Bytes, not text: line ends must be the same on every system.
    (folder / "issue.html").write_bytes(built.html.encode())
    (folder / "issue.txt").write_bytes(built.text.encode())
    (folder / "issue.eml").write_bytes(built.message)
    if built.pictures:
        (folder / PICTURES).mkdir()
    for name, picture in built.pictures:
        (folder / PICTURES / name).write_bytes(picture.data)


def _explain(error: OSError, folder: Path) -> OutputError:
    if isinstance(error, PermissionError):
        return OutputError(
            f"{folder} cannot be written: a file in it is open in another program, or the folder is not yours",
            "close the program that shows the edition, then build again; the earlier output is untouched",
        )
    return OutputError(f"{folder} cannot be written: {error.strerror or error}", "the earlier output is untouched")


def is_current(built: Built, outbox: Path) -> bool:
    """Tell whether the outbox holds exactly this edition."""
    folder = outbox / built.issue.stem
    try:
        return (folder / "issue.eml").read_bytes() == built.message and (
            folder / "issue.html"
        ).read_bytes() == built.html.encode()
    except OSError:
        return False
