"""A lock of the operating system on a file, and a number that is kept in it.

Comes in: a path. Goes out: a `FileLock`; HeldError where somebody else has it, OSError where the file cannot be had. The system
lets go of it when the process ends, however it ends. Never waits.
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
    def noted(self) -> int:
        """The number that was noted last, by whoever held the lock; 0 for none."""
        assert self._handle is not None
        os.lseek(self._handle, 0, os.SEEK_SET)
        written = os.read(self._handle, 64).strip()
        return int(written) if written.isdigit() else 0

    def note(self, number: int) -> None:
        """Note a number, and see it on disk."""
        assert self._handle is not None
        os.lseek(self._handle, 0, os.SEEK_SET)
        os.write(self._handle, f"{number:020}\n".encode())
        os.fsync(self._handle)

    def release(self) -> None:
        """Let go. Never raises."""
        handle, self._handle = self._handle, None
        if handle is not None:
            # Closing it is what lets go.
            with suppress(OSError):
                os.close(handle)
