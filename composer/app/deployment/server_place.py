"""Where a newsletter runs: folders, user, program, and the beginning of the names of its units.

Input: the newsletter's folder on this computer, or another one on a server. Output: a `ServerPlace`. Guarantees: no
path has characters that systemd, nginx, Caddy or a shell would read differently.
"""

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from composer.core.errors import UsageError

#: The user and the program of a server that is set up as docs/how-to/run-the-public-pages.md describes.
_USER, _PROGRAM = "newsletter", PurePosixPath("/opt/compose/bin/compose")
_PLAIN = re.compile(r"/[\w/.@+~-]*")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
#: Folders that ProtectHome= of systemd hides.
_HIDDEN = ("/home", "/root", "/run/user")
#: Folders of people, and for temporary files.
_PERSONAL = (*_HIDDEN, "/Users", "/tmp", "/var/tmp")  # noqa: S108 - compared only


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPlace:
    """Where the newsletter, the program and the user's private files are."""

    folder: PurePosixPath
    user: str
    group: str
    #: The user's home folder, with keys and other private files.
    home: PurePosixPath
    program: PurePosixPath
    #: The beginning of the names of units and files.
    unit: str = "compose"
    port: int = 8800
    #: The port of that computer where compose work serves the figures for monitoring; None for no port.
    metrics_port: int | None = None

    @property
    def backups(self) -> PurePosixPath:
        """The folder for copies of the database; each newsletter of a server has its own."""
        return self.home / self._named("backups")

    @property
    def key_backups(self) -> PurePosixPath:
        """The folder for backups of the keys."""
        return self.home / self._named("keys")

    @property
    def environment_file(self) -> PurePosixPath:
        """The file with the secrets."""
        return PurePosixPath("/etc/compose") / self.environment_name

    @property
    def environment_name(self) -> str:
        """The name of that file."""
        return f"{self._named('newsletter')}.env"

    @property
    def is_in_home(self) -> bool:
        """Whether something is in a folder that systemd would hide."""
        return any(path.is_relative_to(hidden) for path in (self.folder, self.program, self.home) for hidden in _HIDDEN)

    @property
    def is_personal(self) -> bool:
        """Whether the folder is where people keep their own files, and servers usually do not keep a newsletter."""
        return any(self.folder.is_relative_to(each) for each in _PERSONAL)

    def _named(self, word: str) -> str:
        return word if self.unit == "compose" else f"{self.unit}-{word}"


def place_here(folder: Path) -> ServerPlace:
    """Return the place of a newsletter on this computer: the owner of the folder runs the program that runs now.

    If root owns the folder, the usual user of the documentation does.
    """
    user, group, home = _owner(folder) or (_USER, _USER, _above(PurePosixPath(folder.as_posix())))
    return ServerPlace(
        folder=PurePosixPath(folder.as_posix()), user=user, group=group, home=home, program=_own_program()
    )


def place_elsewhere(folder: PurePosixPath) -> ServerPlace:
    """Return the place of a newsletter on a server that is set up as the documentation describes."""
    return ServerPlace(folder=folder, user=_USER, group=_USER, home=_above(folder), program=_PROGRAM)


def check_place(place: ServerPlace) -> ServerPlace:
    """Check that the paths and names can be written into the files, and the ports differ. Raises UsageError."""
    if not _NAME.fullmatch(place.unit):
        raise UsageError(
            f"--name: “{place.unit}” is not valid", "use lower-case letters, digits and -, such as   economy"
        )
    if place.metrics_port == place.port:
        raise UsageError(f"--metrics-port: {place.port} is the port of the public pages", "choose another port")
    for option, path in (("--folder", place.folder), ("--program", place.program), ("--user", place.home)):
        if not _PLAIN.fullmatch(str(path)):
            raise UsageError(
                f"{option}: “{path}” is not a path that the files for a server can contain",
                "use an absolute path without spaces and special characters",
            )
    return place


def _above(folder: PurePosixPath) -> PurePosixPath:
    """Return the folder above, which is the home folder of the user; not the root of the file system."""
    return folder.parent if len(folder.parts) > 2 else folder


def _own_program() -> PurePosixPath:
    """Return the path of `compose` as it is installed here; on the PATH, that name may be another program's."""
    beside = Path(sys.executable).with_name("compose")
    found = beside if beside.is_file() else Path(shutil.which("newsletter-compose") or beside)
    return PurePosixPath(found.absolute().as_posix())


def _owner(folder: Path) -> tuple[str, str, PurePosixPath] | None:
    """Return the user, group and home of the owner; None for root, and where this cannot be asked."""
    if sys.platform == "win32":
        return None
    import grp
    import pwd

    try:
        person = pwd.getpwuid(folder.stat().st_uid)
        group = grp.getgrgid(person.pw_gid).gr_name
    except (KeyError, OSError):
        return None
    return None if person.pw_uid == 0 else (person.pw_name, group, PurePosixPath(person.pw_dir))
