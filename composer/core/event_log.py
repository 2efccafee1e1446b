"""The event log for programs: one line per event, with ids and codes, through the standard library's `logging`.

Input: an event's name and its fields. Output: records of the loggers `compose.*`, and the handlers that write them as
text or JSON. Guarantees: a field is a number or a code; any other text (an address, a sentence) becomes `?`. Without a
handler, nothing is written or formatted. If the log cannot be written, the program continues.
"""

import json
import logging
import os
import re
import stat
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import IO, TextIO

from composer.core.errors import ComposeError

#: The type of a field; None is left out.
Field = int | float | str | None

ROOT = logging.getLogger("compose")
ROOT.addHandler(logging.NullHandler())
ROOT.propagate = False

_CODE = re.compile(r"[A-Za-z0-9_.:/+-]{1,80}")
#: Levels of syslog, as systemd reads them at the beginning of a line (sd-daemon(3)).
_SYSLOG = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3}


class LogFormat(StrEnum):
    """How events are written."""

    TEXT = "text"
    JSON = "json"
    NONE = "none"


class LogError(ComposeError):
    """The log file cannot be written."""


def emit(log: logging.Logger, event: str, *, level: int = logging.INFO, said: str = "", **fields: Field) -> None:
    """Log an event. `said` is a line for people: `said_in` returns it, and it is never in the text or JSON log."""
    if log.isEnabledFor(level):
        log.log(level, event, extra={"fields": fields, "said": said})


def emit_bug(log: logging.Logger, event: str, error: BaseException, *, said: str = "", **fields: Field) -> None:
    """Log an unexpected exception: its type and place, without its message, which may contain personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else None
    emit(log, event, level=logging.ERROR, said=said, error=type(error).__name__, place=place, **fields)


def said_in(record: logging.LogRecord) -> str:
    """Return an event's line for people, or an empty text."""
    said = getattr(record, "said", "")
    return said if isinstance(said, str) else ""


def _fields(record: logging.LogRecord) -> dict[str, int | float | str]:
    found = getattr(record, "fields", {})
    assert isinstance(found, Mapping)
    return {name: _plain(value) for name, value in found.items() if value is not None}


def _plain(value: int | float | str) -> int | float | str:
    if isinstance(value, str):
        return str(value) if _CODE.fullmatch(value) else "?"
    return round(value, 3) if isinstance(value, float) else value


class TextFormatter(logging.Formatter):
    """Formats `2025-01-30T07:00:00.000Z info run.began mailing=3 run=7`; for the journal, with a priority and no time."""

    def __init__(self, *, is_journal: bool = False) -> None:
        super().__init__()
        self._is_journal = is_journal

    def format(self, record: logging.LogRecord) -> str:
        """Return the formatted line."""
        head = "" if self._is_journal else f"{_time(record)} {record.levelname.lower()} "
        said = "".join(f" {name}={_as_text(value)}" for name, value in _fields(record).items())
        return f"{_priority(record) if self._is_journal else ''}{head}{record.msg}{said}"


class JsonFormatter(logging.Formatter):
    """Formats one JSON object per line: `time`, `level`, `event`, and the fields."""

    def __init__(self, *, is_journal: bool = False) -> None:
        super().__init__()
        self._is_journal = is_journal

    def format(self, record: logging.LogRecord) -> str:
        """Return the formatted line."""
        head = {"time": _time(record), "level": record.levelname.lower(), "event": record.msg}
        line = json.dumps(head | _fields(record), separators=(",", ":"))
        return f"{_priority(record) if self._is_journal else ''}{line}"


def _as_text(value: int | float | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _time(record: logging.LogRecord) -> str:
    return f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%S}.{int(record.msecs):03}Z"


def _priority(record: logging.LogRecord) -> str:
    return f"<{_SYSLOG.get(record.levelno, 6)}>"


class _QuietStreamHandler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:
        """Continue: a closed terminal must not stop a mailing."""


class _QuietFileHandler(WatchedFileHandler):
    """Appends to a file of mode 0600; opens it again after logrotate has moved it."""

    def _open(self) -> IO[str]:  # type: ignore[override]
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:
        """Continue: a full disk must not stop a mailing."""


class SaidHandler(logging.Handler):
    """Passes the lines for people to a function."""

    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Pass the line of a record, if it has one."""
        if said := said_in(record):
            self._write(said)


def is_journal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Return whether a stream is connected to systemd's journal (systemd.exec(5), $JOURNAL_STREAM)."""
    device, _, inode = environment.get("JOURNAL_STREAM", "").partition(":")
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return stat.S_ISSOCK(found.st_mode) and (device, inode) == (str(found.st_dev), str(found.st_ino))


@contextmanager
def written(log_format: LogFormat, path: Path | None) -> Iterator[None]:
    """Write events to a file or to stderr inside the `with` block. Raises LogError."""
    if log_format is LogFormat.NONE:
        yield
        return
    handler: logging.Handler
    if path is None:
        handler, to_journal = _QuietStreamHandler(sys.stderr), is_journal(sys.stderr, os.environ)
    else:
        try:
            handler, to_journal = _QuietFileHandler(path), False
        except OSError as error:
            raise LogError(f"--log-file: {path} cannot be written: {error.strerror or type(error).__name__}") from None
    formatter = JsonFormatter if log_format is LogFormat.JSON else TextFormatter
    handler.setFormatter(formatter(is_journal=to_journal))
    with attached(handler):
        yield


@contextmanager
def said_to(write: Callable[[str], None]) -> Iterator[None]:
    """Pass the lines for people to a function inside the `with` block, unless the events themselves are on stderr."""
    if any(isinstance(each, _QuietStreamHandler) for each in ROOT.handlers):
        yield
        return
    with attached(SaidHandler(write)):
        yield


@contextmanager
def attached(handler: logging.Handler) -> Iterator[None]:
    """Attach a handler inside the `with` block."""
    before = ROOT.level
    ROOT.addHandler(handler)
    ROOT.setLevel(logging.INFO)
    try:
        yield
    finally:
        ROOT.removeHandler(handler)
        ROOT.setLevel(before)
        # Events that did not fit on a full disk are lost.
        with suppress(OSError):
            handler.close()
