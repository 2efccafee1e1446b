"""The files in a draft that is a ZIP file, and its XML, with limits for hostile ones.

Input: bytes. Output: files by name, and trees. Guarantees: unpacks in memory and only what is asked for; no document type,
no entity and no external file is ever read; time and memory are bounded by the limits below.
"""

import zipfile
import zlib
from io import BytesIO

from lxml import etree

from composer.core.untrusted.zip_limits import size_fault, zip_fault
from composer.drafts.formats.draft_error import DraftError

#: Files in the draft.
_MOST_FILES = 10_000
#: Bytes of all files in the draft, unpacked.
_MOST_BYTES = 200 << 20
#: Bytes and elements of one XML file: a text of 2,000 words has about 300 KB and 10,000 elements.
_LARGEST_XML = 32 << 20
_MOST_ELEMENTS = 1_000_000
_DECLARATIONS = tuple(
    text.encode(encoding) for text in ("<!DOCTYPE", "<!ENTITY") for encoding in ("ascii", "utf-16-le", "utf-16-be")
)


class DraftArchive:
    """An opened draft. `name` is its name in messages."""

    def __init__(self, data: bytes, name: str) -> None:
        """Open a draft. Raises DraftError if it is damaged, protected, or exceeds the limits."""
        self.name = name
        if fault := zip_fault(data, most_files=_MOST_FILES):
            raise DraftError(f"{name} {fault}", "save it again in the program that made it")
        try:
            self._archive = zipfile.ZipFile(BytesIO(data))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise self.damaged() from None
        entries = self._archive.infolist()
        if fault := size_fault(entries, most_bytes=_MOST_BYTES):
            raise DraftError(
                f"{name} {fault}", "make the pictures in it smaller, or paste the text into a new document"
            )
        if any(entry.flag_bits & 1 for entry in entries):
            raise DraftError(f"{name} is password-protected", "save a copy without a password")
        self.names = frozenset(self._archive.namelist())

    def damaged(self, what: str = "it cannot be unpacked") -> DraftError:
        """Return the error for a damaged draft."""
        return DraftError(f"{self.name} is damaged: {what}", "save or download it again")

    def read(self, name: str) -> bytes:
        """Unpack one file; b"" if it does not exist. Raises DraftError."""
        if name not in self.names:
            return b""
        try:
            return self._archive.read(name)
        except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError, zlib.error):
            raise self.damaged(f"{name} in it cannot be unpacked") from None

    def xml(self, name: str) -> etree._Element | None:
        """Return the tree of an XML file; None if the file does not exist. Raises DraftError."""
        if name not in self.names:
            return None
        if self._archive.getinfo(name).file_size > _LARGEST_XML:
            size = self._archive.getinfo(name).file_size >> 20
            raise DraftError(f"{self.name}: {name} in it has {size:,} MB; the limit is {_LARGEST_XML >> 20} MB", _SPLIT)
        data = self.read(name)
        if any(declaration in data for declaration in _DECLARATIONS):
            raise DraftError(f"{self.name} declares a document type or entities, which no draft needs", _AGAIN)
        if data.count(b"<") > 2 * _MOST_ELEMENTS:
            raise DraftError(f"{self.name} has more than {_MOST_ELEMENTS:,} elements", _SPLIT)
        return self._parsed(_transitional(data), name)

    def _parsed(self, data: bytes, name: str) -> etree._Element:
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
        )
        try:
            return etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise self.damaged(f"{name} in it is not valid XML ({error})") from None


_SPLIT = "split it into several documents"
_AGAIN = "copy the text into a new document"
_STRICT = b"http://purl.oclc.org/ooxml/"
_USUAL = (
    (b"http://purl.oclc.org/ooxml/officeDocument/", b"http://schemas.openxmlformats.org/officeDocument/2006/"),
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    ),
    (b"http://purl.oclc.org/ooxml/drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
)


def _transitional(data: bytes) -> bytes:
    """Return XML with the usual names: “Strict Open XML”, a choice in Word, has others for the same things."""
    if _STRICT in data:
        for strict, usual in _USUAL:
            data = data.replace(strict, usual)
    return data
