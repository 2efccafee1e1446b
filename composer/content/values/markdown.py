"""The Markdown that emails can show: paragraphs, emphasis, links, lists, quotes, subheads, tables, footnotes, code, figures.

Input: a text. Output: a `Rich` tree of our own nodes, or findings with an offset in the text. Guarantees: does not
print HTML; raw HTML, other headings, pictures, blocks of code and horizontal lines are findings.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from markdown_it.tree import SyntaxTreeNode

from composer.content.values.markdown_findings import MarkdownFinding, MarkdownFindings
from composer.content.values.markdown_inlines import BUTTON, InlineConverter, MarkAt
from composer.content.values.markdown_parser import parse_tree
from composer.content.values.rich_text import Block, BulletList, Inline, Paragraph, Quote, Rich
from composer.content.values.source_map import UpcomingTokens

if TYPE_CHECKING:
    from composer.content.values.markdown_elements import ElementConverter


#: How many texts are known at most: a preview reads the same ones at every save.
_MOST_KNOWN = 1024


@lru_cache(maxsize=_MOST_KNOWN)
def read_markdown(
    text: str, field_mark: str | None, tokens: UpcomingTokens | None
) -> tuple[Rich, tuple[MarkdownFinding, ...], tuple[tuple[int, str], ...]]:
    """Read Markdown with tokens in it; also return the row of each token, and the text after it."""
    places: list[tuple[int, str]] = []

    def mark_at(row: int, needle: str) -> str:
        places.append((row, needle))
        return tokens.at(len(places) - 1) if tokens else ""

    rich, findings = parse_markdown(text, field_mark, mark_at)
    return rich, findings, tuple(places)


def parse_markdown(
    text: str, field_mark: str | None = None, mark_at: MarkAt = lambda row, needle: ""
) -> tuple[Rich, tuple[MarkdownFinding, ...]]:
    """Read Markdown.

    `field_mark` is the start of merge-field tokens; a link with one in its host name is a finding.
    """
    deep = MarkdownFinding(
        offset=0, code="markdown", message="lists, quotes or emphasis are nested too deeply here", hint=""
    )
    try:
        root = parse_tree(text)
    except RecursionError:
        return Rich(()), (deep,)
    if root is None:
        return Rich(()), (deep,)
    converter = TreeConverter(text, field_mark, mark_at)
    return converter.rich(root.children), tuple(converter.findings.found)


#: Lists do not start with such a large number, but sentences do: “2024. …”
A_YEAR = 1000


class TreeConverter:
    """Converts the blocks of one text. The less frequent ones are in markdown_elements.py, loaded when a text has one."""

    def __init__(self, text: str, field_mark: str | None, mark_at: MarkAt) -> None:
        self.text = text
        self.mark_at = mark_at
        self.findings = MarkdownFindings(text)
        self.inlines = InlineConverter(text, field_mark, mark_at, self.findings)
        #: How many lists and quotes are around the block.
        self.depth = 0

    def rich(self, nodes: Sequence[SyntaxTreeNode]) -> Rich:
        """Convert the blocks of the whole text."""
        if any(node.type in ("footnote", "table") for node in nodes):
            return self._elements.rich(nodes)
        return Rich(tuple(block for node in nodes if (block := self.block(node)) is not None))

    @property
    def _elements(self) -> "ElementConverter":
        from composer.content.values.markdown_elements import ElementConverter

        return ElementConverter(self)

    def block(self, node: SyntaxTreeNode) -> "Block | None":
        """Convert a block, or report that it is not allowed here."""
        row = row_of(node)
        match node.type:
            case "paragraph":
                inline = node.children[0] if node.children else None
                if inline is not None and _may_be_element(inline.content):
                    return self._elements.paragraph(node, inline)
                return Paragraph(self.inlines_of(node), self.mark_at(row, "")) if inline is not None else None
            case "bullet_list" | "ordered_list":
                items = tuple(self.blocks(item.children) for item in node.children)
                start = None if node.type == "bullet_list" else int(node.attrs.get("start", 1))
                if start is not None and start >= A_YEAR:
                    self.findings.refuse("year", row, str(start))
                return BulletList(items, start)
            case "blockquote":
                return self._elements.quote(node) if _has_sign(node) else Quote(self.blocks(node.children))
            case "heading" if node.markup in ("=", "-") and node.map:
                self.findings.refuse("lheading", node.map[1] - 1, node.markup)
            case "heading" if node.tag == "h3" and not self.depth:
                return self._elements.subhead(node)
            case "heading" if node.tag == "h3":
                self.findings.refuse("inner_heading", row, node.markup)
            case "footnote" | "table":
                self.findings.refuse(f"inner_{node.type}", row, "[^" if node.type == "footnote" else "|")
            case _:
                self.findings.refuse(node.type, row, node.markup)
        return None

    def blocks(self, nodes: Sequence[SyntaxTreeNode]) -> tuple[Block, ...]:
        """Convert the blocks in a list or a quote."""
        self.depth += 1
        found = tuple(block for node in nodes if (block := self.block(node)) is not None)
        self.depth -= 1
        return found

    def inlines_of(self, node: SyntaxTreeNode, *, may_note: bool = True) -> tuple[Inline, ...]:
        """Convert the inline content of a paragraph, a subhead, a footnote or a cell."""
        inline = node.children[0] if node.children else None
        return self.inlines.read(inline.children, row_of(inline), may_note=may_note) if inline else ()


def row_of(node: SyntaxTreeNode) -> int:
    """Return the first row of a block."""
    return node.map[0] if node.map else 0


def _may_be_element(paragraph: str) -> bool:
    """Check whether a paragraph may be a table, a button or figures."""
    return "|" in paragraph or BUTTON in paragraph or paragraph.startswith("{")


def _has_sign(quote: SyntaxTreeNode) -> bool:
    """Check whether a quote starts like a callout."""
    first = quote.children[0] if quote.children else None
    return (
        first is not None and first.type == "paragraph" and bool(first.children) and "[!" in first.children[0].content
    )
