"""The process that prints: it is started once, ends in time, and what goes wrong in it is a message."""

import datetime
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from composer.core.errors import PdfError
from composer.pdf.pdf_reader import read_pdf
from composer.pdf.print_job import PdfFaultKind, PrintJob
from composer.pdf.print_process import PrintFailure, PrintFailureKind
from composer.pdf.printer import PdfPrinter, explained

pytestmark = pytest.mark.slow

_JOB = PrintJob(
    html='<!DOCTYPE html><html lang="en"><title>T</title><body><p data-at="a.yaml:1:2">Words</p></body></html>',
    styles="html { font-family: DejaVu Sans }",
    title="T",
    author="A",
    date=datetime.date(2025, 1, 30),
)


def _page(body: str) -> PrintJob:
    return replace(_JOB, html=_JOB.html.replace("Words", body))


def test_pages_are_printed_one_after_the_other() -> None:
    """One process prints several pages; a page that cannot be printed does not end it."""
    with PdfPrinter() as printer:
        first, second = printer.print(_JOB), printer.print(_page("Other"))
        assert first.data.startswith(b"%PDF-1.7") and first.pages == second.pages == 1 and first.faults == ()
        process = printer._process
        with pytest.raises(PdfError) as caught:
            printer.print(replace(_JOB, html=None))  # type: ignore[arg-type]
        assert "TypeError" in caught.value.message
        assert printer.print(_JOB).data == first.data and printer._process is process
        assert process is not None and process.poll() is None
    assert process.poll() is not None


def test_a_page_that_takes_too_long_is_given_up() -> None:
    """The process is ended at the limit, and the next page is printed by a new one."""
    with PdfPrinter(time_limit=2.0) as printer:
        with pytest.raises(PdfError) as caught:
            printer.print(_page("<p>" * 100_000))
        assert "after 2 seconds" in caught.value.message and "compose doctor" in caught.value.hint
    with PdfPrinter() as printer:
        printer.print(_JOB)
        assert printer._process is not None
        printer._process.kill()
        with pytest.raises(PdfError) as caught:
            printer.print(_JOB)
        assert "ended unexpectedly" in caught.value.message
        assert printer.print(_JOB).pages == 1


@pytest.mark.parametrize(
    ("source", "words", "step"),
    [
        ("import missing_package", "package missing_package", "[pdf]"),
        ("""raise OSError("cannot load library 'libpango-1.0-0': no such file")""", "libpango-1.0-0", "pango"),
        (
            """print("a library"); raise OSError("cannot load library 'libfontconfig-1': x")""",
            "libfontconfig-1",
            "pango",
        ),
    ],
)
def test_what_is_not_installed(
    source: str, words: str, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing package or library is named, with what to install; what WeasyPrint prints goes nowhere."""
    (tmp_path / "weasyprint").mkdir()
    (tmp_path / "weasyprint" / "__init__.py").write_text(source, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), *sys.path)))
    with PdfPrinter() as printer, pytest.raises(PdfError) as caught:
        printer.print(_JOB)
    assert words in caught.value.message and step in caught.value.hint


@pytest.mark.parametrize(
    ("platform", "step"),
    [("linux", "apt install"), ("darwin", "brew install pango"), ("win32", "pacman -S"), ("x", "apt")],
)
def test_what_to_install_depends_on_the_system(platform: str, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian, macOS and Windows each have their own command."""
    monkeypatch.setattr(sys, "platform", platform)
    assert step in explained(PrintFailure(kind=PrintFailureKind.NO_LIBRARY, about="libpango-1.0-0")).hint


def test_nothing_is_read_but_the_pictures_of_the_job(tmp_path: Path) -> None:
    """Files, web addresses, data: addresses, style sheets and fonts of a page are not read."""
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><text y="9">SECRET</text></svg>')
    url = secret.as_uri()
    inner = (
        f'<img src="{url}" alt="a"><img src="http://127.0.0.1:9/x.png" alt="b"><object data="{url}"></object>'
        f'<embed src="{url}"><iframe src="{url}"></iframe><a href="{url}" rel="attachment">c</a>'
        f'<link rel="attachment" href="{url}"><link rel="stylesheet" href="{url}">'
        f"<style>@import url({url}); @font-face {{ font-family: F; src: url({url}) }} p {{ background: url({url}) }}</style>"
        f'<img src="data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E" alt="d">'
        f'<base href="{tmp_path.as_uri()}/"><img src="secret.svg" alt="e">'
    )
    with PdfPrinter() as printer:
        printed = printer.print(_page(inner))
        allowed = printer.print(
            replace(_page('<img src="p/s.svg" alt="f">'), pictures={"p/s.svg": secret.read_bytes()})
        )
    assert b"/EmbeddedFile" not in printed.data and printed.pages == 1
    words = "".join(fragment.text for fragment in read_pdf(printed.data).fragments)
    assert "SECRET" not in words and {"a", "b", "d", "e"} <= set(words)
    assert not any(fault.kind is PdfFaultKind.LOST_TEXT for fault in (*printed.faults, *allowed.faults))
    assert "SECRET" in "".join(fragment.text for fragment in read_pdf(allowed.data).fragments)


def test_faults_have_the_place_of_their_text() -> None:
    """A character that no font has is reported where it was written."""
    with PdfPrinter() as printer:
        (fault,) = printer.print(_page("Words \U000e0fff \U0001f9ff \U00013000")).faults
    assert (fault.kind, fault.place, fault.page) == (PdfFaultKind.NO_GLYPH, "a.yaml:1:2", 1)
    assert "\U00013000" in fault.about


def test_a_theme_that_prints_wrong_numbers_is_found() -> None:
    """Numbers that a theme prints itself are found, and headings at the end of a page are seen."""
    body = '<nav role="doc-toc"><a href="#x">Entry</a></nav><div class="space"></div><h2>Alone</h2><p id="x">Words</p>'
    styles = (
        "@page { size: 100mm 100mm; margin: 10mm } h2 { break-after: page; font-size: 10pt } "
        'nav a::after { content: "7" !important }'
    )
    with PdfPrinter() as printer:
        printed = printer.print(replace(_page(body), styles=styles))
        sound = printer.print(
            replace(_page(body), styles=styles.replace(" !important", "").replace("break-after", "x"))
        )
    assert {fault.kind for fault in printed.faults} == {PdfFaultKind.WRONG_NUMBER, PdfFaultKind.HEADING_ENDS_PAGE}
    assert sound.faults == ()
