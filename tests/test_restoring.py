"""The steps of “Restore” in docs/how-to/run-the-public-pages.md: the commands are run exactly as written."""

import os
import pty
import re
import shutil
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from composer.delivery.core.states import DeliveryState
from tests.cli_harness import CliHarness, make_workspace, recipients
from tests.factories import ROOT
from tests.fake_smtp import FakeSmtp
from tests.proxies import deployed, with_bounces

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "how-to" / "back-up-and-restore.md").read_text(encoding="utf-8")
RESTORE = PAGE.partition("## Restore\n")[2].partition("\n## ")[0]
COMMANDS = RESTORE.partition("```sh\n")[2].partition("```")[0].splitlines()
ISSUE, GONE, LEFT, ERASED = "2031-01-30", "reader3@example.net", "reader5@example.net", "reader7@example.net"


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSmtp]:
    """A mail server that behaves normally."""
    with FakeSmtp({}) as office:
        monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        yield office


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    """A newsletter with twenty subscribers, folders for backups, and a systemctl that records its calls."""
    room = make_workspace(tmp_path, monkeypatch, capsys)
    monkeypatch.setenv("COMPOSE_KEYS_PASSPHRASE", "kept in a third place")
    programs = tmp_path / "programs"
    for folder in ("backups", "keys", "programs"):
        (tmp_path / folder).mkdir(mode=0o700)
    (programs / "systemctl").write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/told"\n')
    (programs / "compose").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m composer "$@"\n')
    for each in programs.iterdir():
        each.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    room.add(20)
    return room


def _back_up_as_the_unit(room: CliHarness, tmp_path: Path) -> str:
    """Run the command of compose-work.service until it has made both copies; return their day. systemd hears of it."""
    unit = deployed()["systemd/compose-work.service"]
    line = next(re.finditer(r"^ExecStart=/opt/compose/bin/compose (.*)$", unit, re.MULTILINE))[1]
    words = line.replace("/var/lib/newsletter", "..").split()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(120)
        child = room.start(*words, NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert systemd.recv(4096) == b"READY=1\nSTATUS=working"
    assert child.stderr is not None
    said = ""
    while ".keys\n" not in said:
        line = child.stderr.readline()
        assert line, said
        said += line
    child.terminate()
    out, err = child.communicate(timeout=120)
    assert child.returncode == 0, out + said + err
    (copy,), (keys,) = (list((tmp_path / name).iterdir()) for name in ("backups", "keys"))
    assert copy.stem == keys.stem
    return copy.stem


def _sh(room: CliHarness, line: str) -> str:
    """Run a line in a shell, with a person at the keyboard who confirms."""
    mine, theirs = pty.openpty()
    os.write(mine, b"y\n")
    ran = subprocess.run(
        ["bash", "-ec", line], cwd=room.root, stdin=theirs, capture_output=True, text=True, timeout=120, check=False
    )
    os.close(mine)
    os.close(theirs)
    assert ran.returncode == 0, f"{line}\n{ran.stdout}{ran.stderr}"
    assert "Traceback" not in ran.stderr
    return ran.stdout + ran.stderr


def test_the_page_has_the_steps(tmp_path: Path) -> None:
    """Stop, move away, restore, keys, accept, start; the services are those of compose deploy."""
    assert len(COMMANDS) == 10
    units = {name.partition("/")[2] for name in deployed(with_bounces(tmp_path)) if name.startswith("systemd/")}
    for line in (COMMANDS[0], COMMANDS[-1]):
        assert line.split()[0] == "systemctl" and set(line.split()[2:]) <= units
    assert COMMANDS[0].split()[2:] == COMMANDS[-1].split()[2:]


def test_a_backup_made_during_a_mailing_is_restored(room: CliHarness, office: FakeSmtp, tmp_path: Path) -> None:
    """Both backups by the deployed unit, during a mailing; then more is sent, and the page is followed.

    Nobody receives a second copy, unsubscribed people stay unsubscribed, erased people stay erased, links still work.
    """
    assert room.say("subscribers", "erase", GONE, "--yes").code == 0
    assert room.say("test", ISSUE).code == 0
    assert room.say("send", ISSUE, "--yes", "19", "--limit", "7").code == 75
    day = _back_up_as_the_unit(room, tmp_path)
    # After the backup: the rest is sent, a person unsubscribes, another issue is sent.
    assert room.say("send", ISSUE, "--yes", "12").code == 0
    assert room.say("subscribers", "unsubscribe", LEFT).code == 0
    assert room.say("subscribers", "erase", ERASED, "--yes").code == 0
    room.write("2031-02-28", subject="The next one")
    assert room.say("test", "2031-02-28").code == 0
    assert room.say("send", "2031-02-28", "--yes", "17").code == 0
    sent = Counter(recipients(office))

    told = [_sh(room, line.replace("2026-11-30", day)) for line in COMMANDS]
    assert (tmp_path / "told").read_text().count("\n") == 2
    assert "mailing 1 of 2031-01-30: 12 subscribers unconfirmed, 7 with proof" in told[7]
    assert "issue 2031-02-28: it is not sent again" in told[7]
    assert room.sums(1).by_state == {DeliveryState.ACCEPTED: 7, DeliveryState.UNKNOWN: 12}
    # The next step of compose work or a person.
    assert room.say("send", ISSUE, "--yes", "19").code == 3
    assert room.say("send", "2031-02-28", "--yes", "17").code == 1
    assert Counter(recipients(office)) == sent
    with room.open() as database, database.read() as connection:
        active = set(connection.exec_driver_sql("SELECT normal FROM subscribers WHERE status = 'active'").scalars())
    assert not {LEFT, GONE, ERASED} & active and len(active) == 17
    (room.root / "old.csv").write_text(f"email\n{GONE}\nnew@example.net\n", encoding="utf-8")
    assert room.say("subscribers", "import", "old.csv", "--yes", "--consent", "they asked").code == 0
    assert "asked to be erased" in room.say("who", GONE).all
    # A person decides; the next issue goes to all current subscribers.
    assert room.say("settle", "1", "--count-as-received", "--yes", "12").code == 0
    room.write("2031-03-31", subject="And another")
    assert room.say("test", "2031-03-31").code == 0
    assert room.say("send", "2031-03-31", "--yes", "18").code == 0
    assert max(Counter(recipients(office)).values()) <= 3


def test_without_the_damaged_file_the_page_leads_on(room: CliHarness, office: FakeSmtp) -> None:
    """As step 2 says: its two lines are left out."""
    assert room.say("test", ISSUE).code == 0
    assert room.say("send", ISSUE, "--yes", "20", "--limit", "7").code == 75
    assert room.say("db", "backup", "../backups/2026-11-30.db").code == 0
    assert room.say("keys", "backup", "../keys/2026-11-30.keys").code == 0
    assert room.say("send", ISSUE, "--yes", "13").code == 0
    (room.root / "newsletter.db").write_bytes(b"what was left of it" * 100)
    for line in COMMANDS:
        if "left.csv" not in line:
            _sh(room, line)
    assert room.sums(1)[DeliveryState.UNKNOWN] == 13
    assert len(recipients(office)) == 20


def test_on_a_new_computer_the_page_leads_on(
    room: CliHarness, office: FakeSmtp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the two backups and the files in git are left."""
    assert room.say("test", ISSUE).code == 0
    assert room.say("send", ISSUE, "--yes", "20", "--limit", "7").code == 75
    assert room.say("db", "backup", "../backups/2026-11-30.db").code == 0
    assert room.say("keys", "backup", "../keys/2026-11-30.keys").code == 0
    for each in room.root.glob("newsletter.db*"):
        each.unlink()
    shutil.rmtree(tmp_path / "config")
    start = next(number for number, line in enumerate(COMMANDS) if line.startswith("cp "))
    for line in COMMANDS[start:]:
        if "left.csv" not in line:
            _sh(room, line)
    assert room.sums(1).by_state == {DeliveryState.ACCEPTED: 7, DeliveryState.UNKNOWN: 13}
    assert room.say("settle", "1", "--send-again", "--yes", "13").code == 75
    assert room.say("send", ISSUE, "--yes", "13").code == 0
    assert Counter(recipients(office)) == Counter(dict.fromkeys(set(recipients(office)), 1))
