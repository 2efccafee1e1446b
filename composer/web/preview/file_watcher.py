"""Notices that a file was saved.

Input: a session with the files its last build read. Output: a word to the session. Never reads a file: it watches
their folders, because programs save by putting a new file in the old one's place.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from pathlib import Path

from watchfiles import Change, awatch

from composer.core.workspace import OUTBOX
from composer.web.preview.preview_session import PreviewSession, stamps

#: Milliseconds: how long a folder must be quiet, and how long one that never is may keep us waiting.
_QUIET, _LONGEST = 10, 100
#: Seconds between two looks at files and folders themselves: a folder may go and come back, and some network drives
#: do not tell of changes.
LOOK_AGAIN = 0.5

_LEFT_OUT = frozenset([OUTBOX, ".git", "__pycache__"])
#: What programs write beside a file while they save it.
_SWAP = ("~", ".swp", ".swx", ".swo", ".tmp", ".bak", ".part", ".crdownload", "4913", "___jb_tmp___", "___jb_old___")

_Folders = dict[Path, tuple[int, int]]


def matters(path: Path, inputs: Iterable[Path]) -> bool:
    """Return whether a change to this file is a reason to build."""
    if path in inputs:
        return True
    name = path.name
    return not (name in _LEFT_OUT or name.startswith((".", "#")) or name.endswith(_SWAP))


async def watch(session: PreviewSession) -> None:
    """Tell the session of every change, until cancelled."""
    begun = time.time()
    folders: _Folders = {}
    while True:
        before, folders = folders, _folders(session.inputs)
        is_late = bool(before) and any(_changed(folder) >= begun for folder in folders.keys() - before.keys())
        stop = asyncio.Event()
        watching = asyncio.create_task(_watch_folders(session, folders, stop))
        try:
            if is_late:
                # Files may have come into a new folder before it was watched.
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

    # A folder that goes while it is begun to be watched, a system that watches no more: the next look sees what changed.
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
    """Look at the files and their folders until other folders are to be watched."""
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
    """Return when something came into a folder or went, in seconds since 1970; 0 where it is gone."""
    with contextlib.suppress(OSError):
        return folder.stat().st_mtime
    return 0.0


def _folders(inputs: tuple[Path, ...]) -> _Folders:
    """Return the folders of files that are there, each with what tells it from another of the same name."""
    found: _Folders = {}
    for folder in {path.parent for path in inputs}:
        with contextlib.suppress(OSError):
            status = folder.stat()
            found[folder] = (status.st_dev, status.st_ino)
    return found
