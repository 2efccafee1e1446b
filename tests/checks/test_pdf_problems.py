"""Faults of a printed PDF as findings."""

import pytest

from composer.checks.catalogue import catalogue
from composer.checks.registry import CheckLimits, Setting
from composer.checks.rules.page.pdf import pdf_problems
from composer.content.yaml.source import SourcePlace
from composer.core.errors import Level
from composer.pdf.print_job import PdfFault, PdfFaultKind

_ISSUE = SourcePlace(path="issues/a.yaml", line=1, column=1)


def _fault(kind: PdfFaultKind, place: str = "issues/a.yaml:7:3", printed: str = "", page: int = 4) -> PdfFault:
    return PdfFault(kind=kind, place=place, about="Words", page=page, printed=printed)


@pytest.mark.parametrize(("kind", "code"), [*zip(PdfFaultKind, ("PDF01", "PDF02", "PDF03", "PDF04"), strict=True)])
def test_each_fault_has_a_code_and_a_place(kind: PdfFaultKind, code: str) -> None:
    """A fault is a warning at the line of its text, or at the first line of the issue."""
    here, nowhere = pdf_problems([_fault(kind), _fault(kind, place="")], _ISSUE, {})
    assert (here.code, here.level, here.path, here.line, here.column) == (code, Level.WARNING, "issues/a.yaml", 7, 3)
    assert (nowhere.line, nowhere.column) == (1, 1) and "“Words”" in here.message and here.hint


def test_settings_hold_for_them() -> None:
    """A finding can have another level, and can be turned off."""
    faults = [_fault(PdfFaultKind.NO_GLYPH), _fault(PdfFaultKind.LOST_TEXT)]
    found = pdf_problems(faults, _ISSUE, {"PDF02": Setting(is_off=True), "PDF01": Setting(level=Level.BLOCKER)})
    assert [(problem.code, problem.level) for problem in found] == [("PDF01", Level.BLOCKER)]


def test_the_message_names_the_page() -> None:
    """A number that is missing is not the same as one that is wrong."""
    wrong, none, lost, box = (
        problem.message
        for problem in pdf_problems(
            [
                _fault(PdfFaultKind.WRONG_NUMBER, printed="3"),
                _fault(PdfFaultKind.WRONG_NUMBER),
                _fault(PdfFaultKind.NO_GLYPH, page=0),
                _fault(PdfFaultKind.NO_GLYPH),
            ],
            _ISSUE,
            {},
        )
    )
    assert "page 3" in wrong and "page 4" in wrong and "no page number" in none
    assert "page" not in lost and "page 4" in box


@pytest.mark.parametrize("code", ["PDF01", "PDF02", "PDF03", "PDF04"])
def test_a_check_without_a_pdf_finds_nothing(code: str) -> None:
    """`compose check` prints nothing, so these checks have no findings there."""
    check = catalogue()[code]
    assert list(check.run(None, CheckLimits(check.limits))) == []  # type: ignore[arg-type]
