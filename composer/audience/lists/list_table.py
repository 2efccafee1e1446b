"""A table of texts, as every kind of file is read into one.

Input: nothing. Output: the shapes. Rows are numbered as a spreadsheet shows them: the header is row 1.
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
    """A row that cannot be taken apart."""

    number: int
    reason: str
    #: The beginning of it, as written.
    text: str


#: A row's number and cells, or what cannot be read. A tuple and no value of ours: a million are made.
Row = tuple[int, list[str]] | Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTable:
    """A list of people. `rows` runs once."""

    #: The file; inside an archive, the file in it.
    name: str
    #: What the first row says; empty for a list without one.
    header: tuple[str, ...]
    #: How many columns there are at least.
    width: int
    #: The column in which the first row has an address: it counts where no name says which one it is.
    at_address: int | None = None
    rows: Iterator[Row]
    #: What was assumed while reading, in words for people.
    notes: tuple[str, ...] = ()
    #: How far the reading is: bytes done, and bytes in all.
    progress: Callable[[], tuple[int, int]]
    #: Closes the file, wherever the reading is.
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """Bytes that can be read more than once: a file, or a file inside an archive."""

    name: str
    size: int
    open: Callable[[], AbstractContextManager[BinaryIO]]


def beginning(text: str) -> str:
    """Return the beginning of a text that may be of any length, in signs that can be shown."""
    short = text[:80]
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in short).strip()
    return f"{shown} …" if len(text) > len(short) else shown
