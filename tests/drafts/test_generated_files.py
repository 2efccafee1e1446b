"""Words in are words out, through the whole command: generated Word documents and web pages."""

import itertools
import re
import shutil
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from composer.cli.main import run
from composer.core.reading_speed import count_words
from composer.drafts.draft_document import (
    Block,
    DraftDocument,
    Paragraph,
    Picture,
    Region,
    Span,
    Table,
    text_of,
    texts_of,
)
from tests.drafts.mapping.draft_strategy import documents
from tests.drafts.word_factory import cell, paragraph, table, text, word_file
from tests.factories import ROOT
from tests.sizes import sized

_STYLES = "".join(
    f'<w:style w:type="paragraph" w:styleId="H{level}"><w:name w:val="heading {level}"/></w:style>'
    for level in (1, 2, 3)
)
_NUMBERS = itertools.count()


def as_word(document: DraftDocument) -> bytes:
    """Return the draft as a .docx file, with its footnotes and without pictures."""
    links: dict[str, str] = {}

    def runs(spans: tuple[Span, ...]) -> str:
        pieces = []
        for span in spans:
            if span.footnote in document.footnotes:
                pieces.append(f'<w:r><w:footnoteReference w:id="{span.footnote}"/></w:r>')
            looks = ("<w:b/>" if span.is_bold else "") + ("<w:i/>" if span.is_italic else "")
            run_ = text(escape(span.text), looks) if span.text else ""
            if span.link and run_:
                key = f"link{next(_NUMBERS)}"
                links[key] = span.link
                run_ = f'<w:hyperlink r:id="{key}">{run_}</w:hyperlink>'
            pieces.append(run_)
        return "".join(pieces) or text("")

    def block(each: Block) -> str:
        match each:
            case Paragraph():
                style = f'<w:pStyle w:val="H{each.heading_level}"/>' if each.heading_level else ""
                level = each.list_level - 1
                numbers = (
                    f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr>'
                    if level >= 0 and not style
                    else ""
                )
                return paragraph(runs(each.spans), style + numbers)
            case Table():
                return table(*("".join(cell(paragraph(runs(inner))) for inner in row) for row in each.rows))
        return ""

    notes = "".join(
        f'<w:footnote w:id="{label}">{paragraph(runs(tuple(span for span in spans if span.text)))}</w:footnote>'
        for label, spans in document.footnotes.items()
    )
    body = "".join(map(block, document.blocks))
    return word_file(
        body, links=links, parts={"styles.xml": ("styles", _STYLES), "footnotes.xml": ("footnotes", notes)}
    )


def as_page(document: DraftDocument) -> bytes:
    """Return the draft as a web page, without footnotes."""

    def inline(spans: tuple[Span, ...]) -> str:
        pieces = []
        for span in spans:
            piece = escape(span.text)
            piece = f"<b>{piece}</b>" if span.is_bold else piece
            piece = f"<i>{piece}</i>" if span.is_italic else piece
            pieces.append(f'<a href="{escape(span.link)}">{piece}</a>' if span.link else piece)
        return "".join(pieces)

    def block(each: Block) -> str:
        match each:
            case Paragraph():
                tag = f"h{each.heading_level}" if each.heading_level else "blockquote" if each.is_quote else "p"
                inner = inline(each.spans)
                return f"<ul><li>{inner}</li></ul>" if each.list_level and tag == "p" else f"<{tag}>{inner}</{tag}>"
            case Table():
                rows = "".join(f"<tr>{''.join(f'<td>{inline(inner)}</td>' for inner in row)}</tr>" for row in each.rows)
                return f"<table>{rows}</table>"
            case _:
                return f'<img src="x.png" alt="{escape(each.alt)}">' if each.alt else ""

    body = "".join(map(block, document.blocks))
    return f"<!doctype html><html><body>{body}</body></html>".encode()


@pytest.mark.slow
@pytest.mark.parametrize(("ending", "convert"), [("docx", as_word), ("html", as_page)])
@settings(max_examples=sized(20, 60), deadline=None, suppress_health_check=list(HealthCheck))
@given(document=documents)
def test_words_in_are_words_out(
    ending: str, convert: object, document: DraftDocument, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command writes a file for every document, and its totals are all words that the document shows."""
    assert callable(convert)
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        shutil.copy(ROOT / "newsletter.yaml", folder)
        shutil.copytree(ROOT / "assets", folder / "assets")
        (folder / f"draft.{ending}").write_bytes(convert(document))
        patch.chdir(folder)
        code = run(["draft", f"draft.{ending}"])
        told = capsys.readouterr()
        if not _has_words(document):
            return
        assert code == 0, told.err
        total, placed, left = (int(each) for each in re.findall(r"(\d+) (?:words?|placed|left over)", told.err)[:3])
        assert total == placed + left
        assert total == sum(count_words(shown) for shown in _shown(document, has_notes=ending == "docx"))
        assert len(list((folder / "issues").glob("*.yaml"))) == 1


def _shown(document: DraftDocument, *, has_notes: bool) -> Iterator[str]:
    """Yield the texts that people see in the file."""
    for block in document.blocks:
        if not isinstance(block, Picture) or not has_notes:
            yield from texts_of(block)
    paragraphs = [block.spans for block in document.blocks if isinstance(block, Paragraph)]
    cells = [inner for block in document.blocks if isinstance(block, Table) for row in block.rows for inner in row]
    marked = {span.footnote for spans in (*paragraphs, *cells) for span in spans}
    for label, spans in document.footnotes.items() if has_notes else ():
        if label in marked:
            yield text_of(spans)


def _has_words(document: DraftDocument) -> bool:
    return any(
        isinstance(block, Paragraph) and block.region is Region.BODY and re.search(r"\w", block.text)
        for block in document.blocks
    )
