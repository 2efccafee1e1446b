"""Read CSV and similar files: cells separated by commas, semicolons, tabs or bars.

Input: bytes that can be read twice. Output: a `ListTable`. Guarantees: a quotation mark that is never closed costs only
its own row; reading continues with the next line.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Generator, Iterator
from typing import BinaryIO

from composer.audience.lists.formats.character_encoding import Encoding, encoding_of
from composer.audience.lists.formats.header_row import find_header
from composer.audience.lists.list_table import ListError, ListFile, ListTable, Row, Unreadable, beginning
from composer.audience.lists.meaning.columns import is_address, is_address_column

#: A cell with more lines or characters than this has a quotation mark that was never closed.
_LINES, _CHARACTERS = 500, 1 << 20
_LOOKED_AT = 20
_DELIMITERS = ",;\t|"
_SAYS = re.compile(r'"?sep=(.)"?\s*')
# The limit of csv is for the whole process; our limit is the line length, checked with the encoding.
csv.field_size_limit(1 << 30)


class _Runaway(Exception):
    """The current record has no end."""


class _Feed:
    """An iterator that passes lines to csv.reader, and remembers the lines of the current record."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.held: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines, None)
        held = self.held
        if line is None:
            if held:
                # csv asks for more after the end of the file: it is inside quotation marks.
                raise _Runaway
            raise StopIteration
        held.append(line)
        if len(held) > 1 and (len(held) > _LINES or sum(map(len, held)) > _CHARACTERS):
            raise _Runaway
        return line

    def give_back(self) -> str:
        """Return and drop the first line of the record, and read the other lines again."""
        first, *others = self.held
        self._again.extendleft(reversed(others))
        self.held.clear()
        return first


def read_delimited(source: ListFile, encoding: str = "") -> ListTable:
    """Read a delimited list. Raises ListError if the file is not one."""
    found = encoding_of(source, encoding)
    start = _start(source, found)
    if not start:
        raise ListError(f"{source.name} is empty")
    said = _SAYS.fullmatch(start[0])
    delimiter = said[1] if said else _delimiter(start)
    rows, done = _reading(source, found, delimiter)
    try:
        header = find_header(rows, source.name, 1 if said else 0)
    except BaseException:
        rows.close()
        raise
    return ListTable(
        name=source.name,
        header=header.names,
        width=header.width,
        at_address=header.at_address,
        rows=header.rows,
        notes=tuple(note for note in (found.note, header.note) if note),
        progress=lambda: (done(), source.size),
        close=rows.close,
    )


def _start(source: ListFile, encoding: Encoding) -> list[str]:
    """Return the first lines, cut where they are longer than a header can be."""
    with source.open() as file, io.TextIOWrapper(file, encoding.name, encoding.errors, newline="") as text:
        lines = [text.readline(_CHARACTERS) for _ in range(_LOOKED_AT)]
    return [line for line in lines if line.strip()]


def _delimiter(start: list[str]) -> str:
    """Choose the delimiter: it separates an address or a column of addresses, and makes the most columns of equal rows."""

    def worth(delimiter: str) -> tuple[bool, float, int]:
        rows = [row for row in csv.reader(start, delimiter=delimiter) if row]
        telling = next((row for row in rows if any(is_address_column(cell) or is_address(cell) for cell in row)), None)
        width = len(telling or rows[0])
        alike = sum(len(row) == width for row in rows) / len(rows)
        found = telling is not None
        return found, alike if width > 1 else 0.0, width

    return max(_DELIMITERS, key=lambda each: (*worth(each), -_DELIMITERS.index(each)))


def _reading(source: ListFile, encoding: Encoding, delimiter: str) -> tuple[Generator[Row], "Done"]:
    done = Done(source.size)

    def rows() -> Generator[Row]:
        with source.open() as file:
            done.file = file
            with io.TextIOWrapper(file, encoding.name, encoding.errors, newline="") as text:
                yield from records(text, delimiter)

    return rows(), done


def _swallows_rows(held: list[str], width: int, delimiter: str) -> bool:
    """Return whether a record of several lines contains complete rows, so that a quotation mark was not closed.

    An address on its own line in a remark does not count: a row has another cell next to it, or the list has one
    column.
    """
    for cells in csv.reader(held[1:], delimiter=delimiter):
        if any(is_address(cell) for cell in cells) and (len(cells) > 1 or width == 1):
            return True
    return False


class Done:
    """Return how many bytes of a file have been read."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.file: BinaryIO | None = None

    def __call__(self) -> int:
        if self.file is None:
            return 0
        # The file is closed when all of it has been read.
        return self.size if self.file.closed else self.file.tell()


def records(lines: Iterator[str], delimiter: str) -> Iterator[Row]:
    """Split lines into numbered rows (RFC 4180, and what spreadsheets write)."""
    feed = _Feed(lines)
    number = 0
    while True:
        try:
            held = feed.held
            for cells in csv.reader(feed, delimiter=delimiter):
                if len(held) > 1 and _swallows_rows(held, len(cells), delimiter):
                    raise _Runaway
                held.clear()
                number += 1
                if cells:
                    yield number, cells
            return
        except (_Runaway, csv.Error) as error:
            number += 1
            is_open = isinstance(error, _Runaway)
            reason = "a quotation mark is never closed" if is_open else "the row cannot be split into cells"
            yield Unreadable(number=number, reason=reason, text=beginning(feed.give_back()))
