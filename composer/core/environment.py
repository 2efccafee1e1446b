"""What a person's own computer says beside the workspace: environment variables, and their configuration folder.

Input: nothing. Output: a `Environment`, or the private files in that folder. A secret lives there and never in a
file of the workspace; a file that others can read is not believed to be private.
"""

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from composer.core.errors import ComposeError

#: What the folders are called.
_NAME = "compose"
#: Bytes of a file above which it is no secret.
LARGEST = 65_536


class SettingsError(ComposeError):
    """Something that sending needs is missing or contradicts itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where secrets may come from: environment variables, and the user's own configuration folder."""

    environment: Mapping[str, str]
    folder: Path


def environment() -> Environment:
    """Return those of this process."""
    from platformdirs import user_config_path

    usual = user_config_path(_NAME, appauthor=False, roaming=True)
    return Environment(environment=os.environ, folder=_folder(os.environ, usual, "XDG_CONFIG_HOME", "APPDATA"))


def state_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of what a person's computer remembers by itself: it is no setting, and need not be kept."""
    from platformdirs import user_state_path

    return _folder(environment, user_state_path(_NAME, appauthor=False), "XDG_STATE_HOME", "LOCALAPPDATA")


def _folder(environment: Mapping[str, str], usual: Path, variable: str, windows: str) -> Path:
    """Return our folder: below the one that a variable names, else the system's usual one.

    It never moves away from keys and passwords that are there: on macOS, where variables once counted for nothing, a folder in
    Application Support stays in use.
    """
    if sys.platform == "darwin":
        former = Path.home() / "Library" / "Application Support" / _NAME
        return former if former.is_dir() else usual
    named = environment.get(windows if os.name == "nt" else variable)
    return Path(named) / _NAME if named else usual


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateFile:
    """A file as it was found: at most one byte more than LARGEST of it, and nothing of what is no file."""

    mode: int
    data: bytes

    @property
    def is_file(self) -> bool:
        """Whether it is one, and no folder, pipe or device."""
        return stat.S_ISREG(self.mode)

    @property
    def is_shared(self) -> bool:
        """Whether others on this computer may read or change it. Windows keeps a person's folder to themselves."""
        return os.name == "posix" and bool(self.mode & (stat.S_IRWXG | stat.S_IRWXO))


def read_private(path: Path) -> PrivateFile:
    """Read mode and bytes of the same file, whatever its name leads to a moment later. Raises OSError."""
    # Not blocking, for a pipe would be waited for.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            return PrivateFile(mode=mode, data=b"")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return PrivateFile(mode=mode, data=file.read(LARGEST + 1))
    finally:
        os.close(descriptor)


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read, wholly or not at all; make its folder.

    Raises FileExistsError where there is one, and leaves it; OSError when the disk is in the way.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Private from its first byte on, and without its name until the last is on the disk.
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}-", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        _name(Path(draft), path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(draft).unlink()


def _name(draft: Path, path: Path) -> None:
    """Return a finished file its name, unless that is taken: then FileExistsError."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems know no second names. Taking the name first keeps what is there, at the price of an empty
        # file if the machine stops in between.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        draft.replace(path)
