"""The command `compose new`: create the skeleton of an issue."""

import datetime
from pathlib import Path

import click

from composer.cli.ui import console
from composer.cli.ui.completions import languages
from composer.core.command_lines import command_line
from composer.core.errors import UsageError
from composer.core.workspace import Workspace


@click.command("new")
@click.argument("date", required=False, metavar="[DATE]")
@click.option(
    "--language", metavar="TAG", shell_complete=languages,
    help="Language of the issue, such as de.  [default: the newsletter's]",
)  # fmt: skip
@click.option(
    "--from", "source", metavar="TAG", shell_complete=languages,
    help="Language to translate from; its texts are added as comments.",
)  # fmt: skip
def command(date: str | None, language: str | None, source: str | None) -> int:
    """Create the skeleton of a new issue.

    Writes issues/DATE.yaml. DATE is year-month-day; without it, the date follows from the interval between earlier
    issues.

    With --language and --from it writes a translation of the issue of that date: issues/DATE.de.yaml. If the newsletter
    does not have this language yet, it also writes a newsletter.de.yaml for you to fill in. If compose does not have the
    language either, it writes the texts that compose adds to templates/THEME/phrases, for you to translate.
    """
    from composer.app.issues.new_issue import new_issue

    workspace = Workspace.find(Path.cwd())
    if source is not None and language is None:
        raise UsageError(
            "--from needs --language, the language to write in", "compose new DATE --language de --from en"
        )

    def file_made(path: Path) -> None:
        is_overlay = path.parent == workspace.root
        what = "the newsletter's name and headings" if is_overlay else "the texts that the program adds"
        console.talk(f"{workspace.name(path)}: created; translate {what} there")

    day = _day(date) if date else None
    made = new_issue(workspace, day=day, language=language, source=source, file_made=file_made)
    console.answer(made.name)
    console.talk(f"Next: write the texts, then run: {command_line('build', made.stem)}")
    return 0


def _day(text: str) -> datetime.date:
    from composer.content.values.formats import date_hint, iso_date

    day = iso_date(text)
    if isinstance(day, str):
        raise UsageError(day, date_hint(text))
    return day
