"""Checks whether issues can be printed as PDF on this computer, by printing a page.

Input: nothing. Output: diagnoses. Guarantees: changes nothing.
"""

import datetime
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec

from composer.core.errors import ComposeError
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from composer.pdf.print_job import PdfFaultKind, PrintedPdf, PrintJob
from composer.pdf.printer import PACKAGES, PdfPrinter

_SUBJECT = "PDF"
#: The packages of the extra.
_PACKAGES = ("weasyprint", "pypdfium2")
_FONTS = "PDF fonts"
#: Words whose characters are in no font for European languages.
_SAMPLES = {"Chinese": ("zh", "中文"), "Japanese": ("ja", "かな"), "Korean": ("ko", "한국어"), "Arabic": ("ar", "عربي")}


def look_at_pdf() -> Iterator[Diagnosis]:
    """Print a page with Chinese, Japanese, Korean and Arabic words."""
    if missing := next((name for name in _PACKAGES if find_spec(name) is None), None):
        seen = f"not set up: PDFs need the extra “pdf” of compose: the package {missing} is not installed"
        yield Diagnosis(subject=_SUBJECT, health=DiagnosisLevel.OPEN, seen=seen, step=PACKAGES)
        return
    try:
        with PdfPrinter() as printer:
            printed = printer.print(_sample())
    except ComposeError as error:
        yield Diagnosis(subject=_SUBJECT, health=DiagnosisLevel.WEAK, seen=error.message, step=error.hint)
        return
    if printed.is_subsetting_slow:
        seen = "the library libharfbuzz-subset is missing: an issue with Chinese text takes 20 seconds instead of 2"
        step = "on Debian or Ubuntu: apt install libharfbuzz-subset0"
        yield Diagnosis(subject=_SUBJECT, health=DiagnosisLevel.WEAK, seen=seen, step=step)
    else:
        seen = f"WeasyPrint {metadata.version('weasyprint')} printed a page"
        yield Diagnosis(subject=_SUBJECT, health=DiagnosisLevel.GOOD, seen=seen)
    yield _fonts(printed)


def _sample() -> PrintJob:
    words = "".join(f'<p lang="{tag}">{words}</p>' for tag, words in _SAMPLES.values())
    return PrintJob(
        html=f'<!DOCTYPE html><html lang="en"><title>Fonts</title><body>{words}</body></html>',
        styles="html { font-family: sans-serif }",
        title="Fonts",
        author="compose",
        date=datetime.date(2025, 1, 30),
    )


def _fonts(printed: PrintedPdf) -> Diagnosis:
    lost = "".join(fault.about for fault in printed.faults if fault.kind is PdfFaultKind.NO_GLYPH)
    missing = [language for language, (_, words) in _SAMPLES.items() if set(words) & set(lost)]
    if not missing:
        seen = f"there are fonts for {', '.join(_SAMPLES)}"
        return Diagnosis(subject=_FONTS, health=DiagnosisLevel.GOOD, seen=seen)
    seen = f"no font has characters for {', '.join(missing)}: they are printed as boxes"
    step = "if your issues contain such words: on Debian or Ubuntu, apt install fonts-noto-cjk fonts-noto-core"
    return Diagnosis(subject=_FONTS, health=DiagnosisLevel.WEAK, seen=seen, step=step)
