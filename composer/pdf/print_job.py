"""What is printed, and what comes of it, as values that go from one process to another.

Input: a page and what belongs to it. Output: a PDF and its faults. Guarantees: no file, no address, no clock.
"""

import datetime
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

_PLACE = re.compile(r' data-at="[^"]*"')


class PdfFaultKind(StrEnum):
    """What may be wrong with a printed PDF."""

    #: Words of the page are not in the PDF.
    LOST_TEXT = "lost_text"
    #: No font on this computer has a character, so a box is printed.
    NO_GLYPH = "no_glyph"
    #: The page number that is printed in the contents is not the page that the link leads to.
    WRONG_NUMBER = "wrong_number"
    #: A heading is the last thing on a page.
    HEADING_ENDS_PAGE = "heading_ends_page"


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfFault:
    """One fault in a printed PDF."""

    kind: PdfFaultKind
    #: Where the text is written, as `path:line:column`; empty if it is not the text of an editor.
    place: str
    #: The words that are lost, the characters without a glyph, or the words of the heading or of the entry.
    about: str
    #: The page on which it is, counted from 1; 0 if it is not on a page.
    page: int = 0
    #: The page number that is printed in the contents.
    printed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintJob:
    """A page to print. The elements of its texts may have their places in `data-at` (marked_document.py)."""

    #: A whole HTML page with `lang`. It loads nothing but its pictures.
    html: str
    #: The style sheets for paper, in CSS.
    styles: str
    #: The bytes of each picture, by the address in `src` and in style sheets.
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    title: str
    author: str
    date: datetime.date

    @property
    def printed_html(self) -> str:
        """The page as it is printed, without places."""
        return _PLACE.sub("", self.html)

    @property
    def digest(self) -> str:
        """The digest of all that the PDF shows: with the same fonts and programs, the same digest means the same PDF."""
        digest = hashlib.sha256()
        for part in (self.printed_html, self.styles, self.title, self.author, self.date.isoformat(), *self.pictures):
            digest.update(part.encode() + b"\0")
        for picture in self.pictures.values():
            digest.update(hashlib.sha256(picture).digest())
        return digest.hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedPdf:
    """A printed PDF, and what is wrong with it."""

    data: bytes
    pages: int
    faults: tuple[PdfFault, ...] = ()
    #: Whether the library is missing that makes small fonts quickly (libharfbuzz-subset).
    is_subsetting_slow: bool = False
