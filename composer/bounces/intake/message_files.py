"""Messages in files: one per file, many in an mbox file, or a folder of either, including Maildir.

Input: a path, or a pipe. Output: messages with names, one at a time, of each the first megabyte. Guarantees: moves,
marks and deletes nothing.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from composer.bounces.parse.mime import MAX_BYTES
from composer.core.errors import ComposeError

_CHUNK = 64 * 1024
#: RFC 4155, appendix A; a line of a message that begins with `From ` is written with `>` in front (mboxrd).
_FROM = re.compile(rb"From \S+ +\w{3} \w{3} [ \d]?\d \d\d:\d\d|From \S+@\S+|From MAILER-DAEMON|From - ", re.IGNORECASE)
_QUOTED = re.compile(rb"^>(?=>*From )", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A message as it was found."""

    name: str
    data: bytes


class SourceError(ComposeError):
    """Messages cannot be read from the given place."""


def read_path(path: Path) -> Iterator[Raw]:
    """Read a file of one message, an mbox file, or a folder, in the order of names. Raises SourceError."""
    try:
        if path.is_dir():
            for each in _files(path):
                yield from _read_file(each, each.relative_to(path).as_posix())
        else:
            yield from _read_file(path, path.name)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from None


def read_pipe(stream: BinaryIO) -> Raw:
    """Read the single message that a mail server pipes in: to its end, keeping the first megabyte."""
    data = _take(stream)
    line, _, rest = data.partition(b"\n")
    return Raw(name="-", data=rest if _FROM.match(line) else data)


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder without hidden files; in a Maildir only complete messages (not those in `tmp`)."""
    is_maildir = (folder / "cur").is_dir() and (folder / "new").is_dir()
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not (is_maildir and each == "tmp") and not _is_hidden(each))
        for name in sorted(names):
            path = Path(here) / name
            # Dovecot keeps its own files next to the folders of its Maildir.
            if not _is_hidden(name) and path.is_file() and (not is_maildir or path.parent.name in ("cur", "new")):
                yield path


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def _read_file(path: Path, name: str) -> Iterator[Raw]:
    with path.open("rb") as stream:
        first = stream.readline(200)
        stream.seek(0)
        if not _FROM.match(first):
            yield Raw(name=name, data=_take(stream))
            return
        for number, data in enumerate(_in_mbox(stream), 1):
            yield Raw(name=f"{name}:{number}", data=data)


def _in_mbox(stream: BinaryIO) -> Iterator[bytes]:
    """Split an mbox file: a message begins after a `From ` line that is the first line or follows an empty line."""
    message = bytearray()
    is_before_any, is_behind_empty = True, True
    while line := stream.readline(_CHUNK):
        if is_behind_empty and _FROM.match(line):
            if not is_before_any:
                yield _QUOTED.sub(b"", bytes(message))
            message.clear()
            is_before_any = False
        elif len(message) < 2 * MAX_BYTES:
            message += line
        is_behind_empty = line in (b"\n", b"\r\n")
    if not is_before_any:
        yield _QUOTED.sub(b"", bytes(message))


def _take(stream: BinaryIO) -> bytes:
    kept = bytearray()
    while data := stream.read(_CHUNK):
        if len(kept) < 2 * MAX_BYTES:
            kept += data
    return bytes(kept)
