"""Prints values as plaintext, wrapped by their width on a screen.

Input: words or a `Rich` tree. Output: lines of at most 72 cells (a Chinese character takes two), links as
`label <url>`. Guarantees: does not read HTML; the plaintext part is made from the issue, like the HTML part.
"""

import re
from collections.abc import Iterator

from composer.content.values.merge_fields import TOKEN
from composer.content.values.rich_elements import Subhead
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
from composer.render.bidi import END, ISOLATES, SETTLED, directed_paragraph, isolated
from composer.render.text_wrap import wrap

WIDTH = 72
#: Scripts without capitals, whose headings are usually put in brackets.
_EAST_ASIAN = re.compile("[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")


class TextPrinter:
    """Prints the values of one edition; in an edition of a direction, each inserted value is put between isolates."""

    def __init__(self, direction: str | None = None, *, language: str = "en", colon: str = ": ") -> None:
        """`direction` is None if the edition has no right-to-left letters: nothing needs isolates.

        `colon` is the language's, with the spaces that it has there.
        """
        self.direction = direction
        self.colon = colon
        self._language = language

    def isolate(self, value: object) -> str:
        """Return a value that is inserted in a line, between isolates if there is any need."""
        words = "" if value is None else str(value)
        return words if self.direction is None else isolated(words)

    def text(self, value: object, label: str = "", after: str = ": ", indent: int = 0, first: str = "") -> str:
        """Print a text as wrapped paragraphs with an empty line between them.

        `label` and `after` are put at the start; every line is indented by `indent` spaces, but the first one starts with
        `first` (a hanging indent, if `first` is as long as `indent`).
        """
        lead = f"{label}{after}" if label else ""
        if lead and self.direction is not None:
            lead = f"{ISOLATES[self.direction]}{lead.rstrip(' ')}{END}{' ' * lead.endswith(' ')}"
        rest = " " * indent
        if isinstance(value, Rich):
            shown = self.blocks(value.nodes, lead, first or rest, rest)
            notes = "\n".join(self._notes(value, rest))
            return f"{shown}\n\n{notes}".strip("\n") if notes else shown
        return self.wrapped(lead + ("" if value is None else str(value)), first or rest, rest)

    def _notes(self, rich: Rich, rest: str) -> Iterator[str]:
        for number, note in enumerate(rich.notes if rich.has_end else (), 1):
            mark = f"{raised(number)} "
            yield self.wrapped(self.inlines(note.children), rest + mark, rest + " " * len(mark))

    def line(self, value: object) -> str:
        """Print words on one line, without wrapping."""
        if isinstance(value, Rich):
            return " ".join(self.blocks(value.nodes, "", "", "").replace(SETTLED, "").split())
        return " ".join(str("" if value is None else value).split())

    def heading(self, value: object) -> str:
        """Print the heading of a section: in capitals, or in 【brackets】 in Chinese and Japanese.

        Screen readers read lines of signs below a heading aloud, sign by sign.
        """
        words = self.line(value)
        if _EAST_ASIAN.search(words):
            return self.wrapped(f"【{words}】")
        if self._language.split("-")[0] in ("tr", "az"):
            words = words.replace("i", "İ")
        # The tokens of merge fields are in lower case.
        kept = [match[0] for match in TOKEN.finditer(words)]
        plain = TOKEN.split(words)[:: TOKEN.groups + 1]
        return self.wrapped("".join(piece.upper() + token for piece, token in zip(plain, [*kept, ""], strict=True)))

    def wrapped(self, text: str, first: str = "", rest: str = "") -> str:
        """Wrap a paragraph; in an edition of a direction, its lines get the isolates that they need."""
        wrapped = wrap(text, WIDTH, first, rest)
        return wrapped if self.direction is None else directed_paragraph(wrapped)

    def blocks(self, nodes: tuple[Block, ...], lead: str, first: str, rest: str) -> str:
        """Print blocks: `lead` is before the first words, `first` before the first line, and `rest` before all others."""
        printed: list[str] = []
        for index, node in enumerate(nodes):
            if index:
                # A subhead is directly above its first paragraph.
                is_below = isinstance(node, Paragraph) and isinstance(nodes[index - 1], Subhead)
                printed.append("\n" if is_below else "\n\n")
            printed.append(self._block(node, lead if index == 0 else "", first if index == 0 else rest, rest))
        return "".join(printed)

    def _block(self, node: Block, lead: str, first: str, rest: str) -> str:
        match node:
            case Paragraph():
                return self.wrapped(lead + self.inlines(node.children), first, rest)
            case BulletList():
                items = []
                for number, item in enumerate(node.items, node.start or 1):
                    mark = "- " if node.start is None else f"{number}. "
                    head = first if number == (node.start or 1) and not lead else rest
                    # An empty item keeps its number, so that later numbers match those in the HTML.
                    item = item or (Paragraph(()),)
                    items.append(self.blocks(item, "", head + mark, rest + " " * len(mark)))
                body = "\n".join(items)
                return f"{self.wrapped(lead, first, rest)}\n{body}" if lead else body
            case Quote():
                head = rest if lead else first
                body = self.blocks(node.blocks, "", head + "> ", rest + "> ")
                body = re.sub(r"(?m)^[ \t]*$", (rest + ">").rstrip(), body)
                return f"{self.wrapped(lead, first, rest)}\n\n{body}" if lead else body
            case _:
                from composer.render.text_elements import element

                if not lead:
                    return element(self, node, first, rest)
                return f"{self.wrapped(lead, first, rest)}\n\n{element(self, node, rest, rest)}"

    def inlines(self, nodes: tuple[Inline, ...]) -> str:
        """Print the content of a paragraph, not wrapped."""
        return "".join(self.inline(node) for node in nodes)

    def inline(self, node: Inline) -> str:
        """Print a piece of a paragraph."""
        match node:
            case PlainWords(is_code=True):
                code = f"`{node.text}`"
                return code if self.direction is None else f"{ISOLATES['ltr']}{code}{END}"
            case PlainWords():
                return node.text
            case Emphasis():
                return self.inlines(node.children)
            case Link(is_bare=True):
                return self.inlines(node.children)
            case Link():
                label = self.inlines(node.children)
                target = node.url.removeprefix("mailto:").removeprefix("tel:")
                if node.url.startswith("tel:") and re.sub(r"[^+\d]", "", label) == target:
                    return label
                return f"<{target}>" if label.strip() in (target, node.url) else f"{self.isolate(label)} <{target}>"
            case Break():
                return "\n"
            case _:
                return raised(node.number)


def raised(number: int) -> str:
    """Return the number of a footnote; sources have numbers in brackets."""
    return str(number).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def tidy(page: str) -> str:
    """Remove extra white space from templates: blanks at line ends, and more than two empty lines in a row."""
    # RFC 3676, 4.3: a signature starts with two dashes and a blank; only templates write it, not editors.
    page = re.sub(r"(?m)(?<!^--)[ \t]+$", "", page.strip("\n") + "\n")
    return re.sub(r"\n{4,}", "\n\n\n", page)
