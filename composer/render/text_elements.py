"""Prints the less frequent elements of a text as plaintext: subheads, tables, callouts, buttons, pull quotes.

Input: a node, and the printer of the edition. Output: lines. Tables have columns or, where these are too wide, lines
`Heading: words`. Guarantees: columns are aligned by their width on a screen, where a Chinese character has two cells; all
rows of a table have the direction of its caption; no words are lost.
"""

import re
from collections.abc import Iterator, Sequence
from typing import assert_never

from jinja2 import TemplateRuntimeError

from composer.content.values.rich_elements import Callout, Element, FigureRow, PullQuote, Subhead, Table, TextButton
from composer.content.values.rich_text import Paragraph
from composer.render.bidi import LETTERS, SETTLED, directed_paragraph, text_direction, without_isolates
from composer.render.element_names import UNPRINTED_FIGURES
from composer.render.text_printer import WIDTH, TextPrinter
from composer.render.text_wrap import cells

_BETWEEN = "  "
#: The indent of a pull quote, which interrupts the text.
_ASIDE = "    "


def element(printer: TextPrinter, node: Element, first: str, rest: str) -> str:
    """Print a block: `first` is before the first line, `rest` before all others."""
    match node:
        case Subhead():
            return printer.wrapped(printer.inlines(node.children), first, rest)
        case TextButton():
            return printer.wrapped(printer.inline(node.link), first, rest)
        case Table():
            caption = printer.wrapped(printer.inlines(node.caption.children), first, rest)
            rows = [[_one_line(printer, cell) for cell in row] for row in (node.head, *node.rows)]
            own = text_direction(without_isolates(caption)) or text_direction(" ".join(rows[0]))
            direction = printer.direction and (own or printer.direction)
            return "\n".join((caption, *_table(printer, rows, node.sides, rest, direction)))
        case Callout():
            inner = (*((node.title,) if node.title else ()), *node.blocks)
            body = printer.blocks(inner, "", first + "| ", rest + "| ")
            return re.sub(r"(?m)^[ \t]*$", (rest + "|").rstrip(), body)
        case PullQuote():
            words = printer.wrapped(printer.inlines(node.words.children), first + _ASIDE, rest + _ASIDE)
            if node.source is None:
                return words
            source = printer.inlines(node.source.children)
            return f"{words}\n{printer.wrapped(source, f'{rest}{_ASIDE}– ', f'{rest}{_ASIDE}  ')}"
        case FigureRow():
            raise TemplateRuntimeError(UNPRINTED_FIGURES)
        case _:
            assert_never(node)


def _one_line(printer: TextPrinter, cell: Paragraph) -> str:
    return printer.isolate(" ".join(printer.inlines(cell.children).split()))


def _table(
    printer: TextPrinter, table: Sequence[Sequence[str]], sides: Sequence[str], indent: str, direction: str | None
) -> Iterator[str]:
    """Yield the lines of a table below its caption; every cell is on one line."""
    head, *rows = table
    widths = [max(_width(row[column]) for row in (head, *rows)) for column in range(len(head))]
    if cells(indent) + sum(widths) + len(_BETWEEN) * (len(widths) - 1) > WIDTH:
        yield from _pairs(printer, head, rows, indent)
        return
    for number, row in enumerate(table):
        padded = (_padded(word, size, side) for word, size, side in zip(row, widths, sides, strict=True))
        line = indent + _BETWEEN.join(padded).rstrip()
        if number == 1:
            # A line of dashes would be read aloud, dash by dash.
            yield ""
        yield line if direction is None else _directed(line, direction)


def _directed(line: str, direction: str) -> str:
    """Return a row with the direction of its table, so that all rows have their columns in the same order."""
    own = text_direction(line)
    if own is None:
        return f"{LETTERS[direction] if direction == 'rtl' else ''}{line}{SETTLED}"
    return directed_paragraph(line if own == direction else f"{LETTERS[direction]}{line}")


def _width(word: str) -> int:
    return cells(without_isolates(word))


def _padded(word: str, width: int, side: str) -> str:
    space = width - _width(word)
    before = space if side == "right" else space // 2 if side == "center" else 0
    return " " * before + word + " " * (space - before)


def _pairs(printer: TextPrinter, head: Sequence[str], rows: Sequence[Sequence[str]], indent: str) -> Iterator[str]:
    for number, row in enumerate(rows):
        if number:
            yield ""
        for name, word in zip(head, row, strict=True):
            if word:
                yield printer.wrapped(f"{name}{printer.colon if name else ''}{word}", indent, f"{indent}  ")
