"""A newsletter with subscribers and a fake mail server, and a way to run commands in it."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from composer.cli.main import run
from composer.core.workspace import Workspace
from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.core.mailing import Mailing, Sums, mailings_of, sums_of
from tests.databases import with_tables
from tests.delivery.factories import add_subscribers
from tests.fake_smtp import FakeSmtp

NEWSLETTER = """\
name: Letters from the Desk
language: en
timezone: Europe/Berlin
sender:
  from: The Desk <desk@news.example.org>
  postal_address: Example Institute, Sample Street 1, 10115 Berlin, Germany
  privacy_url: https://news.example.org/privacy
editors:
  - anna@example.org
sections:
  letter:
    type: text
    heading: Letter
    required: true
  topics:
    type: briefs
    heading: Topics
    labels:
      facts: The facts
delivery:
  unsubscribe_url: https://leave.example.org/{token}
"""
ISSUE = """\
date: 2031-01-30
subject: "{subject}"
preheader: "What this letter is about, in a few words that stand behind the subject"
letter:
  body: |
    {body}
topics:
  - title: "A topic of the day"
    facts: |
      It has a text of its own.
"""
BODY = 'Dear {{ first_name | default("reader") }}, this is a letter with enough words in it to be read.'


@dataclass
class Said:
    """The result of a command."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


@dataclass
class CliHarness:
    """A newsletter in which commands are run."""

    workspace: Workspace
    capsys: pytest.CaptureFixture[str]
    #: The location of the database if it is not in the newsletter's folder.
    location: Location | None = None

    @property
    def root(self) -> Path:
        return self.workspace.root

    def say(self, *arguments: str) -> Said:
        """Run a command in this process."""
        self.capsys.readouterr()
        code = run(list(arguments))
        captured = self.capsys.readouterr()
        assert "Traceback" not in captured.err
        return Said(code=code, out=captured.out, err=captured.err)

    def start(self, *arguments: str, to: int = subprocess.PIPE, **more: str) -> "subprocess.Popen[str]":
        """Start a command in its own process, which prints to pipes or to a file."""
        return subprocess.Popen(
            [sys.executable, "-m", "composer", *arguments],
            cwd=self.root,
            env={**os.environ, **more},
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=to,
            stderr=to,
        )

    def write(self, name: str = "2031-01-30", *, subject: str = "A letter for you", body: str = BODY) -> None:
        (self.root / "issues").mkdir(exist_ok=True)
        text = ISSUE.replace("{subject}", subject).replace("{body}", body)
        if re.match(r"\d{4}-\d\d-\d\d", name):
            # Two files with the same date would be two files for one issue.
            text = text.replace("2031-01-30", name[:10], 1)
        (self.root / "issues" / f"{name}.yaml").write_text(text, encoding="utf-8")

    def configure(self, old: str, new: str) -> None:
        path = self.root / "newsletter.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def open(self) -> Database:
        return open_database(self.location or with_tables(self.root / "newsletter.db"))

    def add(self, count: int, **more: Any) -> list[int]:
        with self.open() as database, database.write() as connection:
            return add_subscribers(connection, count, **more)

    def add_one(self, row: Mapping[str, object]) -> None:
        with self.open() as database, database.write() as connection:
            connection.execute(insert(subscribers), [dict(row)])

    def mailings(self) -> Sequence[Mailing]:
        with self.open() as database, database.read() as connection:
            return mailings_of(connection)

    def sums(self, mailing_id: int) -> Sums:
        with self.open() as database, database.read() as connection:
            found = sums_of(connection, mailing_id)
        assert found.is_even
        return found


def recipients(office: FakeSmtp) -> list[str]:
    """Return the recipients of the accepted messages except test messages, sorted by address."""
    taken = [line.decode() for line, content in office.taken if b"\nSubject: [Test]" not in content]
    return sorted(line.partition("<")[2].partition(">")[0] for line in taken)


def stopping(child: "subprocess.Popen[str]") -> str:
    """Wait until a stopping process prints what it waits for, and return its output."""
    assert child.stderr is not None
    said = ""
    while "stopping: waiting" not in said:
        line = child.stderr.readline()
        assert line, said
        said += line
    return said


def make_workspace(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    """Create a newsletter in a folder, make it the current folder, and isolate it from the user's own files."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(folder / "config"))
    for name in ("COMPOSE_SMTP_URL", "COMPOSE_SECRET_KEY", "COMPOSE_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    root = folder / "news"
    root.mkdir()
    (root / "newsletter.yaml").write_text(NEWSLETTER, encoding="utf-8")
    room = CliHarness(workspace=Workspace(root=root.resolve()), capsys=capsys)
    room.write()
    monkeypatch.chdir(root)
    return room
