"""No word is lost: the words of generated documents, as other readers count them, are those of the draft."""

import random
import re
import unicodedata
import zipfile
from collections import Counter
from html import escape
from io import BytesIO

import docx
import mammoth
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from lxml import etree

from composer.core.reading_speed import count_words
from composer.drafts.draft_document import DraftDocument, text_of, texts_of
from composer.drafts.formats.draft_reader import read_draft
from tests.drafts.odt_factory import items, odt_file, p
from tests.drafts.word_factory import cell, paragraph, table, text, word_file
from tests.sizes import sized

WORDS = (
    """
China’s US-China 49.1 percent Beijing Zürich naïve e\u0301lan 深度求索 万科 don’t “quoted” (AP) 2,000 co\u00ado\u00adperate
Москва שלום سلام हिन्दी — – • 1. # * _x_ [1] <tag> a&b km\u00a0h x\u200by 🐍 e-mail http://x.example/a?b=1
""".replace("\n", " ")
    .strip()
    .split(" ")
)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def some_words(chance: random.Random, most: int = 12) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(1, most)))


def word_document(chance: random.Random) -> bytes:
    """Write a document with python-docx: every kind of content that it can make, in random order."""
    made = docx.Document()
    made.sections[0].header.paragraphs[0].text = some_words(chance)
    for _ in range(chance.randint(1, 15)):
        match chance.randrange(6):
            case 0:
                made.add_heading(some_words(chance, 6), chance.randint(0, 6))
            case 1:
                made.add_paragraph(some_words(chance), style=chance.choice(("List Bullet", "List Number", "Quote")))
            case 2:
                table = made.add_table(chance.randint(1, 4), chance.randint(1, 4))
                for cell in (cell for row in table.rows for cell in row.cells):
                    cell.text = some_words(chance, 3)
            case _:
                paragraph = made.add_paragraph()
                for _ in range(chance.randint(1, 6)):
                    add_run(paragraph, chance)
    file = BytesIO()
    made.save(file)
    return file.getvalue()


def add_run(paragraph: Paragraph, chance: random.Random) -> None:
    run = paragraph.add_run(some_words(chance, 5) + chance.choice(("", " ", "\t", "\n")))
    run.bold, run.italic = chance.choice((None, True, False)), chance.choice((None, True))
    wrapper = chance.choice(("", "", "", "w:smartTag", "w:sdtContent", "w:hyperlink", "w:ins", "w:dir", "w:fldSimple"))
    if wrapper:
        element = OxmlElement(wrapper)
        if wrapper == "w:hyperlink":
            element.set(
                qn("r:id"), paragraph.part.relate_to("https://x.example", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
            )
        if wrapper == "w:fldSimple":
            element.set(qn("w:instr"), " HYPERLINK https://x.example ")
        run._r.addprevious(element)
        element.append(run._r)


def words_in_xml(data: bytes, *parts: str) -> list[str]:
    """Return the words of a document by a reader that knows nothing but paragraphs and texts."""
    texts = []
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for name in parts:
            for paragraph in etree.fromstring(archive.read(name)).iter(f"{_W}p"):
                pieces = {f"{_W}tab": " ", f"{_W}br": " "}
                own = (
                    each
                    for each in paragraph.iter(f"{_W}t", *pieces)
                    if next(each.iterancestors(f"{_W}p")) is paragraph
                )
                texts.append("".join(pieces.get(each.tag, each.text or "") for each in own))
    return words_of(" ".join(texts))


def words_of(text: str) -> list[str]:
    """Return what is between spaces, without what has no width and in one Unicode form."""
    return unicodedata.normalize("NFC", re.sub("[\u00ad\u200b]", "", text)).split()


def words_in_draft(document: DraftDocument) -> list[str]:
    texts = [text for block in document.blocks for text in texts_of(block)]
    return [word for text in (*texts, *map(text_of, document.footnotes.values())) for word in text.split()]


@pytest.mark.slow
def test_words_of_documents_that_another_program_made() -> None:
    """Documents of python-docx: the words are those of the draft, in their order; mammoth finds no others."""
    for seed in range(sized(12, 40)):
        data = word_document(random.Random(seed))
        document = read_draft(data, "draft.docx")
        expected = words_in_xml(data, "word/header1.xml", "word/document.xml")
        assert words_in_draft(document) == expected, seed
        if seed % 4 == 0:
            theirs = Counter("".join(words_of(mammoth.extract_raw_text(BytesIO(data)).value)))
            assert not theirs - Counter("".join(expected)), seed


def any_runs(chance: random.Random) -> str:
    """Return runs in whatever can be around them, with notes, breaks and boxes."""
    made = ""
    for _ in range(chance.randint(1, 6)):
        run = text(escape(some_words(chance, 4)), chance.choice(("", "<w:b/>", '<w:i/><w:rStyle w:val="Fett"/>')))
        wrappers = ("w:smartTag", "w:sdt", "w:ins", "w:hyperlink", "w:dir", "w:fldSimple", "w:unknown", "m:oMath")
        wrapper = chance.choice(("", "", *wrappers))
        made += f"<{wrapper}>{run}</{wrapper}>" if wrapper else run
        made += chance.choice(
            ("", "<w:r><w:tab/></w:r>", "<w:r><w:br/></w:r>", '<w:r><w:footnoteReference w:id="1"/></w:r>')
        )
        if chance.random() < 0.1:
            box = paragraph(text(escape(some_words(chance, 3))))
            made += f"<w:r><w:pict><w:txbxContent>{box}</w:txbxContent></w:pict></w:r>"
    return made


def any_body(chance: random.Random, depth: int = 0) -> str:
    """Return paragraphs and tables in each other."""
    made = ""
    for _ in range(chance.randint(1, 8 - 2 * depth)):
        style = chance.choice(("", "berschrift1", "Zitat", "Liste", "TOC1"))
        block = paragraph(any_runs(chance), f'<w:pStyle w:val="{style}"/>' if style else "")
        if depth < 2 and chance.random() < 0.2:
            row = "".join(cell(any_body(chance, depth + 1)) for _ in range(chance.randint(1, 3)))
            block = table(row, row)
        made += f"<w:sdt><w:sdtContent>{block}</w:sdtContent></w:sdt>" if chance.random() < 0.1 else block
    return made


@pytest.mark.slow
def test_words_of_word_documents() -> None:
    """Any documents: a reader that knows only paragraphs and texts finds exactly the words of the draft."""
    for seed in range(sized(100, 500)):
        chance = random.Random(seed)
        note = f'<w:footnote w:id="1">{paragraph(text(escape(some_words(chance))))}</w:footnote>'
        data = word_file(any_body(chance), parts={"footnotes.xml": ("footnotes", note)})
        document = read_draft(data, "draft.docx")
        expected = words_in_xml(data, "word/document.xml", *(["word/footnotes.xml"] if document.footnotes else []))
        assert Counter(words_in_draft(document)) == Counter(expected), seed
        assert document.word_count == sum(map(count_words, expected)), seed


def odt_document(chance: random.Random) -> tuple[bytes, list[str]]:
    """Write an OpenDocument text; return also its words."""
    body, words = "", list[str]()
    for _ in range(chance.randint(1, 15)):
        texts = [some_words(chance, 6) for _ in range(3)]
        first, second, third = (text.replace("&", "&amp;").replace("<", "&lt;") for text in texts)
        words += texts
        match chance.randrange(4):
            case 0:
                body += items("L1", first, p(second) + items("", third))
            case 1:
                body += (
                    f"<table:table><table:table-row><table:table-cell>{p(first)}</table:table-cell><table:table-cell>"
                )
                body += f"{p(second)}</table:table-cell></table:table-row></table:table>{p(third)}"
            case 2:
                body += f"<text:section><text:h>{first}</text:h></text:section><text:unknown>{p(second)}</text:unknown>{p(third)}"
            case _:
                body += p(
                    f'{first}<text:s/><text:span text:style-name="T1">{second}</text:span><text:tab/><text:a>{third}</text:a>'
                )
    return odt_file(body), words_of(" ".join(words))


@pytest.mark.slow
def test_words_of_open_documents() -> None:
    """Any documents: the words that were written are those of the draft, in order."""
    for seed in range(sized(30, 100)):
        data, expected = odt_document(random.Random(seed))
        assert words_in_draft(read_draft(data, "draft.odt")) == expected, seed


@pytest.mark.slow
def test_words_of_pages() -> None:
    """Pages of random elements in each other: every text is in the draft."""
    tags = [
        "p",
        "div",
        "span",
        "b",
        "i",
        "h2",
        "ul",
        "li",
        "ol",
        "td",
        "table",
        "tr",
        "blockquote",
        "section",
        "a",
        "u",
        "font",
        "center",
        "unknown",
    ]
    for seed in range(sized(60, 200)):
        chance = random.Random(seed)
        page, words, opened = "<html><body>", list[str](), list[str]()
        for _ in range(chance.randint(1, 40)):
            if opened and chance.random() < 0.4:
                page += f"</{opened.pop()}>"
            else:
                opened.append(chance.choice(tags))
                text = some_words(chance, 3)
                words.append(text)
                page += f"<{opened[-1]}> {text.replace('&', '&amp;').replace('<', '&lt;')} "
        found = words_in_draft(read_draft(page.encode(), "page.html"))
        assert sorted(found) == sorted(words_of(" ".join(words))), seed
