"""The command `compose preview` in its own process: it serves, updates on save, and stops on request."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from composer.cli.main import run
from composer.core.workspace import Workspace
from tests.factories import ROOT, sample_message

#: Far longer than needed, so that only a hanging test fails.
_MAX_WAIT = 60


@pytest.fixture
def preview(tmp_path: Path) -> Iterator[tuple[Workspace, str, subprocess.Popen[str]]]:
    """Start the preview on a free port, and return the newsletter, the address and the process."""
    workspace = sample_message(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "composer", "preview", "2025-01-30", "--no-open", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield workspace, process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.communicate()


def _told(url: str) -> str:
    """Return the page's state, and the plain text that it shows."""
    place = urlsplit(url)
    said = ""
    for path in ("/state.json", "/views/text.json"):
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_MAX_WAIT)
        try:
            connection.request("GET", path)
            said += connection.getresponse().read().decode()
        finally:
            connection.close()
    return said


def _until(url: str, words: str) -> str:
    end = time.monotonic() + _MAX_WAIT
    while time.monotonic() < end:
        if words in (said := _told(url)):
            return said
        time.sleep(0.05)
    raise AssertionError(f"“{words}” never came")


def test_it_answers_follows_and_ends(preview: tuple[Workspace, str, subprocess.Popen[str]]) -> None:
    """The address is printed; a save updates the page; a mistake is shown with its line; Ctrl-C ends it with 0."""
    workspace, url, process = preview
    assert url.startswith("http://127.0.0.1:")
    _until(url, "Dear subscribers, hello.")
    issue = workspace.issue("2025-01-30")
    text = issue.read_text(encoding="utf-8")
    issue.write_text(text.replace("hello", "你好 again"), encoding="utf-8")
    _until(url, "你好 again")
    issue.write_text(text.replace("date: 2025-01-30", "date: 2025-02-30"), encoding="utf-8")
    said = _until(url, "2025-02-30")
    assert '"line":1,' in said and "你好 again" in said
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=_MAX_WAIT)
    assert process.returncode == 0
    assert "Traceback" not in err and "preview stopped" in err


def test_a_port_that_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A port in use is reported with a hint, exit code 1."""
    sample_message(tmp_path)
    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run(["preview", "2025-01-30", "--no-open", "--port", str(port)]) == 1
    err = capsys.readouterr().err
    assert f"error: port {port} " in err and "--port" in err


def test_files_instead_of_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--out writes the page and exits; a folder with other files is not touched; mistakes are reported as in a build."""
    workspace = sample_message(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run(["preview", "2025-01-30", "--out", "shown"]) == 0
    assert capsys.readouterr().out.strip() == str(Path("shown") / "index.html")
    page = (tmp_path / "shown" / "index.html").read_text(encoding="utf-8")
    assert "Dear subscribers, hello." in page and "DATE01" in page
    assert run(["preview", "2025-01-30", "--out", "issues"]) == 1
    assert "issues contains other files" in capsys.readouterr().err
    workspace.issue("2025-01-30").write_text("date: x\n", encoding="utf-8")
    assert run(["preview", "2025-01-30", "--out", "shown"]) == 1
    assert "issues/2025-01-30.yaml:1:7: error:" in capsys.readouterr().err
    assert run(["preview", "2025-02-30", "--no-open"]) == 2
