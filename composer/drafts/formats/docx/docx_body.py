"""Reads the paragraphs, tables, boxes and pictures of a Word document, in reading order.

Input: the tree of a part in which changes were resolved. Output: blocks. Guarantees: boxes and pictures follow the
paragraph in which they are anchored.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from lxml import etree

from composer.drafts.draft_document import Block, OmissionKind, Paragraph, Picture, Region
from composer.drafts.formats.docx.docx_inline import INLINE_HANDLERS, A, InlineReader, OpenParagraph, WordDraft
from composer.drafts.formats.docx.docx_numbering import ListMark
from composer.drafts.formats.docx.docx_package import R, W
from composer.drafts.formats.docx.docx_styles import outline_level, toggle, value_of, whole_number
from composer.drafts.formats.picture_data import media_type_of
from composer.drafts.formats.span_collector import split_paragraphs, without_heading_look
from composer.drafts.formats.table_cells import Cell, table_blocks

_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_V = "{urn:schemas-microsoft-com:vml}"
_O = "{urn:schemas-microsoft-com:office:office}"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
#: The elements that have something to read.
READABLE = (f"{W}t", f"{A}blip", f"{A}t", f"{_V}imagedata", _CHART, _DIAGRAM)


class BodyReader(InlineReader):
    """Reads one part of the package."""

    def __init__(self, draft: WordDraft, path: str, tree: etree._Element, region: Region = Region.BODY) -> None:
        """Prepare to read a part."""
        super().__init__(draft, path, tree)
        self.region = region
        self.blocks: list[Block] = []

    def read(self, element: etree._Element) -> tuple[Block, ...]:
        """Read all blocks in an element, also in the middle of a paragraph."""
        outer = self.blocks, self.paragraph
        self.blocks, self.paragraph = [], OpenParagraph(place=self.paragraph.place)
        self.walk(element)
        self._close()
        made, (self.blocks, self.paragraph) = self.blocks, outer
        return tuple(made)

    def _close(self, **traits: int | bool | str) -> None:
        """End the open paragraph, with what is anchored in it."""
        parts = split_paragraphs(self.paragraph.spans.take())
        if traits.get("heading_level"):
            parts = [without_heading_look(spans) for spans in parts]
        for at, spans in enumerate(parts):
            # After an empty line in a paragraph, text goes on that is neither a heading nor an item.
            looks = {} if at else traits
            self.blocks.append(Paragraph(spans, self.paragraph.place, region=self.region, **looks))  # type: ignore[arg-type]
        self.blocks += self.paragraph.after

    def open_paragraph(self, element: etree._Element) -> None:
        """Read a paragraph."""
        outer, properties = (self.paragraph, self.region), element.find(f"{W}pPr")
        style = self.draft.styles.paragraph_style(value_of(properties, "pStyle"))
        self.paragraph = OpenParagraph(style, self.draft.places.get(element, self.paragraph.place))
        is_contents = style.is_contents or self.fields.is_contents
        self.walk(element)
        if self.region is Region.BODY and (is_contents or self.fields.is_contents):
            self.region = Region.CONTENTS
        level = outline_level(properties)
        level = (style.heading_level or 0) if level is None else level
        level = 0 if self.region is Region.CONTENTS else level
        mark = self._mark(properties)
        self._close(
            heading_level=level,
            list_level=0 if mark is None or level else mark.level,
            is_numbered=mark is not None and mark.is_numbered and not level,
            number="" if mark is None else mark.number,
            is_quote=style.is_quote,
        )
        self.paragraph, self.region = outer

    def _mark(self, properties: etree._Element | None) -> ListMark | None:
        """Return the number or bullet of a paragraph; direct formatting goes before the style."""
        style, numbers = self.paragraph.style, None if properties is None else properties.find(f"{W}numPr")
        list_id = value_of(numbers, "numId") or style.list_id
        if not list_id or list_id == "0" or self.paragraph.spans.is_empty:
            return None
        depth = whole_number(value_of(numbers, "ilvl"))
        return self.draft.numbering.next_mark(list_id, depth if depth is not None else style.list_depth or 0)

    def table(self, element: etree._Element) -> None:
        """Read a table, also one inside another."""
        rows = [row for row in element.iter(f"{W}tr") if next(row.iterancestors(f"{W}tbl")) is element]
        read = [self._row(row) for row in rows]
        headers = [toggle(row.find(f"{W}trPr"), "tblHeader") for row in rows]
        place = next((block.place for row in read for cell in row for block in cell.blocks), self.paragraph.place)
        self.blocks += table_blocks(read, place, header_rows=sum(map(bool, headers)))

    def _row(self, row: etree._Element) -> list[Cell]:
        before = whole_number(value_of(row.find(f"{W}trPr"), "gridBefore")) or 0
        cells = [cell for cell in row.iter(f"{W}tc") if next(cell.iterancestors(f"{W}tr")) is row]
        return [Cell(())] * min(before, 50) + [
            Cell(self.read(cell), columns=whole_number(value_of(cell.find(f"{W}tcPr"), "gridSpan")) or 1)
            for cell in cells
        ]

    def box(self, element: etree._Element) -> None:
        """Read a text box."""
        outer = self.region
        self.region = Region.TEXT_BOX if outer is Region.BODY else outer
        self.paragraph.after += self.read(element)
        self.region = outer

    def content_control(self, element: etree._Element) -> None:
        """Read a content control; one kind of them contains the table of contents."""
        outer = self.region
        gallery = element.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
        if gallery is not None and gallery.get(f"{W}val") == "Table of Contents" and outer is Region.BODY:
            self.region = Region.CONTENTS
        self.walk(element)
        self.region = outer

    def picture(self, element: etree._Element) -> None:
        """Read a picture: embedded, or linked, which is never fetched."""
        relation = self.relations.get(_reference(element, "embed", "id", "link"))
        if relation is None:
            return
        data = b"" if relation.is_external else self.draft.package.archive.read(relation.target)
        source = relation.target if relation.is_external else relation.target.rpartition("/")[2]
        if data or relation.is_external:
            self.paragraph.after.append(
                Picture(data, media_type_of(data, source), self.paragraph.place, alt=_alt_text(element), source=source)
            )

    def chart(self, element: etree._Element) -> None:
        """Note a chart or a diagram, with its words."""
        relation = self.relations.get(_reference(element, "dm", "id"))
        tree = None if relation is None or relation.is_external else self.draft.package.tree(relation.target)
        words = () if tree is None else (each.text or "" for each in tree.iter(f"{A}t"))
        self.omit(OmissionKind.OBJECT, " ".join(" ".join(words).split()))

    def attachment(self, element: etree._Element) -> None:
        """Note a document inside the document."""
        self.omit(OmissionKind.ATTACHMENT, element.get("ProgID", ""))

    def imported(self, element: etree._Element) -> None:
        """Note a page that another program put into the document without converting it."""
        relation = self.relations.get(element.get(f"{R}id", ""))
        self.omit(OmissionKind.ATTACHMENT, "" if relation is None else relation.target.rpartition("/")[2])

    _handlers: ClassVar[Mapping[str, Callable[..., None]]] = {
        **INLINE_HANDLERS,
        f"{W}p": open_paragraph,
        f"{W}tbl": table,
        f"{W}txbxContent": box,
        f"{W}sdt": content_control,
        f"{A}blip": picture,
        f"{_V}imagedata": picture,
        _CHART: chart,
        _DIAGRAM: chart,
        f"{_O}OLEObject": attachment,
        f"{W}altChunk": imported,
    }


def _reference(element: etree._Element, *names: str) -> str:
    return next((key for name in names if (key := element.get(f"{R}{name}"))), "")


def _alt_text(element: etree._Element) -> str:
    """Return the description of a picture. Names that Word makes up, such as “Picture 1”, do not count."""
    for holder in element.iterancestors(f"{_WP}inline", f"{_WP}anchor"):
        properties = holder.find(f"{_WP}docPr")
        if properties is not None:
            return (properties.get("descr") or properties.get("title") or "").strip()
    for shape in element.iterancestors(f"{_V}shape", f"{_V}rect"):
        return (shape.get("alt") or element.get(f"{_O}title") or "").strip()
    return ""
