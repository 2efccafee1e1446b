"""Shows a page of the documentation on a terminal.

Input: a page in Markdown, and the width. Output: the page as text with colors and bold letters. Guarantees: lines of
code are never broken, so that they can be copied; a table that is too wide becomes a list.
"""

import io
import re
import sys
from collections.abc import Iterator
from itertools import takewhile
from typing import ClassVar

from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement
from rich.text import Text

#: Lines longer than this are hard to read, however wide the terminal is.
_WIDEST = 100


class _LeftHeading(Heading):
    LEVEL_ALIGN: ClassVar[dict[str, JustifyMethod]] = dict.fromkeys(Heading.LEVEL_ALIGN, "left")


class _PlainCode(CodeBlock):
    """Code as it can be copied: indented, and no line is broken."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = (f"    {line}".rstrip() for line in str(self.text).rstrip().split("\n"))
        yield Text("\n".join(lines), style="cyan", no_wrap=True, overflow="ignore")


class _Page(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _LeftHeading,
        "fence": _PlainCode,
        "code_block": _PlainCode,
    }


def rendered(markdown: str, width: int) -> str:
    """Return a page for a terminal of this width."""
    width = min(width, _WIDEST)
    page = _Page("\n".join(_fitted(markdown.split("\n"), width)), hyperlinks=False)
    for token in page.parsed:
        if token.children:
            token.children = list(_without_inner_links(token.children))
    screen = Console(file=io.StringIO(), force_terminal=True, width=width, legacy_windows=False)
    screen.print(page, crop=False)
    assert isinstance(screen.file, io.StringIO)
    return "\n".join(line.rstrip(" ") for line in screen.file.getvalue().split("\n"))


def is_shown_rendered() -> bool:
    """Return whether stdout is a terminal that can show a rendered page; others get the page in Markdown."""
    return sys.stdout.isatty() and (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _without_inner_links(tokens: list[Token]) -> Iterator[Token]:
    """Leave out links to other pages, which no terminal can open, and pictures; keep their texts."""
    is_inner = False
    for token in tokens:
        if token.type == "link_open":
            is_inner = "://" not in str(token.attrs.get("href", ""))
        if token.type == "image":
            yield Token("text", "", 0, content=f"(Picture: {token.content})")
        elif not (is_inner and token.type in ("link_open", "link_close")):
            yield token


def _fitted(lines: list[str], width: int) -> Iterator[str]:
    """Write tables with many columns as lists, unless their rows fit into one line."""
    at, is_code = 0, False
    while at < len(lines):
        is_code ^= lines[at].lstrip().startswith("```")
        table = [] if is_code else list(takewhile(lambda line: line.startswith("|"), lines[at:]))
        if len(table) > 2 and table[0].count("|") > 3 and max(map(len, table)) > width:
            yield from _as_list(table)
        elif table:
            yield from table
        else:
            yield lines[at]
        at += max(1, len(table))


def _as_list(table: list[str]) -> Iterator[str]:
    """Yield the rows as a paragraph each: the first cell in bold, then each other cell with the name of its column."""
    names = _cells(table[0])
    for row in table[2:]:
        first, *others = _cells(row)
        yield f"**{first}**"
        yield ""
        yield from (
            f"- {name}: {cell}" if name else f"- {cell}" for name, cell in zip(names[1:], others, strict=False) if cell
        )
        yield ""


def _cells(row: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]
