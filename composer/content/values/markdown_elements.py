"""The less frequent blocks of a Markdown text: subheads, tables, footnotes, callouts, buttons, pull quotes, figures.

Input: nodes of the parser's tree, and the converter of the text. Output: our own nodes, and findings. Guarantees: pure.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.tree import SyntaxTreeNode

from composer.content.values.markdown import TreeConverter, row_of
from composer.content.values.markdown_inlines import BUTTON, FIGURE
from composer.content.values.rich_elements import Callout, FigureRow, PullQuote, Subhead, Table, TextButton
from composer.content.values.rich_text import Block, Inline, Paragraph, PlainWords, Quote, Rich, plain_words

_BAR = re.compile(r"(?<!\\)\|")
_ESCAPED = re.compile(r"\\.")
_DASHES = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_ROW = re.compile(r"\s*\|[^|]*\|(?:[^|]*\|)+\s*")
_CELLS = r"write one cell for each heading, with | between cells; an empty line ends the table, and   \|   is a bar in a cell"
#: What starts the caption, in the paragraph above a table.
_CAPTION = re.compile(r"(?::[ \t]|：)\s*(?=\S)")
_CALLOUT = re.compile(r"\[!(\w+)\][ \t]*")
#: What starts the last line of a pull quote: a dash and who said it.
_SOURCE = re.compile(r"(?:[—–―]|--)\s*(?=\S)")
_FIGURES = re.compile(r"\{figure((?:[\s,，、]+[\w-]+)+)\s*\}", re.IGNORECASE)
_SPACE = re.compile(r"\A\s+")
_NAME = re.compile(r"[\w-]+")
#: The figures of a row.
_MOST_FIGURES = 2


@dataclass(frozen=True, slots=True)
class ElementConverter:
    """Converts the blocks that only some texts have."""

    text: TreeConverter

    def rich(self, nodes: Sequence[SyntaxTreeNode]) -> Rich:
        """Convert the blocks of a text with tables or footnotes."""
        footnotes: dict[str, SyntaxTreeNode] = {}
        for node in nodes:
            if node.type == "footnote" and footnotes.setdefault(label := str(node.meta["label"]), node) is not node:
                self.text.findings.refuse("footnote_twice", row_of(node), f"[^{label}]")
        self.text.inlines.labels = frozenset(footnotes)
        blocks: list[Block] = []
        above: SyntaxTreeNode | None = None
        for node, after in zip(nodes, (*nodes[1:], None), strict=True):
            if node.type == "table":
                blocks.extend(self._table(node, above))
            elif node.type == "paragraph" and after is not None and after.type == "table" and _is_caption(node):
                above = node
                continue
            elif node.type != "footnote" and (block := self.text.block(node)) is not None:
                blocks.append(block)
            above = None
        return Rich(tuple(blocks), tuple(self._footnotes(footnotes)))

    def _footnotes(self, footnotes: dict[str, SyntaxTreeNode]) -> Iterator[Paragraph]:
        """Yield the footnotes in the order of their numbers; report those without text, and those never used."""
        numbers = self.text.inlines.numbers
        for label in numbers:
            node = footnotes[label]
            if not (inlines := self.text.inlines_of(node, may_note=False)):
                self.text.findings.refuse("empty_footnote", row_of(node))
            yield Paragraph(inlines, self.text.mark_at(row_of(node), ""))
        for label, node in footnotes.items():
            if label not in numbers:
                self.text.findings.refuse("footnote_unused", row_of(node))

    def paragraph(self, node: SyntaxTreeNode, inline: SyntaxTreeNode) -> Paragraph | TextButton | FigureRow | None:
        """Convert a paragraph that may be a button, figures or a broken table."""
        row = row_of(node)
        if inline.content.lower().startswith(FIGURE) and "\n" not in inline.content:
            return self._figures(inline.content, row)
        if (mistake := _broken_table(inline.content, row)) is not None:
            at, message, hint = mistake
            self.text.findings.add_in_row(at, "table", message, hint)
        if (link := _button(inline)) is not None:
            self.text.inlines.row = row
            return TextButton(self.text.inlines.link(link), self.text.mark_at(row, ""))
        return Paragraph(self.text.inlines_of(node), self.text.mark_at(row, ""))

    def _figures(self, written: str, row: int) -> FigureRow | None:
        match = _FIGURES.fullmatch(written.strip())
        if match is None:
            is_alone = written.rstrip().endswith("}") and written.count("}") == 1
            self.text.findings.refuse("figure_form" if is_alone else "figure_place", row)
            return None
        found = list(_NAME.finditer(written, match.start(1)))
        if self.text.depth:
            self.text.findings.refuse("inner_figure", row, written)
        elif len(found) > _MOST_FIGURES:
            self.text.findings.refuse("figure_count", row, written[found[_MOST_FIGURES].start() :])
        marks = tuple(self.text.mark_at(row, written[name.start() :]) for name in found)
        return FigureRow(tuple(name[0] for name in found), marks)

    def subhead(self, node: SyntaxTreeNode) -> Subhead | None:
        """Convert a heading of the third level."""
        row = row_of(node)
        if not plain_words(inlines := self.text.inlines_of(node, may_note=False)).strip():
            self.text.findings.refuse("empty_heading", row)
            return None
        return Subhead(inlines, self.text.mark_at(row, ""))

    def quote(self, node: SyntaxTreeNode) -> Quote | Callout | PullQuote | None:
        """Convert a quote that starts like a callout or a pull quote."""
        inline = node.children[0].children[0]
        match = _CALLOUT.match(inline.content)
        if match is None or inline.children[0].type == "link":
            return Quote(self.text.blocks(node.children))
        row = row_of(inline)
        if self.text.depth:
            self.text.findings.refuse("inner_callout", row, "[!")
        elif match[1].lower() == "pullquote":
            return self._pull_quote(inline, row, node.children[1:])
        elif match[1].lower() != "note":
            self.text.findings.refuse("callout", row, "[!")
        return self._callout(inline, row, node.children[1:])

    def _callout(self, inline: SyntaxTreeNode, row: int, others: Sequence[SyntaxTreeNode]) -> Callout | None:
        parts = inline.children
        ends = (index for index, part in enumerate(parts) if part.type in ("softbreak", "hardbreak"))
        end = next(ends, len(parts))
        title = _without_start(self.text.inlines.read(parts[:end], row), _CALLOUT)
        blocks: list[Block] = []
        if parts[end + 1 :]:
            inlines = self.text.inlines.read(parts[end + 1 :], row + 1)
            blocks.append(Paragraph(inlines, self.text.mark_at(row + 1, "")))
        blocks += self.text.blocks(others)
        if not blocks:
            self.text.findings.refuse("empty_callout", row, "[!")
            return None
        return Callout(Paragraph(title, self.text.mark_at(row, "")) if title else None, tuple(blocks))

    def _pull_quote(self, inline: SyntaxTreeNode, row: int, others: Sequence[SyntaxTreeNode]) -> PullQuote | None:
        if others:
            self.text.findings.refuse("pull_quote", row_of(others[0]))
        parts = inline.children
        ends = [index for index, part in enumerate(parts) if part.type in ("softbreak", "hardbreak")]
        end = ends[-1] if ends else len(parts)
        has_source = end + 1 < len(parts) and _SOURCE.match(parts[end + 1].content) is not None
        words = _without_start(self.text.inlines.read(parts[: end if has_source else None], row), _CALLOUT)
        if not plain_words(words).strip():
            self.text.findings.refuse("empty_pull_quote", row, "[!")
            return None
        source = None
        if has_source:
            last = row + len(ends)
            inlines = _without_start(self.text.inlines.read(parts[end + 1 :], last), _SOURCE)
            source = Paragraph(inlines, self.text.mark_at(last, ""))
        return PullQuote(Paragraph(_without_space(words), self.text.mark_at(row, "")), source)

    def _table(self, node: SyntaxTreeNode, above: SyntaxTreeNode | None) -> Iterator[Table]:
        findings = self.text.findings
        row = row_of(node)
        end = node.map[1] if node.map else row
        head, *bodies = node.children
        caption = Paragraph(()) if above is None else self._caption(above)
        heads = self._cells(head.children[0])
        lines = self.text.text.split("\n")[row + 2 : end]
        for at, message, hint in _row_mistakes(lines, row + 2, len(heads)):
            findings.add_in_row(at, "table", message, hint)
        if above is None:
            findings.refuse("no_caption", row)
        if not any(plain_words(cell.children).strip() for cell in heads):
            findings.refuse("no_heads", row)
        if not bodies:
            findings.refuse("no_rows", row)
        rows = tuple(self._cells(line) for body in bodies for line in body.children)
        sides = tuple(str(cell.attrs.get("style", "")).rpartition(":")[2] for cell in head.children[0].children)
        yield Table(caption, heads, rows, sides)

    def _caption(self, node: SyntaxTreeNode) -> Paragraph:
        return Paragraph(_without_start(self.text.inlines_of(node), _CAPTION), self.text.mark_at(row_of(node), ""))

    def _cells(self, line: SyntaxTreeNode) -> tuple[Paragraph, ...]:
        row = row_of(line)
        return tuple(
            Paragraph(self.text.inlines_of(cell), self.text.mark_at(row, _content(cell).strip()))
            for cell in line.children
        )


def _content(node: SyntaxTreeNode) -> str:
    return node.children[0].content if node.children else ""


def _is_caption(node: SyntaxTreeNode) -> bool:
    return _CAPTION.match(_content(node)) is not None


def _button(inline: SyntaxTreeNode) -> SyntaxTreeNode | None:
    """Return the link of a paragraph that is a button."""
    parts = [part for part in inline.children if part.content.strip() or part.type not in ("text", "softbreak")]
    is_button = len(parts) == 2 and parts[0].type == "link" and parts[1].content.strip() == BUTTON
    return parts[0] if is_button else None


def _without_start(inlines: tuple[Inline, ...], start: re.Pattern[str]) -> tuple[Inline, ...]:
    """Return a line without the characters that say what it is."""
    if not inlines or not isinstance(first := inlines[0], PlainWords):
        return inlines
    words = start.sub("", first.text, count=1)
    return (PlainWords(words), *inlines[1:]) if words else inlines[1:]


def _without_space(inlines: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Return a line without the space that is left of the line end after `[!pullquote]`."""
    return _without_start(inlines, _SPACE)


def _row_mistakes(lines: Sequence[str], first: int, columns: int) -> Iterator[tuple[int, str, str]]:
    """Yield the rows of a table with too few or too many cells; `first` is the row of the first one below the dashes."""
    for row, line in enumerate(lines, first):
        if (count := _count_cells(line)) != columns:
            yield row, f"this row has {count} {_noun(count)}, but the table has {columns} headings", _CELLS


def _broken_table(text: str, first: int) -> tuple[int, str, str] | None:
    """Return the mistake of a table that the parser reads as a paragraph; `first` is the row of the paragraph."""
    if "|" not in text:
        return None
    lines = [_ESCAPED.sub("xx", line) for line in text.split("\n")]
    for row, line in enumerate(lines):
        if "|" in line and _DASHES.fullmatch(line):
            if row == 0:
                return first, "this table has no headings", "write a row of headings above the dashes"
            dashes, heads = _count_cells(line), _count_cells(lines[row - 1])
            message = f"the line of dashes has {dashes} {_noun(dashes, 'column')}, but the row above has {heads}"
            return first + row, message, "write one group of dashes for each heading:   | --- | --- |"
    for row, line in enumerate(lines):
        if _ROW.fullmatch(line):
            hint = f"write   |{' --- |' * _count_cells(lines[row])}   below the row of headings"
            return first + row, "this table has no line of dashes below its headings", hint
    return None


def _count_cells(line: str) -> int:
    pieces = _BAR.split(line.strip())
    return max(1, len(pieces) - (not pieces[0].strip()) - (len(pieces) > 1 and not pieces[-1].strip()))


def _noun(count: int, noun: str = "cell") -> str:
    return noun if count == 1 else f"{noun}s"
