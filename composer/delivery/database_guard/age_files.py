"""Files that record the progress of a ledger: one next to the SQLite database, one on each computer that sends.

Input: what to record. Output: a `Note` as it was last written. Guarantees: during a run, a change of the count is one
write of a fixed length at the beginning of an open file, without waiting for the disk; `sync` waits for it.
"""

import json
import os
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

#: How many mailings a file contains: enough for years.
_MOST = 1_000
_HEAD = re.compile(rb"compose-age 1 (\d{20}) ([0-9a-f]{32}) (\d{20}) ([0-9a-f]{32})\n")
#: The format of earlier versions: the number of the last run.
_OLD = re.compile(rb"\d{20}\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A mailing that was started. `made`: when it was frozen, in milliseconds; a restored database may reuse its id."""

    mailing: int
    issue: str
    made: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The records that the database must at least contain."""

    #: A run (a row of `workers`); 0 for a database that a person accepted after a restore.
    worker: int
    nonce: str
    count: int
    #: The last acceptance of the database at that time (ledger_age.origins_of).
    origin: str
    begun: tuple[Begun, ...] = ()
    #: Written by an earlier version: only `worker` is set.
    is_old: bool = False

    @property
    def head(self) -> bytes:
        """The line that changes with each group; its length is always the same."""
        return f"compose-age 1 {self.worker:020} {self.nonce} {self.count:020} {self.origin}\n".encode()

    @property
    def data(self) -> bytes:
        """The content of the file."""
        lines = (json.dumps([each.mailing, each.issue, each.made]) for each in self.begun[-_MOST:])
        return self.head + "".join(f"{line}\n" for line in lines).encode()


def parse(data: bytes) -> Note | None:
    """Return the note in a file's content; None if there is no note."""
    if _OLD.fullmatch(data):
        return Note(worker=int(data), nonce="", count=0, origin="", is_old=True)
    match = _HEAD.match(data)
    if match is None:
        return None
    begun = []
    for line in data[match.end() :].splitlines():
        # The computer may have stopped in the middle of a line.
        with suppress(ValueError, TypeError):
            mailing, issue, made = json.loads(line)
            begun.append(Begun(mailing=int(mailing), issue=str(issue), made=int(made)))
    return Note(
        worker=int(match[1]),
        nonce=match[2].decode(),
        count=int(match[3]),
        origin=match[4].decode(),
        begun=tuple(begun),
    )


def read(path: Path) -> Note | None:
    """Return the note in a file; None if the file does not exist or has no note. Raises OSError."""
    try:
        return parse(path.read_bytes())
    except FileNotFoundError:
        return None


def joined(*several: Iterable[Begun]) -> tuple[Begun, ...]:
    """Return all these mailings without duplicates, the oldest first."""
    return tuple(sorted({each for those in several for each in those}, key=lambda each: (each.made, each.mailing)))


class AgeFile:
    """An open file with a note. Raises OSError."""

    def __init__(self, path: Path, handle: int | None = None) -> None:
        """`handle`: of a file that is open for reading and writing and stays open; without it, the file is opened or created."""
        self.path = path
        self._is_own = handle is None
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        self._handle: int | None = os.open(path, flags, 0o600) if handle is None else handle

    def write(self, note: Note) -> None:
        """Replace the content and wait until it is on disk."""
        assert self._handle is not None
        self._put(note.data)
        os.ftruncate(self._handle, len(note.data))
        os.fsync(self._handle)

    def count(self, note: Note) -> None:
        """Write the count; the rest of the file does not change."""
        self._put(note.head)

    def sync(self) -> None:
        """Wait until what was written is on disk."""
        assert self._handle is not None
        os.fsync(self._handle)

    def close(self) -> None:
        """Close the file. Never raises."""
        handle, self._handle = self._handle, None
        if self._is_own and handle is not None:
            with suppress(OSError):
                os.close(handle)

    def _put(self, data: bytes) -> None:
        assert self._handle is not None
        if sys.platform == "win32":
            os.lseek(self._handle, 0, os.SEEK_SET)
            written = os.write(self._handle, data)
        else:
            written = os.pwrite(self._handle, data, 0)
        if written != len(data):
            raise OSError(f"{self.path} is incomplete: only {written} of {len(data)} bytes were written")


class MachineNotes:
    """The notes of this computer about one publication: a file for each run, until a later file includes its content.

    They are a second safeguard: if the folder cannot be written, or is deleted, sending still works.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def read(self) -> dict[Path, Note]:
        """Return all notes; files that cannot be read are skipped."""
        found: dict[Path, Note] = {}
        with suppress(OSError):
            for path in sorted(self._folder.glob("*.age")) if self._folder is not None else ():
                with suppress(OSError):
                    if (note := read(path)) is not None:
                        found[path] = note
        return found

    def open(self, note: Note) -> AgeFile | None:
        """Create the file of a run; return None if that is not possible."""
        if self._folder is None:
            return None
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = AgeFile(self._folder / f"{note.nonce}.age")
            file.write(note)
            return file
        return None

    def remove(self, paths: Iterable[Path]) -> None:
        """Delete notes that are included in a later one."""
        for path in paths:
            with suppress(OSError):
                path.unlink()


def counted(note: Note, count: int) -> Note:
    """Return the note with another count."""
    return replace(note, count=count)
