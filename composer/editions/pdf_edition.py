"""From an issue to its PDF, for the outbox and the archive.

Input: a newsletter and an issue, as `read_issue` returns them, and a printer. Output: a `PdfEdition`. Guarantees: writes
nothing. It is the public form of the issue, as on the web. The same input gives the same bytes on one computer.
"""

from dataclasses import dataclass

from composer.checks.check_settings import read_settings
from composer.checks.rules.page.pdf import pdf_problems
from composer.content.document.issue import Issue
from composer.content.document.newsletter import Newsletter
from composer.core.errors import Problem
from composer.editions.web_build import build_web
from composer.pdf.print_job import PrintJob
from composer.pdf.print_page import PrintPage, print_job
from composer.pdf.printer import PdfPrinter
from composer.render.templating.theme import Theme

_PICTURES = "pictures/"


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfEdition:
    """A printed issue."""

    data: bytes
    pages: int
    #: What was found wrong when the PDF was read back.
    problems: tuple[Problem, ...]


def print_issue(printer: PdfPrinter, newsletter: Newsletter, issue: Issue, job: PrintJob | None = None) -> PdfEdition:
    """Print an issue, and read the PDF back; `job` is its `issue_job`, if that is already made.

    Raises ContentError for mistakes in the theme and for `checks:` in newsletter.yaml, PdfError if this computer cannot
    print the issue.
    """
    settings = read_settings(newsletter)
    printed = printer.print(job or issue_job(newsletter, issue))
    return PdfEdition(
        data=printed.data,
        pages=printed.pages,
        problems=pdf_problems(printed.faults, issue.place(), settings),
    )


def issue_job(newsletter: Newsletter, issue: Issue) -> PrintJob:
    """Return what is printed of an issue. Raises ContentError for mistakes in the theme."""
    built = build_web(newsletter, issue, _PICTURES, has_places=True)
    edition = built.edition
    page = PrintPage(
        article=edition.body,
        styles=edition.print_css,
        pictures={f"{_PICTURES}{name}": picture.data for name, picture in built.pictures},
        newsletter=newsletter.name,
        title=edition.title,
        language=edition.language,
        direction=edition.direction,
        date=edition.date,
        paper=newsletter.pdf.paper,
        link_list=_link_list(newsletter, issue) if newsletter.pdf.has_link_list else "",
    )
    return print_job(page)


def _link_list(newsletter: Newsletter, issue: Issue) -> str:
    """Return the heading of the list of links."""
    return Theme(newsletter.theme.with_included(), issue.language, newsletter.design).phrases["link_list"]
