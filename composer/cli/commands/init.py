"""The command `compose init`: create a newsletter."""

import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.core.command_lines import command_line, shell_line
from composer.core.errors import UsageError
from composer.core.workspace import NEWSLETTER, Workspace

if TYPE_CHECKING:
    from composer.cli.ui.setup_questions import GivenAnswers

#: The answers without which no newsletter can be sent, by their option.
_NECESSARY = ("name", "sender", "postal_address")


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", metavar="TEXT", help="Name of the newsletter.")
@click.option("--sender", metavar="ADDRESS", help="Address it is sent from: letter@example.org.")
@click.option("--postal-address", metavar="TEXT", help="Your postal address, in one line; shown in every message.")
@click.option(
    "--language", "languages", multiple=True, metavar="TAG", help="Language, the main one first.  [default: en]"
)
@click.option(
    "--section",
    "sections",
    multiple=True,
    metavar="TYPE[=HEADING]",
    help="Section of an issue: its type and its heading (types: compose sections).  [default: text, links]",
)
@click.option(
    "--timezone",
    metavar="ZONE",
    help="Time zone or its city, such as Europe/Berlin or Berlin.  [default: this computer's]",
)
@click.option("--editor", metavar="ADDRESS", help="Who gets test messages.  [default: the sender]")
@click.option("--color", metavar="CODE", help="Main color, such as #9b1c1c or dark red.  [default: blue]")
@click.option("--logo", type=click.Path(path_type=Path), metavar="FILE", help="Logo: a PNG, JPEG, GIF or WebP file.")
@click.option("--date", metavar="DATE", help="Date of the first issue.  [default: in a week]")
@click.option("--sample", is_flag=True, help="Copy the sample newsletter, with an issue in English and German.")
@click.option(
    "--ci", "forge_name", type=click.Choice(("github", "gitlab")),
    help="Also write the files with which GitHub or GitLab reviews issues; also for an existing newsletter.",
)  # fmt: skip
def command(folder: Path, date: str | None, *, sample: bool, forge_name: str | None, **options: object) -> int:
    """Create a newsletter in the folder DIR, with an empty first issue.

    On a terminal, the command asks for what the options do not say. Otherwise --name, --sender and --postal-address are
    necessary. Existing files are not overwritten.

    Also writes a file for each further language, a .gitignore, and what VS Code and other text editors need to complete
    and check the files.
    """
    given: GivenAnswers = {name: value for name, value in options.items() if value not in (None, ())}
    if forge_name and (folder / NEWSLETTER).is_file() and not (sample or given or date):
        _write_forge_files(folder, forge_name)
        return 0
    if sample:
        return _copy_sample(folder, forge_name, has_options=bool(given or date))
    from composer.app.scaffold.newsletter_creation import check_folder, create_newsletter
    from composer.cli.ui.setup_questions import answers, ask_missing

    check_folder(folder)
    missing = [name for name in _NECESSARY if name not in given]
    if missing and not sys.stdin.isatty():
        flags = " ".join(f"--{name.replace('_', '-')} …" for name in missing)
        raise UsageError(
            f"not a terminal, so these options are necessary: {flags}",
            "or start with the sample newsletter:   " + command_line("init", str(folder), options="--sample"),
        )
    day = _day(date) if date else None
    setup = ask_missing(folder, given) if missing else answers(folder, given)
    written = create_newsletter(folder, setup, day=day)
    for path in written:
        console.answer(str(path))
    if forge_name:
        _write_forge_files(folder, forge_name)
    stem = next(path.stem for path in written if path.parent.name == "issues")
    _show_next(folder, stem, setup.languages)
    return 0


def _show_next(folder: Path, stem: str, languages: tuple[str, ...]) -> None:
    steps = [
        *([] if folder.resolve() == Path.cwd() else [(shell_line("cd", str(folder)), "")]),
        (f"write issues/{stem}.yaml", "comments say what each text is for"),
        (command_line("draft", "FILE"), "or: makes it from your text in Word, Google Docs or Markdown"),
        (command_line("preview", stem), "shows the issue in your browser while you write"),
        (command_line("test", stem), "sends a test message when it is ready"),
    ]
    for tag in languages[1:]:
        begin = command_line("new", stem, options=shell_line("--language", tag, "--from", languages[0]))
        steps.append((begin, "then starts the edition in the other language"))
    width = max(len(step) for step, why in steps if why)
    console.talk("\nNext:")
    for step, why in steps:
        console.talk(f"  {step:<{width}}   {why}".rstrip())


def _write_forge_files(folder: Path, forge_name: str) -> None:
    from composer.app.forges.forge_files import Forge, write_forge_files

    done = write_forge_files(Workspace(root=folder.resolve()), Forge(forge_name))
    for path in done.written:
        console.answer(str(path))
    if not done.written:
        console.talk("the files for reviews exist, and are those of this version")
    if done.including is not None:
        console.talk(f"add to {done.including}, below   include:\n      - local: {done.included}")


def _copy_sample(folder: Path, forge_name: str | None, *, has_options: bool) -> int:
    from composer.app.scaffold.newsletter_creation import copy_sample

    if has_options:
        raise UsageError("--sample has its own answers, so only --ci can be used with it")
    for path in copy_sample(folder):
        console.answer(str(path))
    if forge_name:
        _write_forge_files(folder, forge_name)
    console.talk("\nNext:")
    console.talk(f"  {shell_line('cd', str(folder))}")
    console.talk("  compose build 2025-01-30      then open outbox/2025-01-30/issue.html")
    return 0


def _day(text: str) -> datetime.date:
    from composer.content.values.formats import date_hint, iso_date

    day = iso_date(text)
    if isinstance(day, str):
        raise UsageError(day, date_hint(text))
    return day
