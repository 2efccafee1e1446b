"""Replaces a folder as a whole: other programs see either the old folder or the new one.

Input: the path of a folder, and a function that fills a new one. Output: the new folder, or OSError with the old one in
place. Guarantees: a process that is killed leaves at most a hidden folder next to it, which the next process deletes.
"""

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

#: Seconds after which an incomplete folder cannot belong to a running process.
_STALE = 600


def replace_folder(folder: Path, fill: Callable[[Path], None], *, is_private: bool = False) -> None:
    """Fill a new folder next to the old one, and replace it; only the owner can read a private one. Raises OSError."""
    beside = folder.parent
    beside.mkdir(parents=True, exist_ok=True)
    put_back(folder)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", suffix=".new", dir=beside) as new:
        # The inner folder replaces the old one, because a temporary folder is private, and this one need not be.
        fresh = Path(new) / folder.name
        fresh.mkdir()
        fill(fresh)
        if is_private:
            _close(fresh)
        _swap(fresh, folder, Path(new) / "old")


def is_full(error: OSError) -> bool:
    """Return whether a disk has no more room, or a file may not be longer."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def make_private(folder: Path, below: Path) -> None:
    """Create a folder that only its owner can enter, and also all folders between it and `below`. Raises OSError."""
    below.mkdir(parents=True, exist_ok=True)
    way = [each for each in folder.parents if below in each.parents]
    for each in (*reversed(way), folder):
        each.mkdir(mode=0o700, exist_ok=True)
        close(each, 0o700)


def close(path: Path, mode: int = 0o600) -> None:
    """Restrict a file or folder to its owner, for any umask, and for files of an earlier version."""
    if os.name == "posix" and path.stat().st_mode & 0o077 and path.stat().st_uid == os.getuid():
        path.chmod(mode)


def _close(folder: Path) -> None:
    # Until then, the private outer folder protects it.
    for each in folder.rglob("*"):
        close(each, 0o700 if each.is_dir() else 0o600)
    close(folder, 0o700)


def _swap(fresh: Path, folder: Path, old: Path) -> None:
    """Replace the old folder with the new one; restore the old one if that fails."""
    if not folder.exists():
        fresh.replace(folder)
        return
    folder.replace(old)
    try:
        fresh.replace(folder)
    except OSError:
        old.replace(folder)
        raise


def put_back(folder: Path, *, is_alone: bool = False) -> None:
    """Delete what a killed process left, and restore the folder that it had moved away.

    `is_alone` means that no other process is working on the folder, so everything found there was left behind.
    """
    for left in folder.parent.glob(f".{folder.name}-*.new"):
        # A recent one may belong to a process that is running in another window.
        is_stale = is_alone or time.time() - left.stat().st_mtime > _STALE
        if (left / "old").is_dir() and not folder.exists():
            (left / "old").replace(folder)
        if is_stale:
            shutil.rmtree(left, ignore_errors=True)
