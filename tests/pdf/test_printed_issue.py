"""The sample as PDF, as foreign programs read it."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from composer.app.issues.build import BuildResult, build
from composer.app.issues.issue_lookup import find_issue
from composer.content.document.issue import read_issue
from composer.editions.web_build import build_web
from composer.pdf.printed_words import printed_blocks
from composer.pdf.printer import PdfPrinter
from tests.factories import ROOT
from tests.pdf.foreign_readers import PdfObjects, judged, letters_of, run, text_of

pytestmark = [pytest.mark.slow, judged]


@pytest.fixture(scope="module")
def printer() -> Iterator[PdfPrinter]:
    """One process for all tests."""
    with PdfPrinter() as found:
        yield found


@pytest.fixture(scope="module", params=["2025-01-30", "2025-01-30.de"])
def result(
    request: pytest.FixtureRequest, printer: PdfPrinter, tmp_path_factory: pytest.TempPathFactory
) -> BuildResult:
    """The sample, printed."""
    return build(find_issue(request.param, ROOT), tmp_path_factory.mktemp("sample"), printer)


@pytest.fixture(scope="module")
def pdf(result: BuildResult) -> Path:
    """Its PDF."""
    assert result.pdf is not None and result.is_built, (result.error, result.problems)
    return result.pdf


def test_it_has_the_length_of_the_model(result: BuildResult, pdf: Path) -> None:
    """The sample has six to eight pages of A4, and less than 500 kB."""
    assert 6 <= result.pdf_pages <= 8
    about = run("pdfinfo", str(pdf))
    assert f"Pages:           {result.pdf_pages}\n" in about and "(A4)" in about
    assert pdf.stat().st_size < 500_000


def test_headers_name_the_section_at_the_top(result: BuildResult, pdf: Path) -> None:
    """The header of a page names the section of its first line, not the first one that begins on it."""
    headings = {title for level, title in PdfObjects(pdf).bookmarks if level == 1}
    current = ""
    for page in range(2, result.pdf_pages + 1):
        header, *lines = (line.strip() for line in text_of(pdf, page).splitlines() if line.strip())
        current = lines[0] if lines[0] in headings else current
        assert header.endswith(current) and current, page
        current = next((line for line in reversed(lines) if line in headings), current)


def test_a_small_team_is_on_one_page(result: BuildResult, pdf: Path) -> None:
    """No page begins with one group of it."""
    pages = [text_of(pdf, page) for page in range(2, result.pdf_pages + 1)]
    assert any("B. Sample" in page and "D. Placeholder" in page and "E. Pattern" in page for page in pages)


def test_only_an_emoji_may_be_missing(result: BuildResult) -> None:
    """Nothing is wrong with the PDF but what depends on the fonts of this computer."""
    assert {problem.code for problem in result.problems} <= {"PDF02"}


def test_qpdf_finds_no_fault(pdf: Path) -> None:
    """The file is as the standard wants it."""
    assert "No syntax or stream encoding errors found" in run("qpdf", "--check", str(pdf))


def test_fonts_are_embedded_subsets(pdf: Path) -> None:
    """Every font is in the file, with the characters that are used and their names."""
    rows = [row.split() for row in run("pdffonts", str(pdf)).splitlines()[2:]]
    assert rows and all(row[-5:-2] == ["yes", "yes", "yes"] for row in rows)


def test_metadata(pdf: Path) -> None:
    """Title, author, language and the date of the issue; PDF/UA-1; the title is shown in the window."""
    about = run("pdfinfo", str(pdf))
    for line in ("Author:          China", "CreationDate:    Thu Jan 30 ", "Tagged:          yes\n"):
        assert line in about
    assert re.search(r"Title: +China.Briefing: \w", about)
    catalog = PdfObjects(pdf).catalog
    assert catalog["/Lang"] == ("u:de" if pdf.parent.name.endswith(".de") else "u:en")
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"] is True and catalog["/MarkInfo"]["/Marked"] is True
    assert "pdfuaid:part" in run("pdfinfo", "-meta", str(pdf))


def test_page_numbers_in_the_contents(result: BuildResult, pdf: Path) -> None:
    """Each number in the contents is the page on which the title stands, and every page has its own number."""
    objects = PdfObjects(pdf)
    entries = re.findall(r"^ *(\S.*\S) {2,}(\d+)$", text_of(pdf, 1), re.MULTILINE)
    assert len(entries) >= 9
    for title, page in entries:
        assert " ".join(title.split()[-3:]) in " ".join(text_of(pdf, int(page)).split())
    for number in range(1, result.pdf_pages + 1):
        assert text_of(pdf, number).split()[-1] == str(number)
    titles = [title for _, title in objects.bookmarks]
    # A long title may have two lines.
    assert sum(title in titles for title, _ in entries) >= len(entries) - 2


def test_bookmarks(pdf: Path) -> None:
    """Sections and, below them, their titles; nothing of the first page."""
    bookmarks = PdfObjects(pdf).bookmarks
    assert [level for level, _ in bookmarks] == [1, 2, 1, 1, 2, 2, 2, 1, 2, 2, 2, 2, 1, 2, 2, 1, 1]


def test_no_word_is_lost_for_poppler(pdf: Path) -> None:
    """Poppler finds every character of the web page."""
    issue = find_issue(pdf.parent.name, ROOT)
    page = build_web(*read_issue(issue.workspace, issue.path)).edition.body
    wanted = letters_of("".join(block.text for block in printed_blocks(page)))
    assert wanted.total() > 12_000 and not wanted - letters_of(text_of(pdf))


def test_tags(pdf: Path) -> None:
    """Headings go down one level at a time, links are not in links, and headers, footers and decoration have no tags."""
    objects = PdfObjects(pdf)
    kinds = [element["/S"] for element, _, _ in objects.elements]
    levels = [int(kind[2]) for kind in kinds if re.fullmatch("/H[1-6]", kind)]
    assert levels[0] == 1 and all(after <= before + 1 for before, after in pairwise(levels))
    assert {"/TOC", "/TOCI", "/L", "/LI", "/Lbl", "/LBody", "/Link", "/Figure", "/Caption"} <= set(kinds)
    assert not [above for element, above, _ in objects.elements if element["/S"] == "/Link" and "/Link" in above]
    assert all(element.get("/Alt") for element, _, _ in objects.elements if element["/S"] == "/Figure")
    lists = [element["/A"]["/ListNumbering"] for element, _, _ in objects.elements if element["/S"] == "/L"]
    assert set(lists) == {"/Disc", "/None"}


def test_tags_lead_to_what_is_on_the_page(pdf: Path) -> None:
    """Each piece of marked content belongs to the structure element that names it."""
    objects = PdfObjects(pdf)
    numbers = objects.get(objects.get(objects.catalog["/StructTreeRoot"])["/ParentTree"])["/Nums"]
    for at in range(len(objects.pages)):
        parents = [objects.get(each) for each in objects.get(numbers[2 * at + 1])]
        assert parents and all(number in parent["/K"] for number, parent in enumerate(parents) if parent is not None)


def test_each_passage_has_its_language(pdf: Path) -> None:
    """Chinese words are tagged as Chinese, the rest has the language of the document."""
    own = "de" if pdf.parent.name.endswith(".de") else "en"
    assert {language for _, _, language in PdfObjects(pdf).elements} == {own, "zh"}


def test_links(pdf: Path) -> None:
    """Links lead to web addresses, mail addresses and places in the PDF; each has a description for assistive software."""
    objects = PdfObjects(pdf)
    links = [objects.get(each) for page in objects.pages for each in objects.get(page.get("/Annots", []))]
    addresses = [objects.get(link["/A"])["/URI"] for link in links if "/A" in link]
    assert "u:https://example.org/sources/ding-xuexiang-ai" in addresses and "u:mailto:info@example.org" in addresses
    inner = [link["/Dest"] for link in links if "/Dest" in link]
    assert "u:top-story" in inner and all(link.get("/Contents") for link in links)


def test_the_same_input_gives_the_same_bytes(result: BuildResult, pdf: Path, tmp_path: Path) -> None:
    """A second process prints the same file, byte for byte."""
    with PdfPrinter() as other:
        again = build(find_issue(pdf.parent.name, ROOT), tmp_path, other)
    assert again.pdf is not None and again.pdf.read_bytes() == pdf.read_bytes()
