"""Recognizes what a file is by its content, regardless of its name: for files that should be an issue, and for drafts.

Input: the bytes of a file. Output: what it is and what to do, or None for plain text. Guarantees: looks only at how the file
begins and, in ZIP files and old Office files, at the names of what they contain. Only `refusal_of_draft` opens a file.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from composer.core.command_lines import command_line
from composer.core.errors import UsageError
from composer.core.issue_names import may_hold_an_issue
from composer.core.untrusted.zip_limits import zip_fault


class FileType(StrEnum):
    """Files that are not plain text."""

    WORD = "word"
    OPEN_DOCUMENT = "open-document"
    HTML = "html"
    ZIPPED_HTML = "zipped-html"
    OLD_WORD = "old-word"
    PROTECTED = "protected"
    RTF = "rtf"
    PDF = "pdf"
    PAGES = "pages"
    SPREADSHEET = "spreadsheet"
    PRESENTATION = "presentation"
    WEB_ARCHIVE = "web-archive"
    XML = "xml"
    PICTURE = "picture"
    MACOS_METADATA = "macos-metadata"
    COMPRESSED = "compressed"
    ZIP = "zip"
    #: a ZIP or Office file that cannot be opened
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """What a file is. `remedy` says how to make a draft from it; empty if it can be read as a draft."""

    type: FileType
    name: str
    remedy: str = ""


_SAVE_AS_WORD = "open it in the program that made it, and save it as a Word document (.docx)"
_KINDS = {
    kind.type: kind
    for kind in (
        FileKind(type=FileType.WORD, name="a Word document"),
        FileKind(type=FileType.OPEN_DOCUMENT, name="an OpenDocument text"),
        FileKind(type=FileType.HTML, name="an HTML page"),
        FileKind(type=FileType.ZIPPED_HTML, name="a zipped HTML page"),
        FileKind(
            type=FileType.OLD_WORD,
            name="an Office file in an old format, such as .doc",
            remedy="open it in Word or LibreOffice, and save it as .docx",
        ),
        FileKind(
            type=FileType.PROTECTED, name="a password-protected document", remedy="save a copy without a password"
        ),
        FileKind(
            type=FileType.RTF, name="an RTF document", remedy="open it in Word or TextEdit, and save it as .docx"
        ),
        FileKind(
            type=FileType.PDF,
            name="a PDF file",
            remedy="use the document that the PDF was made from, or copy the text into a text file",
        ),
        FileKind(
            type=FileType.PAGES, name="a Pages document", remedy="in Pages, choose File > Export To > Word"
        ),
        FileKind(
            type=FileType.SPREADSHEET, name="a spreadsheet", remedy="copy what you need into a Word document"
        ),
        FileKind(
            type=FileType.PRESENTATION, name="a presentation", remedy="copy what you need into a Word document"
        ),
        FileKind(type=FileType.WEB_ARCHIVE, name="a web archive", remedy=_SAVE_AS_WORD),
        FileKind(type=FileType.XML, name="an XML file", remedy=_SAVE_AS_WORD),
        FileKind(type=FileType.PICTURE, name="a picture", remedy="put pictures in assets/, next to the issue"),
        FileKind(type=FileType.MACOS_METADATA, name="a macOS metadata file", remedy="delete it"),
        FileKind(type=FileType.COMPRESSED, name="a compressed file", remedy="unpack it first"),
        FileKind(type=FileType.ZIP, name="a ZIP file", remedy="unpack it, and choose the document in it"),
        FileKind(
            type=FileType.DAMAGED,
            name="a damaged Word, OpenDocument or ZIP file",
            remedy="save or download it again",
        ),
    )
}  # fmt: skip
_TAG = "html|head|body|meta|title|style|script|div|span|p|table|h[1-6]|ul|ol|br|b|i|a|font|article|section|main|center"
_PAGE = re.compile(rb"\s*(?:<!doctype\s+html|<!--|<(?:%b)[\s>/])" % _TAG.encode(), re.IGNORECASE)
#: How a file starts.
_STARTS: tuple[tuple[re.Pattern[bytes], FileType], ...] = (
    (re.compile(rb"\s*\{\\(?:rtf|urtf)"), FileType.RTF),
    (_PAGE, FileType.HTML),
    (re.compile(rb"\s*<\?xml[^>]*>\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+)?html", re.IGNORECASE | re.DOTALL), FileType.HTML),
    (re.compile(rb"\s*<\?xml"), FileType.XML),
    (re.compile(rb"\s*%PDF-"), FileType.PDF),
    (re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|II\*\0|MM\0\*", re.DOTALL), FileType.PICTURE),
    (re.compile(rb"bplist00|\x00\x05\x16\x07"), FileType.MACOS_METADATA),
    (re.compile(rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!"), FileType.COMPRESSED),
    (re.compile(rb"(?:From: .*\r?\n|Subject: .*\r?\n|Date: .*\r?\n)*MIME-Version: 1\.0", re.IGNORECASE), FileType.WEB_ARCHIVE),
)  # fmt: skip
_ZIP, _EMPTY_ZIP, _OLE = b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0"
#: The type of these depends on what is inside.
_CONTAINERS = (_ZIP, _EMPTY_ZIP, _OLE)
#: Bytes of a draft.
LARGEST_DRAFT = 50_000_000
#: Documents that must be saved in another format before `compose draft` can read them.
_DOCUMENTS = (
    FileType.OLD_WORD, FileType.PROTECTED, FileType.RTF, FileType.PDF, FileType.PAGES, FileType.WEB_ARCHIVE, FileType.XML,
)  # fmt: skip
_TEXTS = (".txt", ".text", ".md", ".markdown")
#: Bytes that are looked at in a text.
_START = 4000
#: Files that a ZIP file can contain to be looked at.
_MOST_FILES = 10_000


def kind_of_start(start: bytes, file: BinaryIO) -> FileKind | None:
    """Return the kind of an open file of which the start was read; reads on if the kind depends on what is inside."""
    return kind_of(start + file.read(LARGEST_DRAFT) if start.startswith(_CONTAINERS) else start)


def kind_of(data: bytes) -> FileKind | None:
    """Return the kind of a file that is not plain text; None for text in any encoding."""
    if data.startswith(_OLE):
        return _KINDS[_in_old_office(data)]
    if data.startswith(_CONTAINERS):
        return _KINDS[_in_zip(data)]
    start = data[:_START].removeprefix(b"\xef\xbb\xbf")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = start.decode("utf-16", "replace").encode()
    return next((_KINDS[kind] for pattern, kind in _STARTS if pattern.match(start)), None)


def refusal_of_draft(path: Path, shown: str) -> UsageError | None:
    """Return the error for a document that was named where an issue file was expected; None for other files."""
    try:
        with path.open("rb") as file:
            kind = kind_of_start(file.read(_START), file)
    except OSError:
        return None
    if kind is not None:
        return UsageError(f"{shown} is {kind.name}, not an issue file", how_to_draft(kind, shown))
    if path.suffix.lower() in _TEXTS and not may_hold_an_issue(path.name):
        hint = f"to turn it into an issue: {command_line('draft', shown)}"
        return UsageError(f"{shown} is a text file, not an issue file", hint)
    return None


def how_to_draft(kind: FileKind, name: str) -> str:
    """Return what to do with a file that was meant to be an issue."""
    if not kind.remedy:
        return f"to turn it into an issue: {command_line('draft', name)}"
    if kind.type in _DOCUMENTS:
        return f"{kind.remedy}; then turn it into an issue: {command_line('draft', 'FILE')}"
    return kind.remedy


def is_utf16(data: bytes) -> bool:
    """Check whether a file is UTF-16, also without a byte order mark: every second byte of Latin text is zero."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    start = data[:200]
    return (
        len(start) >= 4
        and any(start[at::2].count(0) > 0.8 * len(start[at::2]) for at in (0, 1))
        and bool(start.strip(b"\0"))
    )


def _in_old_office(data: bytes) -> FileType:
    """Word, Excel and PowerPoint put a document with a password into the file format that they used before 2007."""
    return FileType.PROTECTED if "EncryptedPackage".encode("utf-16-le") in data else FileType.OLD_WORD


def _in_zip(data: bytes) -> FileType:
    import zipfile

    if zip_fault(data, most_files=_MOST_FILES):
        return FileType.ZIP
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = frozenset(archive.namelist())
            mimetype = archive.read("mimetype")[:100] if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
        return FileType.DAMAGED
    return _by_names(names, mimetype)


def _by_names(names: frozenset[str], mimetype: bytes) -> FileType:
    if mimetype:
        if b"opendocument.text" in mimetype:
            return FileType.OPEN_DOCUMENT
        return FileType.SPREADSHEET if b"spreadsheet" in mimetype else FileType.ZIP
    if "[Content_Types].xml" in names:
        folders = {name.partition("/")[0] for name in names}
        found = (("xl", FileType.SPREADSHEET), ("ppt", FileType.PRESENTATION))
        return next((kind for folder, kind in found if folder in folders), FileType.WORD)
    if "Index/Document.iwa" in names or "index.xml" in names and "QuickLook/Thumbnail.jpg" in names:
        return FileType.PAGES
    if "content.xml" in names and "META-INF/manifest.xml" in names:
        return FileType.OPEN_DOCUMENT
    has_page = any(name.lower().endswith((".html", ".htm")) for name in names if not name.startswith("__MACOSX/"))
    return FileType.ZIPPED_HTML if has_page else FileType.ZIP
