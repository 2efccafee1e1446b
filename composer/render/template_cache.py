"""Keeps compiled templates between runs, as Python keeps its .pyc files.

Input: nothing. Output: a cache in the user's own cache folder, or None where there is none to be trusted. Never in
the workspace: what came with a clone must not be run.
"""

import os
import stat
import sys
from pathlib import Path

from jinja2 import BytecodeCache, FileSystemBytecodeCache


def bytecode_cache() -> BytecodeCache | None:
    """Return the cache, if its folder can be made and nobody else can write to it."""
    try:
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.stat()
    except (OSError, RuntimeError):
        return None
    if os.name == "posix" and (status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        return None
    return FileSystemBytecodeCache(str(folder)) if os.access(folder, os.W_OK) else None


def _folder() -> Path:
    if os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "compose" / "templates"
