"""Builds an issue into the outbox.

Input: an issue file and an output folder. Output: a `BuildResult`: the files of every edition, or the problems.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from composer.app.issues.issue_lookup import IssueFile
from composer.core.errors import CompilerError, ContentError, OutputError, PdfError, Problem
from composer.core.issue_files import same_issue_files
from composer.core.workspace import OUTBOX, Workspace
from composer.editions.outbox import PDF, write
from composer.editions.pipeline import Built, hash_of, variants_of

if TYPE_CHECKING:
    from composer.editions.pdf_edition import PdfEdition
    from composer.pdf.printer import PdfPrinter


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltEdition:
    """The files written for some or all of the subscribers."""

    #: Who gets it, as text; empty if everyone gets the same.
    subscribers: str
    #: The HTML, the plain text and the message.
    files: tuple[Path, ...]
    hash: str
    #: The bytes of its HTML by section.
    sizes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """The result of a build. Without editions, the issue was not built, and `problems` or `error` say why."""

    issue: str
    #: The one with the most content first.
    editions: tuple[BuiltEdition, ...] = ()
    #: The printed issue, if a PDF was wanted, and its number of pages.
    pdf: Path | None = None
    pdf_pages: int = 0
    #: The hash of everything that subscribers may get; tests and approvals apply to this hash only.
    hash: str = ""
    problems: tuple[Problem, ...] = ()
    error: str = ""
    hint: str = ""

    @property
    def is_built(self) -> bool:
        """Whether the issue was built."""
        return bool(self.editions)


def build(issue: IssueFile, output: Path | None = None, printer: "PdfPrinter | None" = None) -> BuildResult:
    """Build an issue into a folder inside `output`, by default the newsletter's outbox; all of its editions or none.

    With a `printer`, also print it as PDF: the public form of the issue. What is found wrong in the PDF is in the
    result, and the PDF is written nevertheless. Mistakes in the issue and failures to write or to print are in the
    result. Raises WorkspaceError.
    """
    workspace = issue.workspace
    folder = output if output is not None else workspace.root / OUTBOX
    try:
        variants = variants_of(workspace, issue.path)
        fullest, *others = variants
        problems = (*_same_issue(workspace, fullest.built), *_untranslated(workspace, fullest.built))
        pdf = _print(printer, issue) if printer is not None else None
        files = write(fullest.built, folder, others, pdf.data if pdf is not None else None)
    except ContentError as error:
        return BuildResult(issue=issue.name, problems=error.problems)
    except (CompilerError, OutputError, PdfError) as error:
        return BuildResult(issue=issue.name, error=error.message, hint=error.hint)
    each = len(files) // len(variants)
    editions = tuple(
        BuiltEdition(
            subscribers=variant.subscribers,
            files=files[at * each : (at + 1) * each],
            hash=variant.built.hash,
            sizes=tuple(variant.built.edition.sizes.items()),
        )
        for at, variant in enumerate(variants)
    )
    return BuildResult(
        issue=issue.name,
        editions=editions,
        pdf=folder / issue.path.stem / PDF if pdf is not None else None,
        pdf_pages=pdf.pages if pdf is not None else 0,
        hash=hash_of(variants),
        problems=(*problems, *pdf.problems) if pdf is not None else problems,
    )


def _print(printer: "PdfPrinter", issue: IssueFile) -> "PdfEdition":
    # Imported late: a build without a PDF needs nothing of this.
    from composer.content.document.issue import read_issue
    from composer.editions.pdf_edition import print_issue

    newsletter, read = read_issue(issue.workspace, issue.path)
    if read.withdrawn is not None:
        raise PdfError(
            "the issue was withdrawn, so it is not printed",
            "build it without --pdf; or remove   withdrawn:   from the issue to publish it again",
        )
    return print_issue(printer, newsletter, read)


def _same_issue(workspace: Workspace, built: Built) -> tuple[Problem, ...]:
    """Report other files of the same issue."""
    if not same_issue_files(workspace, built.issue.path, built.issue.date, built.issue.number):
        return ()
    # Imported late: a build needs no other check, and such a file is rare.
    from composer.editions.check_run import same_issue_problems

    return same_issue_problems(workspace, built)


def _untranslated(workspace: Workspace, built: Built) -> tuple[Problem, ...]:
    """Report the texts of a translation that are still missing."""
    if workspace.language_of(built.issue.path) is None:
        return ()
    # Imported late: an issue in the newsletter's own language needs no check.
    from composer.editions.check_run import untranslated_problems

    return untranslated_problems(workspace, built)
