"""Notices that a file was saved.

Input: a session with the files its last build read. Output: a call of `session.changed`. Guarantees: reads no file. It watches
folders rather than files, because programs save by replacing the old file with a new one.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from pathlib import Path

from watchfiles import Change, awatch

from composer.core.workspace import OUTBOX
from composer.web.preview.preview_session import PreviewSession, stamps

#: Milliseconds: how long a folder must be quiet before a build, and the longest wait if it never is.
_QUIET, _LONGEST = 10, 100
#: Seconds between two checks of the files and folders themselves: a folder can be deleted and created again, and some
#: network drives do not report changes.
LOOK_AGAIN = 0.5

_LEFT_OUT = frozenset([OUTBOX, ".git", "__pycache__"])
#: Files that programs write next to a file while they save it.
_SWAP = ("~", ".swp", ".swx", ".swo", ".tmp", ".bak", ".part", ".crdownload", "4913", "___jb_tmp___", "___jb_old___")

_Folders = dict[Path, tuple[int, int]]


def matters(path: Path, inputs: Iterable[Path]) -> bool:
    """Return whether a change to this file requires a build."""
    if path in inputs:
        return True
    name = path.name
    return not (name in _LEFT_OUT or name.startswith((".", "#")) or name.endswith(_SWAP))


async def watch(session: PreviewSession) -> None:
    """Notify the session of every change, until cancelled."""
    begun = time.time()
    folders: _Folders = {}
    while True:
        before, folders = folders, _folders(session.inputs)
        is_late = bool(before) and any(_changed(folder) >= begun for folder in folders.keys() - before.keys())
        stop = asyncio.Event()
        watching = asyncio.create_task(_watch_folders(session, folders, stop))
        try:
            if is_late:
                # Files may have been added to a new folder before it was watched.
                await asyncio.sleep(LOOK_AGAIN / 10)
                session.changed()
            await _until_others(session, folders)
        finally:
            stop.set()
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching


async def _watch_folders(session: PreviewSession, folders: _Folders, stop: asyncio.Event) -> None:
    if not folders:
        return

    def is_seen(change: Change, path: str) -> bool:
        return matters(Path(path), session.inputs)

    # If a folder disappears meanwhile, or the system cannot watch more folders, the next check sees what changed.
    with contextlib.suppress(OSError, RuntimeError):
        async for _ in awatch(
            *folders,
            watch_filter=is_seen,
            debounce=_LONGEST,
            step=_QUIET,
            stop_event=stop,
            recursive=False,
            ignore_permission_denied=True,
        ):
            session.changed()


async def _until_others(session: PreviewSession, folders: _Folders) -> None:
    """Check the files and their folders until the set of folders to watch changes."""
    while True:
        inputs = session.inputs
        for _ in range(10):
            await asyncio.sleep(LOOK_AGAIN / 10)
            if session.inputs != inputs:
                break
        now = _folders(session.inputs)
        if stamps(session.inputs) != session.stamps and session.shown.version:
            session.changed()
        if now != folders:
            return


def _changed(folder: Path) -> float:
    """Return when a folder's entries last changed, in seconds since 1970; 0 if the folder does not exist."""
    with contextlib.suppress(OSError):
        return folder.stat().st_mtime
    return 0.0


def _folders(inputs: tuple[Path, ...]) -> _Folders:
    """Return the existing folders of the files, each with an identity that differs for a new folder of the same name."""
    found: _Folders = {}
    for folder in {path.parent for path in inputs}:
        with contextlib.suppress(OSError):
            status = folder.stat()
            found[folder] = (status.st_dev, status.st_ino)
    return found
