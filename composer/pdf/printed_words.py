"""The words that a page should have on paper, block by block.

Input: an HTML page, with the places of its texts in `data-at`. Output: its blocks, in order. Guarantees: leaves out only
the head, `hidden`, elements of the class `screen-only`, and the way back from a footnote.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

import lxml.html
from lxml.etree import _Element as Element

#: Elements that are part of a line.
_TEXT = ("a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "del", "em", "i", "img", "ins", "kbd", "mark")
_MORE = ("q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr")
_INLINE = frozenset((*_TEXT, *_MORE))
_UNSEEN = frozenset(("head", "script", "style", "template", "title"))
#: The class of what only a screen shows.
SCREEN_ONLY = "screen-only"
#: The role of a link from a footnote to its sentence.
_WAY_BACK = "doc-backlink"
#: The role of the <nav> that is the table of contents.
CONTENTS_ROLE = "doc-toc"
#: Hyphens at the end of a line, and the slash of a fraction: readers of PDFs do not tell them apart.
_ALIKE = {"\u2010": "-", "\u2044": "/"}
#: One combining mark several times, of which only one can be seen.
_REPEATED_MARK = re.compile(r"([\u0300-\u036f])\1+")
#: Categories of characters that have no place on paper: controls, formats, separators, and unassigned ones.
_INVISIBLE = frozenset(("Cc", "Cf", "Cn", "Zs", "Zl", "Zp"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedBlock:
    """The words of a paragraph, a heading, an item or a cell."""

    text: str
    #: The place of its first text, as `path:line:column`; empty if no editor wrote it.
    place: str
    #: For an entry of the table of contents: the anchor that it leads to, percent-encoded as in the page.
    target: str = ""


@lru_cache(maxsize=4_096)
def _visible(character: str) -> str:
    if character in _ALIKE:
        return _ALIKE[character]
    if unicodedata.category(character) in _INVISIBLE or 0xFE00 <= ord(character) <= 0xFE0F:
        return ""
    return unicodedata.normalize("NFKD", character.casefold()).casefold()


def visible(text: str) -> str:
    """Return the characters of a text, as they are compared: compatible forms are the same, and so are capitals."""
    whole = "".join(map(_visible, unicodedata.normalize("NFKD", text)))
    return _REPEATED_MARK.sub(r"\1", "".join(each for each in whole if not each.isspace()))


def printed_blocks(html: str) -> tuple[PrintedBlock, ...]:
    """Return the blocks of a page."""
    body = lxml.html.document_fromstring(html).find("body")
    return tuple(_Collector().blocks(body)) if body is not None else ()


def numbers_css(blocks: Iterable[PrintedBlock], pages: Mapping[str, int]) -> str:
    """Return a style sheet that prints given page numbers in the table of contents."""
    rules = []
    for block in blocks:
        if block.target and (page := pages.get(unquote(block.target))):
            # An anchor in a page is percent-encoded, so that it has no quotation marks.
            rules.append(f'[role="{CONTENTS_ROLE}"] a[href="#{block.target}"]::after {{ content: "{page}" }}')
    return "\n".join(rules)


class _Collector:
    """Collects the words of one block after the other."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._place = self._target = ""

    def blocks(self, element: Element) -> Iterator[PrintedBlock]:
        """Yield the blocks in an element."""
        yield from self._visit(element, "", is_contents=False)
        yield from self._finished()

    def _visit(self, element: Element, place: str, *, is_contents: bool) -> Iterator[PrintedBlock]:
        if not isinstance(element.tag, str) or _is_unseen(element):
            return
        place = element.get("data-at") or place
        is_contents = is_contents or element.get("role") == CONTENTS_ROLE
        is_block = element.tag not in _INLINE
        if is_block:
            yield from self._finished()
        if is_contents and element.tag == "a" and (address := element.get("href", "")).startswith("#"):
            self._target = address[1:]
        self._add(element.text, place)
        for child in element:
            yield from self._visit(child, place, is_contents=is_contents)
            self._add(child.tail, place)
        if is_block:
            yield from self._finished()

    def _add(self, text: str | None, place: str) -> None:
        if text and not text.isspace():
            self._place = self._place or place
        self._words.append(text or "")

    def _finished(self) -> Iterator[PrintedBlock]:
        text = " ".join("".join(self._words).split())
        if text:
            yield PrintedBlock(text=text, place=self._place, target=self._target)
        self._words, self._place, self._target = [], "", ""


def _is_unseen(element: Element) -> bool:
    return (
        element.tag in _UNSEEN
        or element.get("hidden") is not None
        or element.get("role") == _WAY_BACK
        or SCREEN_ONLY in element.get("class", "").split()
    )
