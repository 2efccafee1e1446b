"""Prints the less frequent elements of a text as HTML: subheads, tables, footnotes, boxes, pull quotes.

Input: a node, and the printer of the edition's language. Output: valid HTML without styles. `finished` then sees the
whole page: it sets the levels of subheads and the names of footnotes. Guarantees: keeps no state.
"""

import re
from collections.abc import Sequence
from typing import assert_never

from jinja2 import TemplateRuntimeError

from composer.content.values.rich_elements import (
    Callout,
    Element,
    FigureRow,
    NoteMark,
    PullQuote,
    Subhead,
    Table,
    TextButton,
)
from composer.content.values.rich_text import Paragraph, plain_words
from composer.render.element_names import UNPRINTED_FIGURES
from composer.render.html_printer import HtmlPrinter

#: A table with more columns has its headings in each cell on narrow screens.
MOST_COLUMNS = 4
_LAYOUT = 'role="presentation" border="0" cellpadding="0" cellspacing="0"'
_FOOTNOTE = 'p class="footnote"'
#: Stands for the number of a text in the names of its footnotes.
NAMELESS = "-of-text"
_SUBHEAD = '<h4 class="subhead">'


def element(printer: HtmlPrinter, node: Element) -> str:
    """Print a block."""
    match node:
        case Subhead():
            return subhead(printer, node)
        case Table():
            return _apart(_table(printer, node))
        case Callout():
            title = node.title
            head = f"<p><strong>{title.mark}{printer.inlines(title.children)}</strong></p>" if title else ""
            body = "".join(printer.block(block) for block in node.blocks)
            return _apart(f'<table {_LAYOUT} width="100%"><tr><td class="callout">{head}{body}</td></tr></table>')
        case TextButton():
            link = printer.inline_node(node.link).replace("<a ", '<a class="press" ', 1)
            return _apart(f'<table {_LAYOUT}><tr><td class="press-plate">{node.mark}{link}</td></tr></table>')
        case PullQuote():
            quote = pull_quote(printer, node)
            return _apart(f'<table {_LAYOUT} width="100%"><tr><td class="pullquote">{quote}</td></tr></table>')
        case FigureRow():
            raise TemplateRuntimeError(UNPRINTED_FIGURES)
        case _:
            assert_never(node)


def subhead(printer: HtmlPrinter, node: Subhead) -> str:
    """Print a subhead; `finished` sets its level."""
    return f"{_SUBHEAD}{node.mark}{printer.inlines(node.children)}</h4>"


def pull_quote(printer: HtmlPrinter, node: PullQuote) -> str:
    """Print the words of a pull quote, and who said them."""
    source = node.source
    said = f'<p class="pulled-from">{source.mark}{printer.inlines(source.children)}</p>' if source else ""
    return f'<p class="pulled">{node.words.mark}{printer.inlines(node.words.children)}</p>{said}'


def finished(page: str) -> str:
    """Return the page with what depends on the texts before each other.

    A subhead has the level below the heading before it, so that no level is skipped. The names of footnotes contain the
    number of their text, so that no name is used twice.
    """
    return _numbered(levelled(page))


def levelled(page: str) -> str:
    """Return the page with subheads at the level below the heading before them."""
    level = 1

    def at_level(match: re.Match[str]) -> str:
        nonlocal level
        if match[2]:
            level = int(match[2])
            return match[0]
        own = min(level + 1, 6)
        return f'<h{own} class="subhead">{match[1]}</h{own}>'

    return re.sub(rf"(?s){_SUBHEAD}(.*?)</h4>|<h([1-6])[ >]", at_level, page)


def _numbered(page: str) -> str:
    text = 1
    has_ended = False

    def numbered(match: re.Match[str]) -> str:
        nonlocal text, has_ended
        is_note = match[0].startswith("<p")
        if has_ended and not is_note:
            text += 1
        has_ended = is_note
        return match[0].replace(f"{NAMELESS}-", f"-{text}-")

    return re.sub(rf"<(?:sup|{_FOOTNOTE})>[^<>]*<a [^<>]*{NAMELESS}-[^<>]*>", numbered, page)


def footnotes(printer: HtmlPrinter, notes: Sequence[Paragraph]) -> list[str]:
    """Print the footnotes of a text; each number leads back to the sentence."""
    return [
        f"<{_FOOTNOTE}>{note.mark}{_jump('Note', 'Mark', number)} {printer.inlines(note.children)}</p>"
        for number, note in enumerate(notes, 1)
    ]


def footnote_mark(mark: NoteMark) -> str:
    """Print the number of a footnote in a sentence; it leads to the footnote."""
    return f"<sup>{_jump('Mark' if mark.is_first else '', 'Note', mark.number)}</sup>"


def _jump(here: str, there: str, number: int) -> str:
    """Print a link to another place of the page, which is also the target of the way back.

    Gmail jumps to a name, other programs to an id. The keys of sections have no capitals, so these names differ from
    all other anchors.
    """
    name = f"{here}{NAMELESS}-{number}"
    target = f' name="{name}" id="{name}"' if here else ""
    return f'<a{target} href="#{there}{NAMELESS}-{number}">[{number}]</a>'


def _apart(table: str) -> str:
    """Put a table into a cell with space below it: Outlook ignores margins of tables."""
    return f'<table {_LAYOUT} width="100%"><tr><td class="element">{table}</td></tr></table>'


def _table(printer: HtmlPrinter, table: Table) -> str:
    """Print a table. The first cell of a row is its heading; a heading without words is an ordinary cell."""
    sides = [f' class="to-{side}"' if side else "" for side in table.sides]
    is_wide = len(table.head) > MOST_COLUMNS
    heads = "".join(table_cell(printer, cell, "col", side) for cell, side in zip(table.head, sides, strict=True))
    labels = [_label(printer, cell) if is_wide and number else "" for number, cell in enumerate(table.head)]
    rows = (
        "".join(
            table_cell(printer, cell, "" if number else "row", sides[number], labels[number])
            for number, cell in enumerate(row)
        )
        for row in table.rows
    )
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    caption = f"<caption>{table.caption.mark}{printer.inlines(table.caption.children)}</caption>"
    return (
        f'<table class="{"table wide-table" if is_wide else "table"}" border="0" cellpadding="0" cellspacing="0" '
        f'width="100%">{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
    )


def table_cell(printer: HtmlPrinter, cell: Paragraph, scope: str, side: str, heading: str = "") -> str:
    """Print a cell; with a scope, and if it has words, as a heading."""
    words = printer.inlines(cell.children)
    if scope and plain_words(cell.children).strip():
        return f'<th scope="{scope}"{side}>{cell.mark}{words}</th>'
    return f"<td{side}>{cell.mark}{heading if words else ''}{words}</td>"


def _label(printer: HtmlPrinter, head: Paragraph) -> str:
    """Print the heading of a column for its cells; only narrow screens show it, instead of the row of headings."""
    words = plain_words(head.children).strip()
    return printer.label(f'<span class="cell-label">{printer.words(words + printer.colon)}</span>') if words else ""
