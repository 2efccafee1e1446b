"""Footnotes and comments of a web page: pairs of links that lead to each other.

Input: a page. Output: the references in the text and the notes to which they lead. Guarantees: pure. Works for what Google
Docs, Word, pandoc and blogs write, because all of them link from the text to the note and back.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from lxml import etree

_COMMENT = re.compile(r"cmnt|_?msocom|_?com_", re.IGNORECASE)
_BACK = "↩↑⏎^\ufe0e\ufe0f"
_NOTE_BLOCKS = ("li", "dd", "aside", "div", "p")
_SHORT = 12
#: Paragraphs of a note.
_MOST_PARAGRAPHS = 20


@dataclass(frozen=True, slots=True)
class HtmlNote:
    """A note at the end of the page."""

    name: str
    element: etree._Element
    is_comment: bool
    back_links: tuple[etree._Element, ...]


@dataclass(slots=True)
class HtmlNotes:
    """All notes of a page."""

    references: dict[etree._Element, HtmlNote] = field(default_factory=dict)  # by the link in the text
    elements: dict[etree._Element, HtmlNote] = field(default_factory=dict)  # by the block of the note

    @classmethod
    def of(cls, body: etree._Element) -> "HtmlNotes":
        """Find the notes."""
        made = cls()
        order = {each: at for at, each in enumerate(body.iter())}
        known: dict[str, HtmlNote] = {}
        targets = {name: each for each in body.iter() if isinstance(each.tag, str) for name in _names(each)}
        for link in body.iter("a"):
            name = (link.get("href") or "")[1:] if (link.get("href") or "").startswith("#") else ""
            target = targets.get(name)
            if target is None or target is link or len(text_in(link).strip()) > _SHORT:
                continue
            if name in known and not _is_in(link, known[name].element):
                made.references[link] = known[name]
            # A reference comes before its note: the link back is not another reference.
            elif (
                name not in known
                and order[link] < order[target]
                and (note := _note(name, target, set(_own_names(link))))
            ):
                made.references[link] = known[name] = note
                made.elements[note.element] = note
        return made


def _names(element: etree._Element) -> Iterator[str]:
    yield from filter(None, (element.get("id"), element.get("name") if element.tag == "a" else None))


def _own_names(link: etree._Element) -> Iterator[str]:
    """Yield the names by which a note can link back: of the link, or of what is closely around or in it."""
    for element in (link, *link, *list(link.iterancestors("sup", "span", "a"))[:2]):
        if isinstance(element.tag, str):
            yield from _names(element)


def _note(name: str, target: etree._Element, backs: set[str]) -> HtmlNote | None:
    block = next((each for each in (target, *target.iterancestors()) if each.tag in _NOTE_BLOCKS), None)
    if block is None:
        return None
    parent = block.getparent()
    # Google Docs and Word put each note into a div of its own.
    if block.tag == "p" and parent is not None and parent.tag == "div" and _is_alone(block, parent):
        block = parent
    links = tuple(
        link for link in block.iter("a") if (link.get("href") or "")[:1] == "#" and link.get("href", "")[1:] in backs
    )
    return HtmlNote(name, block, bool(_COMMENT.match(name)), links) if links else None


def _is_alone(block: etree._Element, parent: etree._Element) -> bool:
    if next(islice(parent, _MOST_PARAGRAPHS, None), None) is not None:
        return False
    links = [each for each in parent.iter("a") if (each.get("href") or "").startswith("#") and next(_names(each), "")]
    return len(links) == 1 and _is_in(links[0], block)


def _is_in(element: etree._Element, other: etree._Element) -> bool:
    return element is other or any(each is other for each in element.iterancestors())


def text_in(element: etree._Element) -> str:
    """Return all text in an element."""
    return "".join(str(each) for each in element.itertext())


def is_back_mark(text: str) -> bool:
    """Return whether a text is only the mark of a note: its number, or an arrow back."""
    return bool(
        re.fullmatch(
            rf"[\s\[\]().{_BACK}]*(?:\d{{1,4}}|[a-z]{{1,3}}\d{{0,4}})?[\s\[\]().{_BACK}]*", text, re.IGNORECASE
        )
    )
