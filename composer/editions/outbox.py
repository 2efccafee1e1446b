"""Writes a built edition to its folder in the outbox.

Input: a `Built` edition, and its other variants. Output: files. Guarantees: writes all files or none; a new folder
replaces the old one as a whole, so that a build that fails or is killed does not change the earlier output.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from composer.core.errors import OutputError
from composer.core.folders import replace_folder
from composer.editions.pipeline import PICTURES, Built, BuiltVariant

#: The subfolder for the variants of an edition.
VARIANTS = "variants"
#: The file name of the printed issue.
PDF = "issue.pdf"


def write(
    built: Built, outbox: Path, others: Sequence[BuiltVariant] = (), pdf: bytes | None = None
) -> tuple[Path, ...]:
    """Write issue.eml, issue.html, issue.txt and the pictures to `outbox/<stem>/`; return the paths of the three.

    The `others`, variants for subscribers who get less, are written to their own folders in `variants/`; their paths
    follow. A `pdf` is written to issue.pdf. Raises OutputError if the disk or another program prevents writing.
    """
    folder = outbox / built.issue.stem
    try:
        replace_folder(folder, lambda fresh: _fill_all(fresh, built, others, pdf))
    except OSError as error:
        raise _explain(error, folder) from error
    folders = (folder, *(folder / VARIANTS / each.name for each in others))
    return tuple(each / name for each in folders for name in ("issue.html", "issue.txt", "issue.eml"))


def _fill_all(folder: Path, built: Built, others: Sequence[BuiltVariant], pdf: bytes | None) -> None:
    _fill(folder, built)
    if pdf is not None:
        (folder / PDF).write_bytes(pdf)
    for each in others:
        (folder / VARIANTS / each.name).mkdir(parents=True)
        _fill(folder / VARIANTS / each.name, each.built)


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
    if isinstance(error, PermissionError) and sys.platform != "win32":
        return OutputError(
            f"{folder} cannot be written: you have no permission to write there",
            f"make {folder.parent} and {folder.name} writable for your user; the earlier output has not changed",
        )
    if isinstance(error, PermissionError):
        # On Windows, a file that another program has open cannot be replaced.
        return OutputError(
            f"{folder} cannot be written: a file in it is open in another program, or you have no permission to write there",
            "close the program that shows the edition, then build again; the earlier output has not changed",
        )
    return OutputError(f"{folder} cannot be written: {error.strerror or error}", "the earlier output has not changed")


def is_current(built: Built, outbox: Path, others: Sequence[BuiltVariant] = ()) -> bool:
    """Check whether the outbox contains exactly these editions."""
    folder = outbox / built.issue.stem
    try:
        held = sorted(path.name for path in (folder / VARIANTS).iterdir()) if (folder / VARIANTS).is_dir() else []
        return held == sorted(each.name for each in others) and all(
            (place / "issue.eml").read_bytes() == each.message
            and (place / "issue.html").read_bytes() == each.html.encode()
            for place, each in ((folder, built), *((folder / VARIANTS / each.name, each.built) for each in others))
        )
    except OSError:
        return False
