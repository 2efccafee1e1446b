"""Reading OpenDocument texts: what people see in LibreOffice is in the draft, in the same order."""

from typing import Any

import pytest

from composer.drafts.draft_document import DraftDocument, Omission, OmissionKind, Place
from composer.drafts.formats.draft_error import DraftError
from composer.drafts.formats.draft_reader import read_draft
from composer.drafts.formats.tracked_changes import ChangeDecision
from tests.drafts.odt_factory import items, odt_file, p
from tests.drafts.shown import shown, shown_spans


def read(body: str, decision: ChangeDecision | None = None, **options: Any) -> DraftDocument:
    return read_draft(odt_file(body, **options), "draft.odt", decision)


def test_headings_and_looks() -> None:
    """Looks come from styles and their parents; what all headings look like is not emphasis."""
    body = (
        p("A", "P1")
        + '<text:h text:outline-level="2" text:style-name="Heading_20_1">B <text:span text:style-name="T2">c</text:span></text:h>'
    )
    body += p('one <text:span text:style-name="T1">two <text:span text:style-name="T3">three</text:span></text:span>')
    body += p("four", "P2") + p("five", "P3")
    assert shown(read(body)) == ["# A", "## B /c/", "one *two *three", "> /four/", "contents: five"]


def test_spaces_and_characters() -> None:
    """White space is one space; several spaces, tabs and line breaks are elements."""
    body = p(
        'one\n   two<text:s text:c="3"/>three<text:tab/>four<text:line-break/>five\u00a0six\u00ad<text:soft-page-break/>'
    )
    body += p(
        "<text:ruby><text:ruby-base>今日</text:ruby-base><text:ruby-text>kyō</text:ruby-text></text:ruby><text:unknown>x</text:unknown>"
    )
    assert shown(read(body)) == ["one two three⇥four⏎five␣six", "今日(kyō)x"]


def test_links() -> None:
    """Links are unwrapped."""
    body = p(
        '<text:a xlink:href="https://www.google.com/url?q=https://a.example&amp;sa=D">one</text:a> '
        '<text:a xlink:href="#x">two</text:a>'
    )
    assert shown(read(body)) == ["one<https://a.example> two"]


def test_lists() -> None:
    """Numbers are counted over levels and continued lists; a second paragraph belongs to its item."""
    body = items("L2", "a", p("b") + items("", "c", "d"), p("e") + p("more"))
    body += p("between") + items("L2", "f", attributes='text:continue-numbering="true"') + items("L2", "g")
    body += items("L1", "h", p("i") + items("", "j")) + items("L1", items("", "k"))
    assert shown(read(body)) == [
        "3. a", "4. b", "  4.a) c", "  4.b) d", "5. e⏎more", "between", "6. f", "3. g", "- h", "- i", "  - j", "  - k",
    ]  # fmt: skip


def test_tables() -> None:
    """Merged cells and header rows; a cell that is covered by another is empty."""

    def cell(content: str, attributes: str = "") -> str:
        return f"<table:table-cell {attributes}>{content}</table:table-cell>"

    wide = cell(p("all") + p("two"), 'table:number-columns-spanned="2"')
    header = f"<table:table-row>{cell(p('Year'))}{cell(p('Cars'))}</table:table-row>"
    rows = f"<table:table-header-rows>{header}</table:table-header-rows>"
    rows += f"<table:table-row>{wide}<table:covered-table-cell/></table:table-row>"
    assert shown(read(f"<table:table>{rows}</table:table>")) == ["=| Year | Cars |\n| all⏎two |  |"]


def test_frames() -> None:
    """Boxes and pictures follow their paragraph; a chart is reported with its title."""
    body = p(
        'one<draw:frame><draw:text-box><text:p>box</text:p></draw:text-box></draw:frame><draw:frame><draw:image '
        'xlink:href="Pictures/1.png"/><svg:title>T</svg:title><svg:desc>A harbor</svg:desc></draw:frame> two'
        '<draw:frame><draw:image xlink:href="https://x.example/y.jpg"/></draw:frame><draw:custom-shape><text:p>shape</text:p>'
        '</draw:custom-shape><draw:frame><draw:object xlink:href="./Object 1"/>'
        '<draw:image xlink:href="./ObjectReplacements/Object 1"/>'
        '<svg:title>Sales</svg:title></draw:frame>'
    )  # fmt: skip
    document = read(body, files={"Pictures/1.png": b"\x89PNG1234"})
    assert shown(document) == [
        "one two", "text-box: box", "[A harbor: image/png, 8 bytes, 1.png]", "[: image/jpeg, 0 bytes, https://x.example/y.jpg]",
        "text-box: shape",
    ]  # fmt: skip
    assert [(each.kind, each.text) for each in document.omissions] == [(OmissionKind.OBJECT, "Sales")]


def test_notes_comments_and_hidden_text() -> None:
    """Notes are numbered, comments have author and place unless they are resolved, hidden text is reported."""
    note = "<text:note><text:note-citation>*</text:note-citation><text:note-body>{}</text:note-body></text:note>"
    comment = "<office:annotation {}><dc:creator>B. Sample</dc:creator><text:p>Source?</text:p></office:annotation>"
    body = p("zero") + p(
        "one"
        + note.format(p("first") + p("line"))
        + comment.format("")
        + " two"
        + comment.format('loext:resolved="true"')
    )
    body += p('seen<text:span text:style-name="T4">secret</text:span>')
    document = read(body)
    assert shown(document) == ["zero", "one[^1][comment 1] two", "seen"]
    assert shown_spans(document.footnotes["1"]) == "first⏎line"
    assert [(each.author, each.text, each.place.number) for each in document.comments] == [("B. Sample", "Source?", 2)]
    assert document.omissions == (Omission(OmissionKind.HIDDEN_TEXT, Place(3, "seensecret"), "secret"),)


def test_headers_footers_and_contents() -> None:
    """Those of page styles that are used are read, once."""
    page = '<style:master-page style:name="{}"><style:header>{}</style:header><style:footer>{}</style:footer>'
    page += "</style:master-page>"
    body = (
        p("text")
        + f"<text:table-of-content><text:index-body>{p('Top story 1')}</text:index-body></text:table-of-content>"
    )
    pages = page.format("Standard", p("above"), p("below")) + page.format("Envelope", p("unused"), "")
    assert shown(read(body, pages=pages)) == ["header: above", "text", "contents: Top story 1", "footer: below"]


REGIONS = "<text:tracked-changes>" + "".join(
    f'<text:changed-region text:id="{key}"><text:{kind}>'
    f"<office:change-info><dc:creator>C. Specimen</dc:creator></office:change-info>{content}</text:{kind}></text:changed-region>"
    for key, kind, content in (
        ("a", "insertion", ""), ("b", "deletion", p("old ")), ("c", "insertion", ""), ("d", "deletion", p("x") + p("y")),
        ("e", "format-change", ""),
    )
) + "</text:tracked-changes>"  # fmt: skip
CHANGED = (
    REGIONS
    + p(
        'keep <text:change-start text:change-id="a"/>new <text:change-end text:change-id="a"/>'
        '<text:change text:change-id="b"/>end'
    )
    + p('split<text:change-start text:change-id="c"/>')
    + p('<text:change-end text:change-id="c"/> joined')
    + p(
        '<text:change-start text:change-id="e"/>look<text:change-end text:change-id="e"/><text:change text:change-id="d"/>'
    )
)


def test_tracked_changes() -> None:
    """The text is that after accepting or rejecting all; without a decision each change is listed with author and place."""
    document = read(CHANGED)
    assert shown(document) == shown(read(CHANGED, ChangeDecision.ACCEPT)) == ["keep new end", "split", "joined", "look"]
    assert shown(read(CHANGED, ChangeDecision.REJECT)) == ["keep old end", "split joined", "lookx", "y"]
    assert [(each.author, each.is_insertion, each.text, each.place.number) for each in document.changes] == [
        ("C. Specimen", True, "new ", 1), ("C. Specimen", False, "old ", 1), ("C. Specimen", False, "x\ny", 4),
    ]  # fmt: skip
    assert read(CHANGED, ChangeDecision.ACCEPT).changes == ()


def test_a_password() -> None:
    """It is named as the reason."""
    with pytest.raises(DraftError, match="password"):
        read(p("x"), manifest="<manifest><encryption-data/></manifest>")
