"""The order in which a screen reader reads an edition: headings, paragraphs, lists, links, pictures.

Input: an edition's HTML. Output: one line for each block, with the place it comes from. Guarantees: leaves out what is hidden
or only used for layout.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from lxml import html as lxml_html
from lxml.html import HtmlElement

from composer.web.preview.markup import names


class SpokenKind(StrEnum):
    """The kind of a line."""

    HEADING = "heading"
    TEXT = "text"
    LIST = "list"
    ITEM = "item"
    QUOTE = "quote"
    PICTURE = "picture"
    TABLE = "table"


# A named tuple rather than a dataclass: there are hundreds, and each is created several times.
class SpokenPart(NamedTuple):
    """A part of a line: a text, and what the screen reader says about it."""

    text: str
    #: The address of a link.
    link: str = ""
    is_picture: bool = False
    #: The language, if it differs from the edition's.
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One block as it is read. `level`: of a heading, or the nesting of a list; `count`: a list's items or a table's rows."""

    kind: SpokenKind
    parts: tuple[SpokenPart, ...] = ()
    level: int = 0
    count: int = 0
    at: str = ""

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


_BLOCKS = names(
    """address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3
    h4 h5 h6 header hr li main nav ol p pre section table tbody td tfoot th thead tr ul"""
)
_SILENT = names("head script style template title noscript")


@dataclass(slots=True, kw_only=True)
class _Walk:
    """The lines so far, and the line that is being collected."""

    language: str
    lines: list[Line] = field(default_factory=list)
    open: Line = field(default_factory=lambda: Line(kind=SpokenKind.TEXT))
    parts: list[SpokenPart] = field(default_factory=list)

    def begin(self, line: Line) -> None:
        self.end()
        self.open = line

    def end(self) -> None:
        parts = _tidy(self.parts) if self.parts else ()
        if parts:
            only_picture = self.open.kind is SpokenKind.TEXT and all(part.is_picture for part in parts)
            kind = SpokenKind.PICTURE if only_picture else self.open.kind
            self.lines.append(replace(self.open, kind=kind, parts=parts))
        self.parts = []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Here:
    """What an element inherits from the elements around it."""

    kind: SpokenKind = SpokenKind.TEXT
    level: int = 0
    depth: int = 0
    at: str = ""
    link: str = ""
    language: str = ""


def reading_order(html: str, language: str) -> tuple[Line, ...]:
    """Return the lines of an edition; `language` is the edition's own."""
    document = lxml_html.document_fromstring(html)
    walk = _Walk(language=language)
    body = document.find("body")
    _say(walk, document if body is None else body, _Here())
    walk.end()
    return tuple(walk.lines)


def _say(walk: _Walk, element: HtmlElement, here: _Here) -> None:
    if not isinstance(element.tag, str) or element.tag in _SILENT or is_hidden(element):
        return
    here = _within(walk, element, here)
    tag = element.tag
    if tag == "img":
        _picture(walk, element, here)
        return
    if tag == "br":
        walk.parts.append(SpokenPart(text=" "))
        return
    is_block = tag in _BLOCKS
    if tag in ("ul", "ol"):
        walk.end()
        count = sum(1 for item in element.iterchildren("li") if not is_hidden(item))
        walk.lines.append(Line(kind=SpokenKind.LIST, level=here.depth, count=count, at=here.at))
    elif tag == "table" and element.get("role") not in ("presentation", "none"):
        walk.end()
        walk.lines.append(Line(kind=SpokenKind.TABLE, count=sum(1 for _ in element.iter("tr")), at=here.at))
    opened = Line(kind=here.kind, level=here.level, at=here.at)
    if is_block:
        walk.begin(opened)
    _text(walk, element.text, here)
    for child in element:
        _say(walk, child, here)
        if is_block and child.tag in _BLOCKS:
            walk.begin(opened)
        _text(walk, child.tail, here)
    if is_block:
        walk.end()


def _within(walk: _Walk, element: HtmlElement, here: _Here) -> _Here:
    at = element.get("data-at")
    if at:
        here = replace(here, at=at)
    said = element.get("lang") or element.get("{http://www.w3.org/XML/1998/namespace}lang")
    if said:
        here = replace(here, language="" if said.lower() == walk.language.lower() else said)
    tag = str(element.tag)
    if len(tag) == 2 and tag[0] == "h" and tag[1] in "123456":
        return replace(here, kind=SpokenKind.HEADING, level=int(tag[1]))
    if tag in ("ul", "ol"):
        return replace(here, depth=here.depth + 1)
    if tag == "li":
        return replace(here, kind=SpokenKind.ITEM, level=here.depth)
    if tag == "blockquote":
        return replace(here, kind=SpokenKind.QUOTE)
    if tag == "a" and element.get("href"):
        return replace(here, link=str(element.get("href")))
    return here


def _picture(walk: _Walk, element: HtmlElement, here: _Here) -> None:
    words = element.get("alt")
    if words is None:
        # Without alt text, a screen reader reads the file's name.
        words = (element.get("src") or "").rpartition("/")[2]
    if words.strip() and element.get("role") not in ("presentation", "none"):
        if here.at and not any(part.text.strip() for part in walk.parts):
            walk.open = replace(walk.open, at=here.at)
        walk.parts.append(SpokenPart(text=words.strip(), link=here.link, is_picture=True, language=here.language))


def _text(walk: _Walk, text: str | None, here: _Here) -> None:
    if text:
        walk.parts.append(SpokenPart(text=text, link=here.link, language=here.language))


def is_hidden(element: HtmlElement) -> bool:
    """Return whether an element and its content are neither shown nor read out."""
    if element.get("aria-hidden") == "true" or element.get("hidden") is not None:
        return True
    return _is_unseen(element.get("style") or "")


@lru_cache(maxsize=512)
def _is_unseen(style: str) -> bool:
    style = "".join(style.lower().split())
    return "display:none" in style or "visibility:hidden" in style


def _tidy(parts: list[SpokenPart]) -> tuple[SpokenPart, ...]:
    """Join adjacent parts of the same kind, and collapse whitespace."""
    tidy: list[SpokenPart] = []
    blank = True
    for part in parts:
        words = part.text.split()
        head = " " if part.text[:1].isspace() and not blank else ""
        tail = " " if words and part.text[-1:].isspace() else ""
        text = f"{head}{' '.join(words)}{tail}" if words else (" " if part.text.strip() == "" and not blank else "")
        if not text:
            continue
        blank = text.endswith(" ")
        if tidy and not part.is_picture and tidy[-1][1:] == part[1:]:
            tidy[-1] = part._replace(text=tidy[-1].text + text)
        else:
            tidy.append(part._replace(text=text))
    if tidy:
        tidy[-1] = tidy[-1]._replace(text=tidy[-1].text.rstrip())
    return tuple(part for part in tidy if part.text)
