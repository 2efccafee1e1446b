"""The command `compose db restored`: what is refused before it, what it prints, and who gets a message afterwards."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from composer.delivery.core.states import DeliveryState
from composer.delivery.database_guard.age_files import read
from composer.delivery.database_guard.sending_lock import lock_file, lock_sending
from tests.cli_harness import CliHarness, make_workspace, recipients
from tests.fake_smtp import FakeSmtp, Holding

pytestmark = pytest.mark.fault

ISSUE = "2031-01-30"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    room = make_workspace(tmp_path, monkeypatch, capsys)
    room.add(20)
    return room


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSmtp]:
    """A mail server that works."""
    with FakeSmtp({}) as office:
        monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        yield office


def _put_back(room: CliHarness, kept: str) -> None:
    (room.root / kept).rename(room.root / "newsletter.db")
    for each in ("newsletter.db-wal", "newsletter.db-shm"):
        (room.root / each).unlink(missing_ok=True)


def _restored_midway(room: CliHarness) -> None:
    """Twenty subscribers, a backup after eight, all are sent to, and the backup is restored."""
    assert room.say("test", ISSUE).code == 0
    assert room.say("send", ISSUE, "--yes", "20", "--limit", "8").code == 75
    assert room.say("db", "backup", "kept.db").code == 0
    assert room.say("send", ISSUE, "--yes", "12").code == 0
    _put_back(room, "kept.db")


def test_a_restored_backup_sends_nothing_until_a_person_decides(room: CliHarness, office: FakeSmtp) -> None:
    """It is refused with a remedy; afterwards twelve are unconfirmed, and no subscriber has a second copy."""
    _restored_midway(room)
    for command in (("send", ISSUE, "--yes", "12"), ("send", ISSUE, "--dry-run")):
        said = room.say(*command)
        assert said.code == 1 and "is a backup (made" in said.err and "compose db restored" in said.err
    assert "is a backup (made" in room.say("doctor", "--offline").out
    assert room.say("db", "restored").code == 2
    said = room.say("db", "restored", "--yes")
    assert said.code == 0
    assert "everything after that is lost" in said.err
    assert "mailing 1 of 2031-01-30: 12 subscribers unconfirmed, 8 with proof" in said.out
    assert "compose settle 1" in said.out
    assert room.sums(1).by_state == {DeliveryState.ACCEPTED: 8, DeliveryState.UNKNOWN: 12}
    assert room.say("send", ISSUE, "--yes", "0").code == 3
    assert len(recipients(office)) == len(set(recipients(office))) == 20
    assert room.say("settle", "1", "--count-as-received", "--yes", "12").code == 0
    room.write("2031-02-28", subject="The next one")
    assert room.say("test", "2031-02-28").code == 0
    assert room.say("send", "2031-02-28", "--yes", "20").code == 0


def test_a_refused_start_freezes_nothing(room: CliHarness, office: FakeSmtp) -> None:
    """In a copy, or while another process sends, no frozen mailing is left behind."""
    assert room.say("test", ISSUE).code == 0
    with room.open() as database, lock_sending(database):
        said = room.say("send", ISSUE, "--yes", "20")
        assert said.code == 75 and "another process is sending" in said.err
        assert not room.mailings()
    assert room.say("db", "backup", "kept.db").code == 0
    _put_back(room, "kept.db")
    for more in ((), ("--at", "2031-01-30 07:00")):
        said = room.say("send", ISSUE, "--yes", "20", *more)
        assert said.code == 1 and "is a backup" in said.err
        assert not room.mailings()
    assert not recipients(office)


def test_an_issue_whose_mailing_is_lost_waits_for_a_decision(room: CliHarness, office: FakeSmtp) -> None:
    """If the backup is older than the mailing, its issue is not sent to anyone until `settle` decides."""
    assert room.say("test", ISSUE).code == 0
    with room.open() as database:
        database.settle()
    shutil.copy(room.root / "newsletter.db", room.root / "kept.db")
    assert room.say("send", ISSUE, "--yes", "20").code == 0
    _put_back(room, "kept.db")
    assert room.say("send", ISSUE, "--yes", "20").code == 1
    said = room.say("db", "restored", "--yes")
    assert said.code == 0 and f"compose settle {ISSUE}" in said.out
    said = room.say("send", ISSUE, "--yes", "20")
    assert said.code == 1 and "20 may have received it: unconfirmed (compose settle)" in said.out + said.err
    assert f"issue {ISSUE}: its mailing was lost" in room.say("status").out
    assert json.loads(room.say("status", "--json").out)["lost_issues"][0]["issue"] == ISSUE
    said = room.say("settle", ISSUE)
    assert said.code == 3 and "20 subscribers may have received it" in said.out
    assert room.say("settle", ISSUE, "--count-as-received").code == 0
    assert room.say("send", ISSUE, "--yes", "20").code == 1
    assert len(recipients(office)) == 20
    assert room.say("settle", ISSUE, "--send-again", "--yes", "20").code == 75
    assert room.say("send", ISSUE, "--yes", "20").code == 0
    assert len(recipients(office)) == 40
    assert room.say("settle", ISSUE).code == 1


def test_an_issue_can_be_named(room: CliHarness, office: FakeSmtp) -> None:
    """After a restored snapshot, nothing shows what was sent since, so a person names the issue."""
    said = room.say("db", "restored", "--yes", "--issue", ISSUE)
    assert said.code == 0 and "nothing shows that" in said.err and f"issue {ISSUE}" in said.out
    assert room.say("test", ISSUE).code == 0
    assert room.say("send", ISSUE, "--yes", "20").code == 1
    assert not recipients(office)


def test_a_whole_folder_that_is_put_back_is_noticed(room: CliHarness, office: FakeSmtp) -> None:
    """The computer that sent keeps its own record outside the folder."""
    assert room.say("test", ISSUE).code == 0
    assert room.say("send", ISSUE, "--yes", "20", "--limit", "8").code == 75
    shutil.copytree(room.root, room.root.with_name("saved"))
    assert room.say("send", ISSUE, "--yes", "12").code == 0
    for each in room.root.glob("newsletter.db*"):
        each.unlink()
    for each in room.root.with_name("saved").glob("newsletter.db*"):
        # With its old inode, as on a restored disk: the same file with its old content.
        shutil.copy2(each, room.root / each.name)
    said = room.say("send", ISSUE, "--yes", "12")
    assert said.code == 1 and "this computer sent messages that are not recorded in it" in said.err
    assert len(recipients(office)) == 20


def test_a_database_that_is_taken_away_while_it_sends(room: CliHarness, office: FakeSmtp) -> None:
    """The command stops, says so and prints no final totals; the next command is `compose db restored`."""
    assert room.say("test", ISSUE).code == 0
    holding = Holding(8, b"250 2.1.0 Ok\r\n")
    office.script = {"mail": holding}
    running = room.start("send", ISSUE, "--yes", "20")
    holding.wait()
    (room.root / "newsletter.db").rename(room.root / "elsewhere.db")
    holding.release()
    out, err = running.communicate(timeout=120)
    assert running.returncode == 1
    assert "no longer exists" in err and "compose db restored" in err and "Traceback" not in err
    assert "accounted for" not in out
    assert len(recipients(office)) <= 8
    assert not (room.root / "newsletter.db").exists()
    # Restored unchanged: the rest is sent, and no recipient gets a second copy.
    os.rename(room.root / "elsewhere.db", room.root / "newsletter.db")  # noqa: PTH104
    said = room.say("send", ISSUE, "--yes", "20")
    assert said.code in (0, 3), said.all
    assert len(recipients(office)) == len(set(recipients(office)))
    assert read(lock_file(room.root / "newsletter.db")) is not None
