"""Run docs/tutorial/first-mailing.md: a newsletter, 200 subscribers, a mail server that stops answering, a kill, a log.

Input: an empty folder. Output: the page with what the commands print now; times, hashes and ports, which differ each time, are
shown in one form. Guarantees: only the page's sessions change.
"""

import contextlib
import io
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from email import message_from_bytes
from pathlib import Path

from composer.cli.main import run
from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.delivery.core.mailing import mailings_of, sums_of
from composer.delivery.core.states import DeliveryState
from tests.cli_harness import BODY, ISSUE, NEWSLETTER
from tests.fake_smtp import FakeSmtp, SmtpSession, hangs

PAGE = Path(__file__).parent.parent / "docs" / "tutorial" / "first-mailing.md"
#: How many messages the server accepts before it stops answering, and how many of the next four it accepts without an answer.
_GOOD, _TAKEN = 96, 2
_APPROVALS = "approvals:\n  needed: 1\n  by:\n    - anna@example.org\n"
_MASKS = (
    (r"\b2:[0-9a-f]{64}\b", "2:3f6c0b…"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:2525"),
    (r"\b[\d,]+ days\b", "3 days"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d", "2031-01-29 17:40"),
    (r"<[a-z2-7]{34}@", "<zruiqgrpiqr6…@"),
    (r"queued as \w+", "queued as 4F0012AB"),
)


def play(folder: Path) -> str:
    """Run the page's commands, one after the other, and return the page with what they print now."""
    (folder / "issues").mkdir()
    (folder / "newsletter.yaml").write_text(
        NEWSLETTER.replace("delivery:\n", f"{_APPROVALS}delivery:\n"), encoding="utf-8"
    )
    for stem, subject in (("2031-01-30", "A letter for you"), ("2031-01-31", "Correction: the right number")):
        text = ISSUE.replace("2031-01-30", stem).replace("{subject}", subject).replace("{body}", BODY)
        (folder / "issues" / f"{stem}.yaml").write_text(text, encoding="utf-8")
    people = "".join(f"reader{number}@example.net,Subscriber {number}\n" for number in range(1, 201))
    (folder / "subscribers.csv").write_text(f"email,first_name\n{people}", encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    with FakeSmtp({"dot": Dot()}) as office:
        played = _Session(folder, office)
        return re.sub(
            r"```console\n(.*?)```", lambda match: f"```console\n{played.block(match[1])}```", page, flags=re.S
        )


class Dot:
    """Accepts the messages of the first subscribers, and two of the next four without an answer; works again when told to.

    It goes by subscriber, not by order: on a busy computer four connections overtake each other.
    """

    def __init__(self) -> None:
        self.is_well = False

    def __call__(self, visit: SmtpSession) -> int:
        found = re.search(rb"<reader(\d+)@", visit.recipient or b"")
        number = int(found[1]) if found and not self.is_well else 0
        if number <= _GOOD:
            return visit.say(b"250 2.0.0 Ok: queued as 4F0012AB\r\n")
        if number <= _GOOD + _TAKEN:
            visit.take()
        return hangs(visit)


class _Session:
    def __init__(self, folder: Path, office: FakeSmtp) -> None:
        self._folder, self._office = folder, office
        self._environment = {
            **os.environ,
            "COMPOSE_SMTP_URL": f"smtp://127.0.0.1:{office.port}",
            "XDG_CONFIG_HOME": str(folder.parent / "config"),
            "XDG_STATE_HOME": str(folder.parent / "state"),
            "USER": "anna",
            "LOGNAME": "anna",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CEILING_DIRECTORIES": str(folder.parent),
        }
        self._behind: subprocess.Popen[str] | None = None

    def block(self, text: str) -> str:
        commands = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
        return "\n".join(f"$ {command}\n{self._run(command)}" for command in commands)

    def _run(self, command: str) -> str:
        match shlex.split(command, comments=True):
            case ["compose", *arguments] if arguments[-1] == "&":
                self._behind = self._start(arguments[:-1])
                return ""
            case ["kill", "-9", "%1"]:
                return self._kill()
            case ["compose", *arguments]:
                return _masked(self._say(arguments))
            case _:
                raise AssertionError(f"the page has a command that is not run: {command}")

    def _say(self, arguments: list[str]) -> str:
        """Run a command in this process, without a keyboard: it prints the same, and the program is loaded once."""
        before, keyboard, written = dict(os.environ), sys.stdin, io.BytesIO()
        printed = io.TextIOWrapper(written, encoding="utf-8", write_through=True)
        os.environ.clear()
        os.environ.update(self._environment)
        try:
            with (
                Path(os.devnull).open(encoding="utf-8") as sys.stdin,
                contextlib.chdir(self._folder),
                contextlib.redirect_stdout(printed),
                contextlib.redirect_stderr(printed),
            ):
                run(arguments)
        finally:
            sys.stdin = keyboard
            os.environ.clear()
            os.environ.update(before)
        return written.getvalue().decode()

    def _start(self, arguments: list[str]) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "composer", *arguments],
            cwd=self._folder,
            env=self._environment,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def _kill(self) -> str:
        """Wait until four messages have no answer, then kill the process; write what the mail server would have logged."""
        assert self._behind is not None
        end = time.monotonic() + 60
        with open_database(Location(path=self._folder / "newsletter.db")) as database:
            while not _hangs(database):
                assert time.monotonic() < end and self._behind.poll() is None, "the run ended before it could be killed"
                time.sleep(0.05)
        self._behind.send_signal(signal.SIGKILL)
        self._behind.communicate(timeout=60)
        dot = self._office.script["dot"]
        assert isinstance(dot, Dot)
        dot.is_well = True
        lines = []
        for number, (_, content) in enumerate(self._office.taken):
            name = f"4F{number:04X}AB"
            identity = message_from_bytes(content)["Message-ID"]
            lines.append(f"Jan 30 07:00:01 mx postfix/cleanup[7]: {name}: message-id={identity}")
            lines.append(
                f"Jan 30 07:00:01 mx postfix/qmgr[3]: {name}: from=<desk@news.example.org>, size=9, nrcpt=1 (queue active)"
            )
        (self._folder / "mail.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return ""


def _hangs(database: Database) -> bool:
    with database.read() as connection:
        if not mailings_of(connection):
            return False
        sums = sums_of(connection, 1)
    return sums[DeliveryState.ACCEPTED] == _GOOD and sums[DeliveryState.SENDING] == 4


def _masked(text: str) -> str:
    for pattern, shown in _MASKS:
        text = re.sub(pattern, shown, text, flags=re.MULTILINE)
    return "".join(f"{line.rstrip()}\n" for line in text.strip().splitlines())
