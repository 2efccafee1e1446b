"""Prints values as HTML for web pages: as for a message, but with the elements that mail programs do not support.

Input: the values of an edition. Output: valid HTML without styles. `finished` then sees the whole article: it sets the
levels of subheads and the names of footnotes. Guarantees: keeps no state.
"""

import re
from collections.abc import Sequence
from typing import assert_never

from jinja2 import TemplateRuntimeError
from markupsafe import escape

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
from composer.render.html_elements import NAMELESS, levelled, pull_quote, subhead, table_cell
from composer.render.html_printer import HtmlPrinter

_WAY_BACK = '<a class="way-back" role="doc-backlink"'
_NOTES = '<ol class="footnotes">'


class WebPrinter(HtmlPrinter):
    """Prints the values of one edition for the web."""

    def element(self, node: Element) -> str:
        """Print a less frequent block."""
        match node:
            case Subhead():
                return subhead(self, node)
            case Table():
                return self._table(node)
            case Callout():
                title = node.title
                head = f'<p class="callout-title">{title.mark}{self.inlines(title.children)}</p>' if title else ""
                return f'<aside class="callout">{head}{"".join(self.block(block) for block in node.blocks)}</aside>'
            case TextButton():
                link = self.inline_node(node.link).replace("<a ", '<a class="press" ', 1)
                return f'<p class="button">{node.mark}{link}</p>'
            case PullQuote():
                return f'<aside class="pullquote">{pull_quote(self, node)}</aside>'
            case FigureRow():
                raise TemplateRuntimeError(UNPRINTED_FIGURES)
            case _:
                assert_never(node)

    def _table(self, table: Table) -> str:
        """Print a table in a region that the keyboard can scroll where the screen is too narrow."""
        sides = [f' class="to-{side}"' if side else "" for side in table.sides]
        heads = "".join(table_cell(self, cell, "col", side) for cell, side in zip(table.head, sides, strict=True))
        rows = (
            "".join(
                table_cell(self, cell, "" if number else "row", side)
                for number, (cell, side) in enumerate(zip(row, sides, strict=True))
            )
            for row in table.rows
        )
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        caption = f"<caption>{table.caption.mark}{self.inlines(table.caption.children)}</caption>"
        name = escape(plain_words(table.caption.children).strip())
        return (
            f'<div class="table" role="region" aria-label="{name}" tabindex="0"><table>{caption}'
            f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def footnotes(self, notes: Sequence[Paragraph]) -> list[str]:
        """Print the footnotes of a text; each leads back to its sentence."""
        items = (
            f'<li id="Note{NAMELESS}-{number}">{note.mark}{self.inlines(note.children)} '
            f'{_WAY_BACK} href="#Mark{NAMELESS}-{number}">↩</a></li>'
            for number, note in enumerate(notes, 1)
        )
        return [f"{_NOTES}{''.join(items)}</ol>"]

    def footnote_mark(self, mark: NoteMark) -> str:
        """Print the number of a footnote in a sentence; it leads to the footnote."""
        name = f' id="Mark{NAMELESS}-{mark.number}"' if mark.is_first else ""
        return f'<sup><a{name} href="#Note{NAMELESS}-{mark.number}" role="doc-noteref">{mark.number}</a></sup>'


def finished(article: str, way_back: str) -> str:
    """Return the article with what depends on the texts before each other.

    A subhead has the level below the heading before it. The names of footnotes contain the number of their text; the
    anchors of sections and items have no capitals, so these names differ from all of them. `way_back` is the name of the link
    from a footnote to its sentence.
    """
    return _numbered(levelled(article)).replace(_WAY_BACK, f'{_WAY_BACK} aria-label="{escape(way_back)}"')


def _numbered(article: str) -> str:
    text = 1
    has_ended = False

    def numbered(match: re.Match[str]) -> str:
        nonlocal text, has_ended
        if match["name"]:
            return f"{match['name']}-{text}-"
        if has_ended and not match["end"]:
            text += 1
        has_ended = bool(match["end"])
        return match[0]

    return re.sub(rf'(?P<end>{_NOTES})|<sup><a|(?<=["#])(?P<name>Note|Mark){NAMELESS}-', numbered, article)
