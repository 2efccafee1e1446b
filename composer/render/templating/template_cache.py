"""Keeps compiled templates between runs, like Python's .pyc files.

Input: nothing. Output: a cache in the user's own cache folder, or None if that folder is not safe. Guarantees: the
cache is not in the workspace, because code from a clone must not be run.
"""

import os
import stat
import sys
from pathlib import Path

from jinja2 import BytecodeCache, FileSystemBytecodeCache


def bytecode_cache(kind: str = "jinja2") -> BytecodeCache | None:
    """Return the cache of a kind of environment, if its folder can be created and no other user can write to it.

    Compiled code fits environments with the same options only.
    """
    try:
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.stat()
    except (OSError, RuntimeError):
        return None
    if os.name == "posix" and (status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        return None
    return FileSystemBytecodeCache(str(folder), f"__{kind}_%s.cache") if os.access(folder, os.W_OK) else None


def _folder() -> Path:
    if os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "compose" / "templates"
