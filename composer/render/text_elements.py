"""Prints the less frequent elements of a text as plaintext: subheads, tables, callouts, buttons.

Input: a node. Output: lines. Tables have columns or, where these are too wide, lines `Heading: words`. Guarantees:
columns are aligned by their width on a screen, where a Chinese character has two cells; no words are lost.
"""

import re
from collections.abc import Iterator, Sequence
from typing import assert_never

from composer.content.values.rich_elements import Callout, Element, Subhead, Table, TextButton
from composer.content.values.rich_text import Paragraph
from composer.render.text_printer import WIDTH, blocks, inline, inlines
from composer.render.text_wrap import cells, wrap

_BETWEEN = "  "
#: Scripts in which a colon has the width of a character, and no space after it.
_WIDE_COLON = re.compile("[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff]$")


def element(node: Element, first: str, rest: str) -> str:
    """Print a block: `first` is before the first line, `rest` before all others."""
    match node:
        case Subhead():
            return wrap(inlines(node.children), WIDTH, first, rest)
        case TextButton():
            return wrap(inline(node.link), WIDTH, first, rest)
        case Table():
            caption = wrap(inlines(node.caption.children), WIDTH, first, rest)
            rows = [[_one_line(cell) for cell in row] for row in (node.head, *node.rows)]
            return "\n".join((caption, *table_lines(rows[0], rows[1:], node.sides, WIDTH, rest)))
        case Callout():
            inner = (*((node.title,) if node.title else ()), *node.blocks)
            body = blocks(inner, "", first + "| ", rest + "| ")
            return re.sub(r"(?m)^[ \t]*$", (rest + "|").rstrip(), body)
        case _:
            assert_never(node)


def _one_line(cell: Paragraph) -> str:
    return " ".join(inlines(cell.children).split())


def table_lines(
    head: Sequence[str], rows: Sequence[Sequence[str]], sides: Sequence[str], width: int, indent: str
) -> Iterator[str]:
    """Yield the lines of a table below its caption; every cell is on one line."""
    widths = [max(cells(row[column]) for row in (head, *rows)) for column in range(len(head))]
    if cells(indent) + sum(widths) + len(_BETWEEN) * (len(widths) - 1) > width:
        yield from _pairs(head, rows, width, indent)
        return
    for row in (head, ["-" * each for each in widths], *rows):
        padded = (_padded(word, size, side) for word, size, side in zip(row, widths, sides, strict=True))
        yield indent + _BETWEEN.join(padded).rstrip()


def label(name: str) -> str:
    """Return a heading with a colon, to put before the words of a cell."""
    return name and name + ("：" if _WIDE_COLON.search(name) else ": ")


def _padded(word: str, width: int, side: str) -> str:
    space = width - cells(word)
    before = space if side == "right" else space // 2 if side == "center" else 0
    return " " * before + word + " " * (space - before)


def _pairs(head: Sequence[str], rows: Sequence[Sequence[str]], width: int, indent: str) -> Iterator[str]:
    for number, row in enumerate(rows):
        if number:
            yield ""
        for name, word in zip(head, row, strict=True):
            if word:
                yield wrap(f"{label(name)}{word}", width, indent, f"{indent}  ")
