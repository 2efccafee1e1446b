"""The event log: lines for programs, with numbers and codes only."""

import io
import json
import logging
import os
import socket
import stat
from pathlib import Path

import pytest

from composer.core.event_log import (
    ROOT,
    JsonFormatter,
    LogError,
    LogFormat,
    SaidHandler,
    TextFormatter,
    emit,
    emit_bug,
    is_journal,
    written,
)

LOG = logging.getLogger("compose.tests")


def test_nothing_is_written_without_being_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a handler there is no line, not even for an error, on stderr or through the root logger."""
    emit(LOG, "run.began", mailing=1)
    emit(LOG, "ledger.broken", level=logging.ERROR, mailing=1)
    with written(LogFormat.NONE, None):
        emit(LOG, "run.began", mailing=1)
    assert capsys.readouterr() == ("", "")
    assert not LOG.isEnabledFor(logging.INFO)


def test_text(tmp_path: Path) -> None:
    """Time, level, event, and fields in order; a field without a value is left out."""
    path = tmp_path / "log"
    with written(LogFormat.TEXT, path):
        emit(LOG, "run.began", mailing=3, run=7, rehearsal=False, code=None, seconds=1.23456)
        emit(LOG, "alert", level=logging.WARNING, said="a sentence for people", alert="queued")
    first, second = path.read_text(encoding="utf-8").splitlines()
    time, _, rest = first.partition(" ")
    assert (time[4], time[10], time[-1], len(time)) == ("-", "T", "Z", 24)
    assert rest == "info run.began mailing=3 run=7 rehearsal=false seconds=1.235"
    assert second.partition(" ")[2] == "warning alert alert=queued"


def test_json(tmp_path: Path) -> None:
    """One object per line, with the same fields."""
    path = tmp_path / "log"
    with written(LogFormat.JSON, path):
        emit(LOG, "delivery.accepted", mailing=3, subscriber=12, queue_id="4XyZ-1")
    line = json.loads(path.read_text(encoding="utf-8"))
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info", "event": "delivery.accepted", "mailing": 3, "subscriber": 12, "queue_id": "4XyZ-1",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "anna@example.org",
        "a sentence",
        "x\ny",
        "",
        "Grüße",
        'a"b',
        "x" * 81,
        "<anna>",
        "https://a/?b=c",
        "\u202etxt",
        "a=b",
    ],
)
def test_only_codes_are_logged(text: str, tmp_path: Path) -> None:
    """A field never contains an address, a sentence or a line end, even if the value comes from outside."""
    for log_format in (LogFormat.TEXT, LogFormat.JSON):
        path = tmp_path / log_format
        with written(log_format, path):
            emit(LOG, "delivery.refused", queue_id=text)
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) == 1
        assert lines[0].endswith("queue_id=?") or json.loads(lines[0])["queue_id"] == "?"


def test_a_bug_is_logged_with_its_place(tmp_path: Path) -> None:
    """The type and the line, but not the message, which may contain personal data."""
    path = tmp_path / "log"
    with written(LogFormat.TEXT, path):
        try:
            raise ValueError("anna@example.org")
        except ValueError as error:
            emit_bug(LOG, "request.bug", error)
    assert " error request.bug error=ValueError place=test_event_log.py:" in path.read_text(encoding="utf-8")
    assert "anna" not in path.read_text(encoding="utf-8")


def test_a_file_is_private_and_appended_to(tmp_path: Path) -> None:
    """Mode 0600 with any umask; later runs append to it, and it is created again after logrotate has moved it."""
    path, handlers = tmp_path / "log", list(ROOT.handlers)
    before = os.umask(0)
    try:
        for _ in range(2):
            with written(LogFormat.TEXT, path):
                emit(LOG, "run.began")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2
    with written(LogFormat.TEXT, path):
        path.rename(tmp_path / "log.1")
        emit(LOG, "run.began")
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1
    with pytest.raises(LogError), written(LogFormat.TEXT, tmp_path / "no" / "log"):
        pass
    assert ROOT.handlers == handlers


def test_a_log_that_cannot_be_written_does_not_stop_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    """With a full disk the event is lost, and nothing is raised or printed."""
    with written(LogFormat.TEXT, Path("/dev/full")):
        emit(LOG, "run.began")
        emit(LOG, "run.ended")
    assert capsys.readouterr() == ("", "")


def test_the_journal_gets_levels_without_times() -> None:
    """sd-daemon(3): `<3>` starts an error, `<4>` a warning, `<6>` other lines; also in JSON."""
    for level, head in ((logging.INFO, "<6>"), (logging.WARNING, "<4>"), (logging.ERROR, "<3>")):
        record = LOG.makeRecord(LOG.name, level, "", 0, "alert", (), None, extra={"fields": {"mailing": 3}})
        assert TextFormatter(is_journal=True).format(record) == f"{head}alert mailing=3"
        assert JsonFormatter(is_journal=True).format(record).startswith(f'{head}{{"time":')


def test_the_journal_is_detected() -> None:
    """Only by the device and inode of the socket of stderr."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        found = os.fstat(channel.fileno())
        with os.fdopen(os.dup(channel.fileno()), "w") as opened:
            assert is_journal(opened, {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"})
            assert not is_journal(opened, {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino + 1}"})
            assert not is_journal(opened, {})
    assert not is_journal(io.StringIO(), {"JOURNAL_STREAM": "1:2"})


def test_lines_for_people() -> None:
    """Only for events that have a line for people, unchanged."""
    said: list[str] = []
    log = logging.Logger("people", logging.INFO)
    log.addHandler(SaidHandler(said.append))
    emit(log, "server.ready")
    emit(log, "settings.reloaded", said="settings read again")
    assert said == ["settings read again"]
