"""The doctor's check of PDF printing."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from composer.doctor import pdf_printing
from composer.doctor.diagnosis import DiagnosisLevel
from composer.doctor.pdf_printing import look_at_pdf
from composer.pdf.print_job import PdfFault, PdfFaultKind, PrintedPdf, PrintJob
from composer.pdf.printer import PdfPrinter

pytestmark = pytest.mark.slow


def test_a_computer_that_can_print() -> None:
    """A page is printed; the fonts are a matter of this computer."""
    printing, fonts = look_at_pdf()
    assert printing.health is DiagnosisLevel.GOOD and "WeasyPrint 70" in printing.seen
    assert fonts.health in (DiagnosisLevel.GOOD, DiagnosisLevel.WEAK)


def test_a_missing_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, with the command that installs it; sending works without it."""
    (tmp_path / "weasyprint.py").write_text("raise OSError(\"cannot load library 'libpango-1.0-0': x\")")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), *sys.path)))
    (found,) = look_at_pdf()
    assert found.health is DiagnosisLevel.WEAK and "libpango-1.0-0" in found.seen and found.step


def test_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without WeasyPrint, PDF is not set up; this does not prevent sending."""
    monkeypatch.setattr(pdf_printing, "find_spec", lambda name: None)
    (found,) = look_at_pdf()
    assert found.health is DiagnosisLevel.OPEN and "[pdf]" in found.step


def test_missing_fonts_and_a_slow_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each language without a font is named, and the library that makes Chinese fonts small."""
    fault = PdfFault(kind=PdfFaultKind.NO_GLYPH, place="", about="中文")
    printed = PrintedPdf(data=b"", pages=1, faults=(fault, replace(fault, about="عربي")), is_subsetting_slow=True)

    def as_elsewhere(printer: PdfPrinter, job: PrintJob) -> PrintedPdf:
        return printed

    monkeypatch.setattr(PdfPrinter, "print", as_elsewhere)
    printing, fonts = look_at_pdf()
    assert printing.health is fonts.health is DiagnosisLevel.WEAK and "libharfbuzz-subset0" in printing.step
    assert "Chinese, Arabic:" in fonts.seen and "fonts-noto-cjk" in fonts.step
