"""The doctor's checks of git and of installed packages."""

import subprocess
from pathlib import Path

import pytest

from composer.doctor.diagnosis import DiagnosisLevel
from composer.doctor.installation import look_at_git, look_at_packages
from tests.factories import sample_message


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def test_private_files_in_git(tmp_path: Path) -> None:
    """A database, a key and a list of subscribers are each reported with a step; a price list is not."""
    workspace = sample_message(tmp_path)
    assert [each.health for each in look_at_git(workspace)] == [DiagnosisLevel.OPEN]
    _git(tmp_path, "init")
    _git(tmp_path, "add", "-A")
    assert [each.health for each in look_at_git(workspace)] == [DiagnosisLevel.GOOD]
    (tmp_path / "newsletter.db").write_bytes(b"x")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "dkim.pem").write_bytes(b"x")
    (tmp_path / "subscribers.csv").write_text("".join(f"reader{n}@example.org\n" for n in range(9)))
    (tmp_path / "prices.csv").write_text("a,1\nb,2\n")
    (tmp_path / "gone.csv").write_text("a@example.org\n" * 9)
    _git(tmp_path, "add", "-A")
    (tmp_path / "gone.csv").unlink()
    found = list(look_at_git(workspace))
    assert {each.seen.split(" is tracked")[0] for each in found} == {
        "newsletter.db",
        "keys/dkim.pem",
        "subscribers.csv",
    }
    assert all(each.health is DiagnosisLevel.BAD and "git rm --cached" in each.step for each in found)


def test_the_right_compiler_is_installed() -> None:
    """This environment has mjml-python, and not the other package of the same module."""
    assert [each.health for each in look_at_packages()] == [DiagnosisLevel.GOOD]


def test_the_wrong_compiler_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other package named mjml, as pip leaves it behind, is reported with the commands that fix it."""
    folder = tmp_path / "mjml-0.12.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: mjml\nVersion: 0.12.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    (found,) = look_at_packages()
    assert found.health is DiagnosisLevel.BAD and "mjml 0.12.0" in found.seen
    assert "pip uninstall mjml && pip install --force-reinstall mjml-python==" in found.step
