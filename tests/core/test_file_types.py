"""What a file is, by its content: names do not matter, and every type that people have as a draft is known."""

import gzip
from pathlib import Path

import pytest

from composer.core.untrusted.file_types import FileType, kind_of, refusal_of_draft
from tests.drafts.word_factory import paragraph, word_file, zipped

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)
_ODT = {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}
FILES: dict[str, tuple[bytes, FileType | None]] = {
    "word": (word_file(paragraph("text")), FileType.WORD),
    "odt": (zipped(_ODT), FileType.OPEN_DOCUMENT),
    "odt without mimetype": (zipped({"content.xml": "<x/>", "META-INF/manifest.xml": "<x/>"}), FileType.OPEN_DOCUMENT),
    "ods": (zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), FileType.SPREADSHEET),
    "xlsx": (zipped({"[Content_Types].xml": "", "xl/workbook.xml": ""}), FileType.SPREADSHEET),
    "pptx": (zipped({"[Content_Types].xml": "", "ppt/presentation.xml": ""}), FileType.PRESENTATION),
    "google": (zipped({"Draft.html": "<html>", "images/image1.png": "x"}), FileType.ZIPPED_HTML),
    "pages": (zipped({"Index/Document.iwa": "x", "preview.jpg": "x"}), FileType.PAGES),
    "epub": (zipped({"mimetype": "application/epub+zip", "a.html": ""}), FileType.ZIP),
    "zip": (zipped({"a.csv": "x", "__MACOSX/a.html": ""}), FileType.ZIP),
    "too many files": (zipped({str(number): "" for number in range(10_001)}), FileType.ZIP),
    "truncated": (word_file(paragraph("text"))[:-50], FileType.DAMAGED),
    "doc": (_OLE + "WordDocument".encode("utf-16-le"), FileType.OLD_WORD),
    "password": (_OLE + "EncryptedPackage".encode("utf-16-le"), FileType.PROTECTED),
    "rtf": (b"{\\rtf1\\ansi hello}", FileType.RTF),
    "pdf": (b"%PDF-1.7\n", FileType.PDF),
    "png": (b"\x89PNG\r\n", FileType.PICTURE),
    "jpeg": (b"\xff\xd8\xff\xe0", FileType.PICTURE),
    "gzip": (gzip.compress(b"text"), FileType.COMPRESSED),
    "mht": (b"From: <Saved by Blink>\r\nSubject: A\r\nMIME-Version: 1.0\r\n", FileType.WEB_ARCHIVE),
    "xml": (b'<?xml version="1.0"?><w:wordDocument/>', FileType.XML),
    "xhtml": (b'<?xml version="1.0"?>\n<!DOCTYPE html>\n<html>', FileType.HTML),
    "html": (b"\xef\xbb\xbf\n<!doctype HTML>", FileType.HTML),
    "fragment": (b"<p>Hello</p>", FileType.HTML),
    "saved from the web": (b"<!-- saved from url=(0014)about:internet -->\n<html>", FileType.HTML),
    "html in utf-16": ("\ufeff<html><p>a</p>".encode("utf-16-le"), FileType.HTML),
    "text": (b"# Top story\n\nText", None),
    "text in utf-16": ("\ufeffText".encode("utf-16-le"), None),
    "an autolink": (b"<https://example.org>\n", None),
}


@pytest.mark.parametrize("name", FILES)
def test_types(name: str) -> None:
    """Each file is recognized by its content."""
    data, expected = FILES[name]
    kind = kind_of(data)
    assert (kind and kind.type) == expected


def test_a_document_instead_of_an_issue(tmp_path: Path) -> None:
    """The error says what the file is and which command turns it into an issue, with the file's name."""
    (tmp_path / "a draft.docx").write_bytes(FILES["word"][0])
    (tmp_path / "draft.pdf").write_bytes(FILES["pdf"][0])
    (tmp_path / "notes.md").write_text("# Notes")
    (tmp_path / "2025-01-30.yaml.txt").write_text("date: 2025-01-30")
    found = {path.name: refusal_of_draft(path, path.name) for path in tmp_path.iterdir()}
    assert {name: str(each) for name, each in found.items()} == {
        "a draft.docx": "a draft.docx is a Word document, not an issue file",
        "draft.pdf": "draft.pdf is a PDF file, not an issue file",
        "notes.md": "notes.md is a text file, not an issue file",
        "2025-01-30.yaml.txt": "None",
    }
    refusal = found["a draft.docx"]
    assert refusal is not None and refusal.hint == "to turn it into an issue: compose draft 'a draft.docx'"
    assert refusal_of_draft(tmp_path / "missing.docx", "missing.docx") is None
