"""Find the row with the column names: the first row, or one below a title.

Input: the rows of a list. Output: a `Header` and the rows after it. Guarantees: no row with an address is lost; twenty
rows are checked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from composer.audience.lists.list_table import ListError, Row, Unreadable, beginning
from composer.audience.lists.meaning.columns import is_address, is_address_column

_LOOKED_AT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The column names."""

    #: Empty for a list without column names.
    names: tuple[str, ...]
    #: The minimum number of columns.
    width: int
    #: The column with the first address, if no column name tells it.
    at_address: int | None
    #: A note about it for the user.
    note: str
    #: The rows of people.
    rows: Iterator[Row]


def find_header(rows: Iterator[Row], name: str, behind: int = 0) -> Header:
    """Find the header of a list, after `behind` rows with other content. Raises ListError for a list without rows."""
    seen = [row for row in islice(rows, _LOOKED_AT) if isinstance(row, Unreadable) or row[0] > behind]
    filled = [at for at, row in enumerate(seen) if isinstance(row, Unreadable) or any(map(str.strip, row[1]))]
    if not filled:
        raise ListError(f"{name} contains no rows")
    if isinstance(first := seen[filled[0]], Unreadable):
        raise ListError(f"{name}: row {first.number}: {first.reason}")
    at, is_named = _place(seen, filled)
    row = seen[at]
    assert not isinstance(row, Unreadable)
    number, cells = row
    rest = chain(seen[at + 1 :] if is_named else seen[at:], rows)
    title = beginning(" ".join(cell for cell in first[1] if cell.strip()))
    return Header(
        names=tuple(cell.strip() for cell in cells) if is_named else (),
        width=len(cells),
        at_address=_first_address(seen[at + 1 :] if is_named else [row]),
        note=f"the column names are in row {number}, below “{title}”" if at > filled[0] and is_named else "",
        rows=rest,
    )


def has_addresses(header: Header) -> bool:
    """Return whether a list is a list of people: a column is named for addresses, or has one."""
    return header.at_address is not None or any(map(is_address_column, header.names))


def _place(seen: list[Row], filled: list[int]) -> tuple[int, bool]:
    """Return the place of the header, or of the first row of a list without one, and whether it is a header."""
    before: int | None = None
    for at in filled:
        row = seen[at]
        if isinstance(row, Unreadable):
            break
        if any(map(is_address, row[1])):
            # The row above has the column names, whatever they are, unless it is a title: one cell above many.
            if before is not None and _filled(seen[before]) >= min(2, _filled(row)):
                return before, True
            return at, False
        if any(map(is_address_column, row[1])):
            return at, True
        before = at
    return filled[0], True


def _filled(row: Row) -> int:
    return 0 if isinstance(row, Unreadable) else sum(bool(cell.strip()) for cell in row[1])


def _first_address(rows: list[Row]) -> int | None:
    for row in rows:
        if not isinstance(row, Unreadable):
            for at, cell in enumerate(row[1]):
                if is_address(cell):
                    return at
    return None
