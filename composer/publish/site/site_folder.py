"""Writes an archive's folder: everything or nothing, and only what has changed.

Input: a folder, and for each file its bytes or the word that it has not changed. Output: the folder. Guarantees: a
reader sees the whole old archive or the whole new one; a killed process leaves the old one; files of others in the
folder stay; a folder that is not an archive is not touched.
"""

import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from composer.core.errors import OutputError
from composer.core.folders import is_full, put_back
from composer.publish.site.site_manifest import NAME, ArchiveKind, Manifest, manifest_bytes, parse_manifest

_AT_FDCWD, _EXCHANGE = -100, 2
_NOT_WRITABLE = "the archive grows next to the old one, so the folder around it must be writable; or use --out"


class SiteFolder:
    """A new archive that grows next to the old one, and replaces it at the end."""

    def __init__(self, folder: Path, draft: Path, scratch: Path, old: Manifest, kind: ArchiveKind) -> None:
        """`draft` is the new, empty folder, `scratch` one for parts of pages; `old` is what the old folder contains."""
        self.folder, self.draft, self.scratch, self.old, self.kind = folder, draft, scratch, old, kind
        #: The files of the new archive, with the digest of what they were made of.
        self.files: dict[str, str] = {}
        #: How many files were made anew.
        self.written = 0
        # Texts: paths as objects would take half of the time of an archive in which little has changed.
        self._old_root, self._root = str(folder), str(draft)
        self._folders: set[str] = set()

    def has(self, path: str, made_of: str) -> bool:
        """Return whether the old archive has a file that was made of the same."""
        return bool(made_of) and self.old.made_of(path) == made_of

    def keep(self, path: str, made_of: str) -> bool:
        """Take a file from the old archive if it was made of the same; return whether it did."""
        if path in self.files:
            return True
        if not self.has(path, made_of):
            return False
        try:
            _link(f"{self._old_root}/{path}", self._place(path))
        except FileNotFoundError:
            return False
        except FileExistsError:
            # Another process has taken it for the same archive.
            pass
        self.files[path] = made_of
        return True

    def register(self, path: str, made_of: str) -> None:
        """Add a file that another process has put into the new archive, once."""
        if path not in self.files:
            self.files[path] = made_of
            self.written += not self.has(path, made_of)

    def write(self, path: str, data: bytes, made_of: str) -> None:
        """Write a file. Raises OSError."""
        Path(self._place(path)).write_bytes(data)
        self.files[path] = made_of
        self.written += 1

    def read(self, path: str) -> bytes:
        """Return the bytes of a file in the new archive. Raises OSError."""
        return (self.draft / path).read_bytes()

    def read_old(self, path: str) -> bytes:
        """Return the bytes of a file in the old archive; none if it is missing. Raises OSError."""
        try:
            return (self.folder / path).read_bytes()
        except FileNotFoundError:
            return b""

    def size(self, path: str) -> int:
        """Return the size of a file in the new archive. Raises OSError."""
        return (self.draft / path).stat().st_size

    def finish(self) -> None:
        """Add the files of others and the list of ours. Raises OutputError if one of them has the name of a page."""
        for name in self._others() if self.folder.exists() else ():
            path = f"{self._old_root}/{name}"
            if name in self.files or os.path.lexists(f"{self._root}/{name}"):
                raise OutputError(
                    f"{path} was not written by compose, and a page of the archive has the same name",
                    "move this file away, then publish again",
                )
            _link(path, self._place(name))
        (self.draft / NAME).write_bytes(manifest_bytes(self.files, self.kind))

    def _place(self, path: str) -> str:
        parent = path.rpartition("/")[0]
        if parent not in self._folders:
            Path(self._root, parent).mkdir(parents=True, exist_ok=True)
            self._folders.add(parent)
        return f"{self._root}/{path}"

    def _others(self, folder: str = "") -> Iterator[str]:
        """Find the files in a folder of the old archive that are not ours, and the links to folders."""
        with os.scandir(f"{self._old_root}/{folder}") as entries:
            found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
        for name, is_folder in found:
            path = f"{folder}{name}"
            if is_folder:
                yield from self._others(f"{path}/")
            elif path != NAME and self.old.made_of(path) is None:
                yield path


@contextmanager
def site_folder(folder: Path, kind: ArchiveKind) -> Iterator[SiteFolder]:
    """Open an archive's folder for a new archive; if the block ends without an error, it replaces the old one.

    Nobody else may write the same archive at the time: what is left of earlier runs is deleted. Raises OutputError if
    the folder is not an archive of this kind, or if it cannot be written.
    """
    folder = folder.resolve()
    make_parent(folder)
    try:
        put_back(folder, is_alone=True)
        old = _old(folder)
        _expect_kind(folder, old.kind, kind)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", suffix=".new", dir=folder.parent) as beside:
            # The inner folder replaces the old one, because a temporary folder is private, and this one is not.
            draft = Path(beside) / folder.name
            scratch = Path(beside) / "parts"
            draft.mkdir()
            scratch.mkdir()
            yield SiteFolder(folder, draft, scratch, old, kind)
            _replace(draft, folder, Path(beside) / "old")
    except OSError as error:
        message = f"{folder} cannot be written: {error.strerror or error}"
        raise OutputError(message, _remedy(error, has_archive=folder.exists())) from error


def _remedy(error: OSError, *, has_archive: bool) -> str:
    """Return what to do if the folder cannot be written."""
    if not has_archive:
        return f"{'free some space, or ' if is_full(error) else ''}choose another folder with --out"
    unchanged = "the earlier archive has not changed"
    if is_full(error):
        return f"free some space, then publish again; {unchanged}"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"publish as the user who owns this folder and its files; {unchanged}"
    return unchanged


def make_parent(folder: Path) -> None:
    """Create the folder that an archive is in. Raises OutputError if that is not possible, or nothing can be written there."""
    found = next((each for each in folder.parents if os.path.lexists(each)), folder.parent)
    if not found.is_dir():
        raise OutputError(f"{found} is a file, not a folder", "choose another folder with --out")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        is_writable = os.access(folder.parent, os.W_OK | os.X_OK)
    except OSError as error:
        raise OutputError(f"{found} cannot be written: {error.strerror or error}", _NOT_WRITABLE) from error
    if not is_writable:
        raise OutputError(f"{folder.parent} cannot be written: {os.strerror(errno.EACCES)}", _NOT_WRITABLE)


def _old(folder: Path) -> Manifest:
    """Read what the folder contains. Raises OutputError for a folder that is not empty and not an archive."""
    if not folder.exists():
        return Manifest()
    if not folder.is_dir():
        raise OutputError(f"{folder} is a file, not a folder", "choose another folder with --out")
    try:
        found = parse_manifest((folder / NAME).read_bytes())
    except FileNotFoundError:
        if any(folder.iterdir()):
            raise OutputError(
                f"{folder} is not empty, and {NAME}, the list of what compose publish wrote, is not in it",
                "choose a new folder with --out. If this is an earlier archive, move it away, publish again,"
                " and copy your own files back",
            ) from None
        return Manifest()
    if found is None:
        raise OutputError(
            f"{folder / NAME} is damaged, so it is not known which files compose publish wrote",
            "move the folder away, publish again, and copy your own files back",
        )
    return found


def _expect_kind(folder: Path, old: ArchiveKind | None, new: ArchiveKind) -> None:
    """Raise OutputError if an archive of the other kind would be replaced."""
    if old is None or old is new:
        return
    if new is ArchiveKind.UNSENT:
        raise OutputError(
            f"{folder} is an archive of what was sent; --unsent would replace it with the issue files of today",
            "leave out --unsent, or choose another folder with --out",
        )
    raise OutputError(
        f"{folder} was published with --unsent; its pages would be replaced with what was sent",
        "publish with --unsent again, choose another folder with --out, or delete this folder first",
    )


def _link(source: str, target: str) -> None:
    """Link a file under a second name; copy it where that is not possible."""
    if os.path.islink(source):  # noqa: PTH114 - thousands of times
        Path(target).symlink_to(Path(source).readlink())
        return
    try:
        os.link(source, target)
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError:
        shutil.copy2(source, target)


def _replace(draft: Path, folder: Path, old: Path) -> None:
    """Put the new folder in the place of the old one: in one step where the system can, else in two."""
    if not folder.exists():
        draft.replace(folder)
        return
    if _exchange(draft, folder):
        return
    folder.replace(old)
    try:
        draft.replace(folder)
    except OSError:
        old.replace(folder)
        raise


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step (renameat2 of Linux); return False where that is not possible."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL):
        return False  # an older kernel, or a file system without it
    raise OSError(code, os.strerror(code), str(other))
