"""A table of texts: the common form of every list file.

Input: nothing. Output: the types. Rows are numbered as in a spreadsheet: the header is row 1.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO

from composer.core.errors import ComposeError


class ListError(ComposeError):
    """A file cannot be read as a list of people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A row that cannot be split into cells."""

    number: int
    reason: str
    #: Its beginning, as written.
    text: str


#: The number and the cells of a row, or an unreadable row. A tuple, because a list can have a million.
Row = tuple[int, list[str]] | Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTable:
    """A list of people. `rows` can be read once."""

    #: The name of the file; in an archive, of the file in it.
    name: str
    #: The cells of the header row; empty for a list without one.
    header: tuple[str, ...]
    #: The minimum number of columns.
    width: int
    #: The column in which the first row has an address, used if no column name tells it.
    at_address: int | None = None
    rows: Iterator[Row]
    #: What was assumed while reading, as text for people.
    notes: tuple[str, ...] = ()
    #: The progress: bytes read, and bytes in all.
    progress: Callable[[], tuple[int, int]]
    #: Close the file, at any point of the reading.
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """Bytes that can be read more than once: a file, or a file in an archive."""

    name: str
    size: int
    open: Callable[[], AbstractContextManager[BinaryIO]]


def beginning(text: str) -> str:
    """Return the beginning of a text of any length, in printable characters."""
    short = text[:80]
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in short).strip()
    return f"{shown} …" if len(text) > len(short) else shown
