"""Where the database lies, and what git knows: is it a place for what must not be lost, copied or shared.

Input: a path. Output: what is wrong with it, in words; the commit that the newsletter's files are at. Reads only.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

#: Folders of services that copy files behind a program's back, by the beginning of their name in small letters.
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
#: What a synced folder has at its top, whatever it is called.
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
    """Where the newsletter's files stand in git."""

    id: str
    #: Whether everything was committed.
    is_clean: bool


def trouble_with(path: Path, mounts: Path = _MOUNTS) -> str:
    """Say why a SQLite file is not safe where it is; nothing where it is."""
    real = path.resolve()
    for folder in real.parents:
        name = folder.name.lower()
        if service := next((said for start, said in _SYNCED.items() if name.startswith(start)), None):
            return f"the database lies in a folder of {service}, which copies it while it is being written: {real}"
        if service := next((said for mark, said in _MARKS.items() if (folder / mark).exists()), None):
            return f"the database lies in a folder that {service} keeps the same elsewhere: {real}"
    if kind := _remote(real, mounts):
        return f"the database lies on another computer's disk ({kind}), where locks cannot be trusted: {real}"
    if _git(real.parent, "ls-files", "--error-unmatch", "--", real.name) is not None:
        return f"git keeps the database, so that every clone has the subscribers' addresses: {real}"
    return ""


def commit_of(folder: Path) -> Commit | None:
    """Return the commit that a folder's files are at; None without git, or before the first commit."""
    head = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    if head is None:
        return None
    changes = _git(folder, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    return Commit(id=head.strip(), is_clean=changes is not None and not changes.strip())


def user_of(folder: Path) -> str:
    """Return whom git knows here; nothing without git."""
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
    """Ask git; None where there is none, or where it says no."""
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
