"""Tracked changes of Word documents: what Word shows after “Accept all” and “Reject all” is in the draft."""

from composer.drafts.draft_document import DraftDocument
from composer.drafts.formats.draft_reader import read_draft
from composer.drafts.formats.tracked_changes import ChangeDecision
from tests.drafts.shown import shown
from tests.drafts.word_factory import cell, paragraph, table, text, word_file


def read(body: str, decision: ChangeDecision | None = None) -> DraftDocument:
    return read_draft(word_file(body), "draft.docx", decision)


def change(kind: str, content: str, author: str = "C. Specimen") -> str:
    return f'<w:{kind} w:id="9" w:author="{author}">{content}</w:{kind}>'


def gone(words: str) -> str:
    return f'<w:r><w:delText xml:space="preserve">{words}</w:delText></w:r>'


CHANGED = (
    paragraph(
        text("keep ") + change("ins", text("new ")) + change("ins", text("words ")) + change("del", gone("old ")) + text("end")
    )
    + paragraph(text("split "), f"<w:rPr>{change('del', '')}</w:rPr>")
    + paragraph("joined")
    + paragraph(change("ins", text("added paragraph")), f"<w:rPr>{change('ins', '')}</w:rPr>")
    + paragraph(change("moveFrom", text("moved away")))
    + paragraph(change("moveTo", text("moved here")))
    + table(cell("a") + cell("b"), properties="")
    + f"<w:tbl><w:tr><w:trPr>{change('del', '')}</w:trPr>{cell(paragraph(change('del', gone('row'))))}{cell('')}</w:tr>"
    f"<w:tr>{cell('c')}{cell('d')}</w:tr></w:tbl>"
    + paragraph('<w:r><w:rPr><w:b/><w:rPrChange w:id="1"><w:rPr><w:i/></w:rPr></w:rPrChange></w:rPr><w:t>look</w:t></w:r>')
)  # fmt: skip


def test_accepted_changes() -> None:
    """The text is that after “Accept all” in Word: paragraphs whose end was deleted are joined."""
    expected = [
        "keep new words end",
        "split joined",
        "added paragraph",
        "moved here",
        "| a | b |",
        "| c | d |",
        "*look*",
    ]
    assert shown(read(CHANGED, ChangeDecision.ACCEPT)) == expected
    assert read(CHANGED, ChangeDecision.ACCEPT).changes == ()


def test_rejected_changes() -> None:
    """The text is that after “Reject all” in Word: deleted text and rows are back, former formatting, too."""
    expected = ["keep old end", "split", "joined", "moved away", "| a | b |", "| row |  |\n| c | d |", "/look/"]
    assert shown(read(CHANGED, ChangeDecision.REJECT)) == expected


def test_open_changes() -> None:
    """Without a decision, each change is listed with author, text and place; neighbors of one author are one change."""
    document = read(CHANGED)
    found = [(each.is_insertion, each.text, each.place.number) for each in document.changes]
    assert found == [
        (True, "new words ", 1), (False, "old ", 1), (True, "added paragraph", 4), (False, "moved away", 5),
        (True, "moved here", 6), (False, "row", 9),
    ]  # fmt: skip
    assert {each.author for each in document.changes} == {"C. Specimen"}
    assert shown(document) == shown(read(CHANGED, ChangeDecision.ACCEPT))
