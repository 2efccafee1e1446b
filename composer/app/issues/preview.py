"""Shows an issue while it is written: once, as files, or in a browser until it is ended.

Input: an issue's file, perhaps the subscriber through whose eyes it is seen. Output: what the preview shows, a folder, or a
server on this computer only. Never changes the newsletter.
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
    """A preview as files. Without a page there was nothing to show, and `problems` or `error` say why."""

    page: Path | None
    problems: tuple[Problem, ...] = ()
    error: str = ""


def preview(
    issue: IssueFile, *, subscriber: SampleSubscriber | None = None, day: datetime.date | None = None
) -> Attempt:
    """Build and check an issue once, as the preview shows it, for the day it is to go out: by default today."""
    return preview_builder(issue.workspace, issue.path, _now, day, subscriber)()


def write_preview(issue: IssueFile, folder: Path, *, subscriber: SampleSubscriber | None = None) -> WrittenPreview:
    """Write the preview as a folder that opens without a server; for its owner only where it shows a subscriber.

    Raises OutputError when the folder holds something else, or cannot be written.
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
    """Show an issue in the browser, following every save, until Ctrl-C; `opened` hears the address once it answers.

    Without a port the first free one from 8700 is taken. Raises PreviewError when there is none.
    """
    # Late: a preview as files needs no server.
    from composer.web.preview.preview_server import serve

    rebuild = preview_builder(issue.workspace, issue.path, _now, asked=subscriber)
    serve(rebuild, port=port, opened=opened, inputs=always(issue.workspace, issue.path))


def _now() -> datetime.datetime:
    return datetime.datetime.now().astimezone()
