"""A lock of the operating system on a file.

Input: a path. Output: a `FileLock`; HeldError if somebody else has it, OSError if the file cannot be opened. The system
releases the lock when the process ends, however it ends. Never waits.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

#: Windows keeps others from reading what is locked: the byte that is locked lies far behind what is written.
_FAR = 1 << 30


class HeldError(Exception):
    """Somebody else has the lock."""


class FileLock:
    """A lock that is held. Making one raises HeldError or OSError."""

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
