"""Reads an OpenDocument text as a draft.

Input: the archive of an .odt file. Output: a `DraftDocument`. Guarantees: headers, footers, boxes and notes are read, too;
an element that is unknown is looked into. Open changes are listed; unless told to reject them, the text is that after
accepting them.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from lxml import etree

from composer.drafts.draft_document import Block, DraftDocument, Paragraph, Place, Region, Span
from composer.drafts.formats.draft_archive import DraftArchive
from composer.drafts.formats.draft_error import DraftError
from composer.drafts.formats.odt.odt_changes import OdtChanges
from composer.drafts.formats.odt.odt_inline import INLINE_HANDLERS, OdtInline
from composer.drafts.formats.odt.odt_lists import OdtLists
from composer.drafts.formats.odt.odt_styles import OFFICE, STYLE, TEXT, OdtStyle, OdtStyles, whole
from composer.drafts.formats.span_collector import (
    MOST_JOINED,
    PLAIN,
    SpanCollector,
    shortened,
    split_paragraphs,
    without_heading_look,
)
from composer.drafts.formats.table_cells import Cell, table_blocks
from composer.drafts.formats.tracked_changes import ChangeDecision

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_PAGE_PARTS = {"header": Region.HEADER, "footer": Region.FOOTER}


def read_open_document(archive: DraftArchive, decision: ChangeDecision | None = None) -> DraftDocument:
    """Read an OpenDocument text. Raises DraftError."""
    if b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise DraftError(f"{archive.name} is password-protected", "save a copy without a password")
    tree, styles = archive.xml("content.xml"), archive.xml("styles.xml")
    body = None if tree is None else tree.find(f"{OFFICE}body/{OFFICE}text")
    if tree is None or body is None:
        raise archive.damaged("it contains no text")
    return _OdtReader(archive, OdtStyles((styles, tree)), OdtChanges.of(tree, decision)).read(body, styles)


class _OdtReader(OdtInline):
    """Reads the elements of a text one after the other."""

    def __init__(self, archive: DraftArchive, styles: OdtStyles, changes: OdtChanges) -> None:
        super().__init__(archive, styles, changes)
        self.lists = OdtLists(styles)
        self.blocks: list[Block] = []
        self.region, self.is_joining = Region.BODY, False

    def read(self, body: etree._Element, styles: etree._Element | None) -> DraftDocument:
        headers = self.page_part(styles, "header")
        blocks = self.blocks_in(body)
        footers = self.page_part(styles, "footer")
        return DraftDocument(
            (*headers, *blocks, *footers), self.notes, tuple(self.comments), self.changes.found, tuple(self.omissions)
        )

    def page_part(self, styles: etree._Element | None, name: str) -> tuple[Block, ...]:
        """Read the headers or footers of the page styles that are used; those with the same text once."""
        self.region, found = _PAGE_PARTS[name], dict[str, tuple[Block, ...]]()
        number, self.number = self.number, 0
        for page in () if styles is None else styles.iter(f"{STYLE}master-page"):
            parts = [
                each for each in page if each.tag in (f"{STYLE}{name}", f"{STYLE}{name}-left", f"{STYLE}{name}-first")
            ]
            for part in parts if page.get(f"{STYLE}name") in self.styles.master_pages() else ():
                if part.get(f"{STYLE}display") != "false":
                    blocks = tuple(replace(each, place=Place(0, each.place.opening)) for each in self.blocks_in(part))
                    found.setdefault("\n".join(each.text for each in blocks if isinstance(each, Paragraph)), blocks)
        self.region, self.number = Region.BODY, number
        return tuple(block for blocks in found.values() for block in blocks)

    def blocks_in(self, element: etree._Element, region: Region | None = None) -> tuple[Block, ...]:
        """Read an element on its own, also in the middle of a paragraph."""
        outer = self.blocks, self.spans, self.after, self.look, self.region, self.lists, self.is_in_heading, self.place
        self.blocks, self.spans, self.after, self.look, self.is_in_heading = [], SpanCollector(), [], PLAIN, False
        self.lists = OdtLists(self.styles)
        self.region = self.region if region is None or outer[4] is not Region.BODY else region
        self.inside(element)
        self.close()
        made = tuple(self.blocks)
        self.blocks, self.spans, self.after, self.look, self.region, self.lists, self.is_in_heading, self.place = outer
        return made

    def paragraph(self, element: etree._Element) -> None:
        style = self.styles.style(element.get(f"{TEXT}style-name"))
        if not self.is_joining:
            self.spans = SpanCollector()
        text = "".join(str(each) for each in element.itertext())
        self.number += bool(text.strip())
        self.place = Place(self.number, shortened(text))
        level = (
            min(whole(element.get(f"{TEXT}outline-level"), 1), 6) if element.tag == f"{TEXT}h" else int(style.is_title)
        )
        self.is_in_heading = level > 0
        outer, self.look = self.look, self.look_of(style)
        self.inside(element)
        self.look = outer
        # The end of the paragraph was inserted, and this is rejected: it goes on in the next.
        self.is_joining = self.changes.is_rejecting
        if not self.is_joining:
            self.close(style, level)

    def close(self, style: OdtStyle | None = None, level: int = 0) -> None:
        """End the open paragraph, with what is anchored in it."""
        style = style or OdtStyle()
        region = Region.CONTENTS if style.is_contents and self.region is Region.BODY else self.region
        level = 0 if region is Region.CONTENTS else level
        for spans in split_paragraphs(self.spans.take()):
            self.append(Paragraph(
                without_heading_look(spans) if level else spans, Place(self.place.number, self.place.opening),
                heading_level=level, is_quote=style.is_quote, region=region,
            ))  # fmt: skip
        self.blocks += self.after
        self.after, self.is_in_heading = [], False

    def append(self, paragraph: Paragraph) -> None:
        """Add a paragraph: in a list, the first one of an item is the item, and others continue it."""
        item, before = self.lists.item, self.blocks[-1] if self.blocks else None
        if item is None or paragraph.heading_level:
            self.blocks.append(paragraph)
            return
        is_more = item.is_begun and isinstance(before, Paragraph) and before.list_level == item.level
        if is_more and isinstance(before, Paragraph) and len(before.spans) < MOST_JOINED:
            self.blocks[-1] = replace(before, spans=(*before.spans, Span("\n"), *paragraph.spans))
            return
        number, item.is_begun = "" if item.is_begun else item.number, True
        level = min(item.level, 9)
        self.blocks.append(replace(paragraph, list_level=level, is_numbered=item.is_numbered, number=number))

    def open_list(self, element: etree._Element) -> None:
        self.lists.begin(element)
        self.inside(element)
        self.lists.end()

    def list_item(self, element: etree._Element) -> None:
        self.lists.begin_item(element)
        self.inside(element)
        self.lists.end_item()

    def contents(self, element: etree._Element) -> None:
        outer = self.region
        self.region = Region.CONTENTS if outer is Region.BODY else outer
        self.inside(element)
        self.region = outer

    def section(self, element: etree._Element) -> None:
        if element.get(f"{TEXT}display") == "none":
            self.hidden(element)
        else:
            self.inside(element)

    def table(self, element: etree._Element) -> None:
        rows = [
            row for row in element.iter(f"{_TABLE}table-row") if next(row.iterancestors(f"{_TABLE}table")) is element
        ]
        headers = [
            next(row.iterancestors(f"{_TABLE}table-header-rows", f"{_TABLE}table")) is not element for row in rows
        ]
        place = Place(self.number + 1)
        self.blocks += table_blocks([self._row(row) for row in rows], place, header_rows=sum(headers))

    def _row(self, row: etree._Element) -> list[Cell]:
        spanned, rows = f"{_TABLE}number-columns-spanned", f"{_TABLE}number-rows-spanned"
        return [
            Cell(self.blocks_in(cell), whole(cell.get(spanned), 1), whole(cell.get(rows), 1))
            for cell in row.iterfind(f"{_TABLE}table-cell")
        ]

    _handlers: ClassVar[Mapping[str, Callable[..., None]]] = {
        **INLINE_HANDLERS,
        f"{TEXT}p": paragraph,
        f"{TEXT}h": paragraph,
        f"{TEXT}list": open_list,
        f"{TEXT}list-item": list_item,
        f"{TEXT}list-header": list_item,
        f"{TEXT}table-of-content": contents,
        f"{TEXT}section": section,
        f"{_TABLE}table": table,
    }
