"""Reads a PDF as assistive software reads it: the words in the order of its tags.

Input: the bytes of a tagged PDF. Output: a `PdfReading`. Guarantees: it does not know how the PDF was made; PDFium, the
reader of Chromium, reads it. Only this module imports it.
"""

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

_HEADINGS = frozenset(("H", "H1", "H2", "H3", "H4", "H5", "H6"))
#: What PDFium returns for a hyphen at the end of a line.
_LINE_END_HYPHEN = "\x02"


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfFragment:
    """Words in one line and one style, or a picture without words."""

    text: str
    #: Counted from 1.
    page: int
    is_heading: bool
    #: The language in the tags, if it is not that of the document.
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfReading:
    """What is in a PDF."""

    pages: int
    #: All words and pictures but headers and footers, in reading order.
    fragments: tuple[PdfFragment, ...]
    #: The page of each anchor, counted from 1.
    targets: dict[str, int]
    #: The links inside the PDF: the page that each is on, and the page that it leads to.
    links: tuple[tuple[int, int], ...]


def read_pdf(data: bytes) -> PdfReading:
    """Read a tagged PDF."""
    document = pypdfium2.PdfDocument(data)
    try:
        fragments: list[PdfFragment] = []
        links: list[tuple[int, int]] = []
        for index in range(len(document)):
            page = document[index]
            fragments += _fragments(page, index + 1)
            links += ((index + 1, target) for target in _links(document, page))
            page.close()
        return PdfReading(
            pages=len(document), fragments=tuple(fragments), targets=_targets(document), links=tuple(links)
        )
    finally:
        document.close()


def _fragments(page: pypdfium2.PdfPage, number: int) -> Iterator[PdfFragment]:
    """Yield the content of a page in the order of its tags."""
    words = pdfium.FPDFText_LoadPage(page)
    tree = pdfium.FPDF_StructTree_GetForPage(page)
    try:
        content: dict[int, str] = {}
        for item in _objects(page):
            if (mark := _mark(item)) is not None:
                content[mark] = content.get(mark, "") + _text(item, words)
        for at in range(pdfium.FPDF_StructTree_CountChildren(tree)):
            if element := pdfium.FPDF_StructTree_GetChildAtIndex(tree, at):
                yield from _walk(element, content, number, is_heading=False, language="")
    finally:
        pdfium.FPDF_StructTree_Close(tree)
        pdfium.FPDFText_ClosePage(words)


def _objects(page: pypdfium2.PdfPage) -> Iterator[Any]:
    """Yield the texts and pictures of a page, also those in groups."""
    waiting = [pdfium.FPDFPage_GetObject(page, at) for at in range(pdfium.FPDFPage_CountObjects(page))]
    waiting.reverse()
    while waiting:
        item = waiting.pop()
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_FORM:
            count = pdfium.FPDFFormObj_CountObjects(item)
            waiting += (pdfium.FPDFFormObj_GetObject(item, at) for at in reversed(range(count)))
        elif kind in (pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_IMAGE):
            yield item


def _mark(item: Any) -> int | None:
    """Return the number of the marked content that contains an object."""
    number = pdfium.FPDFPageObj_GetMarkedContentID(item)
    return None if number < 0 else int(number)


def _text(item: Any, words: Any) -> str:
    if pdfium.FPDFPageObj_GetType(item) != pdfium.FPDF_PAGEOBJ_TEXT:
        return ""
    text = _string(lambda buffer, size: pdfium.FPDFTextObj_GetText(item, words, buffer, size), ctypes.c_ushort)
    return text.replace(_LINE_END_HYPHEN, "-")


def _walk(
    element: Any, content: dict[int, str], number: int, *, is_heading: bool, language: str
) -> Iterator[PdfFragment]:
    kind = _string(lambda buffer, size: pdfium.FPDF_StructElement_GetType(element, buffer, size))
    is_heading = is_heading or kind in _HEADINGS
    language = _string(lambda buffer, size: pdfium.FPDF_StructElement_GetLang(element, buffer, size)) or language
    for at in range(pdfium.FPDF_StructElement_CountChildren(element)):
        if child := pdfium.FPDF_StructElement_GetChildAtIndex(element, at):
            yield from _walk(child, content, number, is_heading=is_heading, language=language)
            continue
        mark = pdfium.FPDF_StructElement_GetChildMarkedContentID(element, at)
        if mark in content:
            text = content[mark]
            yield PdfFragment(text=text, page=number, is_heading=is_heading, language=language)


def _links(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage) -> Iterator[int]:
    """Yield the pages that the links of a page lead to."""
    position, link = ctypes.c_int(0), pdfium.FPDF_LINK()
    while pdfium.FPDFLink_Enumerate(page, position, link):
        target = pdfium.FPDFLink_GetDest(document, link)
        if target:
            yield pdfium.FPDFDest_GetDestPageIndex(document, target) + 1


def _targets(document: pypdfium2.PdfDocument) -> dict[str, int]:
    found: dict[str, int] = {}
    for at in range(pdfium.FPDF_CountNamedDests(document)):
        size = ctypes.c_long(0)
        pdfium.FPDF_GetNamedDest(document, at, None, size)
        buffer = ctypes.create_string_buffer(max(size.value, 0) + 2)
        target = pdfium.FPDF_GetNamedDest(document, at, buffer, size)
        if target and size.value > 0:
            name = buffer.raw[: size.value].decode("utf-16-le", "replace").rstrip("\0")
            found[name] = pdfium.FPDFDest_GetDestPageIndex(document, target) + 1
    return found


def _string(read: Callable[[Any, int], int], unit: Any = ctypes.c_char) -> str:
    """Return a text of PDFium, which says how many bytes it needs."""
    size = read(None, 0)
    if size <= 2:
        return ""
    buffer = (unit * (size // ctypes.sizeof(unit)))()
    read(buffer, size)
    return bytes(buffer)[:size].decode("utf-16-le", "replace").rstrip("\0")
