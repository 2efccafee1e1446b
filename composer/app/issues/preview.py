"""Shows an issue while it is being written: as a value, as files, or in the browser.

Input: an issue's file, and optionally the subscriber whose edition is shown. Output: the content of the preview, a
folder, or a server on this computer only. Guarantees: of the newsletter's files, changes only the schemas for text editors.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from composer.app.issues.issue_lookup import IssueFile
from composer.app.text_editors.schema_files import refresh_schemas
from composer.content.document.newsletter import read_newsletter
from composer.core.environment import Environment
from composer.core.environment import environment as own_environment
from composer.core.errors import ComposeError, Problem
from composer.core.issue_names import parse_issue_name
from composer.web.preview.build_preview import always, preview_builder
from composer.web.preview.preview_export import write
from composer.web.preview.simulation.sample_subscribers import SampleSubscriber
from composer.web.preview.view_model import Attempt, ListedIssue, ShownVariant


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
    environment: Environment | None = None,
) -> None:
    """Show an issue in the browser, updated on every save, until Ctrl-C; `opened` is called with the address.

    The page can switch to the newsletter's other issues. Without a port, the first free one from 8700 is used. Raises
    PreviewError if none is free, SettingsError if COMPOSE_EDITOR is wrong.
    """
    # Imported late: a preview as files needs no server.
    from composer.web.preview.editor_links import VARIABLE, editor_links, editor_template
    from composer.web.preview.issue_sessions import IssueSessions
    from composer.web.preview.preview_server import serve
    from composer.web.preview.preview_session import PreviewSession

    workspace = issue.workspace
    template = editor_template((environment or own_environment()).environment.get(VARIABLE, ""))

    def session(path: Path) -> PreviewSession:
        build = preview_builder(workspace, path, _now, asked=subscriber)

        def rebuild() -> Attempt:
            refresh_schemas(workspace)
            return build()

        return PreviewSession(rebuild, always(workspace, path), partial(editor_links, template, workspace.root))

    def prepare(stem: str) -> PreviewSession | None:
        return next((session(path) for path in workspace.issues() if path.stem == stem), None)

    serve(
        IssueSessions(session(issue.path), issue.stem, partial(list_issues, issue), prepare), port=port, opened=opened
    )


def list_issues(issue: IssueFile) -> tuple[ListedIssue, ...]:
    """List the issues of a newsletter, the newest first, and in any case the given one, whatever its name is."""
    workspace = issue.workspace
    try:
        main = read_newsletter(workspace).language
    except ComposeError:
        # The page shows what is wrong with newsletter.yaml.
        main = ""
    languages = workspace.languages()
    listed = []
    for path in dict.fromkeys((*workspace.issues(), issue.path)):
        name = parse_issue_name(path.name, languages)
        date = name.date.isoformat() if name else ""
        language = workspace.language_of(path, languages) or main
        listed.append(ListedIssue(stem=path.stem, date=date, language=language))
    return tuple(sorted(listed, key=lambda each: each.date, reverse=True))


def _now() -> datetime.datetime:
    return datetime.datetime.now().astimezone()
