"""The command `compose build`: build issues into the outbox."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.cli.ui.completions import issue_names
from composer.core.errors import ComposeError

if TYPE_CHECKING:
    from composer.app.issues.build import BuildResult, BuiltEdition
    from composer.pdf.printer import PdfPrinter


@click.command("build")
@click.argument("issues", nargs=-1, metavar="[ISSUE...]", shell_complete=issue_names)
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), help="The folder to write to.  [default: outbox/]"
)
@click.option("--pdf", "has_pdf", is_flag=True, help="Also print each issue as PDF, for the public.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(issues: tuple[str, ...], output: Path | None, has_pdf: bool, as_json: bool) -> int:
    """Build issues into the outbox: HTML, plain text, message.

    ISSUE is a path or a file name without its ending: issues/2025-01-30.yaml or 2025-01-30. Without ISSUE, builds the
    current issue in all its languages. A problem in one issue does not stop the others. Writes issue.html, issue.txt,
    issue.eml and pictures/ to outbox/2025-01-30/. If parts are for some subscribers only, this is the version with the
    most content, and the others are in variants/. With --pdf, also writes issue.pdf, without the parts that are for
    some subscribers only.
    """
    from composer.app.issues.issue_lookup import find_current_issue, find_issues

    found = find_issues(issues) if issues else find_current_issue()
    # Imported late, so that a mistake in the arguments is reported before the renderer is loaded.
    from composer.app.issues.build import build

    with _printer() if has_pdf else nullcontext() as printer:
        results = [build(issue, output, printer) for issue in found]
    if as_json:
        console.answer_json({"issues": [_as_json(result) for result in results]})
    else:
        for result in results:
            _show(result)
    return 0 if all(result.is_built for result in results) else 1


def _printer() -> "PdfPrinter":
    # Imported late: only --pdf needs it.
    from composer.pdf.printer import PdfPrinter

    return PdfPrinter()


def _show(result: "BuildResult") -> None:
    if result.is_built:
        for edition in result.editions:
            if len(result.editions) > 1:
                console.talk(f"{edition.subscribers}:")
            for file in edition.files:
                console.answer(_short(file))
        if result.pdf is not None:
            console.answer(_short(result.pdf))
        console.problems(result.problems)
        return
    console.problems(result.problems)
    if result.error:
        console.stop(ComposeError(f"{result.issue}: {result.error}", result.hint))
        return
    count = len(result.problems)
    console.talk(f"{result.issue}: not built, {count} {'problem' if count == 1 else 'problems'}")


def _short(path: Path) -> str:
    """Return a path relative to the current folder if it is inside it."""
    try:
        return str(path.resolve().relative_to(Path.cwd().resolve()))
    except ValueError:
        return str(path)


def _bytes(edition: "BuiltEdition") -> dict[str, object]:
    return {"total": sum(size for _, size in edition.sizes), "sections": dict(edition.sizes)}


def _as_json(result: "BuildResult") -> dict[str, object]:
    return {
        "issue": result.issue,
        "built": result.is_built,
        "files": [str(file) for edition in result.editions for file in edition.files],
        "pdf": str(result.pdf) if result.pdf is not None else None,
        "pdf_pages": result.pdf_pages or None,
        "hash": result.hash or None,
        "html_bytes": _bytes(result.editions[0]) if result.editions else None,
        "variants": [
            {
                "subscribers": edition.subscribers,
                "files": [str(file) for file in edition.files],
                "hash": edition.hash,
                "html_bytes": _bytes(edition),
            }
            for edition in result.editions
        ],
        "problems": console.problems_as_json(result.problems),
        "error": result.error or None,
        "hint": result.hint or None,
    }
