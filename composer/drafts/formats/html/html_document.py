"""Reads a web page as a draft: exported by Google Docs, saved by Word, copied from a site, or written by hand.

Input: HTML as text, and a way to get pictures by name. Output: a `DraftDocument`. Guarantees: text that a browser shows is
read in its order; scripts, and what is hidden, are not. Nothing is fetched.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from lxml import etree

from composer.drafts.draft_document import (
    Block,
    Comment,
    DraftDocument,
    Omission,
    OmissionKind,
    Paragraph,
    Place,
    Region,
    Span,
    text_of,
)  # fmt: skip
from composer.drafts.formats.embedded_data import EmbeddedData
from composer.drafts.formats.html.css_looks import is_hidden
from composer.drafts.formats.html.html_inline import HtmlInline, OpenBlock
from composer.drafts.formats.html.html_lists import HtmlItem, item_of, word_item
from composer.drafts.formats.html.html_notes import is_back_mark, text_in
from composer.drafts.formats.html.html_tags import BLOCKS, SKIPPED
from composer.drafts.formats.span_collector import (
    MOST_JOINED,
    PLAIN,
    SpanCollector,
    shortened,
    split_paragraphs,
    tidy,
    without_heading_look,
    without_start,
)  # fmt: skip
from composer.drafts.formats.table_cells import Cell, joined_spans, table_blocks

_TITLE, _CONTENTS = re.compile(r"\b(?:title|MsoTitle)\b"), re.compile(r"\bMsoToc\w*", re.IGNORECASE)
_TO_HEADING = re.compile(r"#(?:h\.|_Toc|_heading|heading)")


def read_html(text: str, data: EmbeddedData, picture: Callable[[str], bytes] = lambda _: b"") -> DraftDocument:
    """Read a page. `data` are the pictures that were in the text; `picture` returns one next to it, or b"".

    Raises RecursionError if elements are nested too deeply.
    """
    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=True, encoding="utf-8")
    root = etree.fromstring(f"<div>{text}</div>".encode("utf-8", "replace"), parser)
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        # The parser drops what is too deep.
        raise RecursionError
    return DraftDocument(()) if root is None else _PageReader(root, data, picture).read()


class _PageReader(HtmlInline):
    """Reads the elements of a page one after the other."""

    def read(self) -> DraftDocument:
        blocks = self.blocks_in(self.root)
        footnotes: dict[str, tuple[Span, ...]] = {}
        comments: list[Comment] = []
        for element, label in list(self.labels.items()):
            note = self.notes.elements[element]
            self.skipped -= {element}
            self.skipped |= {link for link in note.back_links if is_back_mark(text_in(link))}
            spans = tidy(list(joined_spans(self.blocks_in(element))))
            if note.is_comment:
                comments.append(Comment(label, "", text_of(spans), self.places.get(element, Place(0))))
            else:
                footnotes[label] = spans
        return DraftDocument(blocks, footnotes, tuple(comments), omissions=tuple(self.omissions))

    def blocks_in(self, element: etree._Element) -> tuple[Block, ...]:
        """Read an element on its own."""
        outer = self.blocks, self.spans, self.open, self.look, self.pictures
        self.blocks, self.spans, self.pictures, self.look = [], SpanCollector(), [], PLAIN
        self.open = OpenBlock(element, is_quote=self.open.is_quote)
        self.inside(element)
        self.flush()
        made = tuple(self.blocks)
        self.blocks, self.spans, self.open, self.look, self.pictures = outer
        return made

    def inside(self, element: etree._Element) -> None:
        self.text(element.text)
        for child in element:
            if isinstance(child.tag, str) and child.tag not in SKIPPED and child not in self.skipped:
                self.element(child)
            self.text(child.tail)

    def element(self, element: etree._Element) -> None:
        css = self.css.look(element)
        if is_hidden(css) or element.get("hidden") is not None:
            if text := " ".join(text_in(element).split()):
                self.omissions.append(Omission(OmissionKind.HIDDEN_TEXT, Place(self.number), text))
            return
        outer, self.look = self.look, self.look_of(element, css)
        match element.tag:
            case "br":
                self.spans.add("\n", self.look)
            case "img":
                self.picture(element)
            case "table":
                self.table(element)
            case "a" if element in self.notes.references:
                self.reference(self.notes.references[element])
            case "a" if _TO_HEADING.match(element.get("href") or ""):
                self.is_to_heading = True
                self.inside(element)
                self.is_to_heading = False
            case "rt":
                self.spans.add("(", self.look)
                self.inside(element)
                self.spans.add(")", self.look)
            case tag if tag in BLOCKS or css.get("display") == "block":
                self.block(element, css)
            case _:
                self.inside(element)
        self.look = outer

    def table(self, element: etree._Element) -> None:
        """Read a table; text in it that is in no cell comes before it, as in a browser."""
        self.flush()
        rows: list[etree._Element] = []
        self.between_cells(element, rows)
        self.flush()
        place = Place(self.line_of(element) or self.number + 1)
        cells = [list(row.iterchildren("td", "th")) for row in rows]
        headers = [
            next(row.iterancestors("thead", "table")).tag == "thead"
            or bool(each)
            and all(cell.tag == "th" for cell in each)
            for row, each in zip(rows, cells, strict=True)
        ]
        read = [
            [Cell(self.blocks_in(each), _span(each, "colspan"), _span(each, "rowspan")) for each in row]
            for row in cells
        ]
        count = next((at for at, is_header in enumerate(headers) if not is_header), len(headers))
        self.blocks += table_blocks(read, place, header_rows=count)

    def between_cells(self, element: etree._Element, rows: list[etree._Element]) -> None:
        """Find the rows of a table, and read what is in none of its cells."""
        self.text(element.text)
        for child in element:
            if child.tag in ("thead", "tbody", "tfoot", "tr"):
                rows += [child] if child.tag == "tr" else []
                self.between_cells(child, rows)
            elif (
                isinstance(child.tag, str)
                and child.tag not in SKIPPED
                and not (element.tag == "tr" and child.tag in ("td", "th"))
            ):
                self.element(child)
            self.text(child.tail)

    def block(self, element: etree._Element, css: dict[str, str]) -> None:
        self.flush()
        outer = self.open
        heading = int(element.tag[1]) if re.fullmatch("h[1-6]", element.tag) else 0
        heading = heading or (1 if element.tag == "p" and _TITLE.search(element.get("class") or "") else 0)
        self.open = OpenBlock(
            element,
            heading_level=heading or outer.heading_level,
            item=element if element.tag == "li" else None if element.tag in ("ul", "ol", "dl") else outer.item,
            is_quote=outer.is_quote or element.tag == "blockquote",
            is_preformatted=outer.is_preformatted
            or element.tag == "pre"
            or css.get("white-space", "").startswith("pre"),
        )
        self.inside(element)
        self.flush()
        self.open = outer

    def flush(self) -> None:
        """End the open paragraph."""
        is_contents = self.has_entry and not self.has_other
        spans, pictures, self.pictures, self.has_entry, self.has_other = (
            self.spans.take(),
            self.pictures,
            [],
            False,
            False,
        )
        parts = [spans] if self.open.is_preformatted else split_paragraphs(spans)
        for part in parts:
            self.number += 1
            place = Place(self.line_of(self.open.element) or self.number, shortened(text_of(part)))
            self.places.update(dict.fromkeys(self.commented, place))
            self.commented = []
            self.add(
                part, place, is_contents=is_contents or bool(_CONTENTS.search(self.open.element.get("class") or ""))
            )
        self.blocks += pictures

    def add(self, spans: tuple[Span, ...], place: Place, *, is_contents: bool) -> None:
        level, element = 0 if is_contents else self.open.heading_level, self.open.item
        item = None if level else item_of(element) if element is not None else self.word_item(text_of(spans))
        before = self.blocks[-1] if self.blocks else None
        is_more = element is not None and self.item_blocks.get(element) == len(self.blocks) - 1
        if is_more and isinstance(before, Paragraph) and len(before.spans) < MOST_JOINED:
            self.blocks[-1] = replace(before, spans=(*before.spans, Span("\n"), *spans))
            return
        if element is not None:
            self.item_blocks[element] = len(self.blocks)
        spans = without_heading_look(spans) if level else spans
        if item is not None and item.length:
            spans = without_start(spans, item.length)
        self.blocks.append(
            Paragraph(
                spans,
                place,
                heading_level=level,
                list_level=item.level if item else 0,
                is_numbered=item is not None and item.is_numbered,
                number=item.number if item else "",
                is_quote=self.open.is_quote,
                region=Region.CONTENTS if is_contents else Region.BODY,
            )
        )

    def word_item(self, text: str) -> HtmlItem | None:
        element = self.open.element
        return word_item(element, element.get("style") or "", text)


def _span(element: etree._Element, name: str) -> int:
    text = element.get(name) or ""
    return int(text) if re.fullmatch(r"\d{1,4}", text) else 1
