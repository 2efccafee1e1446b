"""What is wrong with a PDF, from what was read and what should be there."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from composer.pdf.comparison import faults_of
from composer.pdf.pdf_reader import PdfFragment, PdfReading
from composer.pdf.print_job import PdfFaultKind
from composer.pdf.printed_words import PrintedBlock


def _block(text: str, target: str = "") -> PrintedBlock:
    return PrintedBlock(text=text, place=f"issue.yaml:{len(text)}:1", target=target)


def _reading(
    *fragments: tuple[int, str], headings: tuple[str, ...] = (), targets: dict[str, int] | None = None
) -> PdfReading:
    found = [PdfFragment(text=text, page=page, is_heading=text in headings, language="") for page, text in fragments]
    return PdfReading(pages=max(page for page, _ in fragments), fragments=tuple(found), targets=targets or {}, links=())


def _kinds(blocks: list[PrintedBlock], reading: PdfReading, missing: str = "") -> list[tuple[PdfFaultKind, str]]:
    return [(fault.kind, fault.about) for fault in faults_of(blocks, reading, frozenset(missing))]


def test_a_sound_pdf_has_no_fault() -> None:
    """Lines, styles, page breaks, bullets and numbers between the words make no difference."""
    blocks = [_block("Top"), _block("One two three four"), _block("five"), _block("six-seven soft\u00adly")]
    reading = _reading(
        (1, "Top"),
        (1, "One "),
        (1, "two three"),
        (2, " four"),
        (2, "•"),
        (2, "five"),
        (2, "six-"),
        (2, "seven soft‐"),
        (2, "ly"),
    )
    assert _kinds(blocks, reading) == []


def test_lost_text() -> None:
    """A lost paragraph is named by its words, lost characters by themselves; what follows is found."""
    blocks = [_block("One two"), _block("three four"), _block("five six")]
    assert _kinds(blocks, _reading((1, "One two"), (1, "five six"))) == [(PdfFaultKind.LOST_TEXT, "three four")]
    assert _kinds(blocks, _reading((1, "One two"), (1, "three fur"), (1, "five six"))) == [
        (PdfFaultKind.LOST_TEXT, "o")
    ]
    assert _kinds(blocks, _reading((1, "zz"))) == [(PdfFaultKind.LOST_TEXT, block.text) for block in blocks]


def test_a_text_that_occurs_twice_must_be_there_twice() -> None:
    """No words are found twice."""
    blocks = [_block("Reuters"), _block("between"), _block("Reuters")]
    assert _kinds(blocks, _reading((1, "Reuters"), (1, "between"))) == [(PdfFaultKind.LOST_TEXT, "Reuters")]


def test_another_order_is_no_fault() -> None:
    """A caption may be tagged before or after its table."""
    blocks = [_block("Caption of it"), _block("cell one"), _block("cell two"), _block("after")]
    assert _kinds(blocks, _reading((1, "cell one"), (1, "cell two"), (1, "Caption of it"), (1, "after"))) == []


def test_letters_of_a_right_to_left_line_are_counted() -> None:
    """PDFium returns lam-alef and brackets in another order."""
    blocks = [_block("before"), _block("لا إله (12) عربي"), _block("after")]
    assert _kinds(blocks, _reading((1, "before"), (1, ")12( ال إله"), (1, "عربي"), (1, "after"))) == []
    assert _kinds(blocks, _reading((1, "before"), (1, ")12( ال إله"), (1, "عري"), (1, "after"))) == [
        (PdfFaultKind.LOST_TEXT, "ب")
    ]


def test_right_to_left_words_with_the_letters_of_their_neighbours() -> None:
    """A number before a block is not part of it, and the same words in a later block are those of that block."""
    blocks = [_block("A letter", "letter"), _block("لا 2025 لا", "title"), _block("after")]
    contents = _reading(
        (1, "A letter"), (1, "2"), (1, "لا2025 لا"), (1, "2"), (2, "after"), targets={"letter": 2, "title": 2}
    )
    assert _kinds(blocks, contents) == []
    cells = [_block("כלכלה שלום"), _block("now and שלום כלכלה rose")]
    assert _kinds(cells, _reading((1, "שלום כלכלה"), (1, "now and "), (1, "כלכלה שלום"), (1, " rose"))) == []


def test_characters_without_a_glyph() -> None:
    """They are reported once for each text, at its place and page; invisible ones are not."""
    blocks = [_block("plain"), _block("a 🎉 and 🎉"), _block("soft\u00adly")]
    reading = _reading((1, "plain"), (2, "a 🎉 and 🎉"), (2, "softly"))
    (fault,) = faults_of(blocks, reading, frozenset("🎉\u00ad"))
    assert (fault.kind, fault.about, fault.page, fault.place) == (PdfFaultKind.NO_GLYPH, "🎉", 2, blocks[1].place)


def test_page_numbers_in_the_contents() -> None:
    """A printed number must be the page of the target; a theme may print no numbers at all."""
    blocks = [_block("Top story", "top"), _block("In 2025", "year"), _block("Body")]
    targets = {"top": 2, "year": 3}
    good = ((1, "Top story"), (1, "2"), (1, "In 2025"), (1, ". . 3"), (2, "Body"))
    assert _kinds(blocks, _reading(*good, targets=targets)) == []
    wrong = faults_of(blocks, _reading(*good, targets={"top": 2, "year": 4}), frozenset())
    assert [(fault.kind, fault.about, fault.printed, fault.page) for fault in wrong] == [
        (PdfFaultKind.WRONG_NUMBER, "In 2025", "3", 4)
    ]
    zero = ((1, "Top story"), (1, "0"), (1, "In 2025"), (1, "0"), (2, "Body"))
    assert [kind for kind, _ in _kinds(blocks, _reading(*zero, targets=targets))] == [PdfFaultKind.WRONG_NUMBER] * 2
    arabic = ((1, "Top story"), (1, "٢"), (1, "In 2025"), (1, "٣"), (2, "Body"))
    assert _kinds(blocks, _reading(*arabic, targets=targets)) == []
    half = ((1, "Top story"), (1, "2"), (1, "In 2025"), (2, "Body"))
    assert [about for _, about in _kinds(blocks, _reading(*half, targets=targets))] == ["In 2025"]
    assert _kinds(blocks, _reading((1, "Top story"), (1, "In 2025"), (2, "Body"), targets=targets)) == []
    years = [_block("A letter", "top"), _block("2025 in review", "year"), _block("Body")]
    lines = ((1, "A letter"), (1, "2"), (1, "2025 in review"), (1, "3"), (2, "Body"))
    assert _kinds(years, _reading(*lines, targets=targets)) == []
    # A link that leads nowhere has the number 0 or none.
    assert [kind for kind, _ in _kinds(blocks, _reading(*good, targets={"top": 2}))] == [PdfFaultKind.WRONG_NUMBER]


def test_a_heading_may_not_end_a_page() -> None:
    """Except the last page; a picture below the heading is content."""
    blocks = [_block("Body"), _block("A heading"), _block("More")]
    ends = _reading((1, "Body"), (1, "A heading"), (2, "More"), headings=("A heading",))
    (fault,) = faults_of(blocks, ends, frozenset())
    assert (fault.kind, fault.page, fault.place) == (PdfFaultKind.HEADING_ENDS_PAGE, 1, blocks[1].place)
    picture = _reading((1, "Body"), (1, "A heading"), (1, ""), (2, "More"), headings=("A heading",))
    last = _reading((1, "Body"), (2, "More"), (2, "A heading"), headings=("A heading",))
    assert _kinds(blocks, picture) == _kinds(blocks, last) == []


_WORDS = st.lists(st.text("abcé中文שלعرب -.‑ 12", min_size=1, max_size=20), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(texts=_WORDS, seed=st.integers(0, 1_000))
def test_whatever_is_there_is_found(texts: list[str], seed: int) -> None:
    """Texts that are broken into lines anywhere are complete; without one of their letters, something is lost."""
    chance = random.Random(seed)
    blocks = [_block(text) for text in texts if text.strip(" ")]
    fragments: list[PdfFragment] = []
    for number, block in enumerate(blocks):
        at = 0
        while at < len(block.text):
            end = at + chance.randint(1, 8)
            fragments.append(PdfFragment(text=block.text[at:end], page=1 + number // 3, is_heading=False, language=""))
            at = end
    if not fragments:
        return
    reading = PdfReading(pages=fragments[-1].page, fragments=tuple(fragments), targets={}, links=())
    assert faults_of(blocks, reading, frozenset()) == ()
    at = chance.randrange(len(fragments))
    letters = fragments[at].text
    if letters.strip(" -‑"):
        fragments[at] = replace(fragments[at], text="")
        assert faults_of(blocks, replace(reading, fragments=tuple(fragments)), frozenset())
