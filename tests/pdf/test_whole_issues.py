"""Issues from beginning to end: one of the usual structure, random ones, a long one and hostile texts."""

import ctypes
import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pypdfium2.raw as raw
import pytest

from composer.app.issues.build import BuildResult, build
from composer.app.issues.issue_lookup import find_issue
from composer.pdf.printer import PdfPrinter
from tests.factories import ROOT, sample_message
from tests.pdf.foreign_readers import PdfObjects, judged, run, text_of
from tests.pdf.model_issue import model_newsletter
from tests.pdf.random_issues import judge
from tests.sizes import sized

pytestmark = [pytest.mark.slow, judged]


@pytest.fixture(scope="module")
def printer() -> Iterator[PdfPrinter]:
    """One process for all tests."""
    with PdfPrinter() as found:
        yield found


def _printed(folder: Path, printer: PdfPrinter) -> tuple[BuildResult, Path]:
    result = build(find_issue("2025-01-30", folder), printer=printer)
    assert result.pdf is not None, (result.error, result.problems)
    return result, result.pdf


def _pages_of(result: BuildResult, pdf: Path) -> list[str]:
    return ["", *(" ".join(text_of(pdf, page).split()) for page in range(1, result.pdf_pages + 1))]


def _sizes_of_numbers(pdf: Path) -> set[float]:
    """Return the sizes of texts that are numbers, in points."""
    document, sizes = pypdfium2.PdfDocument(pdf), set()
    for page in document:
        words = page.get_textpage()
        for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
            letters, size = (ctypes.c_ushort * 100)(), ctypes.c_float()
            length = raw.FPDFTextObj_GetText(item, words, letters, 200)
            if bytes(letters)[:length].decode("utf-16-le", "replace").strip(" \0").isdigit():
                raw.FPDFTextObj_GetFontSize(item, size)
                sizes.add(round(size.value * item.get_matrix().a, 1))
    return sizes


def test_an_issue_of_the_usual_structure(tmp_path: Path, printer: PdfPrinter) -> None:
    """Eight pages at most: date, title and contents on the first, then sections that follow each other."""
    model_newsletter(tmp_path)
    result, pdf = _printed(tmp_path, printer)
    assert 6 <= result.pdf_pages <= 8 and {problem.code for problem in result.problems} <= {"PDF02"}
    assert pdf.stat().st_size < 300_000
    pages = _pages_of(result, pdf)
    assert pages[1].startswith("Lindau River Essentials January 30, 2025") and pages[1].endswith("1")
    sections = ["Top story", "Metrix", "Topics", "River digest", "Our latest podcasts"]
    numbers = [int(re.search(rf"{section} (\d+)", pages[1])[1]) for section in sections]  # type: ignore[index]
    assert numbers[0] == 2 and numbers == sorted(numbers)
    for section, number in zip(sections, numbers, strict=True):
        assert section in pages[number]
    # Not every section begins a page.
    assert len(set(numbers)) < len(numbers)
    assert [title for level, title in PdfObjects(pdf).bookmarks if level == 1] == [
        *sections,
        "Editorial team",
        "Publisher",
    ]


def test_letter_paper_and_a_list_of_links(tmp_path: Path, printer: PdfPrinter) -> None:
    """The paper and the list of links come from newsletter.yaml."""
    model_newsletter(tmp_path, "pdf:\n  paper: Letter\n  link_list: true\n")
    result, pdf = _printed(tmp_path, printer)
    assert "(letter)" in run("pdfinfo", str(pdf)) and 6 <= result.pdf_pages <= 9
    assert {problem.code for problem in result.problems} <= {"PDF02"}
    text = re.sub(r"\s", "", text_of(pdf))
    assert "https://example.org/d/3" in text and "https://www.example.org" in text
    assert (1, "Links") in PdfObjects(pdf).bookmarks
    # The numbers of links have one size, also in headings; the others are page numbers, and figures in small text.
    assert _sizes_of_numbers(pdf) == {6.5, 8.5, 9.0, 10.5}


@pytest.mark.parametrize(("seed", "size"), [(3, 0.3), (11, 0.3), (29, 0.3), (126, None), (129, None)])
def test_random_issues(seed: int, size: float | None, tmp_path: Path, printer: PdfPrinter) -> None:
    """No word is lost, also for poppler, and no heading ends a page. `python -m tests.pdf.random_issues` prints hundreds.

    Number 126 has an analysis that is longer than a page, and 129 begins with a right-to-left title.
    """
    pages, wrong = judge(seed, tmp_path, printer, size=size)
    assert pages > 1 and not wrong


def test_a_long_issue(tmp_path: Path, printer: PdfPrinter) -> None:
    """An issue of 15 pages, or of 40 with `make soak`, is printed within the time limit, with nothing lost."""
    pages, wrong = judge(5, tmp_path, printer, size=sized(1.0, 1.8))
    assert pages >= sized(15, 40) and not wrong


HOSTILE = [
    "<script>alert(1)</script> & \"quotes\" 'and' </article></html> {{{{ }}}} {%% %%}",
    "\u202eright to left\u202c \u2066isolated\u2069 \u200b\u200d zero‑width \u00ad",
    "W" * 5_000,
    "中" * 3_000,
    "https://example.org/" + "a" * 2_000,
    "👩‍👩‍👧‍👦" * 200,
    "e" + "\u0301" * 60,
    "ﷺ ﷽ لا إله إلا الله",
    "‑" * 300,
    "\U00013000\U0001f9ff" * 50,
    "a\u00a0" * 800,
    "url(file:///etc/passwd) @import 'x'; } body { display: none } /*",
]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts(words: str, tmp_path: Path, printer: PdfPrinter) -> None:
    """Whatever is written is printed, in good time and completely, or has no glyph on this computer."""
    workspace = sample_message(tmp_path, words)
    result = build(find_issue("2025-01-30", workspace.root), printer=printer)
    if result.pdf is None:
        # The reader of issues may refuse a text; the printer may not.
        assert result.problems and not result.error
        return
    assert {problem.code for problem in result.problems} <= {"PDF02"}, [str(each) for each in result.problems]
    assert "No syntax or stream encoding errors found" in run("qpdf", "--check", str(result.pdf))


def test_a_newsletter_with_hostile_names(tmp_path: Path, printer: PdfPrinter) -> None:
    """The name of a newsletter, a subject and a heading with signs of HTML and CSS are printed as they are."""
    result = build(find_issue("2025-01-30", ROOT / "tests/golden/hostile"), tmp_path, printer)
    assert result.pdf is not None and {problem.code for problem in result.problems} <= {"PDF02"}
    assert 'O"Neil & Söhne <News>, Inc.' in text_of(result.pdf, 1)
