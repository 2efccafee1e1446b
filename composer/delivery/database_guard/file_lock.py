"""A file lock of the operating system.

Input: a path. Output: a `FileLock`; HeldError if another process holds it, OSError if the file cannot be opened.
Guarantees: the system releases the lock when the process ends in any way; never waits.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

#: Windows does not let others read locked bytes, so the locked byte is far beyond the content.
_FAR = 1 << 30


class HeldError(Exception):
    """Another process holds the lock."""


class FileLock:
    """A lock that this process holds. The constructor raises HeldError or OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            self._take()
        except OSError:
            self.release()
            raise HeldError from None

    def _take(self) -> None:
        assert self._handle is not None
        if sys.platform == "win32":
            import msvcrt

            os.lseek(self._handle, _FAR, os.SEEK_SET)
            msvcrt.locking(self._handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    @property
    def handle(self) -> int:
        """The open file."""
        assert self._handle is not None
        return self._handle

    def release(self) -> None:
        """Release it. Never raises."""
        handle, self._handle = self._handle, None
        if handle is not None:
            # Closing it releases the lock.
            with suppress(OSError):
                os.close(handle)
