"""Reading Word documents: what people see in Word is in the draft, in the same order."""

import zipfile
from io import BytesIO
from typing import Any

from composer.drafts.draft_document import DraftDocument, Omission, OmissionKind, Place
from composer.drafts.formats.draft_reader import read_draft
from tests.drafts.shown import shown, shown_spans
from tests.drafts.word_factory import cell, paragraph, table, text, word_file, zipped


def read(body: str, **options: Any) -> DraftDocument:
    return read_draft(word_file(body, **options), "draft.docx")


def styled(style: str, words: str) -> str:
    return paragraph(words, f'<w:pStyle w:val="{style}"/>')


def item(words: str, list_id: int, depth: int = 0) -> str:
    return paragraph(words, f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{list_id}"/></w:numPr>')


def test_headings() -> None:
    """Styles are known by their English name or their outline level, whatever the language of Word."""
    body = styled("Titel", "A") + styled("berschrift1", "B") + styled("berschrift2", "C") + styled("Rubrik", "D")
    body += (
        paragraph("E", '<w:outlineLvl w:val="0"/>')
        + styled("Heading3", "F")
        + styled("berschrift1", text("G", "<w:i/>") + text(" h"))
    )
    assert shown(read(body)) == ["# A", "# B", "## C", "### D", "# E", "### F", "# /G/ h"]


def test_bold_and_italic() -> None:
    """Direct formatting goes before the style of the characters, and this before the style of the paragraph."""
    body = paragraph(
        text("one ", "<w:b/>") + text("two ", '<w:rStyle w:val="Fett"/>') + text("three", '<w:rStyle w:val="Normalfett"/>')
        + text(" four", '<w:rStyle w:val="Fett"/><w:b w:val="0"/><w:i/>')
    ) + styled("Zitat", "five") + paragraph(text("kursiv", "<w:rtl/><w:iCs/>"))  # fmt: skip
    assert shown(read(body)) == ["*one two *three/ four/", "> /five/", "/kursiv/"]


def test_lists() -> None:
    """Automatic numbers are counted as Word shows them, and are not part of the text."""
    body = (
        item("a", 2) + item("b", 2, 1) + item("c", 2, 1) + item("d", 2) + item("e", 3) + item("f", 1) + item("g", 1, 1)
    )
    body += styled("Liste", "h") + paragraph("i", '<w:numPr><w:numId w:val="0"/></w:numPr>')
    expected = ["3. a", "  3.a) b", "  3.b) c", "4. d", "1. e", "- f", "  - g", "- h", "i"]
    assert shown(read(body)) == expected


def test_a_numbered_heading() -> None:
    """A heading with an automatic number is a heading and no item."""
    body = paragraph("Metrix", '<w:pStyle w:val="berschrift1"/><w:numPr><w:numId w:val="2"/></w:numPr>')
    assert shown(read(body)) == ["# 3. Metrix"]


def test_links() -> None:
    """Links are found as elements, as simple fields and as fields in pieces; wrapping and tracking are removed."""
    body = paragraph(
        f'<w:hyperlink r:id="a">{text("one")}</w:hyperlink>' + text(" ")
        + f'<w:fldSimple w:instr=" HYPERLINK &quot;https://b.example&quot; ">{text("two")}</w:fldSimple>' + text(" ")
        + field(' HYPERLINK "https://c.example/" \\l "part" ', text("three")) + text(" ")
        + f'<w:hyperlink w:anchor="_Toc1">{text("four")}</w:hyperlink>'
    )  # fmt: skip
    document = read(body, links={"a": "https://www.google.com/url?q=https://a.example/?utm_source%3Dx&sa=D"})
    assert shown(document) == ["one<https://a.example/> two<https://b.example> three<https://c.example/#part> four"]


def field(instruction: str, result: str) -> str:
    marks = {kind: f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")}
    instruction = instruction.replace('"', "&quot;")
    return (
        f"{marks['begin']}<w:r><w:instrText>{instruction}</w:instrText></w:r>{marks['separate']}{result}{marks['end']}"
    )


def test_a_field_that_is_not_closed_hides_nothing() -> None:
    """The text after it is read, too."""
    body = paragraph('<w:r><w:fldChar w:fldCharType="begin"/></w:r>' + text("seen")) + paragraph("also seen")
    assert shown(read(body)) == ["seen", "also seen"]


def test_what_surrounds_text_does_not_hide_it() -> None:
    """Smart tags, content controls, formulas, pronunciations, custom XML and unknown elements are looked into."""
    wrappers = ('w:smartTag w:element="x"', "w:customXml", "w:dir", "w:unknown", "m:oMath")
    body = "".join(paragraph(f"<{each}>{text(str(at))}</{each.split()[0]}>") for at, each in enumerate(wrappers))
    body += paragraph("<m:oMath><m:r><m:t>x=2</m:t></m:r></m:oMath>")
    body += f"<w:sdt><w:sdtContent>{paragraph('control')}</w:sdtContent></w:sdt>"
    body += paragraph(f"<w:r><w:ruby><w:rt>{text('kyō')}</w:rt><w:rubyBase>{text('今日')}</w:rubyBase></w:ruby></w:r>")
    assert shown(read(body)) == ["0", "1", "2", "3", "4", "x=2", "control", "今日(kyō)"]


def test_special_characters() -> None:
    """Line breaks and tabs are characters; optional hyphens are removed; symbols become Unicode or are reported."""
    body = paragraph(
        "<w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t><w:noBreakHyphen/><w:t>d\u00a0e</w:t><w:softHyphen/>"
        '<w:t>f\u00ad</w:t><w:sym w:font="Wingdings" w:char="F0E0"/><w:sym w:font="Webdings" w:char="F0AA"/></w:r>'
    ) + paragraph("e\u0301 \u05d0\u200f!")  # fmt: skip
    document = read(body)
    assert shown(document) == ["a⏎b⇥c\u2011d␣ef→", "é א\u200f!"]
    assert [each.kind for each in document.omissions] == [OmissionKind.SYMBOL]


def test_an_empty_line_in_a_paragraph() -> None:
    """Two line breaks in a row separate paragraphs, as they look; only the first part is the heading or the item."""
    lines = "<w:r><w:t>one</w:t><w:br/><w:br/><w:t>two</w:t><w:br/><w:t>three</w:t></w:r>"
    body = paragraph(lines, '<w:pStyle w:val="berschrift1"/>') + paragraph(lines, '<w:pStyle w:val="Liste"/>')
    assert shown(read(body)) == ["# one", "two⏎three", "- one", "two⏎three"]


def test_hidden_text() -> None:
    """Text that Word does not show is reported, and not in the draft."""
    document = read(
        paragraph(text("seen ") + text("secret", "<w:vanish/>") + text("gone", '<w:rStyle w:val="Versteckt"/>'))
    )
    assert shown(document) == ["seen"]
    place = Place(1, "seen secretgone")
    assert document.omissions == tuple(Omission(OmissionKind.HIDDEN_TEXT, place, words) for words in ("secret", "gone"))


BOX = (
    '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor><wps:txbx><w:txbxContent>{0}</w:txbxContent>'
    "</wps:txbx></wp:anchor></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox><w:txbxContent>{0}</w:txbxContent>"
    "</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
)


def test_text_boxes() -> None:
    """A box follows its paragraph, once, although Word stores it for new and for old programs."""
    body = paragraph(
        text("before ") + BOX.format(paragraph("in the box") + paragraph("two")) + text("after")
    ) + paragraph("next")
    assert shown(read(body)) == ["before after", "text-box: in the box", "text-box: two", "next"]
    old = paragraph(
        f"<w:r><w:pict><v:textbox><w:txbxContent>{paragraph('old box')}</w:txbxContent></v:textbox></w:pict></w:r>"
    )
    assert shown(read(old)) == ["text-box: old box"]


def test_pictures() -> None:
    """Pictures follow their paragraph, with their description; a linked picture is not fetched."""
    picture = (
        '<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Picture 1" {}/><a:graphic><a:graphicData><pic:pic><pic:blipFill>'
        '<a:blip {}/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
    )  # fmt: skip
    body = paragraph(text("text") + picture.format('descr="A harbor"', 'r:embed="file:media/image1.png"'))
    body += paragraph(picture.format("", 'r:link="far"')) + paragraph(picture.format("", 'r:embed="missing"'))
    body += paragraph('<w:r><w:pict><v:shape alt="Old"><v:imagedata r:id="file:media/b.jpg"/></v:shape></w:pict></w:r>')
    files = {"media/image1.png": b"\x89PNG1234", "media/b.jpg": b"\xff\xd8\xff"}
    document = read(body, files=files, links={"far": "file:///etc/passwd"})
    expected = [
        "text", "[A harbor: image/png, 8 bytes, image1.png]", "[: , 0 bytes, file:///etc/passwd]",
        "[Old: image/jpeg, 3 bytes, b.jpg]",
    ]  # fmt: skip
    assert shown(document) == expected


def test_tables() -> None:
    """Cells keep their columns when others are merged; a table that only arranges text is the text."""
    rows = (
        cell("Year") + cell("Cars", '<w:gridSpan w:val="2"/>'),
        cell("2025", '<w:vMerge w:val="restart"/>') + cell("1") + cell(paragraph("2") + paragraph("new")),
        cell("<w:p/>", "<w:vMerge/>") + cell("3") + cell("4"),
    )
    assert shown(read(table(*rows, properties="<w:tblHeader/>")))[0].split("\n") == [
        "===| Year | Cars |  |", "===| 2025 | 1 | 2⏎new |", "===|  | 3 | 4 |",
    ]  # fmt: skip
    layout = table(cell(styled("berschrift1", "News") + paragraph("text")) + cell(table(cell("a") + cell("b"))))
    assert shown(read(layout)) == ["# News", "text", "| a | b |"]
    assert shown(read(table(cell("boxed") * 1, cell("text")))) == ["boxed", "text"]


def test_footnotes_and_endnotes() -> None:
    """Notes are numbered in the order of the text; separators and notes without a reference are not shown by Word."""
    body = paragraph(
        text("one")
        + '<w:r><w:endnoteReference w:id="1"/></w:r>'
        + text(" two")
        + '<w:r><w:footnoteReference w:id="2"/></w:r>'
    )
    notes = (
        '<w:footnote w:id="0" w:type="separator"><w:p/></w:footnote><w:footnote w:id="2">{}</w:footnote>'
        '<w:footnote w:id="3">{}</w:footnote>'
    )
    document = read(
        body,
        parts={
            "footnotes.xml": ("footnotes", notes.format(paragraph("first ") + paragraph("line"), paragraph("unused"))),
            "endnotes.xml": ("endnotes", f'<w:endnote w:id="1">{paragraph(text("see ", "<w:i/>"))}</w:endnote>'),
        },
    )
    assert shown(document) == ["one[^1] two[^2]"]
    assert {key: shown_spans(note) for key, note in document.footnotes.items()} == {"1": "/see/", "2": "first⏎line"}


def test_headers_and_footers() -> None:
    """Those that are shown are read, once; that of a first page only if it differs from the others."""
    section = (
        '<w:sectPr><w:headerReference w:type="default" r:id="part:h1.xml"/>'
        '<w:headerReference w:type="first" r:id="part:h2.xml"/>'
        '<w:headerReference w:type="even" r:id="part:h3.xml"/>'
        '<w:footerReference w:type="default" r:id="part:f1.xml"/>{}</w:sectPr>'
    )
    parts = {
        "h1.xml": ("header1", paragraph("every page")), "h2.xml": ("header2", paragraph("first page")),
        "h3.xml": ("header3", paragraph("every page")), "f1.xml": ("footer1", paragraph("below")),
    }  # fmt: skip
    assert shown(read(paragraph("text") + section.format(""), parts=parts)) == [
        "header: every page",
        "text",
        "footer: below",
    ]
    both = read(paragraph("text") + section.format("<w:titlePg/>"), parts=parts, settings="<w:evenAndOddHeaders/>")
    assert shown(both) == ["header: every page", "header: first page", "text", "footer: below"]


def test_a_table_of_contents() -> None:
    """It is marked, whether it is a field, a content control or a style."""
    begin, end = field(' TOC \\o "1-3" ', "|").split("|")
    body = paragraph(begin + text("Top story")) + paragraph("Metrix") + paragraph(end) + paragraph("text")
    gallery = '<w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
    body += f"<w:sdt>{gallery}<w:sdtContent>{paragraph('Topics')}</w:sdtContent></w:sdt>" + styled("TOC1", "Digest")
    expected = ["contents: Top story", "contents: Metrix", "text", "contents: Topics", "contents: Digest"]
    assert shown(read(body)) == expected


def test_comments() -> None:
    """Each has its author, its text and its place; resolved ones and answers to them are left out."""
    comments = "".join(
        f'<w:comment w:id="{key}" w:author="B. Sample"><w:p w14:paraId="{para}">{text(words)}</w:p></w:comment>'
        for key, para, words in (("1", "A", "Source?"), ("2", "B", "Fixed"), ("3", "C", "Thanks"), ("4", "D", "Where?"))
    )
    extended = (
        '<w15:commentEx w15:paraId="B" w15:done="1"/><w15:commentEx w15:paraId="C" w15:paraIdParent="B" w15:done="0"/>'
    )
    body = paragraph("one") + paragraph(
        f'<w:commentRangeStart w:id="1"/>{text("two")}<w:commentRangeEnd w:id="1"/><w:r><w:commentReference w:id="1"/></w:r>'
    )
    document = read(body, parts={"comments.xml": ("comments", comments), "ce.xml": ("commentsExtended", extended)})
    assert shown(document) == ["one", "two[comment 1]"]
    found = [(each.id, each.author, each.text, each.place) for each in document.comments]
    assert found == [("1", "B. Sample", "Source?", Place(2, "two")), ("4", "B. Sample", "Where?", Place(0))]


def test_objects() -> None:
    """A chart is reported with its words, and an embedded document with its kind."""
    chart = (
        '<w:r><w:drawing><wp:inline><a:graphic><a:graphicData><c:chart r:id="part:chart1.xml"/></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r>"
    )
    body = paragraph(text("see ") + chart + '<w:r><w:object><o:OLEObject ProgID="Excel.Sheet.12"/></w:object></w:r>')
    document = read(body, parts={"chart1.xml": ("chart", "<a:t>Sales</a:t><a:t> 2025</a:t>")})
    assert [(each.kind, each.text) for each in document.omissions] == [
        (OmissionKind.OBJECT, "Sales 2025"), (OmissionKind.ATTACHMENT, "Excel.Sheet.12"),
    ]  # fmt: skip


def test_strict_documents() -> None:
    """“Strict Open XML”, a choice in Word's “Save as”, has other names for the same things."""
    usual = zipfile.ZipFile(BytesIO(word_file(paragraph("text") + styled("berschrift1", "Heading"))))
    strict = {
        name: usual.read(name)
        .replace(
            b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        )
        .replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        )
        for name in usual.namelist()
    }
    assert shown(read_draft(zipped(strict), "strict.docx")) == ["text", "# Heading"]
