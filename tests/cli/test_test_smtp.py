"""The command `compose test` with a real server on this computer: outcomes of each editor, and no secrets."""

import copy
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fast_mail_parser
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from composer.cli.main import run
from composer.core.workspace import Workspace
from tests.factories import sample
from tests.fake_smtp import FakeSmtp, hangs
from tests.transport.setup import until

SECRET = "Geheim-秘密-5ecret%"
URL_SECRET = "Geheim-%E7%A7%98%E5%AF%86-5ecret%25"


#: aiosmtpd warns about signing in without TLS, which is intended here, on the loopback interface.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


class Inbox:
    """Accepts messages; rejects nobody@, defers later@, and disconnects after the message of gone@."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 5.1.1 no such person here"
        if address.startswith("later@"):
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.messages.append((envelope.rcpt_tos[0], envelope.content))
        if envelope.rcpt_tos[0].startswith("gone@"):
            assert server.transport is not None
            server.transport.close()
        return f"250 2.0.0 Ok: queued as ABC{len(self.messages)}"


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and data.login == b"me" and data.password == SECRET.encode()
    # Not handled: aiosmtpd itself answers 535 if the password is wrong.
    return AuthResult(success=is_right, handled=False)


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    handler = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(
        handler,
        hostname="127.0.0.1",
        port=port,
        authenticator=_authenticate,
        auth_require_tls=False,
        auth_required=True,
    )
    controller.start()
    try:
        yield handler, port
    finally:
        controller.stop()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    for name in ("XDG_CONFIG_HOME", "APPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "config"))
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return sample(folder)


def _url(port: int, secret: str = URL_SECRET) -> str:
    return f"smtp://me:{secret}@127.0.0.1:{port}"


def _to(*names: str) -> list[str]:
    return [part for name in names for part in ("--to", f"{name}@example.org")]


def test_each_editor_is_reported(
    workspace: Workspace,
    inbox: tuple[Inbox, int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Accepted, rejected and deferred are shown with the server's answer; the received message is the built one."""
    handler, port = inbox
    monkeypatch.setenv("COMPOSE_SMTP_URL", _url(port))
    assert run(["test", "2025-01-30", *_to("anna", "nobody", "later", "ben"), "--json"]) == 1
    sent = json.loads(capsys.readouterr().out)["sent"]
    assert [(each["state"], each["code"], each["enhanced"], each["queue_id"]) for each in sent] == [
        ("accepted", 250, "2.0.0", "ABC1"),
        ("refused", 550, "5.1.1", None),
        ("deferred", 451, "4.7.1", None),
        ("accepted", 250, "2.0.0", "ABC2"),
    ]
    assert [address for address, _ in handler.messages] == ["anna@example.org", "ben@example.org"]
    mail = fast_mail_parser.parse_email(handler.messages[0][1])
    assert mail.subject == "[Test] A cheap model shakes up the AI race"
    assert "DeepSeek" in mail.text_plain[0] and "深度求索" in mail.text_html[0]


@pytest.mark.parametrize(
    ("names", "code", "words"),
    [
        (("anna", "ben"), 0, "accepted"),
        (("anna", "nobody"), 1, "550 5.1.1 no such person here"),
        (("anna", "later"), 75, "not accepted yet; run it again"),
        (("gone", "anna"), 3, "unconfirmed: the server did not answer"),
    ],
)
def test_exit_codes(
    workspace: Workspace,
    inbox: tuple[Inbox, int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    names: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    """0 if all are accepted, 1 with one rejected, 75 with one deferred, 3 with one unconfirmed.

    Every address has its line.
    """
    handler, port = inbox
    monkeypatch.setenv("COMPOSE_SMTP_URL", _url(port))
    assert run(["test", "2025-01-30", *_to(*names)]) == code
    out = capsys.readouterr().out
    assert words in out
    assert all(f"{name}@example.org" in out for name in names)
    # In every case, no editor has two copies.
    assert len({address for address, _ in handler.messages}) == len(handler.messages)


def test_no_connection_is_one_clear_line(
    workspace: Workspace,
    inbox: tuple[Inbox, int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A wrong password, an unknown host, a closed port, a server without STARTTLS: nothing is sent."""
    handler, port = inbox
    for url, words in (
        (_url(port, "wrong-5ecret"), "the user name or the password: 535 5.7.8"),
        ("smtps://me:x-5ecret@no-such-host.invalid", "there is no server with the name no-such-host.invalid"),
        ("smtp://127.0.0.1:1", "127.0.0.1, port 1: "),
        (_url(port).replace("smtp://", "smtp+starttls://"), "encryption (STARTTLS)"),
        (_url(port).replace("smtp://", "smtps://"), "does not use TLS"),
    ):
        monkeypatch.setenv("COMPOSE_SMTP_URL", url)
        assert run(["test", "2025-01-30", *_to("anna")]) == 1
        out, err = capsys.readouterr()
        assert out == ""
        said = [line for line in err.splitlines() if line.startswith("error:")]
        assert len(said) == 1 and words in said[0], err
        assert "Traceback" not in err and "5ecret" not in err
    assert handler.messages == []


def test_no_secret_is_told_or_written(
    workspace: Workspace,
    inbox: tuple[Inbox, int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither the password nor its encoded form is in the output or in a file, whatever happens."""
    import base64

    handler, port = inbox
    encoded = [base64.b64encode(text.encode()).decode() for text in (SECRET, f"\0me\0{SECRET}")]
    forms = [SECRET, URL_SECRET, *encoded]
    printed = ""
    for url in (_url(port), _url(port, URL_SECRET + "x"), _url(1), f"smtps://me:{URL_SECRET}@127.0.0.1:{port}"):
        monkeypatch.setenv("COMPOSE_SMTP_URL", url)
        for arguments in (
            ["test", "2025-01-30", *_to("anna", "nobody")],
            ["test", "2025-01-30", "--json", *_to("gone")],
        ):
            run(arguments)
            captured = capsys.readouterr()
            printed += captured.out + captured.err
    monkeypatch.delenv("COMPOSE_SMTP_URL")
    monkeypatch.setenv("COMPOSE_SMTP_PASSWORD", SECRET)
    path = workspace.root / "newsletter.yaml"
    server = f"  smtp:\n    host: 127.0.0.1\n    port: {port}\n    security: none\n    username: me\n"
    path.write_text(
        path.read_text(encoding="utf-8").replace("\ndelivery:\n", f"\ndelivery:\n{server}"), encoding="utf-8"
    )
    assert run(["test", "2025-01-30", *_to("anna")]) == 0
    run(["doctor", "--offline"])
    captured = capsys.readouterr()
    printed += captured.out + captured.err
    written = b"".join(each.read_bytes() for each in workspace.root.parent.rglob("*") if each.is_file())
    taken = b"".join(data for _, data in handler.messages)
    for form in forms:
        assert form not in printed
        assert form.encode() not in written + taken


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is a signal here")
@pytest.mark.parametrize(
    ("stage", "words"),
    [("dot", "interrupted: the server may"), ("rcpt", "not sent   interrupted")],
)
def test_stopped_in_the_middle(workspace: Workspace, stage: str, words: str) -> None:
    """After Ctrl-C during the second of three, the first is reported, the second as far as known, the third as not sent."""
    times = itertools.count(1)
    good = {"dot": b"250 2.0.0 Ok\r\n", "rcpt": b"250 2.1.5 Ok\r\n"}[stage]
    with FakeSmtp({stage: lambda visit: visit.say(good) if next(times) == 1 else hangs(visit)}) as office:
        environment = {**os.environ, "COMPOSE_SMTP_URL": f"smtp://127.0.0.1:{office.port}"}
        command = [sys.executable, "-m", "composer", "test", "2025-01-30", *_to("anna", "ben", "carla")]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        child = subprocess.Popen(command, env=environment, cwd=workspace.root, text=True, **pipes)  # type: ignore[call-overload]
        until(lambda: next(copy.copy(times)) > 2)
        time.sleep(0.1)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert child.returncode == 130
    lines = out.splitlines()
    assert lines[0].startswith("anna@example.org    accepted   250")
    assert lines[1].startswith("ben@example.org  ") and words in lines[1]
    assert lines[2].startswith("carla@example.org   not sent   interrupted before")
    assert err.splitlines()[-1] == "stopped" and "Traceback" not in err
    assert len(office.taken) == 1
