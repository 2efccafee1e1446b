"""The program has two names: help, usage errors, hints and completion use the one by which it was called."""

import subprocess
import sys
from pathlib import Path

import pytest

from composer.cli.main import run
from composer.cli.program_name import in_called_name
from composer.database.schema_version import newest


@pytest.fixture
def second_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program is called as `newsletter-compose`."""
    monkeypatch.setattr(sys, "argv", ["/home/anna/.local/bin/newsletter-compose"])


def _called(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program by its second name."""
    program = folder / "newsletter-compose"
    program.write_text("from composer.cli.main import main\nmain()\n", encoding="utf-8")
    command = [sys.executable, str(program), *arguments]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_help_and_errors_use_the_second_name(tmp_path: Path) -> None:
    """What a person copies from help, a usage error or a hint works in their shell."""
    help_text = " ".join(_called(tmp_path, "completion", "--help").stdout.split())
    assert help_text.startswith("Usage: newsletter-compose completion ")
    assert 'eval "$(newsletter-compose completion bash)"' in help_text
    assert "completions/newsletter-compose.fish" in help_text
    assert _called(tmp_path, "build", "--nonsense").stderr.endswith("    see: newsletter-compose build --help\n")
    assert "create a newsletter: newsletter-compose init DIR" in _called(tmp_path, "build", "x").stderr
    assert "newsletter-compose help TOPIC" in _called(tmp_path, "help").stdout


@pytest.mark.usefixtures("second_name")
def test_only_commands_are_renamed() -> None:
    """A sentence about the program, a path and the second name itself stay as they are."""
    for text in ("compose is working", "newsletter-compose build", "/usr/bin/compose build", "re-compose build it"):
        assert in_called_name(text) == text
    assert in_called_name("run   compose build X, or: compose --help") == (
        "run   newsletter-compose build X, or: newsletter-compose --help"
    )


@pytest.mark.usefixtures("second_name")
def test_completion_is_for_the_second_name(capsys: pytest.CaptureFixture[str]) -> None:
    """The script completes the command that printed it, and asks that command."""
    assert run(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    assert script.rstrip().endswith("_newsletter_compose_completion_setup;")
    assert "_NEWSLETTER_COMPOSE_COMPLETE=bash_complete" in script
    assert "nosort -F _newsletter_compose_completion newsletter-compose" in script


@pytest.mark.slow
def test_the_second_name_completes(tmp_path: Path) -> None:
    """The variable in the script is the one that the program reads under that name."""
    words = {"COMP_WORDS": "newsletter-compose ser", "COMP_CWORD": "1"}
    ran = _called(tmp_path, _NEWSLETTER_COMPOSE_COMPLETE="bash_complete", **words)
    assert ran.stdout == "plain,serve\n"


def test_version_says_what_it_reads(capsys: pytest.CaptureFixture[str]) -> None:
    """The first line is the version; each other line is a kind of data with the newest form of it that can be read."""
    assert run(["--version"]) == 0
    first, *formats = capsys.readouterr().out.splitlines()
    assert first.startswith("compose ")
    found = dict(line.strip().split("   ", 1) for line in formats)
    assert {name.strip(): value.split()[-1] for name, value in found.items()} == {
        "newsletter.yaml, issues": "1",
        "database": str(newest()),
        "frozen mailings": "1",
        "sources of the archive": "1",
    }
