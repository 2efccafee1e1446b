"""Shows an issue while it is being written: as a value, as files, or in the browser.

Input: an issue's file, and optionally the subscriber whose edition is shown. Output: the content of the preview, a
folder, or a server on this computer only. Guarantees: does not change the newsletter.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from composer.app.issues.issue_lookup import IssueFile
from composer.core.errors import Problem
from composer.web.preview.build_preview import always, preview_builder
from composer.web.preview.preview_export import write
from composer.web.preview.simulation.sample_subscribers import SampleSubscriber
from composer.web.preview.view_model import Attempt, ShownVariant


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPreview:
    """A preview as files. Without a page, nothing could be shown, and `problems` or `error` say why."""

    page: Path | None
    problems: tuple[Problem, ...] = ()
    error: str = ""


def preview(
    issue: IssueFile, *, subscriber: SampleSubscriber | None = None, day: datetime.date | None = None
) -> Attempt:
    """Build and check an issue once, as the preview does, for the date on which it will be sent, by default today."""
    return preview_builder(issue.workspace, issue.path, _now, day, subscriber)()


def write_preview(issue: IssueFile, folder: Path, *, subscriber: SampleSubscriber | None = None) -> WrittenPreview:
    """Write the preview to a folder that opens without a server; private to its owner if it shows a subscriber.

    Raises OutputError if the folder contains other files, or cannot be written.
    """
    attempt = preview(issue, subscriber=subscriber)
    if attempt.model is None:
        return WrittenPreview(page=None, problems=attempt.problems, error=attempt.error)
    findings = attempt.model.findings
    shown = ShownVariant(version=1, edition=1, model=attempt.model, problems=findings, built=_now())
    page = write(shown, folder, is_private=subscriber is not None)
    return WrittenPreview(page=page, problems=findings)


def serve_preview(
    issue: IssueFile,
    opened: Callable[[str], None],
    *,
    port: int | None = None,
    subscriber: SampleSubscriber | None = None,
) -> None:
    """Show an issue in the browser, updated on every save, until Ctrl-C; `opened` is called with the address.

    Without a port, the first free one from 8700 is used. Raises PreviewError if none is free.
    """
    # Imported late: a preview as files needs no server.
    from composer.web.preview.preview_server import serve

    rebuild = preview_builder(issue.workspace, issue.path, _now, asked=subscriber)
    serve(rebuild, port=port, opened=opened, inputs=always(issue.workspace, issue.path))


def _now() -> datetime.datetime:
    return datetime.datetime.now().astimezone()
