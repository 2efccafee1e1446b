"""Checks whether a SQLite file is in a safe place, and reads the newsletter's git commit.

Input: a path. Output: the problem as text; the current commit of the newsletter's files. Guarantees: reads only.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

#: Folders of services that copy files at any time, by the beginning of their name in lower case.
_SYNCED = {
    "dropbox": "Dropbox",
    "onedrive": "OneDrive",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "mobile documents": "iCloud",
    "icloud": "iCloud",
    "nextcloud": "Nextcloud",
    "owncloud": "ownCloud",
    "pcloud": "pCloud",
    "seafile": "Seafile",
    "synologydrive": "Synology Drive",
    "syncthing": "Syncthing",
}
#: Files at the top of a synced folder, for folders with other names.
_MARKS = {".stfolder": "Syncthing", ".dropbox": "Dropbox", ".sync_folder": "Nextcloud", ".owncloudsync.log": "ownCloud"}
#: File systems of other computers, as Linux names them.
_REMOTE = (
    "nfs",
    "cifs",
    "smb",
    "afs",
    "9p",
    "ceph",
    "glusterfs",
    "lustre",
    "fuse.sshfs",
    "fuse.rclone",
    "davfs",
    "ncpfs",
)
_MOUNTS = Path("/proc/self/mounts")
_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """The git commit of the newsletter's files."""

    id: str
    #: Whether everything was committed.
    is_clean: bool


def trouble_with(path: Path, mounts: Path = _MOUNTS) -> str:
    """Return why a SQLite file is not in a safe place; an empty text if it is."""
    real = path.resolve()
    for folder in real.parents:
        name = folder.name.lower()
        if service := next((said for start, said in _SYNCED.items() if name.startswith(start)), None):
            return f"the database is in a folder of {service}, which copies it while it is being written: {real}"
        if service := next((said for mark, said in _MARKS.items() if (folder / mark).exists()), None):
            return f"the database is in a folder that {service} synchronizes with other devices: {real}"
    if kind := _remote(real, mounts):
        return f"the database is on another computer's disk ({kind}), where file locks are not reliable: {real}"
    if _git(real.parent, "ls-files", "--error-unmatch", "--", real.name) is not None:
        return f"the database is in git, so every clone contains the subscribers' addresses: {real}"
    return ""


def commit_of(folder: Path) -> Commit | None:
    """Return the current commit of a folder; None without git, or before the first commit."""
    head = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    if head is None:
        return None
    changes = _git(folder, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    return Commit(id=head.strip(), is_clean=changes is not None and not changes.strip())


def user_of(folder: Path) -> str:
    """Return the user's email address from git; an empty text without git."""
    return (_git(folder, "config", "user.email") or "").strip()


def _remote(path: Path, mounts: Path) -> str:
    if sys.platform == "win32":
        return "a network share" if str(path).startswith("\\\\") else ""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, found = -1, ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) > 2:
            at = Path(fields[1].replace("\\040", " "))
            if path.is_relative_to(at) and len(at.parts) >= best:
                best, found = len(at.parts), fields[2]
    return found if found.startswith(_REMOTE) else ""


def _git(folder: Path, *arguments: str) -> str | None:
    """Run git and return its output; None if git is missing or fails."""
    try:
        ran = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), *arguments],  # noqa: S607
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if ran.returncode else ran.stdout.decode("utf-8", "replace")
