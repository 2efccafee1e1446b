"""Reads what is inside a paragraph of an OpenDocument text: texts with their looks, links, notes, comments, changes and frames.

Input: elements. Output: spans in the collector of the open paragraph. Guarantees: an element that is unknown is looked
into.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from lxml import etree

from composer.drafts.draft_document import Block, Comment, Omission, OmissionKind, Picture, Place, Region, Span
from composer.drafts.formats.draft_archive import DraftArchive
from composer.drafts.formats.odt.odt_changes import OdtChanges
from composer.drafts.formats.odt.odt_styles import OFFICE, TEXT, OdtStyle, OdtStyles, whole
from composer.drafts.formats.picture_data import media_type_of
from composer.drafts.formats.span_collector import PLAIN, SpanCollector
from composer.drafts.formats.table_cells import joined_spans
from composer.drafts.formats.wrapped_links import clean_link

DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_LOEXT = "{urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0}"
_IGNORED = frozenset(
    {
        f"{TEXT}tracked-changes",
        f"{TEXT}sequence-decls",
        f"{OFFICE}forms",
        f"{TEXT}table-of-content-source",
        f"{_SVG}title",
    }
    | {f"{_SVG}desc", f"{OFFICE}event-listeners", f"{TEXT}note-citation", f"{OFFICE}annotation-end"}
)
_SPACE = re.compile("[ \t\r\n]+")


class OdtInline:
    """Reads the content of paragraphs; `_OdtReader` adds the paragraphs."""

    _handlers: ClassVar[Mapping[str, Callable[..., None]]]

    def __init__(self, archive: DraftArchive, styles: OdtStyles, changes: OdtChanges) -> None:
        """Prepare to read a text."""
        self.archive, self.styles, self.changes = archive, styles, changes
        self.after: list[Block] = []  # pictures and boxes that are anchored in the open paragraph
        self.spans, self.look, self.place, self.is_in_heading = SpanCollector(), PLAIN, Place(0), False
        self.number = 0  # of paragraphs that are not empty
        self.notes: dict[str, tuple[Span, ...]] = {}
        self.comments: list[Comment] = []
        self.omissions: list[Omission] = []

    def blocks_in(self, element: etree._Element, region: Region | None = None) -> tuple[Block, ...]:
        """Read an element on its own, also in the middle of a paragraph."""
        raise NotImplementedError

    def inside(self, element: etree._Element) -> None:
        """Read all that is in an element."""
        self.text(element.text)
        for child in element:
            handler = self._handlers.get(child.tag)
            if handler is not None:
                handler(self, child)
            elif child.tag not in _IGNORED:
                self.inside(child)
            self.text(child.tail)

    def text(self, text: str | None) -> None:
        """Read characters; white space is one space."""
        if text:
            self.add(_SPACE.sub(" ", text))

    def add(self, text: str) -> None:
        """Add text that is shown at this place."""
        if not self.changes.is_rejecting:
            self.spans.add(text, self.look)
        self.changes.add(text)

    def look_of(self, style: OdtStyle) -> Span:
        """Return the look of characters in a style. What all headings look like is not emphasis."""
        is_bold, is_italic = (
            (None, None) if self.is_in_heading and self.look is PLAIN else (style.is_bold, style.is_italic)
        )
        return replace(
            self.look,
            is_bold=self.look.is_bold if is_bold is None else is_bold,
            is_italic=self.look.is_italic if is_italic is None else is_italic,
            is_code=self.look.is_code or style.is_code,
        )

    def span(self, element: etree._Element) -> None:
        """Read characters of a style."""
        style = self.styles.style(element.get(f"{TEXT}style-name"))
        if style.is_hidden:
            self.hidden(element)
            return
        outer, self.look = self.look, self.look_of(style)
        self.inside(element)
        self.look = outer

    def hidden(self, element: etree._Element) -> None:
        """Note text that is not shown."""
        if text := " ".join("".join(str(each) for each in element.itertext()).split()):
            self.omissions.append(Omission(OmissionKind.HIDDEN_TEXT, self.place, text))

    def link(self, element: etree._Element) -> None:
        """Read the text of a link."""
        outer = self.look
        self.look = replace(outer, link=clean_link(element.get(f"{_XLINK}href", "")) or outer.link)
        self.inside(element)
        self.look = outer

    def spaces(self, element: etree._Element) -> None:
        """Read several spaces."""
        self.add(" " * min(whole(element.get(f"{TEXT}c"), 1), 100))

    def tab(self, _: etree._Element) -> None:
        """Read a tab."""
        self.add("\t")

    def line_break(self, _: etree._Element) -> None:
        """Read a line break."""
        self.add("\n")

    def ruby(self, element: etree._Element) -> None:
        """Read characters with their pronunciation, which is shown above them."""
        for part in element:
            self.add("(" if part.tag == f"{TEXT}ruby-text" else "")
            self.inside(part)
            self.add(")" if part.tag == f"{TEXT}ruby-text" else "")

    def note(self, element: etree._Element) -> None:
        """Read a footnote or an endnote."""
        label = str(len(self.notes) + 1)
        self.notes[label] = ()
        self.spans.mark(footnote=label)
        number = self.number
        for body in element.iterfind(f"{TEXT}note-body"):
            self.notes[label] = joined_spans(self.blocks_in(body))
        self.number = number

    def comment(self, element: etree._Element) -> None:
        """Read a comment; not one that was marked as resolved."""
        if element.get(f"{_LOEXT}resolved") == "true":
            return
        author = element.findtext(_CREATOR) or ""
        paragraphs = ("".join(str(text) for text in each.itertext()) for each in element.iter(f"{TEXT}p"))
        text = "\n".join(filter(None, (" ".join(each.split()) for each in paragraphs)))
        if text:
            key = str(len(self.comments) + 1)
            self.comments.append(Comment(key, author, text, self.place))
            self.spans.mark(comment=key)

    def change_start(self, element: etree._Element) -> None:
        """Read where an insertion begins."""
        self.changes.begin(element.get(f"{TEXT}change-id", ""), self.place)

    def change_end(self, element: etree._Element) -> None:
        """Read where an insertion ends."""
        self.changes.end(element.get(f"{TEXT}change-id", ""))

    def change(self, element: etree._Element) -> None:
        """Read where something was deleted, which comes back if the deletion is rejected."""
        deletion = self.changes.deleted(element.get(f"{TEXT}change-id", ""), self.place)
        for at, paragraph in enumerate(() if deletion is None else deletion.iter(f"{TEXT}p", f"{TEXT}h")):
            self.add("\n\n" if at else "")
            self.inside(paragraph)

    def frame(self, element: etree._Element) -> None:
        """Read what is in a frame: a box, or a picture; of several versions of a picture, the first."""
        box = element.find(f"{DRAW}text-box")
        image = next((each for each in element.iterfind(f"{DRAW}image") if not _is_replacement(each)), None)
        if box is not None:
            self.after += self.blocks_in(box, Region.TEXT_BOX)
        elif image is not None:
            self._picture(element, image)
        elif element.find(f"{DRAW}object") is not None or element.find(f"{DRAW}object-ole") is not None:
            self.omissions.append(Omission(OmissionKind.OBJECT, self.place, _description(element)))

    def shape(self, element: etree._Element) -> None:
        """Read the text in a drawn shape."""
        self.after += self.blocks_in(element, Region.TEXT_BOX)

    def _picture(self, frame: etree._Element, image: etree._Element) -> None:
        source = image.get(f"{_XLINK}href", "")
        data = self.archive.read(source.removeprefix("./"))
        name = source.rpartition("/")[2] if data else source
        self.after.append(Picture(data, media_type_of(data, source), self.place, alt=_description(frame), source=name))


INLINE_HANDLERS: Mapping[str, Callable[..., None]] = {
    f"{TEXT}span": OdtInline.span,
    f"{TEXT}a": OdtInline.link,
    f"{TEXT}s": OdtInline.spaces,
    f"{TEXT}tab": OdtInline.tab,
    f"{TEXT}line-break": OdtInline.line_break,
    f"{TEXT}ruby": OdtInline.ruby,
    f"{TEXT}note": OdtInline.note,
    f"{TEXT}hidden-text": OdtInline.hidden,
    f"{TEXT}hidden-paragraph": OdtInline.hidden,
    f"{OFFICE}annotation": OdtInline.comment,
    f"{TEXT}change-start": OdtInline.change_start,
    f"{TEXT}change-end": OdtInline.change_end,
    f"{TEXT}change": OdtInline.change,
    f"{DRAW}frame": OdtInline.frame,
    **{f"{DRAW}{name}": OdtInline.shape for name in ("custom-shape", "rect", "ellipse", "polygon", "path", "line")},
}


def _is_replacement(image: etree._Element) -> bool:
    return "ObjectReplacements/" in image.get(f"{_XLINK}href", "")


def _description(frame: etree._Element) -> str:
    found = (frame.findtext(f"{_SVG}desc") or "", frame.findtext(f"{_SVG}title") or "")
    return " ".join(next(filter(None, found), "").split())
