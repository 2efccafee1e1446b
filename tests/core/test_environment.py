"""Where a person's own files are: the same folders as ever, so that nobody's keys and passwords are lost."""

import os
import subprocess
import sys
from pathlib import Path

import platformdirs  # before a test pretends to be elsewhere
import pytest

from composer.core.environment import environment, state_folder

pytestmark = pytest.mark.skipif(
    os.name == "nt" or sys.platform == "darwin", reason="the folders of Linux and its relatives"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without anything in it, and no variable that leads elsewhere."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_folders_below_home(home: Path) -> None:
    """Nothing is made by asking."""
    assert environment().folder == home / ".config" / "compose"
    assert state_folder(os.environ) == home / ".local" / "state" / "compose"
    assert not list(home.iterdir())
    assert platformdirs.user_config_path("compose", appauthor=False) == environment().folder


def test_folders_that_variables_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG's variables lead elsewhere; an empty one does not, and a relative one leads where it always did."""
    for given, expected in (("/srv/own", Path("/srv/own/compose")), ("own", Path("own/compose"))):
        monkeypatch.setenv("XDG_CONFIG_HOME", given)
        monkeypatch.setenv("XDG_STATE_HOME", given)
        assert environment().folder == state_folder(os.environ) == expected
    monkeypatch.setenv("XDG_CONFIG_HOME", "")
    assert environment().folder == home / ".config" / "compose"
    assert state_folder({"XDG_STATE_HOME": "/srv/script"}) == Path("/srv/script/compose")


def test_a_former_folder_of_macos_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions that overlooked variables there kept keys in Application Support: where they are, they are found."""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "elsewhere"))
    assert state_folder(os.environ) == home / "elsewhere" / "compose"
    former = home / "Library" / "Application Support" / "compose"
    former.mkdir(parents=True)
    assert state_folder(os.environ) == environment().folder == former


def test_importing_the_module_imports_no_platformdirs() -> None:
    """`compose --help` and a build need no folder of a person's own."""
    code = "import sys, composer.core.environment; assert 'platformdirs' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
