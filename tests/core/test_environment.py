"""The folders for a user's own files: they never change, so that no keys or passwords are lost."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import platformdirs  # before a test simulates another system
import pytest

from composer.core.environment import Environment, environment, state_folder

pytestmark = pytest.mark.skipif(
    os.name == "nt" or sys.platform == "darwin", reason="the folders of Linux and its relatives"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, without variables that name other folders."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_folders_below_home(home: Path) -> None:
    """Looking up a folder does not create it."""
    assert environment().folder == home / ".config" / "compose"
    assert state_folder(environment()) == home / ".local" / "state" / "compose"
    assert not list(home.iterdir())
    assert platformdirs.user_config_path("compose", appauthor=False) == environment().folder


def test_folders_that_variables_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG variables name other folders; an empty variable is ignored, and a relative one still works as before."""
    for given, expected in (("/srv/own", Path("/srv/own/compose")), ("own", Path("own/compose"))):
        monkeypatch.setenv("XDG_CONFIG_HOME", given)
        monkeypatch.setenv("XDG_STATE_HOME", given)
        assert environment().folder == state_folder(environment()) == expected
    monkeypatch.setenv("XDG_CONFIG_HOME", "")
    assert environment().folder == home / ".config" / "compose"
    script = Environment(environment={"XDG_STATE_HOME": "/srv/script"}, folder=home)
    assert state_folder(script) == Path("/srv/script/compose")
    assert state_folder(replace(script, state=home)) == home


def test_a_former_folder_of_macos_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Earlier versions ignored the variables and stored keys in Application Support: existing keys are still found."""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "elsewhere"))
    assert state_folder(environment()) == home / "elsewhere" / "compose"
    former = home / "Library" / "Application Support" / "compose"
    former.mkdir(parents=True)
    assert state_folder(environment()) == environment().folder == former


def test_importing_the_module_imports_no_platformdirs() -> None:
    """`compose --help` and a build do not need the user's folders."""
    code = "import sys, composer.core.environment; assert 'platformdirs' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
