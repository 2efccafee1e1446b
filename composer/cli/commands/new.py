"""`compose new`: the skeleton of an issue."""

import datetime
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.core.command_lines import command_line
from composer.core.errors import ContentError, OutputError, UsageError
from composer.core.issue_files import files_of_day
from composer.core.issue_names import date_in
from composer.core.workspace import ISSUES, Workspace

if TYPE_CHECKING:
    from composer.content.yaml.nodes import Mapping


@click.command("new")
@click.argument("date", required=False, metavar="[DATE]")
@click.option("--language", metavar="TAG", help="Language of the edition, such as de; without it the newsletter's own.")
@click.option("--from", "source", metavar="TAG", help="Language to translate from: its words stand as comments.")
def command(date: str | None, language: str | None, source: str | None) -> int:
    """Write the skeleton of a new issue.

    It goes to issues/DATE.yaml. DATE is year-month-day; without it the next day in the rhythm of the issues there are.

    With --language and --from it is an edition of the issue of that day in another language: issues/DATE.de.yaml. An
    edition in a language that the newsletter does not have yet gets a newsletter.de.yaml to fill in.
    """
    from composer.app.editor_schemas import write_schemas
    from composer.app.scaffold import next_issue, skeleton, translation
    from composer.content.document.newsletter import overlay_name, read_newsletter

    workspace = Workspace.find(Path.cwd())
    if source is not None and language is None:
        raise UsageError(
            "--from needs --language: the language to write in", "compose new DATE --language de --from en"
        )
    newsletter = read_newsletter(workspace)
    tag = _language(language) if language else None
    is_other = tag is not None and tag != newsletter.language
    if is_other and tag is not None:
        _overlay(workspace.root / overlay_name(tag), tag)
        newsletter = read_newsletter(workspace, tag)
    upcoming = next_issue(workspace, datetime.date.today())
    day = _day(date) if date else _latest(workspace) if source is not None else upcoming.date
    path = workspace.root / ISSUES / (f"{day.isoformat()}.{tag}.yaml" if is_other else f"{day.isoformat()}.yaml")
    if path.exists() or (others := files_of_day(workspace, day, tag if is_other else None)):
        hint = f"name another day: {command_line('new', str(upcoming.date), options=f'--language {tag}' if is_other else '')}"
        if source is not None:
            hint = "to translate it again, delete it first; or name another issue's date"
        if path.exists():
            raise UsageError(f"{workspace.name(path)} exists already", hint)
        if upcoming.date == day:
            hint = "delete or move that file if it is only a copy, or name another date"
        raise UsageError(f"{workspace.name(others[0])} exists already, for the issue of {day}", hint)
    if source is not None:
        text = translation(newsletter, _source(workspace, day, source, read_newsletter(workspace).language))
    else:
        text = skeleton(newsletter, replace(upcoming, date=day))
    try:
        path.parent.mkdir(exist_ok=True)
        # "x": a file that a sync program puts here at this moment is not overwritten.
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
    write_schemas(workspace)
    console.answer(workspace.name(path))
    console.talk(f"Next: write the texts, then run: {command_line('build', path.stem)}")
    return 0


def _day(text: str) -> datetime.date:
    from composer.content.values.formats import date_hint, iso_date

    day = iso_date(text)
    if isinstance(day, str):
        raise UsageError(day, date_hint(text))
    return day


def _language(text: str) -> str:
    from composer.content.values.formats import language_tag

    tag = language_tag(text)
    if tag is None:
        raise UsageError(f"“{text}” is not a language", "write de, zh, zh-Hant …")
    return tag


def _latest(workspace: Workspace) -> datetime.date:
    days = [day for path in workspace.issues() if "." not in path.stem and (day := date_in(path.name))]
    if days:
        return days[-1]
    raise UsageError("there is no issue to translate", "name its day:   compose new 2025-01-30 --language de --from en")


def _overlay(path: Path, tag: str) -> None:
    """Make the file that holds what differs in a language, if there is none."""
    if path.exists():
        return
    text = (
        "# What differs in this language: only these keys; everything else stands in newsletter.yaml.\n"
        f"language: {tag}\n"
        '# name: "…"\n# sections:\n#   top_story:\n#     heading: "…"\n'
    )
    path.write_text(text, encoding="utf-8", newline="\n")
    console.talk(f"{path.name}: made; write the newsletter's name and headings in this language there")


def _source(workspace: Workspace, day: datetime.date, source: str, own: str) -> "Mapping":
    from composer.content.document.section_types import read_document
    from composer.content.yaml.nodes import Mapping

    tag = _language(source)
    stem = day.isoformat() if tag == own else f"{day.isoformat()}.{tag}"
    path = workspace.issue(stem)
    root, where = read_document(path, workspace.name(path))
    if not isinstance(root, Mapping):
        raise ContentError((where.place(0).problem("type", "an issue is made of keys and values"),))
    return root
