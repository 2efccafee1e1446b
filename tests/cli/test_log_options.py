"""`--log-format` and `--log-file`: events of mailings and returned mail, without personal data."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from composer.audience.changes import add_subscriber
from composer.core.addresses import Address
from composer.database.schema_upgrade import open_database
from tests.bounces.news import KEY, report, verp
from tests.cli_harness import CliHarness, make_workspace
from tests.databases import with_tables
from tests.factories import LETTER, sample_message
from tests.fake_smtp import FakeSmtp, SmtpSession

ISSUE = "2031-01-30"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    return make_workspace(tmp_path, monkeypatch, capsys)


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSmtp]:
    """A mail server that rejects every third recipient, and repeats the address in its answer."""
    asked = 0

    def at_rcpt(visit: SmtpSession) -> int:
        nonlocal asked
        asked += 1
        address = visit.heard[-1].partition(b":")[2]
        if asked % 3 == 0:
            return visit.say(b"550 5.1.1 %s: no such user\r\n" % address)
        return visit.say(b"250 2.1.5 %s Ok\r\n" % address)

    with FakeSmtp({"rcpt": at_rcpt}) as office:
        monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        yield office


def test_the_log_of_a_mailing_contains_no_personal_data(room: CliHarness, office: FakeSmtp) -> None:
    """Each delivery is logged once, with the subscriber's id and the server's codes, without address, name, token or subject."""
    assert room.say("test", ISSUE).code == 0
    ids = room.add(9, name="Anna Schmidt")
    said = room.say("send", ISSUE, "--yes", "9", "--log-format", "json", "--log-file", "log")
    assert said.code == 0
    assert '"event"' not in said.all
    text = (room.root / "log").read_text(encoding="utf-8")
    events = [json.loads(line) for line in text.splitlines()]
    assert [events[0]["event"], events[-1]["event"]] == ["run.began", "run.ended"]
    deliveries = [each for each in events if each["event"].startswith("delivery.")]
    assert sorted(each["subscriber"] for each in deliveries) == sorted(ids)
    assert {(each["mailing"], each["run"]) for each in events} == {(1, events[0]["run"])}
    refused = [each for each in deliveries if each["event"] == "delivery.refused"]
    assert {(each["code"], each["status"], each["stage"]) for each in refused} == {(550, "5.1.1", "rcpt")}
    accepted = [each for each in deliveries if each["event"] == "delivery.accepted"]
    assert len({each["queue_id"] for each in accepted}) == len(accepted) == 9 - len(refused) == events[-1]["accepted"]
    sent = b"\n".join(content for _, content in office.taken).decode()
    tokens = set(re.findall(r"https://leave\.example\.org/([\w.~-]{20,})", sent))
    assert len(tokens) >= len(accepted)
    for word in ("@", "anna", "schmidt", "example", "letter", *tokens):
        assert word.lower() not in text.lower()
    assert re.search(r"[A-Za-z0-9_-]{24}", text) is None


def test_without_the_options_nothing_is_logged(room: CliHarness, office: FakeSmtp) -> None:
    """Without the options, the output is unchanged."""
    assert room.say("test", ISSUE).code == 0
    room.add(2)
    said = room.say("send", ISSUE, "--yes", "2")
    assert said.code == 0
    assert "run.began" not in said.all
    room.add(1, first=3)
    loud = room.say("send", ISSUE, "--to-those-without", "--yes", "1", "--log-format", "text")
    assert loud.code == 0
    assert " info run.began mailing=2 run=" in loud.err
    assert "run.began" not in loud.out
    none = room.say("send", "--due", "--log-format", "none", "--log-file", "log")
    assert none.code == 0
    assert not (room.root / "log").exists()


def test_an_unwritable_log_file_is_reported_first(room: CliHarness, office: FakeSmtp) -> None:
    """A log file that cannot be written is reported before anything is sent."""
    room.add(1)
    said = room.say("send", ISSUE, "--yes", "1", "--log-file", "no/such/log")
    assert said.code == 1
    assert "--log-file: no/such/log cannot be written" in said.err
    assert office.taken == []


def test_the_log_of_returned_mail_contains_no_personal_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each message is logged once, with its kind and the subscriber's id, without address, token, key or the server's text."""
    monkeypatch.setenv("COMPOSE_SECRET_KEY", KEY.decode())
    workspace = sample_message(tmp_path, newsletter=LETTER)
    monkeypatch.chdir(workspace.root)
    now = datetime(2025, 1, 1, tzinfo=UTC)
    with open_database(with_tables(workspace.root / "newsletter.db")) as database, database.write() as connection:
        anna = add_subscriber(
            connection, Address(address="anna@reader.example"), {}, source="test", now=now, consent="a card"
        )
    returned_to = verp(anna.id, 7)
    (tmp_path / "one.eml").write_bytes(report(returned_to, "anna@reader.example", number=1))
    (tmp_path / "two.eml").write_bytes(b"From: bo@reader.example\nSubject: hello\n\nA word.\n")
    harness = CliHarness(workspace=workspace, capsys=capsys)
    files = (str(tmp_path / "one.eml"), str(tmp_path / "two.eml"))
    for _ in range(2):
        harness.say("bounces", "ingest", *files, "--log-file", "log")
    text = (workspace.root / "log").read_text(encoding="utf-8")
    events = [line.partition("Z ")[2] for line in text.splitlines()]
    (bounce,) = (each for each in events if f"subscriber={anna.id}" in each)
    assert bounce.startswith("info bounce.recorded source=file kind=bounce effect=suppressed bounce=hard status=5.1.1")
    assert sum("bounce.recorded" in each for each in events) == 2
    assert events.count("info ingest.ended source=file new=1 known=0") == 2
    assert events.count("info ingest.ended source=file new=0 known=1") == 2
    for word in ("@", "anna", "bo@", "reader.example", "hello", KEY.decode(), returned_to, "newsletter.db"):
        assert word not in text
    assert re.search(r"[A-Za-z0-9_-]{24}", text) is None
