"""The Markdown that emails can show: paragraphs, emphasis, links, lists, block quotes.

Input: a text. Output: a `Rich` tree of our own nodes, or findings with an offset in the text. Guarantees: does not
print HTML; raw HTML, headings, pictures, code and horizontal lines are findings.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from markdown_it.tree import SyntaxTreeNode

from composer.content.values.bare_links import pieces
from composer.content.values.formats import web_address
from composer.content.values.markdown_parser import is_cjk, parse_tree
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
    plain_words,
)
from composer.content.yaml.invisible_characters import in_words, stripped, unseen_in, without_unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkdownFinding:
    """A mistake at an offset of the text."""

    offset: int
    code: str
    message: str
    hint: str
    #: Distinguishes findings with the same code.
    kind: str = ""


#: Returns the token of a row of the text, or of a word in it.
MarkAt = Callable[[int, str], str]


def parse_markdown(
    text: str, field_mark: str | None = None, mark_at: MarkAt = lambda row, needle: ""
) -> tuple[Rich, tuple[MarkdownFinding, ...]]:
    """Read Markdown.

    `field_mark` is the start of merge-field tokens; a link with one in its host name is a finding.
    """
    converter = _TreeConverter(text, field_mark, mark_at)
    deep = MarkdownFinding(
        offset=0, code="markdown", message="lists, quotes or emphasis are nested too deeply here", hint=""
    )
    try:
        root = parse_tree(text)
    except RecursionError:
        return Rich(()), (deep,)
    if root is None:
        return Rich(()), (deep,)
    nodes = tuple(converter.block(child) for child in root.children)
    return Rich(tuple(node for node in nodes if node is not None)), tuple(converter.findings)


#: Lists do not start with such a large number, but sentences do: “2024. …”
A_YEAR = 1000
_BROKEN_LINK = re.compile(r"\]\s?\((?=https?:|www\.|mailto:)")
_REFUSED = {
    "broken_link": (
        "this link is not written correctly: its address ends before the closing bracket",
        "write [link text](https://…) with no space in the address",
    ),
    "empty_link": ("this link has no text", "write [link text](https://…); the text says where the link leads"),
    "heading": (
        "headings are not allowed in this text",
        "remove the # at the start of the line",
    ),
    "lheading": ("this line turns the text above it into a heading", "delete it; an empty line starts a new paragraph"),
    "year": (
        "a number and a dot at the start of a line turn it into a list",
        "write a backslash before the dot:   2024\\. …",
    ),
    "image": ("pictures are not allowed in this text", "use the key “figure” next to the text: image, alt, caption"),
    "code_block": (
        "this paragraph is indented by four or more extra spaces, which turns it into program code",
        "indent it like the paragraphs around it",
    ),
    "fence": ("program code is not allowed in this text", "delete the lines with ``` or ~~~"),
    "code_inline": ("program code is not allowed in this text", "use quotation marks instead of ` `"),
    "hr": ("horizontal lines are not allowed in this text", "delete it; an empty line starts a new paragraph"),
    "html_block": ("HTML is not allowed in this text", "write **bold**, *emphasis* or [link text](https://…) instead"),
    "html_inline": ("HTML is not allowed in this text", "write **bold**, *emphasis* or [link text](https://…) instead"),
}


class _TreeConverter:
    def __init__(self, text: str, field_mark: str | None, mark_at: MarkAt) -> None:
        self.text = text
        self.field_mark = field_mark
        self.mark_at = mark_at
        self.findings: list[MarkdownFinding] = []
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        #: The offset after the last link, so that each link in a line is reported at its own place.
        self.searched = 0
        #: False inside the text of a link.
        self.may_link = True

    def block(self, node: SyntaxTreeNode) -> Block | None:
        match node.type:
            case "paragraph":
                inline = node.children[0] if node.children else None
                return Paragraph(self._inlines(inline), self.mark_at(self._row(node), "")) if inline else None
            case "bullet_list" | "ordered_list":
                items = tuple(tuple(self._blocks(item)) for item in node.children)
                start = None if node.type == "bullet_list" else int(node.attrs.get("start", 1))
                if start is not None and start >= A_YEAR:
                    self._refuse("year", self._row(node), str(start))
                return BulletList(items, start)
            case "blockquote":
                return Quote(tuple(self._blocks(node)))
            case "heading" if node.markup in ("=", "-") and node.map:
                self._refuse("lheading", node.map[1] - 1, node.markup)
                return None
            case _:
                self._refuse(node.type, self._row(node), node.markup)
                return None

    def _blocks(self, node: SyntaxTreeNode) -> Iterator[Block]:
        for child in node.children:
            if (block := self.block(child)) is not None:
                yield block

    def _row(self, node: SyntaxTreeNode) -> int:
        return node.map[0] if node.map else 0

    def _refuse(self, kind: str, row: int, search: str, code: str = "") -> None:
        message, hint = _REFUSED.get(kind, (f"“{kind}” is not allowed in this text", ""))
        start = self.starts[min(row, len(self.starts) - 1)]
        end = self.text.find("\n", start)
        line = self.text[start : end if end >= 0 else len(self.text)]
        column = line.find(search) if search else -1
        column = column if column >= 0 else len(line) - len(line.lstrip())
        code = code or ("html" if kind.startswith("html") else "markdown")
        self.findings.append(MarkdownFinding(offset=start + column, code=code, message=message, hint=hint, kind=kind))

    def _inlines(self, inline: SyntaxTreeNode) -> tuple[Inline, ...]:
        self.row = self._row(inline)
        return self._walk(inline.children)

    def _walk(self, nodes: list[SyntaxTreeNode]) -> tuple[Inline, ...]:
        found: list[Inline] = []
        for index, node in enumerate(nodes):
            match node.type:
                case "text" | "text_special":
                    for _ in _BROKEN_LINK.finditer(node.content):
                        self._broken_link()
                    found.extend(
                        self._words(node.content)
                        if self.may_link
                        else [PlainWords(node.content)]
                        if node.content
                        else []
                    )
                case "softbreak":
                    self.row += 1
                    if not self._joins(nodes, index):
                        found.append(PlainWords(" "))
                case "hardbreak":
                    self.row += 1
                    found.append(Break())
                case "em" | "strong":
                    found.append(Emphasis(self._walk(node.children), node.type == "strong"))
                case "link":
                    found.append(self._link(node))
                case "image":
                    self._refuse("image", self.row, "![")
                case "html_inline" if node.content.startswith("</"):
                    pass  # the opening tag has been reported
                case _:
                    self._refuse(node.type, self.row, node.content if node.type == "html_inline" else node.markup)
        return tuple(found)

    def _words(self, text: str) -> Iterator[Inline]:
        """Yield the words of a text, with links for valid addresses."""
        before = ""
        for words, url in pieces(text):
            given = web_address(url, mail=True, field_mark=self.field_mark) if url else None
            if given is None or given.problem:
                yield PlainWords(words)
            else:
                # With the space before it, www.example.org is not found inside https://www.example.org.
                needle = f" {words}" if before.endswith(" ") else words
                yield Link(given.url, (PlainWords(words),), self.mark_at(self.row, needle), is_bare=True)
            before = words

    def _joins(self, nodes: list[SyntaxTreeNode], index: int) -> bool:
        """Check whether a line end is between two Chinese or Japanese characters, so that it is not a space."""
        left, right = index - 1, index + 1
        while left >= 0 and _is_nothing(nodes[left]):
            left -= 1
        while right < len(nodes) and _is_nothing(nodes[right]):
            right += 1
        before = _edge(nodes[left], -1) if left >= 0 else ""
        after = _edge(nodes[right], 0) if right < len(nodes) else ""
        return bool(before and after and is_cjk(before) and is_cjk(after)) and not _is_hangul(before + after)

    def _link(self, node: SyntaxTreeNode) -> Link:
        raw = str(node.attrs.get("href", ""))
        self.may_link = False
        children = self._walk(node.children)
        self.may_link = True
        offset = self._address_of(raw)
        address = stripped(raw)
        if odd := unseen_in(address):
            meant = without_unseen(address)
            message, hint = in_words(odd[0], meant)
            at = self.text.find(odd[0], offset)
            self.findings.append(MarkdownFinding(offset=max(at, offset), code="invisible", message=message, hint=hint))
            address = meant
        given = web_address(address, mail=True, field_mark=self.field_mark)
        if given.problem:
            self.findings.append(MarkdownFinding(offset=offset, code="url", message=given.problem, hint=given.hint))
        if not plain_words(children).strip():
            self._refuse("empty_link", self.row, "[]", "markdown")
        needle = f"{raw})" if self.text.startswith(f"{raw})", offset) else raw
        return Link(given.url, children, self.mark_at(self.row, needle))

    def _from_here(self) -> int:
        return max(self.searched, self.starts[min(self.row, len(self.starts) - 1)])

    def _address_of(self, raw: str) -> int:
        """Return the offset of the next link's address in the text."""
        start = self._from_here()
        found = (self.text.find(f"{begin}{raw}", start) for begin in ("](", "](<", "<"))
        at = next((at for at in found if at >= 0), -1)
        if at < 0:
            at = self.text.find("](", start)
        if at < 0:
            return start
        offset = at + (1 if self.text[at] == "<" else 3 if self.text.startswith("](<", at) else 2)
        self.searched = offset + len(raw)
        return offset

    def _broken_link(self) -> None:
        """Report the next incorrect link, at its address."""
        message, hint = _REFUSED["broken_link"]
        match = _BROKEN_LINK.search(self.text, self._from_here())
        if match is None:
            self._refuse("broken_link", self.row, "](", "url")
            return
        self.searched = match.end()
        self.findings.append(MarkdownFinding(offset=match.start(), code="url", message=message, hint=hint))


def _edge(node: SyntaxTreeNode, side: int) -> str:
    if node.type in ("text", "text_special"):
        return node.content[side] if node.content else ""
    inner = (child for child in node.children[:: side or 1] if not _is_nothing(child))
    return next((_edge(child, side) for child in inner), "")


def _is_nothing(node: SyntaxTreeNode) -> bool:
    """Check whether a node is an empty text, as there is next to each emphasis mark."""
    return node.type == "text" and not node.content


def _is_hangul(characters: str) -> bool:
    return any("\u1100" <= character <= "\u11ff" or "\uac00" <= character <= "\ud7af" for character in characters)
