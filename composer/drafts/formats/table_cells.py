"""From the cells of any program's table to a table of spans, or to the blocks in it if it only arranges them on the page.

Input: rows of cells with blocks, and how many columns and rows each cell covers. Output: blocks. Guarantees: pure; every
block of every cell is in the result, in reading order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from composer.core.reading_speed import count_words
from composer.drafts.draft_document import Block, Paragraph, Picture, Place, Span, Table, texts_of

#: A cell with more paragraphs or words than these is part of the page's layout.
_MOST_PARAGRAPHS = 4
_MOST_WORDS = 100
#: Columns and rows that a cell can cover.
_WIDEST = 100
#: Places in a table.
_LARGEST = 100_000


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as read."""

    blocks: tuple[Block, ...]
    columns: int = 1
    rows: int = 1


def table_blocks(rows: Sequence[Sequence[Cell]], place: Place, header_rows: int = 0) -> tuple[Block, ...]:
    """Return a table, followed by the pictures in it; or the blocks of a table that is only layout."""
    cells = [cell for row in rows for cell in row]
    is_narrow = max((sum(cell.columns for cell in row) for row in rows), default=0) <= 1
    is_too_large = sum(min(cell.columns, _WIDEST) * min(cell.rows, _WIDEST) for cell in cells) > _LARGEST
    if is_narrow or is_too_large or any(map(_is_layout, cells)):
        return tuple(block for cell in cells for block in cell.blocks)
    pictures = tuple(block for cell in cells for block in cell.blocks if isinstance(block, Picture))
    grid = _grid(rows)
    if not any(span.text or span.comment or span.footnote for row in grid for cell in row for span in cell):
        return pictures
    return (Table(grid, place, header_rows=min(header_rows, len(grid))), *pictures)


def _is_layout(cell: Cell) -> bool:
    paragraphs = [block for block in cell.blocks if isinstance(block, Paragraph)]
    words = sum(count_words(text) for block in paragraphs for text in texts_of(block))
    return (
        any(isinstance(block, Table) for block in cell.blocks)
        or any(block.heading_level for block in paragraphs)
        or len(paragraphs) > _MOST_PARAGRAPHS
        or words > _MOST_WORDS
    )


def _grid(rows: Sequence[Sequence[Cell]]) -> tuple[tuple[tuple[Span, ...], ...], ...]:
    """Put cells into columns; a cell that covers several places has its text in the first."""
    taken: dict[tuple[int, int], tuple[Span, ...]] = {}
    for at, row in enumerate(rows):
        column = 0
        for cell in row:
            while (at, column) in taken:
                column += 1
            for down in range(max(1, min(cell.rows, _WIDEST, len(rows) - at))):
                for across in range(max(1, min(cell.columns, _WIDEST))):
                    taken.setdefault((at + down, column + across), () if down or across else joined_spans(cell.blocks))
            column += max(1, min(cell.columns, _WIDEST))
    width = 1 + max(column for _, column in taken)
    grid = [tuple(taken.get((at, column), ()) for column in range(width)) for at in range(len(rows))]
    return tuple(row for row in grid if any(row))


def joined_spans(blocks: Sequence[Block]) -> tuple[Span, ...]:
    """Return the texts of blocks as one text, with a line end between paragraphs and a tab between cells."""
    spans: list[Span] = []
    for block in blocks:
        match block:
            case Paragraph():
                spans += [Span("\n"), *block.spans] if spans else block.spans
            case Table():
                for row in block.rows:
                    spans += [Span("\n")] if spans else []
                    spans += [span for at, cell in enumerate(row) for span in ((Span("\t"), *cell) if at else cell)]
    return tuple(spans)
