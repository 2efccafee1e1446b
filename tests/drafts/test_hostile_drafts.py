"""Files that are damaged, protected, or made to harm: a clear error, in bounded time and memory."""

import resource
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from composer.drafts.formats.draft_error import DraftError
from composer.drafts.formats.draft_reader import read_draft, read_draft_file
from tests.drafts.odt_factory import odt_file, p
from tests.drafts.shown import shown
from tests.drafts.word_factory import NAMESPACES, paragraph, text, word_file, zipped

GOOD = word_file(paragraph("text"))


def with_document(xml: str | bytes) -> bytes:
    """Return a Word document with this text in place of its own."""
    relation = '<Relationship Id="1" Type="x/officeDocument" Target="word/document.xml"/>'
    return zipped(
        {
            "[Content_Types].xml": "",
            "_rels/.rels": f"<Relationships>{relation}</Relationships>",
            "word/document.xml": xml,
        }
    )


def declaring(size: int) -> bytes:
    """Return a Word document whose ZIP directory declares a size that its text does not have."""
    at = GOOD.index(b"PK\x01\x02")
    return GOOD[: at + 24] + struct.pack("<I", size) + GOOD[at + 28 :]


def encrypted() -> bytes:
    """Return a Word document that is encrypted as a ZIP file."""
    at = GOOD.index(b"PK\x01\x02")
    return GOOD[: at + 8] + b"\x01\x00" + GOOD[at + 10 :]


def nested(depth: int, tag: str = "w:sdt") -> bytes:
    """Return a Word document with elements in each other."""
    return word_file(f"<{tag}>" * depth + paragraph("deep") + f"</{tag}>" * depth)


ENTITIES = (
    '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
)
BODY = f"<w:document {NAMESPACES}><w:body><w:p><w:r><w:t>&c;</w:t></w:r></w:p></w:body></w:document>"
OUTSIDE = '<!DOCTYPE w SYSTEM "http://127.0.0.1:1/x.dtd">' + BODY.replace("&c;", "c")
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "a declared bomb": (lambda: declaring(0xFFFFFFF0), "unpacks to"),
    "a large text": (lambda: with_document(b"<x>" + bytes([32]) * (33 << 20)), "the limit is 32 MB"),
    "many files": (lambda: zipped({str(number): "" for number in range(10_001)}), "ZIP file"),
    "many elements": (lambda: with_document("<x>" + "<y/>" * 2_000_001 + "</x>"), "elements"),
    "entities": (lambda: with_document(ENTITIES + BODY), "declares"),
    "entities in UTF-16": (lambda: with_document((ENTITIES + BODY).encode("utf-16")), "declares"),
    "an external document type": (lambda: with_document(OUTSIDE), "declares"),
    "deep nesting": (lambda: nested(100_000), "not valid XML"),
    "deep HTML": (lambda: b"<html>" + b"<div>" * 1_000 + b"deep", "nested too deeply"),
    "very deep HTML": (lambda: b"<html>" + b"<div>" * 10_000 + b"deep", "nested too deeply"),
    "a cut ZIP file": (lambda: GOOD[:-40], "damaged"),
    "a damaged part": (lambda: GOOD.replace(b"word/document.xml", b"word/documenX.xml", 1), "damaged"),
    "a part that is no XML": (lambda: with_document("<w:document"), "not valid XML"),
    "no text": (lambda: zipped({"[Content_Types].xml": "", "word/x.xml": ""}), "contains no text"),
    "a reference out of the package": (
        lambda: zipped({
            "[Content_Types].xml": "",
            "_rels/.rels": '<R><Relationship Id="1" Type="x/officeDocument" Target="../../../etc/passwd"/></R>',
        }),
        "contains no text",
    ),
    "encrypted": (encrypted, "password"),
    "an Office password": (lambda: b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "password"),
    "a renamed PDF": (lambda: b"%PDF-1.4\n%", "a PDF file"),
    "a renamed spreadsheet": (lambda: zipped({"[Content_Types].xml": "", "xl/workbook.xml": ""}), "a spreadsheet"),
    "51 MB": (lambda: b"a" * 50_000_001, "larger than 50 MB"),
    "tags": (lambda: b"<html>" + b"<b>" * 2_000_001, "elements"),
    "a long Markdown": (lambda: b"# A\n" + b"word " * 300_000, "text"),
    "two pages": (lambda: zipped({"a.html": "<p>a", "b.html": "<p>b"}), "2 pages"),
    "an OpenDocument bomb": (
        lambda: zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": ENTITIES + "<x/>"}), "declares",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_hostile_files(name: str) -> None:
    """Each is refused with an error that says why."""
    make, reason = FILES[name]
    with pytest.raises(DraftError) as raised:
        read_draft(make(), "draft.docx")
    assert reason in str(raised.value)
    assert str(raised.value).startswith("draft.docx")


SLOW: dict[str, Callable[[], bytes]] = {
    "runs in one paragraph": lambda: word_file(paragraph(text("a ") * 10_000)),
    "insertions in one paragraph": lambda: word_file(paragraph(f"<w:ins>{text('a ')}</w:ins>" * 10_000)),
    "deleted ends of paragraphs": lambda: word_file(paragraph(text("a "), "<w:rPr><w:del/></w:rPr>") * 10_000),
    "bookmarks": lambda: word_file(paragraph("<w:bookmarkStart/>" * 10_000 + text("a"))),
    "styles on styles": lambda: word_file(
        paragraph("a", '<w:pStyle w:val="s1"/>'),
        parts={"styles.xml": ("styles", "".join(
            f'<w:style w:styleId="s{at}"><w:basedOn w:val="s{at + 1}"/></w:style>' for at in range(10_000)
        ) + '<w:style w:styleId="x"><w:basedOn w:val="x"/></w:style>')},
    ),
    "cells over cells": lambda: b"<html><table>" + b"<tr>" + b"<td colspan=1000 rowspan=1000>a" * 10_000,
    "no-break spaces": lambda: b"<html><p>" + b"&nbsp;" * 10_000,
    "paragraphs in an item": lambda: b"<html><ul><li>" + b"<p>a" * 10_000,
    "notes": lambda: b"<html>" + b"".join(b'<p><a id=r%d href="#n%d">1</a>' % (n, n) for n in range(10_000))
    + b"".join(b'<p><a id=n%d href="#r%d">1</a>' % (n, n) for n in range(10_000)),
    "rules without an end": lambda: b"<html><style>" + b"a" * 1_000_000 + b"</style>a",
    "tags without an end": lambda: b"# A\n\n<div>\n" + b"<a " * 10_000,
    "spaces in a heading": lambda: b"# " + b" a" * 10_000 + b" " * 10_000 + b"{",
    "quotes in quotes": lambda: b"**a**\n" + b">" * 10_000 + b"a",
    "brackets": lambda: b"**a**\n" + b"[" * 10_000,
    "items in items": lambda: b"**a**\n" + b"- " * 10_000 + b"a",
    "spaces": lambda: odt_file(p("<text:s text:c='999999'/>a" * 2_000)),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_time_grows_with_the_size(name: str) -> None:
    """No file makes reading take longer than its size explains: ten thousand of anything need seconds at most."""
    data = SLOW[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    read_draft(data, "draft")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 20


def test_depth() -> None:
    """What nobody nests by hand is read, too."""
    assert (
        shown(read_draft(nested(200), "a")) == shown(read_draft(b"<html>" + b"<div>" * 200 + b"deep", "a")) == ["deep"]
    )


def test_folders_and_missing_files(tmp_path: Path) -> None:
    """The error says what is there instead of a document."""
    with pytest.raises(DraftError, match="is a folder"):
        read_draft_file(tmp_path)
    with pytest.raises(DraftError, match="cannot be read"):
        read_draft_file(tmp_path / "missing.docx")


def test_a_reference_to_itself() -> None:
    """A footnote that refers to itself is read once."""
    again = paragraph(text("again") + '<w:r><w:footnoteReference w:id="1"/></w:r>')
    note = f'<w:footnote w:id="1">{again}</w:footnote>'
    document = read_draft(
        word_file(paragraph('<w:r><w:footnoteReference w:id="1"/></w:r>'), parts={"f.xml": ("footnotes", note)}), "a"
    )
    assert shown(document) == ["[^1]"] and len(document.footnotes) == 1
