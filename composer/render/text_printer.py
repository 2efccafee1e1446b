"""Prints values as plaintext, wrapped by their width on a screen.

Input: words or a `Rich` tree. Output: lines of at most 72 cells (a Chinese character takes two), links as
`label <url>`. Guarantees: does not read HTML; the plaintext part is made from the issue, like the HTML part.
"""

import re
from collections.abc import Iterator

from composer.content.values.rich_text import (
    Block,
    Break,
    BulletList,
    Emphasis,
    Inline,
    Link,
    Paragraph,
    PlainWords,
    Quote,
    Rich,
)
from composer.render.text_wrap import cells, wrap

WIDTH = 72


def text(value: object, label: str = "", after: str = ":", indent: int = 0, first: str = "") -> str:
    """Print a text as wrapped paragraphs with an empty line between them.

    `label` is put at the start; every line is indented by `indent` spaces, but the first one starts with `first`
    (a hanging indent, if `first` is as long as `indent`).
    """
    lead = f"{label}{after} " if label else ""
    rest = " " * indent
    if isinstance(value, Rich):
        shown = blocks(value.nodes, lead, first or rest, rest)
        notes = "\n".join(_notes(value, rest))
        return f"{shown}\n\n{notes}".strip("\n") if notes else shown
    return wrap(lead + ("" if value is None else str(value)), WIDTH, first or rest, rest)


def line(value: object) -> str:
    """Print words on one line, without wrapping."""
    if isinstance(value, Rich):
        return " ".join(blocks(value.nodes, "", "", "").split())
    return " ".join(str("" if value is None else value).split())


def _notes(rich: Rich, rest: str) -> Iterator[str]:
    for number, note in enumerate(rich.notes if rich.has_end else (), 1):
        mark = f"{raised(number)} "
        yield wrap(inlines(note.children), WIDTH, rest + mark, rest + " " * len(mark))


def raised(number: int) -> str:
    """Return the number of a footnote; sources have numbers in brackets."""
    return str(number).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def underline(value: object, sign: str = "-") -> str:
    """Print a heading, with a line of signs below it that is as wide as the heading."""
    words = line(value)
    wrapped = wrap(words, WIDTH)
    width = max((cells(each) for each in wrapped.split("\n")), default=0)
    return f"{wrapped}\n{sign * width}"


def tidy(page: str) -> str:
    """Remove extra white space from templates: blanks at line ends, and more than two empty lines in a row."""
    # RFC 3676, 4.3: a signature starts with two dashes and a blank; only templates write it, not editors.
    page = re.sub(r"(?m)(?<!^--)[ \t]+$", "", page.strip("\n") + "\n")
    return re.sub(r"\n{4,}", "\n\n\n", page)


def blocks(nodes: tuple[Block, ...], lead: str, first: str, rest: str) -> str:
    """Print blocks: `lead` is before the first words, `first` before the first line, and `rest` before all others."""
    printed: list[str] = []
    for index, node in enumerate(nodes):
        if index:
            # A subhead is directly above its first paragraph.
            is_below = isinstance(node, Paragraph) and type(nodes[index - 1]).__name__ == "Subhead"
            printed.append("\n" if is_below else "\n\n")
        printed.append(_block(node, lead if index == 0 else "", first if index == 0 else rest, rest))
    return "".join(printed)


def _block(node: Block, lead: str, first: str, rest: str) -> str:
    match node:
        case Paragraph():
            return wrap(lead + inlines(node.children), WIDTH, first, rest)
        case BulletList():
            items = []
            for number, item in enumerate(node.items, node.start or 1):
                mark = "- " if node.start is None else f"{number}. "
                head = first if number == (node.start or 1) and not lead else rest
                # An empty item keeps its number, so that later numbers match those in the HTML.
                item = item or (Paragraph(()),)
                items.append(blocks(item, "", head + mark, rest + " " * len(mark)))
            body = "\n".join(items)
            return f"{wrap(lead, WIDTH, first, rest)}\n{body}" if lead else body
        case Quote():
            head = rest if lead else first
            body = blocks(node.blocks, "", head + "> ", rest + "> ")
            body = re.sub(r"(?m)^[ \t]*$", (rest + ">").rstrip(), body)
            return f"{wrap(lead, WIDTH, first, rest)}\n\n{body}" if lead else body
        case _:
            from composer.render.text_elements import element

            return (
                f"{wrap(lead, WIDTH, first, rest)}\n\n{element(node, rest, rest)}"
                if lead
                else element(node, first, rest)
            )


def inlines(nodes: tuple[Inline, ...]) -> str:
    """Print the content of a paragraph, not wrapped."""
    return "".join(inline(node) for node in nodes)


def inline(node: Inline) -> str:
    """Print a piece of a paragraph."""
    match node:
        case PlainWords():
            return f"`{node.text}`" if node.is_code else node.text
        case Emphasis():
            return inlines(node.children)
        case Link(is_bare=True):
            return inlines(node.children)
        case Link():
            label = inlines(node.children)
            target = node.url.removeprefix("mailto:").removeprefix("tel:")
            if node.url.startswith("tel:") and re.sub(r"[^+\d]", "", label) == target:
                return label
            return f"<{target}>" if label.strip() in (target, node.url) else f"{label} <{target}>"
        case Break():
            return "\n"
        case _:
            return raised(node.number)
