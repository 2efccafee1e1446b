"""The user's environment outside the workspace: environment variables, and the configuration folder.

Input: nothing. Output: an `Environment`, or the private files in that folder. Guarantees: secrets are there and never
in a file of the workspace; a file that others can read does not count as private.
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

#: The name of the folders.
_NAME = "compose"
#: The maximum size of a secret file, in bytes.
LARGEST = 65_536


class SettingsError(ComposeError):
    """A setting for sending is missing or contradicts another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The sources of secrets: environment variables, and the user's configuration folder."""

    environment: Mapping[str, str]
    folder: Path
    #: The folder for this computer's own state; None for the usual one.
    state: Path | None = None


def environment() -> Environment:
    """Return the environment of this process."""
    from platformdirs import user_config_path

    usual = user_config_path(_NAME, appauthor=False, roaming=True)
    return Environment(environment=os.environ, folder=_folder(os.environ, usual, "XDG_CONFIG_HOME", "APPDATA"))


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def state_folder(around: Environment) -> Path:
    """Return the folder for this computer's own state, which is not a setting and need not be backed up."""
    from platformdirs import user_state_path

    if around.state is not None:
        return around.state
    return _folder(around.environment, user_state_path(_NAME, appauthor=False), "XDG_STATE_HOME", "LOCALAPPDATA")


def _folder(environment: Mapping[str, str], usual: Path, variable: str, windows: str) -> Path:
    """Return our folder: in the one that a variable names, or else in the system's usual one.

    Existing keys and passwords stay in use: on macOS, where earlier versions ignored the variables, an existing folder
    in Application Support is used.
    """
    if sys.platform == "darwin":
        former = Path.home() / "Library" / "Application Support" / _NAME
        return former if former.is_dir() else usual
    named = environment.get(windows if os.name == "nt" else variable)
    return Path(named) / _NAME if named else usual


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateFile:
    """A file that was read: at most LARGEST bytes and one more; no bytes if it is not a regular file."""

    mode: int
    data: bytes

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file, and not a folder, pipe or device."""
        return stat.S_ISREG(self.mode)

    @property
    def is_shared(self) -> bool:
        """Whether other users of this computer may read or change it. On Windows, a user's folder is private."""
        return os.name == "posix" and bool(self.mode & (stat.S_IRWXG | stat.S_IRWXO))


def read_private(path: Path) -> PrivateFile:
    """Read the mode and the bytes of the same file, even if it is replaced in between. Raises OSError."""
    # Non-blocking, because opening a pipe would wait.
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
    """Write a new file that only its owner can read, completely or not at all; create its folder.

    Raises FileExistsError if the file exists, and does not change it; OSError if it cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Private from the first byte on, and without its final name until all bytes are on disk.
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
    """Rename a finished file to its final name. Raises FileExistsError if the name exists."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems have no hard links. Creating the name first protects an existing file, but leaves an empty
        # file if the computer stops in between.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        draft.replace(path)
