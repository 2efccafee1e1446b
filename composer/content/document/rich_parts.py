"""The parts of a Markdown text: its paragraphs, and the links in a paragraph.

Input: blocks or inline content. Output: the parts in reading order. Guarantees: the text is not changed.
"""

from collections.abc import Iterator

from composer.content.values.rich_elements import Callout, PullQuote, Subhead, Table, TextButton
from composer.content.values.rich_text import (
    Block,
    BulletList,
    Emphasis,
    Inline,
    Link,
    Paragraph,
    Quote,
    plain_words,
)


def paragraphs(blocks: tuple[Block, ...]) -> Iterator[Paragraph]:
    """Yield the paragraphs of a text, also those in lists and quotations; subheads, cells and buttons are paragraphs."""
    for block in blocks:
        match block:
            case Paragraph():
                yield block
            case BulletList():
                for item in block.items:
                    yield from paragraphs(item)
            case Quote():
                yield from paragraphs(block.blocks)
            case Subhead():
                yield Paragraph(block.children, block.mark)
            case Table():
                yield block.caption
                for row in (block.head, *block.rows):
                    yield from row
            case Callout():
                yield from paragraphs((*((block.title,) if block.title else ()), *block.blocks))
            case PullQuote():
                yield block.words
                if block.source is not None:
                    yield block.source
            case TextButton():
                yield Paragraph((block.link,), block.mark)


def only_points(blocks: tuple[Block, ...]) -> Iterator[str]:
    """Yield the marks of paragraphs that are the only item of a list."""
    for block in blocks:
        if isinstance(block, BulletList) and len(block.items) == 1:
            yield from (each.mark for each in paragraphs(block.items[0]))


def links(nodes: tuple[Inline, ...], before: str = "") -> Iterator[tuple[str, Link]]:
    """Yield each link with the text before it."""
    for node in nodes:
        if isinstance(node, Link):
            yield before, node
        elif isinstance(node, Emphasis):
            yield from links(node.children, before)
        before += plain_words((node,))
