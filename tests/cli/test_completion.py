"""Completion in a real bash: commands, options, issues, languages, section types, topics."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from composer.cli.command_group import COMMANDS
from composer.cli.main import run
from tests.factories import sample

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sample, and a program `compose` next to it."""
    sample(tmp_path)
    program = tmp_path / "programs" / "compose"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m composer "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return tmp_path


def _complete(folder: Path, *words: str) -> list[str]:
    """Return the completions that bash shows for the word at the end."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("needs bash")
    script = (
        f'export PATH="{folder}/programs:$PATH"\neval "$(compose completion bash)"\n'
        f'COMP_WORDS=(compose "$@")\nCOMP_CWORD={len(words)}\n_compose_completion compose\n'
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    ran = subprocess.run(
        [bash, "--norc", "-c", script, "bash", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0 and not ran.stderr, ran.stderr
    return ran.stdout.split()


def test_what_bash_completes(folder: Path) -> None:
    """Each kind of word, in the sample."""
    assert _complete(folder, "") == list(COMMANDS)
    assert _complete(folder, "ser") == ["serve"]
    assert _complete(folder, "db", "b") == ["backup"]
    assert _complete(folder, "build", "--p") == ["--pdf"]
    assert _complete(folder, "build", "2025") == ["2025-01-30.de", "2025-01-30"]
    assert _complete(folder, "new", "--language", "") == ["en", "de"]
    assert _complete(folder, "sections", "me") == ["media", "metric"]
    assert _complete(folder, "help", "set") == ["set-up-sending"]


def test_nothing_to_complete(folder: Path) -> None:
    """Outside a newsletter and with a mistake in newsletter.yaml, there are no words, and no error."""
    (folder / "newsletter.yaml").write_text("name: [", encoding="utf-8")
    assert _complete(folder, "new", "--language", "") == []
    assert _complete(folder, "sections", "m") == []
    (folder / "newsletter.yaml").unlink()
    assert _complete(folder, "build", "2") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The script calls `compose`; a shell that is installed finds no mistake in it."""
    assert run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert f"_COMPOSE_COMPLETE={shell}_complete" in script
    program = shutil.which(shell)
    if program is not None:
        checked = subprocess.run([program, "-n"], input=script, text=True, capture_output=True, check=False, timeout=60)
        assert (checked.returncode, checked.stderr) == (0, "")
