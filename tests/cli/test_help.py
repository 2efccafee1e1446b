"""`compose help` and `compose sections`: what they print, on a terminal and elsewhere."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from composer.app.manual import manual_pages
from composer.cli.main import run
from composer.cli.ui.manual_view import rendered

_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_TABLE = """\
| code | level | who | what |
|---|---|---|---|
| `ONE01` | warning | editor | a long sentence that does not fit next to the others in one line |
| `TWO02` | info | it | with a \\| in it |
"""


def _on_a_terminal(folder: Path, *arguments: str) -> str:
    """Run a command on a terminal of 80 columns, and return what it shows."""
    mine, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "PAGER": "cat", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "composer", *arguments]
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                data = os.read(mine, 65536)
            except OSError:  # Linux: the other end was closed
                break
            if not data:
                break
            shown += data
        assert process.wait(60) == 0
    os.close(mine)
    return shown.decode("utf-8").replace("\r\n", "\n")


@pytest.mark.slow
def test_a_page_on_a_terminal(tmp_path: Path) -> None:
    """It is formatted for 80 columns, without Markdown; links to other pages become commands at the end."""
    shown = _on_a_terminal(tmp_path, "help", "set-up-sending")
    plain = _COLORS.sub("", shown)
    assert shown != plain
    assert plain.startswith("Set up sending\n")
    assert "](" not in plain and "```" not in plain
    assert "compose help back-up-and-restore: Back up and restore" in plain
    assert "    $ compose doctor" in plain or "    compose dkim keygen" in plain


def test_every_page_can_be_rendered() -> None:
    """At 80 columns, only code is wider; no line of a table of more than two columns is squeezed."""
    for page in manual_pages():
        shown = _COLORS.sub("", rendered(page.text, 80))
        wide = [line for line in shown.split("\n") if len(line) > 80 and not line.startswith("    ")]
        assert not wide, (page.topic, wide)
        assert "](" not in re.sub(r"`[^`]*`", "", shown.split("\n", 1)[0])


def test_wide_tables_become_lists() -> None:
    """Each row is a list with the names of its columns; the whole text of each cell is there."""
    shown = _COLORS.sub("", rendered(_TABLE, 60))
    assert shown.split("\n")[0] == "ONE01"
    assert " • who: editor" in shown and " • what: with a | in it" in shown


def test_code_is_never_broken() -> None:
    """A long line of code stays one line, which can be copied."""
    line = "compose " + "x" * 200
    assert f"    {line}\n" in _COLORS.sub("", rendered(f"```\n{line}\n```\n", 80))


def test_a_page_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe or a file, it is the page in Markdown."""
    assert run(["help", "exit-codes"]) == 0
    (page,) = (page for page in manual_pages() if page.topic == "exit-codes")
    assert capsys.readouterr().out.rstrip() == page.text.rstrip()


def test_the_list_of_pages(capsys: pytest.CaptureFixture[str]) -> None:
    """Every page is listed, in lines that fit into 80 columns."""
    assert run(["help"]) == 0
    shown = capsys.readouterr().out
    assert all(re.search(rf"^  {page.topic} +{re.escape(page.title)}$", shown, re.MULTILINE) for page in manual_pages())
    assert max(map(len, shown.split("\n"))) <= 80


def test_the_help_of_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The name of a command shows its help; a word that is nowhere is an error with the next step."""
    assert run(["help", "db", "backup"]) == 0
    assert capsys.readouterr().out.startswith("Usage: compose db backup ")
    assert run(["help", "frobnicate"]) == 2
    assert "compose help" in capsys.readouterr().err
    assert run(["help", "bounce"]) == 2
    assert "compose help handle-bounces" in capsys.readouterr().err


def test_sections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """All types with a sentence; for one of them fields, settings and an example, in 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["sections"]) == 0
    assert "quote    A quotation and its author.\n" in capsys.readouterr().out
    assert run(["sections", "events"]) == 0
    shown = capsys.readouterr().out
    assert "  date   date, such as 2025-01-30, required\n" in shown
    assert 'events:\n  - title: "' in shown and "    type: events\n" in shown
    assert max(map(len, shown.split("\n"))) <= 80
    assert run(["sections", "event"]) == 2
    assert "did you mean" in capsys.readouterr().err
