"""Keeps what is slow to make and rarely changes between runs, in the user's own cache folder, as Python keeps .pyc files.

Input: a kind of result, and everything that it was made from. Output: the result, if it was kept. Guarantees: a result
is used only if all is the same: what it was made from, this program's own code, the installed packages, and Python. A
damaged file is not used, and neither is a folder to which another user can write; of each kind, about MOST files are
kept. If nothing can be kept, nothing fails. The folder is not in the workspace, because code from a clone must not run.
"""

import os
import pickle
import stat
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from threading import get_ident
from typing import TypeVar, cast

T = TypeVar("T")

#: The maximum number of files of a kind, and of bytes in a file.
MOST, LARGEST = 250, 4_000_000
#: After so many new files of a kind, the oldest are looked for.
ROUND = 25
#: The packages of this program whose code makes the results; they import no others (pyproject.toml).
_MAKERS = ("core", "content", "render")
_DIGEST = 32
#: How many results of a kind this process has kept.
_kept_here: Counter[str] = Counter()


def kept(kind: str, made_from: tuple[str | bytes, ...], make: Callable[[], T]) -> T:
    """Return what `make` makes, or what it made in an earlier run; it may depend on `made_from` only.

    Errors of `make` are raised, and not kept.
    """
    found = recall(kind, made_from)
    if found is not None:
        return cast(T, found)
    result = make()
    keep(kind, made_from, result)
    return result


def kept_from_files(kind: str, name: str, files: Sequence[Path], make: Callable[[], T]) -> T:
    """Return what `make` makes from the content of files, or what it made in an earlier run.

    `name` and the contents are all that it may depend on. Errors of `make` are raised, and not kept.
    """
    contents = _contents(files)
    if contents is None:
        return make()
    found = recall(kind, (name, *contents))
    if found is not None:
        return cast(T, found)
    result = make()
    # A file that was saved in between may have been read before or after.
    if contents == _contents(files):
        keep(kind, (name, *contents), result)
    return result


def _contents(files: Sequence[Path]) -> tuple[bytes, ...] | None:
    """Return the bytes of small files; None if one is large, or cannot be read: `make` reports that."""
    try:
        return None if any(file.stat().st_size > LARGEST for file in files) else tuple(map(Path.read_bytes, files))
    except OSError:
        return None


def recall(kind: str, made_from: tuple[str | bytes, ...]) -> object | None:
    """Return the result that was kept, or None."""
    folder = cache_folder("results")
    if folder is None:
        return None
    try:
        with open(f"{folder}/{_name(kind, made_from)}", "rb") as file:  # noqa: PTH123 - read at every start
            data = file.read()
        # No other user can write the file, and damage is found before anything is made from it.
        whole: object = pickle.loads(data[_DIGEST:]) if _digest(data[_DIGEST:]) == data[:_DIGEST] else None  # noqa: S301
    except Exception:
        # There is no such file, or it does not fit this program: the result is made again.
        return None
    return whole


def keep(kind: str, made_from: tuple[str | bytes, ...], result: object) -> None:
    """Keep a result for later runs, if it is not too large."""
    folder = cache_folder("results")
    data = pickle.dumps(result, pickle.HIGHEST_PROTOCOL)
    if folder is None or len(data) > LARGEST:
        return
    # Other runs find a complete file or none, even if two write the same one.
    draft = folder / f"{kind}-{os.getpid()}-{get_ident()}.new"
    try:
        draft.write_bytes(_digest(data) + data)
        draft.replace(folder / _name(kind, made_from))
        _kept_here[kind] += 1
        if _kept_here[kind] % ROUND == 1:
            # Looking through the folder takes longer than writing a file.
            _remove_oldest(folder, kind)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=_DIGEST).digest()


def _remove_oldest(folder: Path, kind: str) -> None:
    with os.scandir(folder) as entries:
        found = [(entry.stat().st_mtime_ns, entry.path) for entry in entries if entry.name.startswith(f"{kind}-")]
    for _, path in sorted(found, reverse=True)[MOST:]:
        Path(path).unlink(missing_ok=True)


def _name(kind: str, made_from: tuple[str | bytes, ...]) -> str:
    digest = blake2b(_program(), digest_size=20)
    for each in made_from:
        data = each.encode("utf-8", "surrogatepass") if isinstance(each, str) else each
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return f"{kind}-{digest.hexdigest()}"


@cache
def _program() -> bytes:
    """Return a value for the code that makes results: our own files, and the folders that packages are installed in.

    Such a folder changes when a package is installed or upgraded.
    """
    parts = [sys.version]
    for maker in _MAKERS:
        parts += sorted(_files(f"{Path(__file__).parents[1]}/{maker}"))
    for installed in sys.path:
        if installed.endswith(("site-packages", "dist-packages")):
            with suppress(OSError):
                parts.append(f"{installed} {Path(installed).stat().st_mtime_ns}")
    return "\n".join(parts).encode("utf-8", "surrogateescape")


def _files(folder: str) -> Iterator[str]:
    """Yield the path, the time and the size of each file, as Python compares them for its .pyc files."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_dir():
                status = entry.stat()
                yield f"{entry.path} {status.st_mtime_ns} {status.st_size}"
            elif entry.name != "__pycache__":
                yield from _files(entry.path)


def cache_folder(name: str) -> Path | None:
    """Return a folder for what is kept between runs, if it can be created and no other user can write to it."""
    try:
        folder = Path(f"{_base()}/compose/{name}")
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.stat()
    except (OSError, RuntimeError):
        return None
    if os.name == "posix" and (status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        return None
    return folder if os.access(folder, os.W_OK) else None


def _base() -> str:
    if os.name == "nt":
        return os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return str(Path.home() / "Library" / "Caches")
    return os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
