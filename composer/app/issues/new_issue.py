"""Creates a new issue, or a translation of one.

Input: a newsletter's folder, a date, languages. Output: a file in which the texts are missing. Guarantees: overwrites
no file.
"""

import datetime
from collections.abc import Callable
from pathlib import Path

from composer.app.issues.issue_lookup import IssueFile
from composer.app.scaffold.issue_skeleton import skeleton
from composer.app.scaffold.issue_translation import translation
from composer.app.scaffold.new_language import begin_language
from composer.app.scaffold.next_issue import NextIssue, next_issue
from composer.app.text_editors.schema_files import write_schemas
from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.content.document.section_types import read_document
from composer.content.values.formats import language_tag
from composer.content.yaml.nodes import Mapping
from composer.core.command_lines import command_line
from composer.core.errors import ContentError, OutputError, UsageError
from composer.core.issue_files import files_of_day, heading
from composer.core.issue_names import date_in
from composer.core.workspace import ISSUES, Workspace, stamp


def new_issue(
    workspace: Workspace,
    *,
    day: datetime.date | None = None,
    language: str | None = None,
    source: str | None = None,
    today: datetime.date | None = None,
    file_made: Callable[[Path], None] | None = None,
) -> IssueFile:
    """Write the skeleton of an issue for a date.

    By default, that is the newest issue if it is not in the past and lacks this language; otherwise the next date that
    follows from earlier issues.

    With a language other than the newsletter's, it is a translation of the issue of that date. `source` is the language
    to translate from; without a date, the latest issue is translated. `file_made` is called with each other file that was
    created: the settings of a new language, and texts to translate. Raises UsageError if the issue exists, ContentError,
    OutputError.
    """
    newsletter = read_newsletter(workspace)
    own = newsletter.language
    tag = _language(workspace, language) if language else None
    other = tag if tag != own else None
    if other is not None:
        _begin(workspace, newsletter, other, file_made)
        newsletter = read_newsletter(workspace, other)
    today = today or datetime.date.today()
    upcoming = next_issue(workspace, today)
    if day is None:
        newest = _without_language(workspace, other, today)
        day = (newest or upcoming.date) if source is None else _latest(workspace)
    name = f"{day.isoformat()}.yaml" if other is None else f"{day.isoformat()}.{other}.yaml"
    path = workspace.root / ISSUES / name
    _refuse_second(workspace, path, day, upcoming, language=other, is_translation=source is not None)
    if source is not None:
        text = translation(newsletter, _read_source(workspace, day, source, own))
    else:
        text = skeleton(newsletter, NextIssue(date=day, number=_number(workspace, day) or upcoming.number))
    try:
        path.parent.mkdir(exist_ok=True)
        # "x": does not overwrite a file that a sync program creates at the same moment.
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
    write_schemas(workspace)
    return IssueFile(workspace=workspace, path=path)


def _refuse_second(
    workspace: Workspace,
    path: Path,
    day: datetime.date,
    upcoming: NextIssue,
    *,
    language: str | None,
    is_translation: bool,
) -> None:
    """Check that no file contains the issue already. Raises UsageError."""
    others = files_of_day(workspace, day, language)
    if not path.exists() and not others:
        return
    options = "" if language is None else f"--language {language}"
    hint = f"use another date: {command_line('new', str(upcoming.date), options=options)}"
    if is_translation:
        hint = "to translate it again, delete it first; or use the date of another issue"
    if path.exists():
        raise UsageError(f"{workspace.name(path)} already exists", hint)
    if upcoming.date == day:
        hint = "delete or move that file if it is only a copy, or use another date"
    raise UsageError(f"{workspace.name(others[0])} already exists for the issue of {day}", hint)


def _language(workspace: Workspace, text: str) -> str:
    tag = language_tag(text)
    if tag is None:
        # Imported late: only for names of languages, which are slow to load.
        from composer.app.scaffold.newsletter_setup import available_languages, language_by_name

        tag = language_by_name(text, (*available_languages(workspace.root), *sorted(workspace.languages())))
    if tag is None:
        raise UsageError(
            f"“{text}” is not a language code", "write a code such as de, zh or zh-Hant, or a name such as German"
        )
    return tag


def _without_language(workspace: Workspace, language: str | None, today: datetime.date) -> datetime.date | None:
    """Return the date of the newest issue if it has no edition in a language, and is not in the past."""
    newest = max((day for path in workspace.issues() if (day := date_in(path.name))), default=None)
    if newest is None or newest < today or files_of_day(workspace, newest, language):
        return None
    return newest


def _number(workspace: Workspace, day: datetime.date) -> int | None:
    """Return the number of the issue of a day, from its editions in other languages."""
    paths = (path for path in workspace.issues() if date_in(path.name) == day)
    return next((number for path in paths if (number := heading(path, stamp(path)).number)), None)


def _latest(workspace: Workspace) -> datetime.date:
    days = [day for path in workspace.issues() if "." not in path.stem and (day := date_in(path.name))]
    if days:
        return days[-1]
    raise UsageError(
        "no issue to translate was found", "give its date:   compose new 2025-01-30 --language de --from en"
    )


def _begin(workspace: Workspace, newsletter: Newsletter, tag: str, made: Callable[[Path], None] | None) -> None:
    """Create what a language needs and does not have."""
    try:
        written = begin_language(workspace, newsletter, tag)
    except OSError as error:
        raise OutputError(f"{error.filename} cannot be written: {error.strerror}") from error
    for path in written:
        if made is not None:
            made(path)


def _read_source(workspace: Workspace, day: datetime.date, source: str, own: str) -> Mapping:
    tag = _language(workspace, source)
    stem = day.isoformat() if tag == own else f"{day.isoformat()}.{tag}"
    path = workspace.issue(stem)
    root, where = read_document(path, workspace.name(path))
    if not isinstance(root, Mapping):
        raise ContentError((where.place(0).problem("type", "an issue must contain keys and values"),))
    return root
