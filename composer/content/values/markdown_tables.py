"""Tables as GitHub writes them: what the parser would silently change or show as plain text.

Input: lines of a text. Output: mistakes, each with its row in the text. Guarantees: pure.
"""

import re
from collections.abc import Iterator, Sequence

_BAR = re.compile(r"(?<!\\)\|")
_ESCAPED = re.compile(r"\\.")
_DASHES = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_ROW = re.compile(r"\s*\|[^|]*\|(?:[^|]*\|)+\s*")
_CELLS = r"write one cell for each heading, with | between cells; an empty line ends the table, and   \|   is a bar in a cell"
#: What starts the caption, in the paragraph above a table.
CAPTION = re.compile(r"(?::[ \t]|：)\s*(?=\S)")


def row_mistakes(lines: Sequence[str], first: int, columns: int) -> Iterator[tuple[int, str, str]]:
    """Yield the rows of a table with too few or too many cells; `first` is the row of the first one below the dashes."""
    for row, line in enumerate(lines, first):
        if (count := _cells(line)) != columns:
            yield row, f"this row has {count} {_noun(count)}, but the table has {columns} headings", _CELLS


def broken_table(text: str, first: int) -> tuple[int, str, str] | None:
    """Return the mistake of a table that the parser reads as a paragraph; `first` is the row of the paragraph."""
    if "|" not in text:
        return None
    lines = [_ESCAPED.sub("xx", line) for line in text.split("\n")]
    for row, line in enumerate(lines):
        if "|" in line and _DASHES.fullmatch(line):
            if row == 0:
                return first, "this table has no headings", "write a row of headings above the dashes"
            dashes, heads = _cells(line), _cells(lines[row - 1])
            message = f"the line of dashes has {dashes} {_noun(dashes, 'column')}, but the row above has {heads}"
            return first + row, message, "write one group of dashes for each heading:   | --- | --- |"
    for row, line in enumerate(lines):
        if _ROW.fullmatch(line):
            hint = f"write   |{' --- |' * _cells(lines[row])}   below the row of headings"
            return first + row, "this table has no line of dashes below its headings", hint
    return None


def _cells(line: str) -> int:
    pieces = _BAR.split(line.strip())
    return max(1, len(pieces) - (not pieces[0].strip()) - (len(pieces) > 1 and not pieces[-1].strip()))


def _noun(count: int, noun: str = "cell") -> str:
    return noun if count == 1 else f"{noun}s"
