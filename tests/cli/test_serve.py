"""The command `compose serve` in its own process: it serves, signs its messages, loses none when killed, and stops on request."""

import contextlib
import email
import http.client
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dkim
import pytest

from composer.cli.main import run
from composer.core.workspace import Workspace
from tests.factories import ROOT, sample
from tests.fake_smtp import Action, FakeSmtp, Holding, SmtpSession

KEY = "k" * 64
_MAX_WAIT = 60


@dataclass
class Serving:
    """A publication, and the process that serves it."""

    workspace: Workspace
    environment: dict[str, str]
    process: subprocess.Popen[str] | None = None
    port: int = 0

    def start(self) -> str:
        """Start it on a free port, and return the printed address."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "composer", "serve", "--port", str(self.port)],
            cwd=self.workspace.root,
            env={**os.environ, **self.environment, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def post(self, path: str, **fields: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_MAX_WAIT)
        with contextlib.closing(connection):
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", path, urllib.parse.urlencode(fields), headers)
            return connection.getresponse().status

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_MAX_WAIT)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def takes_calls(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), _MAX_WAIT).close()
        except (ConnectionRefusedError, ConnectionResetError):
            # Refused, or accepted by a socket that was just being closed.
            return False
        return True

    def end(self, how: int) -> tuple[str, str]:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.communicate(timeout=_MAX_WAIT)


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """The sample, with its own key."""
    folder = tmp_path / "publication"
    folder.mkdir()
    environment = {"COMPOSE_SECRET_KEY": KEY, "XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path)}
    for name in ("COMPOSE_SMTP_URL", "COMPOSE_SMTP_PASSWORD", "COMPOSE_DATABASE_URL"):
        environment[name] = ""
    made = Serving(workspace=sample(folder), environment=environment)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.communicate()


def _until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + _MAX_WAIT
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_it_rehearses_without_a_mail_server(serving: Serving) -> None:
    """The first line says that nothing is sent; a message is written to a file. SIGTERM ends it cleanly."""
    assert serving.start() == f"http://127.0.0.1:{serving.port}/"
    assert serving.get("/n/health") == (200, "ok\n")
    assert "Subscribe to China Briefing" in serving.get("/subscribe")[1]
    assert serving.post("/subscribe", email="anna@example.net") == 200
    file = serving.workspace.root / "outbox" / "letters" / "anna@example.net.eml"
    _until(file.is_file)
    out, err = serving.end(signal.SIGTERM)
    assert "messages to subscribers are written to outbox/letters/" in err.splitlines()[0]
    assert re.search(r"Z subscribe POST 200 \d+ ms\n", err)
    assert re.search(r"Z mail confirm written\n", err)
    assert "anna" not in out + err
    assert (serving.workspace.root / "newsletter.db").stat().st_mode & 0o777 == 0o600


def test_letters_are_signed(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Messages are signed with the newsletter's keys, as verified by dkimpy."""
    monkeypatch.chdir(serving.workspace.root)
    for name, value in serving.environment.items():
        monkeypatch.setenv(name, value)
    assert run(["dkim", "keygen"]) == 0
    keys: dict[str, str] = dict(
        re.findall(r"^name +(\S+)\ntype +TXT\nvalue +(.+)$", capsys.readouterr().out, re.MULTILINE)
    )
    path = serving.workspace.root / "newsletter.yaml"
    text = path.read_text(encoding="utf-8")
    selectors = "  dkim:\n    selectors:\n      - compose-rsa\n      - compose-ed\n"
    path.write_text(text.replace("delivery:\n", f"delivery:\n{selectors}"), encoding="utf-8")
    with FakeSmtp() as office:
        serving.environment["COMPOSE_SMTP_URL"] = f"smtp://127.0.0.1:{office.port}"
        serving.start()
        assert serving.post("/subscribe", email="anna@example.net", language="de") == 200
        _until(lambda: office.taken)
        serving.end(signal.SIGTERM)
    [(_, message)] = office.taken
    for index in (0, 1):

        def look_up(name: bytes, timeout: int = 5) -> bytes:
            return keys[name.decode().rstrip(".")].encode()

        assert dkim.DKIM(message).verify(idx=index, dnsfunc=look_up)
    assert email.message_from_bytes(message)["Auto-Submitted"] == "auto-generated"


@pytest.mark.kill
def test_killed_at_any_moment_no_letter_is_lost_or_doubled(serving: Serving) -> None:
    """SIGKILL while the server waits for DATA, or after the dot: every message arrives once, or is recorded as unconfirmed."""
    reached, killed = threading.Event(), threading.Event()

    def hold(visit: SmtpSession) -> int:
        reached.set()
        killed.wait(_MAX_WAIT)
        return visit.say(b"354 go ahead\r\n")

    def take_and_hold(visit: SmtpSession) -> int:
        visit.take()
        reached.set()
        killed.wait(_MAX_WAIT)
        return 0

    script: dict[str, Action] = {"data": hold}
    with FakeSmtp() as office:
        office.script = script
        serving.environment["COMPOSE_SMTP_URL"] = f"smtp://127.0.0.1:{office.port}"
        serving.start()
        for number in range(3):
            assert serving.post("/subscribe", email=f"r{number}@example.net") == 200
        assert reached.wait(_MAX_WAIT)
        serving.end(signal.SIGKILL)
        killed.set()
        script.clear()
        script["dot"] = take_and_hold
        _until(lambda: office.is_empty)
        reached.clear()
        killed.clear()
        serving.start()
        assert reached.wait(_MAX_WAIT)
        serving.end(signal.SIGKILL)
        killed.set()
        script.clear()
        serving.start()
        _until(lambda: len(office.taken) == 3)
        _until(lambda: sorted(_states(serving.workspace.root / "newsletter.db")) == ["accepted", "accepted", "unknown"])
        serving.end(signal.SIGTERM)
    taken = Counter(recipient for recipient, _ in office.taken)
    assert sorted(taken.values()) == [1, 1, 1]


@pytest.mark.kill
def test_a_letter_that_is_being_sent_is_finished(serving: Serving) -> None:
    """SIGTERM while the mail server accepts a message: the process waits for the answer, records it, and ends cleanly."""
    holding = Holding(0, b"250 2.0.0 Ok\r\n")
    with FakeSmtp({"dot": holding}) as office:
        serving.environment["COMPOSE_SMTP_URL"] = f"smtp://127.0.0.1:{office.port}"
        serving.start()
        assert serving.post("/subscribe", email="anna@example.net") == 200
        holding.wait()
        assert serving.process is not None
        serving.process.send_signal(signal.SIGTERM)
        _until(lambda: not serving.takes_calls())
        assert _states(serving.workspace.root / "newsletter.db") == ["sending"]
        holding.release()
        _, err = serving.process.communicate(timeout=_MAX_WAIT)
    assert serving.process.returncode == 0
    assert err.endswith("server stopped\n")
    assert (len(office.taken), _states(serving.workspace.root / "newsletter.db")) == (1, ["accepted"])


def _states(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT state FROM transactional_emails")]


def test_missing_settings_are_reported_at_the_start(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No public address, a port in use, a missing key, an invalid proxy: each is one line with a hint."""
    monkeypatch.chdir(serving.workspace.root)
    for name, value in serving.environment.items():
        monkeypatch.setenv(name, value)
    assert run(["serve", "--check"]) == 0
    assert capsys.readouterr().out == "the settings are valid\n"
    assert not (serving.workspace.root / "newsletter.db").exists()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run(["serve", "--port", port]) == 1
        assert f"127.0.0.1 port {port}" in capsys.readouterr().err
    assert run(["serve", "--host", "news.example.org"]) == 1
    assert "--host" in capsys.readouterr().err
    assert run(["serve", "--proxy", "cloud"]) == 2
    assert "“cloud” is not an address or a network" in capsys.readouterr().err
    path = serving.workspace.root / "newsletter.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("delivery:\n", "delivery:\n  dkim:\n    selectors:\n      - gone\n"), encoding="utf-8")
    for arguments in (["serve"], ["serve", "--check"]):
        assert run(arguments) == 1
        assert "gone" in capsys.readouterr().err
    path.write_text(re.sub(r"  public_url: .*\n", "  list_id: a.example.org\n", text), encoding="utf-8")
    assert run(["serve"]) == 1
    assert "public_url: https://news.example.org/n" in capsys.readouterr().err
