"""The files of a review: for each issue the message, the preview and the PDF, and the review as JSON.

Input: a review, and a folder. Output: files in the folder. Guarantees: writes nowhere else.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from composer.app.forges.review_data import Review
from composer.app.issues.build import build
from composer.app.issues.issue_lookup import find_issue
from composer.app.issues.preview import write_preview
from composer.core.errors import OutputError
from composer.core.workspace import Workspace
from composer.pdf.printer import PdfPrinter

DATA = "review.json"


def write_review_files(workspace: Workspace, review: Review, folder: Path) -> tuple[str, ...]:
    """Write the files; return what is missing, as sentences. Raises OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / DATA).write_text(json.dumps(review.to_json()), encoding="ascii")
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}") from error
    with PdfPrinter() as printer:
        return tuple(
            sentence
            for issue in review.issues
            if issue.inbox is not None
            for sentence in _write(workspace, issue.path, folder, printer)
        )


def _write(workspace: Workspace, path: str, folder: Path, printer: PdfPrinter) -> Iterator[str]:
    issue = find_issue(workspace.root / path)
    result = build(issue, folder, printer)
    if not result.is_built:
        # The message is worth having, even if it cannot be printed here.
        yield f"{path}: there is no PDF: {result.error or 'it has problems'}"
        build(issue, folder)
    write_preview(issue, folder / "previews" / issue.stem)
