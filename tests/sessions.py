"""Runs the sessions that the docs show, and puts into each page what the commands print now.

Input: a page's text and an empty folder. Output: the same text with today's output in every session that can be run.
Guarantees: writes below the folder only; sends nothing; environment and working folder are as before at the end.
"""

import contextlib
import io
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from composer.audience.bounce_holds import Hold
from composer.bounces.health.audience_health import AudienceHealth, Figures, MailingFigures, Month
from composer.cli.commands.audience import _lines
from composer.cli.main import run
from composer.cli.sending.bounces_held import lines_of
from tests.audience.importing.test_import import mailchimp
from tests.bounces.news import KEY, report, verp
from tests.bounces.samples import FOLDER
from tests.databases import with_tables
from tests.factories import ROOT, sample, sample_message

_TITLE = 'title: "A frugal Chinese model unsettles the AI race"'
#: Two mistakes in the sample issue, as README shows them.
_MISTAKES = (
    (_TITLE, "title: A frugal model: what it means"),
    ("(https://example.org/sources/ding", "(htps://example.org/sources/ding"),
)
_PYTHON = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)


def pages() -> dict[str, Callable[[str, Path], str]]:
    """Return what runs each page, by its name."""
    return {
        "README.md": readme,
        "docs/tutorial/first-issue.md": first_issue,
        "docs/how-to/import-subscribers.md": importing,
        "docs/how-to/handle-bounces.md": bounces,
        "docs/explanation/how-bounces-are-judged.md": explaining,
        "docs/how-to/operate.md": operating,
        "docs/how-to/write-an-issue.md": readme,
        "docs/reference/commands/editing.md": variants,
        "docs/how-to/use-from-python.md": python,
    }


def read(name: str) -> str:
    """Return a page's text."""
    return (ROOT / name).read_text(encoding="utf-8")


def readme(text: str, folder: Path) -> str:
    """Run README's session: two mistakes, a correction in between, the next step."""
    workspace = sample(folder)
    issue = workspace.issue("2025-01-30")
    whole = broken = issue.read_text(encoding="utf-8")
    for right, wrong in _MISTAKES:
        assert right in broken
        broken = broken.replace(right, wrong)
    issue.write_text(broken, encoding="utf-8")
    count = 0

    def command(line: str) -> str:
        nonlocal count
        count += 1
        if count == 2:
            issue.write_text(whole, encoding="utf-8")
            _printed(["build", "2025-01-30.de"])
        return _compose(line)

    with _at(workspace.root):
        return _replaced(text, "", command)


def first_issue(text: str, folder: Path) -> str:
    """Run an editor's first issue: a session, and the files that the page says to write or to change, in their order."""
    here = folder

    def command(line: str) -> str:
        nonlocal here
        match shlex.split(line, comments=True):
            case ["cd", name]:
                here = here / name
                os.chdir(here)
                return ""
            case ["rm", *patterns]:
                for pattern in patterns:
                    found = list(here.glob(pattern))
                    assert found, pattern
                    for each in found:
                        each.unlink()
                return ""
            case _:
                return _compose(line)

    def step(match: re.Match[str]) -> str:
        if match["session"] is not None:
            return f"```console\n{_session(match['session'], command)}```"
        path = here / match["path"]
        if match["kind"] == "write":
            path.write_text(match["content"], encoding="utf-8")
            return match[0]
        lines = match["content"].splitlines(keepends=True)
        old = "".join(line[2:] for line in lines if line.startswith("- "))
        new = "".join(line[2:] for line in lines if line.startswith("+ "))
        before = path.read_text(encoding="utf-8")
        assert before.count(old) == 1, old
        path.write_text(before.replace(old, new), encoding="utf-8")
        return match[0]

    steps = (
        r"```console\n(?P<session>.*?)```|"
        r"<!-- (?P<kind>write|change) (?P<path>\S+) -->\n\n```\w+\n(?P<content>.*?)```"
    )
    with _at(folder):
        return re.sub(steps, step, text, flags=re.DOTALL)


def importing(text: str, folder: Path) -> str:
    """Run the import of a Mailchimp archive."""
    workspace = sample(folder)
    mailchimp(workspace.root).rename(workspace.root / "audience_export.zip")
    with_tables(workspace.root / "newsletter.db")
    with _at(workspace.root):
        return _replaced(text, "compose subscribers import", _compose)


def bounces(text: str, folder: Path) -> str:
    """Run `compose bounces ingest` with five messages, and list bounces that are held."""
    from composer.audience.changes import add_subscriber
    from composer.core.addresses import Address
    from composer.database.schema_upgrade import open_database

    now = datetime(2025, 1, 1, tzinfo=UTC)
    root = sample_message(folder / "news").root
    mail = root / "mail"
    mail.mkdir()
    with _at(root):
        os.environ["COMPOSE_SECRET_KEY"] = KEY.decode()
        with open_database(with_tables(root / "newsletter.db")) as database, database.write() as connection:
            first, second = (
                add_subscriber(connection, Address(address=each), {}, source="t", now=now, consent="yes").id
                for each in ("r0@reader.example", "r1@reader.example")
            )
        (mail / "1.eml").write_bytes(report(verp(first, 7), "r0@reader.example"))
        ours = report(
            verp(second, 7), "r1@reader.example", status="5.7.26", diagnostic="smtp; 550 5.7.26 unauthenticated"
        )
        (mail / "2.eml").write_bytes(ours)
        for name in ("absence-exchange", "person-writes", "postfix-unknown"):
            shutil.copy(FOLDER / f"{name}.eml", mail)
        text = _replaced(text, "compose bounces ingest", _compose)
    held = Hold(
        id=3, mailing_id=1, issue="2025-01-30", kind="provider", key="gmail", sample="", count=412, recipients=18_402, since=now
    )  # fmt: skip
    return _replaced(text, "compose bounces held", lambda line: "".join(f"{each}\n" for each in lines_of((held,))))


def explaining(text: str, folder: Path) -> str:
    """Run `compose bounces explain` with a bounce of Gmail's."""
    shutil.copy(FOLDER / "gmail-no-such-user-via-postfix.eml", folder / "bounce.eml")
    with _at(folder):
        return _replaced(text, "compose bounces explain", _compose)


def operating(text: str, folder: Path) -> str:
    """Print the health of an audience with these figures."""
    domains = {
        "gmail.com": Figures(accepted=18_402, bounced=11, hard=9, ours=2),
        "outlook.com": Figures(accepted=6_010, refused=40, bounced=350, hard=340, complaints=4),
        "reader.example": Figures(accepted=24_768, refused=8, bounced=60, hard=52, complaints=3),
    }
    now = datetime(2025, 3, 15, tzinfo=UTC)
    health = AudienceHealth(
        now=now,
        subscribers={"active": 49_212, "unsubscribed": 3_104, "bounced": 611, "complained": 14},
        months=(
            Month(
                first=date(2024, 12, 1), joined=650, imported=1_200, left=219, bounced=77, complained=1, active=48_746
            ),
            Month(first=date(2025, 1, 1), joined=812, left=241, bounced=102, complained=3, active=49_212),
        ),
        mailings=(MailingFigures(id=1, issue="2025-01-30", made=now, domains=domains),),
        refusals=(("gmail.com", "4.7.28", "421 4.7.28 an unusual rate of unsolicited mail", 2),),
    )
    return _replaced(text, "compose audience health", lambda line: "".join(f"{each}\n" for each in _lines(health, 80)))


def variants(text: str, folder: Path) -> str:
    """Build an issue with an item for the press only."""
    workspace = sample(folder)
    issue = workspace.issue("2025-01-30")
    lines = issue.read_text(encoding="utf-8").splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if line.startswith("topics:")) + 2
    issue.write_text("".join((*lines[:first], "    only:\n      tag: press\n", *lines[first:])), encoding="utf-8")
    with _at(workspace.root):
        return _replaced(text, "compose build", _compose)


def python(text: str, folder: Path) -> str:
    """Run every Python example after the one before, in a copy of the sample."""
    workspace = sample(folder)
    names: dict[str, object] = {}

    def example(match: re.Match[str]) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(match[1], "docs/how-to/use-from-python.md", "exec"), names)
        shown = printed.getvalue()
        return f"```python\n{match[1]}```\n" + (f"\n```text\n{shown}```\n" if shown else "")

    with _at(workspace.root):
        return _PYTHON.sub(example, text)


def _replaced(text: str, begins: str, command: Callable[[str], str]) -> str:
    """Run the sessions of a page whose first command begins with these words."""

    def session(match: re.Match[str]) -> str:
        return f"```console\n{_session(match[1], command)}```"

    return re.sub(rf"```console\n(\$ {re.escape(begins)}.*?)```", session, text, flags=re.DOTALL)


def _session(text: str, command: Callable[[str], str]) -> str:
    lines = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    shown = [f"$ {line}\n{command(line)}" for line in lines]
    # A command that prints nothing is followed by the next one at once.
    return "".join(f"{each}\n" if "\n" in each.rstrip("\n") else each for each in shown).rstrip("\n") + "\n"


def _compose(line: str) -> str:
    match shlex.split(line, comments=True):
        case ["compose" | ".venv/bin/compose", *arguments]:
            return _printed(arguments)
        case _:
            raise AssertionError(f"the page has a command that is not run: {line}")


def _printed(arguments: list[str]) -> str:
    """Return what a command prints, without a keyboard."""
    written, keyboard = io.BytesIO(), sys.stdin
    printed = io.TextIOWrapper(written, encoding="utf-8", write_through=True)
    try:
        with (
            Path(os.devnull).open(encoding="utf-8") as sys.stdin,
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            run(arguments)
    finally:
        sys.stdin = keyboard
    return "".join(f"{line.rstrip()}\n" for line in written.getvalue().decode().strip().splitlines())


@contextlib.contextmanager
def _at(folder: Path) -> Iterator[None]:
    """Work in a folder, with settings and keys of its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [each for each in os.environ if each.startswith("COMPOSE_")]:
            patch.delenv(name)
        for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "APPDATA", "HOME"):
            patch.setenv(name, str(folder.parent / "home"))
        patch.setenv("COMPOSE_SECRET_KEY", "")
        patch.delenv("COMPOSE_SECRET_KEY")
        patch.setenv("USER", "anna")
        patch.setenv("LOGNAME", "anna")
        patch.chdir(folder)
        yield
