"""The file with the records of an archive: those of the last run, and those of this one.

Input: its path, then records. Output: records, and the parts of one issue at a time. Guarantees: memory holds neither
records nor parts, only where they are; the file is replaced after the archive, or not at all; a file that is damaged or
of another version has no records.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from composer.core.errors import OutputError
from composer.core.folders import is_full
from composer.publish.archive_model import IssueParts
from composer.publish.records.issue_record import HEAD, IssueRecord, parts_in, record_in, record_line, stem_in


class RecordFile:
    """The records of the last run, and those of this one."""

    def __init__(self, path: Path, before: IO[bytes] | None, new: IO[bytes]) -> None:
        """`path` is where the file will be. Raises OSError."""
        self._path, self._before, self._new = path, before, new
        self._places = _places(before) if before is not None else {}
        self._new_places: dict[str, int] = {}
        self._end = new.write(HEAD)

    def before(self, stem: str) -> IssueRecord | None:
        """Return the record of an issue in the last run. Raises OutputError."""
        line = self._line_before(stem)
        return record_in(line) if line is not None else None

    def keep(self, stem: str) -> None:
        """Take over the record of the last run. Raises OutputError."""
        line = self._line_before(stem)
        assert line is not None
        self._add(stem, line)

    def add(self, record: IssueRecord, parts: IssueParts) -> None:
        """Add the record of an issue. Raises OutputError."""
        self._add(record.summary.stem, record_line(record, parts))

    def parts(self, stem: str) -> IssueParts:
        """Return the parts of an issue that has a record of this run. Raises OutputError."""
        with _reporting(self._path):
            self._new.seek(self._new_places[stem])
            return parts_in(self._new.readline())

    def close(self) -> None:
        """Write what is still in memory, and close the files. Raises OutputError."""
        with _reporting(self._path):
            self._new.close()
        if self._before is not None:
            self._before.close()

    def _line_before(self, stem: str) -> bytes | None:
        place = self._places.get(stem)
        if place is None or self._before is None:
            return None
        with _reporting(self._path):
            self._before.seek(place)
            return self._before.readline()

    def _add(self, stem: str, line: bytes) -> None:
        with _reporting(self._path):
            self._new.seek(self._end)
            self._new_places[stem] = self._end
            self._end += self._new.write(line)


@contextmanager
def record_file(path: Path) -> Iterator[RecordFile]:
    """Open the records before the archive is made, and replace them after the archive: without them, it is not written.

    Raises OutputError if the file cannot be read or written.
    """
    draft = path.with_suffix(".new")
    with ExitStack() as opened:
        with _reporting(path):
            path.parent.mkdir(exist_ok=True)
            new = draft.open("w+b")
            opened.callback(_discard, new, draft)
            before = opened.enter_context(path.open("rb")) if path.exists() else None
            records = RecordFile(path, before, new)
        yield records
        records.close()
        with _reporting(path):
            draft.replace(path)


def _places(file: IO[bytes]) -> Mapping[str, int]:
    """Return where the line of each issue begins."""
    found: dict[str, int] = {}
    place = len(HEAD)
    if file.readline() == HEAD:
        for line in file:
            with suppress(ValueError):
                found[stem_in(line)] = place
            place += len(line)
    return found


def _discard(file: IO[bytes], path: Path) -> None:
    # Closing writes what is still in memory, which fails again on a full disk.
    with suppress(OSError):
        file.close()
    with suppress(OSError):
        path.unlink(missing_ok=True)


@contextmanager
def _reporting(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place, why = error.filename or path, error.strerror or error
        hint = f"{path.parent} holds what the next run needs: make it a folder that you can write to"
        if is_full(error):
            hint = "free some space, then publish again; the earlier archive has not changed"
        raise OutputError(f"{place} cannot be written: {why}", hint) from error
