"""The list of the files in an archive's folder: which of them are ours, and what each was made of.

Input: paths and digests, or the bytes of the list. Output: bytes, or a `Manifest`. Guarantees: pure; the list does not
name the pages, because not every page is listed publicly.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

#: The list's name in the archive's folder. A folder without it is not an archive.
NAME = ".compose-archive.json"
#: Increase this number when pages are made in another way: then all of them are made anew.
VERSION = 1


class ArchiveKind(StrEnum):
    """What the issues of an archive are made of."""

    SENT = "sent"
    #: The issue files as they are, sent or not.
    UNSENT = "unsent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The files of a folder."""

    #: None for a folder without pages.
    kind: ArchiveKind | None = None
    #: What each file was made of, by the digest of its path.
    _files: Mapping[str, str] = field(default_factory=dict)

    def made_of(self, path: str) -> str | None:
        """Return the digest of what a file was made of; None if the file is not ours."""
        return self._files.get(digest_of(path))


def digest_of(*texts: str) -> str:
    """Return a short digest of texts."""
    return hashlib.sha256("\0".join(texts).encode(errors="surrogateescape")).hexdigest()[:20]


def parse_manifest(data: bytes) -> Manifest | None:
    """Return the list, or None if it cannot be read. Files of another version are ours, but made of something else."""
    try:
        given = json.loads(data)
        files = {str(path): str(made_of) for path, made_of in given["files"].items()}
        kind = ArchiveKind(given["kind"]) if "kind" in given else None
        return Manifest(kind=kind, _files=files if given["version"] == VERSION else dict.fromkeys(files, ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def manifest_bytes(files: Mapping[str, str], kind: ArchiveKind) -> bytes:
    """Return the bytes of the list of files, by path."""
    hashed = {digest_of(path): made_of for path, made_of in files.items()}
    value = {"version": VERSION, "kind": kind.value, "files": dict(sorted(hashed.items()))}
    return json.dumps(value, separators=(",", ":")).encode()
