"""Replaces a folder whole: what is seen is the old one or the new one, never half of either.

Input: where a folder lies, and a function that fills a fresh one. Output: the folder, or OSError with the old one in
its place. A process that is killed leaves at most a hidden folder beside it, which the next one takes away.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

#: Seconds after which a half-written folder belongs to no running process.
_STALE = 600


def replace_folder(folder: Path, fill: Callable[[Path], None], *, is_private: bool = False) -> None:
    """Fill a fresh folder beside its place, and swap it in; one that is private only its owner can read. Raises OSError."""
    beside = folder.parent
    beside.mkdir(parents=True, exist_ok=True)
    put_back(folder)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", suffix=".new", dir=beside) as new:
        # The folder inside is what gets swapped: a temporary folder is private, this one need not be.
        fresh = Path(new) / folder.name
        fresh.mkdir()
        fill(fresh)
        if is_private:
            _close(fresh)
        _swap(fresh, folder, Path(new) / "old")


def make_private(folder: Path, below: Path) -> None:
    """Make a folder that only its owner can enter; so is every folder between it and `below`. Raises OSError."""
    below.mkdir(parents=True, exist_ok=True)
    way = [each for each in folder.parents if below in each.parents]
    for each in (*reversed(way), folder):
        each.mkdir(mode=0o700, exist_ok=True)
        close(each, 0o700)


def close(path: Path, mode: int = 0o600) -> None:
    """Take a file or folder from everybody but its owner, whatever the umask or an earlier version made of it."""
    if os.name == "posix" and path.stat().st_mode & 0o077 and path.stat().st_uid == os.getuid():
        path.chmod(mode)


def _close(folder: Path) -> None:
    # Until it is swapped in, the folder around it keeps others out.
    for each in folder.rglob("*"):
        close(each, 0o700 if each.is_dir() else 0o600)
    close(folder, 0o700)


def _swap(fresh: Path, folder: Path, old: Path) -> None:
    """Put the fresh folder in the place of the earlier one; put that back when it cannot be done."""
    if not folder.exists():
        fresh.replace(folder)
        return
    folder.replace(old)
    try:
        fresh.replace(folder)
    except OSError:
        old.replace(folder)
        raise


def put_back(folder: Path) -> None:
    """Take away what a killed process left, and put back the folder it had just moved aside."""
    for left in folder.parent.glob(f".{folder.name}-*.new"):
        # A fresh one may belong to a process that is running in another window.
        is_stale = time.time() - left.stat().st_mtime > _STALE
        if (left / "old").is_dir() and not folder.exists():
            (left / "old").replace(folder)
        if is_stale:
            shutil.rmtree(left, ignore_errors=True)
