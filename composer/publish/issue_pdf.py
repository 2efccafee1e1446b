"""The PDFs of an archive: an issue is printed again only if something has changed that its PDF shows.

Input: an issue, and the new folder. Output: a file, and an `IssuePdf`. Guarantees: a PDF in which something is wrong
is printed again by the next run, because another font may be what it needs.
"""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import unquote

from composer.content.document.issue import Issue
from composer.content.document.newsletter import Newsletter
from composer.core.archive_addresses import pdf_address
from composer.core.errors import PdfError, Problem
from composer.pdf.printer import PdfPrinter
from composer.publish.site.site_folder import SiteFolder
from composer.publish.site.site_manifest import digest_of

#: What draws the pages.
_PROGRAMS = ("compose-newsletter", "weasyprint")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePdf:
    """The PDF of an issue: its size, the digest of what it was made of, and what is wrong with it."""

    size: int
    made_of: str
    problems: tuple[Problem, ...] = ()


class PdfWriter:
    """Writes the PDFs of issues into the new archive; a process that prints is started with the first one."""

    def __init__(self, folder: SiteFolder) -> None:
        self._folder, self._printer = folder, PdfPrinter()

    def write(self, newsletter: Newsletter, issue: Issue, stem: str) -> IssuePdf:
        """Take the PDF of an issue from the old archive, or print it.

        Raises ContentError for mistakes in the theme, PdfError if this computer cannot print the issue.
        """
        # Imported late: most archives have no PDFs.
        from composer.editions.pdf_edition import issue_job, print_issue

        path, job = unquote(pdf_address(stem)), issue_job(newsletter, issue)
        made_of = digest_of(job.digest, *map(_version, _PROGRAMS))
        if self._folder.keep(path, made_of):
            return IssuePdf(size=self._folder.size(path), made_of=made_of)
        try:
            printed = print_issue(self._printer, newsletter, issue, job)
        except PdfError as error:
            raise PdfError(f"{stem}: {error.message}", error.hint) from error
        made_of = "" if printed.problems else made_of
        self._folder.write(path, printed.data, made_of)
        return IssuePdf(size=len(printed.data), made_of=made_of, problems=printed.problems)

    def close(self) -> None:
        """End the process that prints."""
        self._printer.close()


def _version(program: str) -> str:
    try:
        return version(program)
    except PackageNotFoundError:
        return ""
