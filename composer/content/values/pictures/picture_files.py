"""Finds and reads the picture files that editors name.

Input: a path that an editor wrote. Output: a `Picture` for email, or what is wrong. Guarantees: opens only regular
files, so that it never waits for a pipe or a device; does not decode an unchanged file again; changes no files.
"""

import hashlib
import os
import stat
import unicodedata
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

from composer.content.values.field_values import Picture
from composer.content.values.pictures.container import PictureKind
from composer.content.values.pictures.conversion import ConvertedPicture, Refusal, convert
from composer.core.command_lines import shell_line
from composer.core.kept_results import kept
from composer.core.workspace import ISSUES, Workspace, on_disk

_MEDIA_TYPES = {PictureKind.PNG: "image/png", PictureKind.JPEG: "image/jpeg", PictureKind.GIF: "image/gif"}
#: The file name endings of each format, the usual one first.
_ENDINGS = {
    PictureKind.PNG: (".png",),
    PictureKind.JPEG: (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    PictureKind.GIF: (".gif",),
}
#: The maximum size of a file. Photos are scaled down, but no photo from a camera is larger.
LARGEST_FILE = 40_000_000
#: The maximum size of a converted picture: many servers reject messages with larger pictures.
LARGEST = 5_000_000
#: The maximum number of pictures kept for the next build, and of their bytes.
_MOST_FILES, _MOST_BYTES = 256, 64_000_000
_SPECIAL = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}
#: The usual folder for pictures, inside the folder of issues.
_ASSETS = "assets"
#: File names for a picture that is not complete yet: in iCloud, or still being downloaded by a browser.
_ELSEWHERE = (
    (
        ".{}.icloud",
        "is still in iCloud",
        "in Finder, click the cloud next to its name, and wait until it is downloaded",
    ),
    ("{}.crdownload", "is still being downloaded", "wait until the download is complete"),
    ("{}.part", "is still being downloaded", "wait until the download is complete"),
    ("{}.download", "is still being downloaded", "wait until the download is complete"),
)


class PictureMistake(ValueError):
    """The reason why a file cannot be used as a picture; `hint` is what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def picture_at(workspace: Workspace, folder: Path, written: str) -> Picture:
    """Find and read the picture that an editor names in a file of a folder.

    Raises PictureMistake if the picture is missing or cannot be used, WorkspaceError if its path leaves the workspace.
    """
    name = Path(written.replace("\\", "/")).name
    try:
        _expect_target(folder, written)
        path = workspace.inside(folder, written)
        is_root = path.parent == workspace.root
        path = find_picture(path, "the newsletter's folder" if is_root else f"{workspace.name(path.parent)}/")
        # The file may itself be a link.
        return load_picture(workspace.inside(path.parent, path.name))
    except (OSError, RuntimeError) as error:
        # Python 3.11 and 3.12 raise RuntimeError for circular links.
        reason = error.strerror if isinstance(error, OSError) else "it is a link that leads to itself"
        raise PictureMistake(f"“{name}” cannot be read: {reason}") from None


def _expect_target(folder: Path, written: str) -> None:
    """Raise PictureMistake for a link to a missing file; the name of its target would only confuse."""
    text = written.replace("\\", "/")
    if text.startswith("/") or text[1:2] == ":":
        return
    link = on_disk(folder / text)
    if not link.is_symlink() or link.exists():
        return
    if "annex/objects" in link.readlink().as_posix():
        raise PictureMistake(
            f"“{link.name}” is in git-annex, and its content is not on this computer",
            f"run   {shell_line('git', 'annex', 'get', written)}",
        )
    raise PictureMistake(
        f"“{link.name}” is a link to a file that does not exist", "copy the picture itself into the folder"
    )


def find_picture(path: Path, folder: str) -> Path:
    """Find a picture file; a name in another Unicode form (as macOS writes it) counts as the same.

    `folder` is the display name of the folder. Raises PictureMistake if the file is missing, with the nearest file
    name.
    """
    if path.is_file():
        return path
    if path.exists():
        raise _special(path.name, path.stat().st_mode)
    siblings = sorted(entry.name for entry in path.parent.iterdir()) if path.parent.is_dir() else []
    wanted = unicodedata.normalize("NFC", path.name)
    for name in siblings:
        if unicodedata.normalize("NFC", name) == wanted:
            return path.with_name(name)
    for pattern, message, hint in _ELSEWHERE:
        if pattern.format(path.name) in siblings:
            raise PictureMistake(f"“{path.name}” {message}", hint)
    for name in siblings:
        if name.casefold() == wanted.casefold():
            raise PictureMistake(
                f"file not found: “{path.name}”", f"did you mean {name}? uppercase and lowercase letters differ"
            )
    import difflib

    near = difflib.get_close_matches(wanted, siblings, 1)
    if near:
        hint = f"did you mean {near[0]}?"
    elif path.parent.name == ISSUES:
        hint = f"put the picture in issues/assets/, and write   {_ASSETS}/{path.name}"
        if (path.parent / _ASSETS / path.name).is_file():
            hint = f"did you mean {_ASSETS}/{path.name}?"
    else:
        hint = f"put the picture in {folder}"
    raise PictureMistake(f"file not found: “{path.name}”", hint)


def load_picture(path: Path) -> Picture:
    """Read a picture.

    Raises PictureMistake if the file is too large, not a picture, or in a format that mail programs do not show.
    """
    data = _read(path)
    found = _ready_once(data)
    if not isinstance(found, ConvertedPicture):
        what, hint = found
        raise PictureMistake(f"“{path.name}” {what}", hint)
    if len(found.data) > LARGEST:
        raise _too_heavy(path.name, len(found.data), LARGEST)
    return Picture(
        src=picture_token(hashlib.sha256(found.data).hexdigest()),
        name=_name(path, found.kind),
        media_type=_MEDIA_TYPES[found.kind],
        width=found.width,
        height=found.height,
        data=found.data,
        begins_blank=found.begins_blank,
        file=path,
    )


def picture_token(digest: str) -> str:
    """Return the token of a picture, from a hex digest of its bytes."""
    # Only letters: a token must survive every stage as one word.
    return "qp" + "".join("bcdfghjkmnpqrstv"[int(digit, 16)] for digit in digest[:20]) + "z"


def _read(path: Path) -> bytes:
    # The file may have changed since it was found; without O_NONBLOCK, opening a pipe waits for a writer.
    if not stat.S_ISREG(mode := path.stat().st_mode):
        raise _special(path.name, mode)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise _special(path.name, status.st_mode)
        if status.st_size > LARGEST_FILE:
            raise _too_heavy(path.name, status.st_size, LARGEST_FILE)
        return file.read(LARGEST_FILE + 1)


def _special(name: str, mode: int) -> PictureMistake:
    return PictureMistake(f"“{name}” is {_SPECIAL.get(stat.S_IFMT(mode), 'a special file')}, not a picture")


def _too_heavy(name: str, size: int, limit: int) -> PictureMistake:
    message = f"“{name}” is too large: {size / 1_000_000:.1f} MB (limit: {limit // 1_000_000} MB)"
    return PictureMistake(message, "save a smaller version: a width of 1,300 pixels is enough")


def _name(path: Path, kind: PictureKind) -> str:
    """Return the file name of a picture in a message: mail programs open files by their ending."""
    return path.name if path.suffix.lower() in _ENDINGS[kind] else f"{path.stem}{_ENDINGS[kind][0]}"


#: The results for the files read last, by the digest of their bytes.
_known: OrderedDict[bytes, ConvertedPicture | Refusal] = OrderedDict()


def _ready_once(data: bytes) -> ConvertedPicture | Refusal:
    """Convert a picture, or return the cached result: most pictures are unchanged at the next save of a preview."""
    digest = hashlib.sha256(data).digest()
    found = _known.pop(digest, None) or _kept(digest, data)
    _known[digest] = found
    while len(_known) > _MOST_FILES or sum(map(_size, tuple(_known.values()))) > _MOST_BYTES:
        _known.popitem(last=False)
    return found


def _kept(digest: bytes, data: bytes) -> ConvertedPicture | Refusal:
    """Convert a picture, or take an earlier run's result: then Pillow is not even imported."""

    def convert_once() -> ConvertedPicture | Refusal:
        made = convert(data)
        return replace(made, data=b"") if isinstance(made, ConvertedPicture) and made.data == data else made

    found = kept("picture", (digest,), convert_once)
    return replace(found, data=data) if isinstance(found, ConvertedPicture) and not found.data else found


def _size(found: ConvertedPicture | Refusal) -> int:
    return len(found.data) if isinstance(found, ConvertedPicture) else 0
