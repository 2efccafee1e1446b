"""The inline content of a Markdown text: words, emphasis, links, code, footnote marks, line breaks.

Input: nodes of the parser's tree. Output: our own nodes, and findings. Guarantees: pure.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from markdown_it.tree import SyntaxTreeNode

from composer.content.values.bare_links import pieces
from composer.content.values.formats import web_address
from composer.content.values.markdown_findings import REFUSED, MarkdownFindings
from composer.content.values.markdown_parser import is_cjk
from composer.content.values.rich_text import Break, Emphasis, Inline, Link, PlainWords, plain_words
from composer.content.yaml.invisible_characters import in_words, stripped, unseen_in, without_unseen

if TYPE_CHECKING:
    from composer.content.values.rich_elements import NoteMark

#: Returns the token of a row of the text, or of a word in it.
MarkAt = Callable[[int, str], str]
#: Behind a link, makes a button of it.
BUTTON = "{button}"
#: Starts the name of a figure.
FIGURE = "{figure"
_FIGURE = re.compile(r"\{figure\s[^{}\n]*\}", re.IGNORECASE)
_BROKEN_LINK = re.compile(r"\]\s?\((?=https?:|www\.|mailto:|tel:)")
#: With a backslash before a bracket, an editor wants to show the brackets.
_SHOWN_LINK = re.compile(r"(?:\\\]\s?\\?|\]\s?\\)\((?=https?\\?:|www\\?\.|mailto\\?:|tel\\?:)")


class InlineConverter:
    """Converts the inline content of one text, in its order."""

    def __init__(self, text: str, field_mark: str | None, mark_at: MarkAt, findings: MarkdownFindings) -> None:
        self.text = text
        self.field_mark = field_mark
        self.mark_at = mark_at
        self.findings = findings
        #: The names of the footnotes that have a text.
        self.labels: frozenset[str] = frozenset()
        #: The numbers of the footnotes that sentences refer to.
        self.numbers: dict[str, int] = {}
        self.row = 0
        #: The offset after the last link, so that each link in a line is reported at its own place.
        self.searched = 0
        #: The offset after the last brackets of a link that are only shown.
        self.shown = 0
        #: False inside the text of a link.
        self.may_link = True
        #: False in footnotes and subheads, which cannot have footnotes.
        self.may_note = True

    def read(self, nodes: Sequence[SyntaxTreeNode], row: int, *, may_note: bool = True) -> tuple[Inline, ...]:
        """Convert the inline content that starts in a row."""
        self.row = row
        self.may_note = may_note
        return self._walk(nodes)

    def _walk(self, nodes: Sequence[SyntaxTreeNode]) -> tuple[Inline, ...]:
        found: list[Inline] = []
        for index, node in enumerate(nodes):
            match node.type:
                case "text" | "text_special":
                    for _ in _BROKEN_LINK.finditer(node.content):
                        self._broken_link()
                    if "{" in node.content:
                        self._misplaced_figure(node.content)
                    if index and node.content.startswith(BUTTON) and nodes[index - 1].type == "link":
                        self.findings.refuse("button", self.row, BUTTON)
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
                    found.append(self.link(node))
                case "code_inline":
                    found.append(PlainWords(node.content, is_code=True))
                case "footnote_mark":
                    found.extend(self._footnote_mark(node))
                case "image":
                    self.findings.refuse("image", self.row, "![")
                case "html_inline" if node.content.startswith("</"):
                    pass  # the opening tag has been reported
                case _:
                    self.findings.refuse(
                        node.type, self.row, node.content if node.type == "html_inline" else node.markup
                    )
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

    def _misplaced_figure(self, words: str) -> None:
        """Report a figure within a sentence, unless there is a backslash before it."""
        match = _FIGURE.search(words)
        if match is not None and f"\\{match[0]}" not in self.text[self.findings.start(self.row) :]:
            self.findings.refuse("figure_place", self.row, match[0])

    def _joins(self, nodes: Sequence[SyntaxTreeNode], index: int) -> bool:
        """Check whether a line end is between two Chinese or Japanese characters, so that it is not a space."""
        left, right = index - 1, index + 1
        while left >= 0 and _is_nothing(nodes[left]):
            left -= 1
        while right < len(nodes) and _is_nothing(nodes[right]):
            right += 1
        before = _edge(nodes[left], -1) if left >= 0 else ""
        after = _edge(nodes[right], 0) if right < len(nodes) else ""
        return bool(before and after and is_cjk(before) and is_cjk(after)) and not _is_hangul(before + after)

    def _footnote_mark(self, node: SyntaxTreeNode) -> Iterator["NoteMark"]:
        from composer.content.values.rich_elements import NoteMark

        label = str(node.meta["label"])
        if not self.may_note:
            self.findings.refuse("footnote_place", self.row, f"[^{label}]")
        elif label not in self.labels:
            self.findings.refuse("footnote_missing", self.row, f"[^{label}]")
        else:
            is_first = label not in self.numbers
            yield NoteMark(self.numbers.setdefault(label, len(self.numbers) + 1), is_first)

    def link(self, node: SyntaxTreeNode) -> Link:
        """Convert a link, and report a wrong address at its place."""
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
            self.findings.add(max(at, offset), "invisible", message, hint)
            address = meant
        given = web_address(address, mail=True, field_mark=self.field_mark)
        if given.problem:
            self.findings.add(offset, "url", given.problem, given.hint)
        if not plain_words(children).strip():
            self.findings.refuse("empty_link", self.row, "[]", "markdown")
        needle = f"{raw})" if self.text.startswith(f"{raw})", offset) else raw
        return Link(given.url, children, self.mark_at(self.row, needle))

    def _from_here(self) -> int:
        return max(self.searched, self.findings.start(self.row))

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
        """Report the next incorrect link, at its address; brackets with a backslash are only shown."""
        if shown := _SHOWN_LINK.search(self.text, max(self.shown, self.findings.start(self.row))):
            self.shown = shown.end()
            return
        message, hint = REFUSED["broken_link"]
        match = _BROKEN_LINK.search(self.text, self._from_here())
        if match is None:
            self.findings.refuse("broken_link", self.row, "](", "url")
            return
        self.searched = match.end()
        self.findings.add(match.start(), "url", message, hint)


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
