"""Checks of the printed PDF, which only a build with a PDF runs.

Input: the faults that were found when the PDF was read back. Output: problems at the lines of the issue. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never

from composer.checks.registry import CHECKS, CheckFinding, CheckLimits, Setting, check, to_problem
from composer.checks.review import ReviewedEdition
from composer.content.yaml.source import SourcePlace
from composer.core.errors import Problem, Who
from composer.pdf.print_job import PdfFault, PdfFaultKind

_SOURCE = "the PDF is read back after it is printed (with compose build --pdf, and by compose publish)"
_CODES = {
    PdfFaultKind.LOST_TEXT: "PDF01",
    PdfFaultKind.NO_GLYPH: "PDF02",
    PdfFaultKind.WRONG_NUMBER: "PDF03",
    PdfFaultKind.HEADING_ENDS_PAGE: "PDF04",
}


@check(
    "PDF01",
    "The PDF has every character of the issue",
    who=Who.DESIGNER,
    fix="if nothing in the theme's print.css hides this text, change the paragraph a little, and report the fault",
    source=_SOURCE,
)
def lost_text(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Report nothing: `pdf_problems` does, after a PDF was printed."""
    yield from ()


@check(
    "PDF02",
    "A font on this computer has every character of the issue",
    who=Who.IT,
    fix="install a font that has them; on Debian, most are in fonts-noto-core, fonts-noto-cjk and fonts-noto-color-emoji",
    source=_SOURCE,
)
def no_glyph(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Report nothing: `pdf_problems` does, after a PDF was printed."""
    yield from ()


@check(
    "PDF03",
    "The page numbers in the contents of the PDF are right",
    who=Who.DESIGNER,
    fix="in the theme's print.css, write   .contents a::after { content: target-counter(attr(href url), page) }",
    source=_SOURCE,
)
def wrong_number(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Report nothing: `pdf_problems` does, after a PDF was printed."""
    yield from ()


@check(
    "PDF04",
    "No heading is the last thing on a page of the PDF",
    who=Who.DESIGNER,
    fix="in the theme's print.css, headings must have   break-after: avoid",
    source=_SOURCE,
)
def heading_ends_page(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Report nothing: `pdf_problems` does, after a PDF was printed."""
    yield from ()


def pdf_problems(
    faults: Iterable[PdfFault], otherwise: SourcePlace, settings: Mapping[str, Setting]
) -> tuple[Problem, ...]:
    """Return a problem for each fault; `otherwise` is the place of those in a text that no editor wrote."""
    problems = []
    for fault in faults:
        setting = settings.get(_CODES[fault.kind]) or Setting()
        if not setting.is_off:
            finding = CheckFinding(place=_place(fault, otherwise), message=_message(fault), about=fault.about)
            problems.append(to_problem(CHECKS[_CODES[fault.kind]], finding, setting.level))
    return tuple(problems)


def _place(fault: PdfFault, otherwise: SourcePlace) -> SourcePlace:
    if not fault.place:
        return otherwise
    path, line, column = fault.place.rsplit(":", 2)
    return SourcePlace(path=path, line=int(line), column=int(column))


def _message(fault: PdfFault) -> str:
    match fault.kind:
        case PdfFaultKind.LOST_TEXT:
            return f"these characters are missing in the PDF: “{fault.about}”"
        case PdfFaultKind.NO_GLYPH:
            where = f"page {fault.page} of the PDF" if fault.page else "the PDF"
            return f"no font on this computer has “{fault.about}”, so {where} shows boxes instead"
        case PdfFaultKind.WRONG_NUMBER if fault.printed:
            return f"the contents of the PDF say page {fault.printed}, but “{fault.about}” is on page {fault.page}"
        case PdfFaultKind.WRONG_NUMBER:
            return f"the contents of the PDF have no page number for “{fault.about}”"
        case PdfFaultKind.HEADING_ENDS_PAGE:
            return f"the heading “{fault.about}” is the last line of page {fault.page} of the PDF"
        case _:
            assert_never(fault.kind)
