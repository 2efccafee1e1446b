"""The command `compose send`: what it shows, asks and refuses, and what the server receives."""

import json
import os
import re
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pytest
from sqlalchemy import select, update

from composer.audience.suppression import Reason, suppress
from composer.cli.ui.mailing_texts import LEFT_OUT, PAUSED, WORDS
from composer.cli.ui.signals import listen
from composer.database.location import Location
from composer.database.tables.mailing_tables import deliveries, mailings
from composer.delivery.core.pause import PauseReason
from composer.delivery.core.scheduler import StopLevel
from composer.delivery.core.states import DeliveryState
from composer.delivery.preflight.preflight import OWN_CODES
from composer.delivery.reporting.statistics import each_event
from composer.delivery.selection.selection import LeftOut
from tests.cli_harness import CliHarness, make_workspace, recipients, stopping
from tests.delivery.factories import tag
from tests.fake_smtp import FakeSmtp, SmtpSession, hangs, says
from tests.transport.setup import until

ISSUE = "2031-01-30"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    return make_workspace(tmp_path, monkeypatch, capsys)


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSmtp]:
    """A mail server that works; tests change its script."""
    script: dict[str, object] = {}
    with FakeSmtp(script) as office:  # type: ignore[arg-type]
        office.script = script  # type: ignore[assignment]
        monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        yield office


def _tested(room: CliHarness, *stems: str) -> None:
    for stem in stems or (ISSUE,):
        assert room.say("test", stem).code == 0


def test_without_a_server_it_is_a_rehearsal(
    room: CliHarness, office: FakeSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rehearsal says so first, writes five samples or all messages, and lists what a real send needs."""
    monkeypatch.delenv("COMPOSE_SMTP_URL")
    room.add(8)
    said = room.say("send", ISSUE)
    assert said.code == 0
    assert said.err.startswith("This is a rehearsal")
    assert "of 2031-01-30 was not sent to an editor" in said.err
    assert "5 messages written to outbox/mailings/1/; nothing was sent" in said.out
    assert len(list((room.root / "outbox/mailings/1").glob("*.eml"))) == 5
    said = room.say("send", ISSUE, "--all")
    assert len(list((room.root / "outbox/mailings/2").glob("*.eml"))) == 8
    assert room.sums(1)[DeliveryState.WRITTEN] == 5 and room.sums(2)[DeliveryState.WRITTEN] == 8
    assert all(each.ended for each in room.mailings())
    # A test that is written to files does not count either.
    assert room.say("test", ISSUE).code == 0
    monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
    assert "[untested]" in room.say("send", ISSUE, "--yes", "8").err
    _tested(room)
    assert room.say("send", ISSUE, "--yes", "8").code == 0
    assert len(recipients(office)) == 8


def test_every_code_of_a_mailing_has_a_label() -> None:
    """States, pauses and reasons for exclusion all have labels."""
    assert set(LEFT_OUT) == set(LeftOut)
    assert set(WORDS) == set(DeliveryState)
    assert set(PAUSED) == set(PauseReason)


def test_what_is_shown_before_the_question(room: CliHarness, office: FakeSmtp) -> None:
    """The proposal shows count, sender, subject, exclusions, tests, checks, route, quota and the expected end."""
    room.configure("delivery:\n", "delivery:\n  rate: 600/min\n  daily_quota: 10\n")
    room.add(25)
    room.add(3, first=100, status="unsubscribed")
    room.add(2, first=200, status="pending")
    room.add(1, first=300)
    with room.open() as database, database.write() as connection:
        suppress(connection, "reader1@example.net", Reason.BY_HAND, "test", datetime.now(UTC))
        suppress(connection, "reader300@example.net", Reason.HELD, "test", datetime.now(UTC))
    _tested(room)
    said = room.say("send", ISSUE, "--dry-run")
    assert said.code == 0
    for line in (
        "Letters from the Desk: 2031-01-30",
        "  subject   A letter for you",
        "  sender    The Desk <desk@news.example.org>",
        "  audience  all subscribers: 24",
        "  excluded  2 not confirmed yet",
        "  excluded  4 unsubscribed",
        "  excluded  1 with held bounces, until you decide: compose bounces held",
        "  checked   no blockers; 1 warning",
        f"  sent by   127.0.0.1:{office.port}, 600/min, 4 connections",
        "  quota     10 of 10 left in the current 24 hours",
    ):
        assert line in said.out, line
    assert "anna@example.org" in said.out.split("tested")[1].splitlines()[0]
    # Addresses are counted once, however often each was tested.
    _tested(room)
    assert "anna@example.org\n" in room.say("send", ISSUE, "--dry-run").out.split("tested")[1]
    room.say("test", ISSUE, "--to", "ben@example.org")
    assert ", ben@example.org and 1 more\n" in room.say("send", ISSUE, "--dry-run").out
    # 24 recipients with 10 per day: the last four on the third day.
    end = said.out.split("finishes  about ")[1][:10]
    days = datetime.fromisoformat(end).date() - datetime.now().date()
    assert timedelta(days=1) <= days <= timedelta(days=3)
    assert said.out.splitlines()[-1] == "nothing was sent: --dry-run"
    assert room.mailings() == [] and recipients(office) == []


def test_the_count_is_asked_for(room: CliHarness, office: FakeSmtp) -> None:
    """With a wrong number, or without a terminal, nothing is frozen or sent, and the number is named."""
    room.add(12)
    _tested(room)
    said = room.say("send", ISSUE, "--yes", "11")
    assert said.code == 1 and "--yes 11 does not match the number of recipients, 12: nothing was sent" in said.err
    said = room.say("send", ISSUE)
    assert said.code == 2 and "not a terminal: confirm with --yes 12" in said.err
    assert room.mailings() == [] and recipients(office) == []


_QUESTION = b"days before its date, to 12 subscribers"


def _typing(room: CliHarness, port: int, *keys: bytes, question: bytes = _QUESTION) -> tuple[int, str]:
    """Run `compose send` on a terminal with a person who types after the prompt."""
    import pty

    leader, follower = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "composer", "send", ISSUE],
        cwd=room.root,
        env={**os.environ, "COMPOSE_SMTP_URL": f"smtp://127.0.0.1:{port}", "TERM": "xterm", "COLUMNS": "160"},
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    seen, waiting, quiet, end = b"", list(keys), 0.3, time.monotonic() + 60
    terminal = selectors.DefaultSelector()
    terminal.register(leader, selectors.EVENT_READ)
    while time.monotonic() < end:
        if not terminal.select(quiet):
            # The prompt waits for an answer. If Ctrl-C was pressed just before, it is pressed again.
            if waiting and waiting[0] == b"\x03" and question in seen:
                child.send_signal(signal.SIGINT)
                quiet = 5
            continue
        try:
            piece = os.read(leader, 4096)
        except OSError:
            break
        seen += piece
        if waiting and waiting[0] != b"\x03" and question in seen:
            os.write(leader, waiting.pop(0))
    else:
        child.kill()
    terminal.close()
    os.close(leader)
    return child.wait(60), seen.decode("utf-8", "replace")


@pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX")
def test_a_person_types_the_count(room: CliHarness, office: FakeSmtp) -> None:
    """On a terminal, a mistyped number and Ctrl-C send nothing; the right number sends, with a progress bar."""
    room.add(12)
    _tested(room)
    code, seen = _typing(room, office.port, b"120\n")
    assert code == 1 and "the number does not match: nothing was sent" in seen
    code, seen = _typing(room, office.port, b"\x03")
    assert code == 130 and "stopped" in seen and "Traceback" not in seen
    assert room.mailings() == [] and recipients(office) == []
    code, seen = _typing(room, office.port, b"12\n")
    assert code == 0 and "12 accepted = 12" in seen
    assert "mailing 1 of 2031-01-30" in seen and "100%" in seen and "12 accepted" in seen
    assert len(recipients(office)) == 12


def test_another_run_continues_the_mailing(room: CliHarness, office: FakeSmtp) -> None:
    """--limit freezes all and sends some (75); the next run continues the mailing; each recipient gets one copy."""
    room.add(12)
    _tested(room)
    said = room.say("send", ISSUE, "--yes", "12", "--limit", "5")
    assert said.code == 75 and "5 accepted + 7 pending = 12" in said.out
    assert "that --limit allows" in said.out
    room.add(1, first=50)
    said = room.say("send", ISSUE, "--yes", "13")
    assert said.code == 1 and "--yes 13 does not match the number of recipients, 7: nothing was sent" in said.err
    assert room.say("send", ISSUE, "--yes", "7", "--limit", "2").code == 75
    said = room.say("send", ISSUE, "--yes", "12")
    assert said.code == 0
    made = room.mailings()[0].made.astimezone(ZoneInfo("Europe/Berlin"))
    assert f"continues, as it was frozen {made:%Y-%m-%d %H:%M} by " in said.out
    assert f"frozen     {made:%Y-%m-%d %H:%M} by " in room.say("status", "1").out
    assert recipients(office) == sorted(f"Reader{number}@example.net" for number in range(1, 13))
    # Another mailing of the same issue excludes them all; a later subscriber gets it.
    said = room.say("send", ISSUE, "--yes", "1")
    assert said.code == 0 and "12 already received it" in said.out
    assert "Reader50@example.net" in recipients(office)
    (room.root / "issues" / f"{ISSUE}.yaml").write_text("date: not one that passes any check\n", encoding="utf-8")
    for arguments in ([], ["--yes", "1"], ["--dry-run"], ["--to-those-without"]):
        said = room.say("send", ISSUE, *arguments)
        assert said.code == 1 and said.out == ""
        assert said.err.splitlines() == [
            "error: all selected subscribers have already received 2031-01-30",
            "    to send it to all of them again, with a reason that is recorded:   "
            'compose send 2031-01-30 --again "the reason"',
        ]


def test_exit_codes_say_what_remains(room: CliHarness, office: FakeSmtp) -> None:
    """75 if messages are deferred; 3 if some are unconfirmed, which are never sent again automatically.

    0 with one rejected.
    """
    room.add(6)
    _tested(room)

    def rcpt(visit: SmtpSession) -> int:
        line = visit.heard[-2] + visit.heard[-1]
        if b"Reader1@" in line:
            return visit.say(b"451 4.7.1 later\r\n")
        if b"Reader2@" in line:
            return visit.say(b"550 5.1.1 no such person\r\n")
        return visit.say(b"250 2.1.5 Ok\r\n")

    def dot(visit: SmtpSession) -> int:
        if b"Reader3@" in (visit.recipient or b""):
            visit.take()
            visit.connection.close()
            return 0
        return visit.say(b"250 2.0.0 Ok: queued as X1\r\n")

    office.script = {"rcpt": rcpt, "dot": dot}
    office.offers = ()
    # Without --limit, a run would wait for the retry.
    said = room.say("send", ISSUE, "--yes", "6", "--connections", "1", "--limit", "6")
    sums = room.sums(1)
    assert (sums[DeliveryState.DEFERRED], sums[DeliveryState.REFUSED], sums[DeliveryState.UNKNOWN]) == (1, 1, 1), sums
    assert said.code == 75 and "compose settle 1" in said.out
    (found,) = json.loads(room.say("status", "--json").out)["mailings"]
    again = datetime.fromisoformat(found["next_try"])
    assert timedelta(0) < again - datetime.now(UTC) < timedelta(minutes=1)
    again = again.astimezone(ZoneInfo("Europe/Berlin"))
    assert f"\n  next try   {again:%Y-%m-%d %H:%M}, if compose send {ISSUE} is running\n" in room.say("status").out
    office.script = {}
    with room.open() as database, database.write() as connection:
        from composer.delivery.ledger.maintenance import retry_now

        retry_now(connection, 1, datetime.now(UTC))
    said = room.say("send", ISSUE, "--yes", "1")
    assert said.code == 3 and "next: compose settle" in said.out
    assert recipients(office).count("Reader3@example.net") == 1
    said = room.say("send", ISSUE, "--yes", "0")
    assert said.code == 3 and "all other recipients are accounted for" in said.out


def test_the_time_of_the_next_retry_is_printed(room: CliHarness, office: FakeSmtp) -> None:
    """A run does not wait for a distant retry: it prints the time and ends (75)."""
    room.add(1)
    _tested(room)
    office.script = {"rcpt": says(b"451 4.7.1 later\r\n")}
    assert room.say("send", ISSUE, "--yes", "1", "--limit", "1").code == 75
    with room.open() as database, database.write() as connection:
        connection.execute(update(deliveries).values(attempts=2, next_at=datetime.now(UTC)))
    said = room.say("send", ISSUE, "--yes", "1")
    due = json.loads(room.say("status", "--json").out)["mailings"][0]["next_try"]
    at = datetime.fromisoformat(due).astimezone(ZoneInfo("Europe/Berlin"))
    assert said.code == 75 and f"retried from {at:%Y-%m-%d %H:%M}\n" in said.out


def _warnings(room: CliHarness, stem: str) -> int:
    (found,) = json.loads(room.say("check", stem, "--json").out)["issues"]
    return sum(each["level"] == "warning" and each["code"] not in OWN_CODES for each in found["findings"])


def test_languages_go_in_one_mailing(room: CliHarness, office: FakeSmtp) -> None:
    """Each subscriber gets one edition, in their language or else the first one; both must be tested."""
    (room.root / "newsletter.de.yaml").write_text("name: Briefe vom Tisch\nlanguage: de\n", encoding="utf-8")
    room.write("2031-01-30.de", subject="Ein Brief")
    room.add(3)
    room.add(2, first=20, language="de-AT")
    room.add(1, first=30, language="fr")
    _tested(room)
    said = room.say("send", ISSUE, "--yes", "6")
    assert said.code == 1 and "2031-01-30.de was not sent to an editor" in said.err
    _tested(room, "2031-01-30.de")
    said = room.say("send", "2031-01-30.de", "--yes", "6")
    assert said.code == 0, said.all
    assert "edition   2031-01-30, all subscribers: 4" in said.out
    assert "edition   2031-01-30.de, all subscribers: 2" in said.out
    warnings = {stem: _warnings(room, stem) for stem in (ISSUE, "2031-01-30.de")}
    assert len({*warnings.values()}) == 2
    for stem, number in warnings.items():
        count = f"no blockers; {number} warning{'' if number == 1 else 's'}" if number else "no problems found"
        assert f"checked   {stem}: {count}\n" in said.out
    german = [line for line, content in office.taken if b"Subject: Ein Brief" in content]
    assert sorted(german) == [b"RCPT TO:<Reader20@example.net>", b"RCPT TO:<Reader21@example.net>"]
    assert len(recipients(office)) == 6 and len(room.mailings()) == 1


def test_an_audience(room: CliHarness, office: FakeSmtp) -> None:
    """--audience names an audience of newsletter.yaml; for an unknown name, the closest one is suggested."""
    room.configure("delivery:\n", "audiences:\n  press:\n    tag: press\ndelivery:\n")
    ids = room.add(5)
    with room.open() as database, database.write() as connection:
        tag(connection, ids[:2], "press")
    _tested(room)
    said = room.say("send", ISSUE, "--audience", "pres", "--yes", "2")
    assert said.code == 2 and "did you mean press?" in said.err
    said = room.say("send", ISSUE, "--audience", "press", "--yes", "2", "--limit", "1")
    assert said.code == 75 and "audience  subscribers tagged press: 2" in said.out
    room.add(1, first=60)
    assert room.say("send", ISSUE, "--audience", "press", "--yes", "1").code == 0
    assert len(recipients(office)) == 2


def test_the_rest_and_the_correction(room: CliHarness, office: FakeSmtp) -> None:
    """--to-those-without reaches late joiners only; a correction reaches those who got the issue, as a reply."""
    room.add(4)
    _tested(room)
    assert room.say("send", ISSUE, "--yes", "4").code == 0
    room.add(2, first=40)
    said = room.say("send", ISSUE, "--to-those-without", "--yes", "2")
    assert said.code == 0 and "4 already received it" in said.out
    room.write("2031-01-31", subject="Correction")
    _tested(room, "2031-01-31")
    assert room.say("send", "2031-01-31", "--to-those-who-got", "2031-01-29").code == 1
    with room.open() as database, database.write() as connection:
        suppress(connection, "reader1@example.net", Reason.UNSUBSCRIBED, "test", datetime.now(UTC))
    room.add(1, first=70)
    said = room.say("send", "2031-01-31", "--to-those-who-got", ISSUE, "--yes", "5")
    assert said.code == 0, said.all
    assert "1 did not receive the corrected issue" in said.out and "1 unsubscribed" in said.out
    said = room.say("send", "2031-01-31", "--to-those-who-got", ISSUE, "--yes", "5")
    assert "all selected subscribers have already received 2031-01-31" in said.err and "--again" not in said.err
    first = {line: _header(content, b"Message-ID") for line, content in office.taken if b"A letter for you" in content}
    for line, content in office.taken:
        if b"\nSubject: Correction" in content and b"Reader40" not in line and b"Reader41" not in line:
            assert _header(content, b"In-Reply-To") == first[line]


def _header(content: bytes, name: bytes) -> bytes:
    return next(
        line.partition(b": ")[2]
        for line in content.split(b"\r\n\r\n")[0].split(b"\r\n")
        if line.startswith(name + b":")
    )


def test_again_takes_a_reason(room: CliHarness, office: FakeSmtp) -> None:
    """Sending an issue twice needs a reason, which is recorded in the mailing, and the count must be confirmed again."""
    room.add(3)
    _tested(room)
    assert room.say("send", ISSUE, "--yes", "3").code == 0
    assert room.say("send", ISSUE, "--again", " ", "--yes", "3").code == 2
    assert room.say("send", ISSUE, "--again", "the pictures were broken", "--yes", "3").code == 0
    assert room.mailings()[1].again_because == "the pictures were broken"
    assert len(recipients(office)) == 6


def test_a_time_and_what_is_due(room: CliHarness, office: FakeSmtp) -> None:
    """--at freezes without sending; --due sends it once when it is due, and nothing before."""
    room.add(4)
    _tested(room)
    for text, words in (("half past seven", "is not a time"), ("2020-01-01 07:00", "is in the past")):
        said = room.say("send", ISSUE, "--at", text, "--yes", "4")
        assert said.code == 2 and words in said.err
    said = room.say("send", ISSUE, "--at", "2031-01-30 07:00", "--yes", "4")
    assert said.code == 0 and "mailing 1 is scheduled for 2031-01-30 07:00" in said.out
    assert room.say("send", "--due").code == 0 and recipients(office) == []
    assert "scheduled for 2031-01-30 07:00" in room.say("status").out
    said = room.say()
    assert "mailing 1: 0 of 4 accepted; scheduled for 2031-01-30 07:00" in said.out
    assert "next: compose send --due     (sends mailing 1, but not before 2031-01-30 07:00)" in said.out
    with room.open() as database, database.write() as connection:
        connection.execute(update(mailings).values(due=datetime.now(UTC)))
    # A person who unsubscribes meanwhile does not get it, and an edit changes nothing.
    with room.open() as database, database.write() as connection:
        suppress(connection, "reader2@example.net", Reason.UNSUBSCRIBED, "test", datetime.now(UTC))
    room.write(subject="Edited since")
    assert room.say("send", "--due").code == 0
    assert recipients(office) == ["Reader1@example.net", "Reader3@example.net", "Reader4@example.net"]
    assert all(b"Edited since" not in content for _, content in office.taken)
    assert room.say("send", "--due").code == 0 and len(recipients(office)) == 3


def test_a_scheduled_mailing_is_not_sent_by_accident(room: CliHarness, office: FakeSmtp) -> None:
    """`compose send ISSUE` before the scheduled time shows it, and sends only after confirmation.

    Once started, the mailing continues.
    """
    room.add(3)
    _tested(room)
    assert room.say("send", ISSUE, "--at", "2031-01-30 07:00", "--yes", "3").code == 0
    said = room.say("send", ISSUE)
    assert said.code == 2 and "mailing 1 of 2031-01-30 is scheduled for 2031-01-30 07:00, as it was frozen" in said.out
    assert "which sends it now instead of 2031-01-30 07:00" in said.err
    assert room.say("send", ISSUE, "--yes", "2").code == 1 and recipients(office) == []
    assert room.say("stop", "1").code == 0
    said = room.say()
    assert "scheduled" not in said.out and f"next: compose send {ISSUE}" in said.out
    assert "instead of 2031-01-30 07:00" in room.say("send", ISSUE).err
    assert room.say("send", ISSUE, "--yes", "3", "--limit", "1").code == 75
    assert len(recipients(office)) == 1 and "not finished" in room.say().out
    said = room.say("send", ISSUE)
    assert "continues, as it was frozen" in said.out and "07:00" not in said.all
    assert room.say("send", ISSUE, "--yes", "2").code == 0


@pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX")
def test_the_question_says_that_it_goes_out_now(room: CliHarness, office: FakeSmtp) -> None:
    """On a terminal, the prompt for a scheduled mailing names the scheduled time."""
    room.add(12)
    _tested(room)
    assert room.say("send", ISSUE, "--at", "2031-01-30 07:00", "--yes", "12").code == 0
    question = b"Type 12 to send it now instead of 2031-01-30 07:00 to 12 subscribers"
    code, _ = _typing(room, office.port, b"\n", question=question)
    assert code == 1 and recipients(office) == []
    code, _ = _typing(room, office.port, b"12\n", question=question)
    assert code == 0 and len(recipients(office)) == 12


def test_stop_from_elsewhere_and_for_good(room: CliHarness, office: FakeSmtp) -> None:
    """A stopped mailing stays stopped until it is sent again.

    If cancelled, the rest never get it, and the totals show it.
    """
    room.add(6)
    _tested(room)
    assert room.say("send", ISSUE, "--yes", "6", "--limit", "2").code == 75
    said = room.say("stop", "1")
    assert said.code == 0 and "mailing 1 is stopped" in said.out
    assert "stopped" in room.say("status", "1").out
    said = room.say("send", ISSUE, "--yes", "4", "--limit", "1")
    assert said.code == 75 and len(recipients(office)) == 3
    said = room.say("stop", "1", "--for-good")
    assert said.code == 0 and "3 accepted + 3 expired = 6: all recipients are accounted for" in said.out
    said = room.say("stop", "1")
    assert said.code == 1 and "already ended" in said.err
    said = room.say("stop", "9")
    assert said.code == 1 and "there is no mailing 9" in said.err


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is a signal here")
@pytest.mark.kill
def test_ctrl_c_drains_and_a_second_one_stops(room: CliHarness, office: FakeSmtp) -> None:
    """The first Ctrl-C finishes and records open messages (130).

    The second leaves at most one unconfirmed per connection.
    """
    room.add(30)
    _tested(room)
    reached = threading.Event()
    goes_on = threading.Event()

    def dot(visit: SmtpSession) -> int:
        if len(office.taken) > 8:
            reached.set()
            goes_on.wait(250)
        return visit.say(b"250 2.0.0 Ok\r\n")

    office.script = {"dot": dot}
    child = room.start("send", ISSUE, "--yes", "30", "--connections", "2")
    assert reached.wait(120)
    child.send_signal(signal.SIGINT)
    said = stopping(child)
    goes_on.set()
    out, err = child.communicate(timeout=120)
    assert child.returncode == 130, out + err
    assert _waits(said, office, "; press Ctrl-C again to stop at once") and "stopped by you" in out
    sums = room.sums(1)
    assert not sums[DeliveryState.UNKNOWN] and sums[DeliveryState.ACCEPTED] == len(recipients(office))
    reached.clear()

    def silent(visit: SmtpSession) -> int:
        reached.set()
        return hangs(visit)

    office.script = {"dot": silent}
    child = room.start("send", ISSUE, "--yes", "30", "--connections", "2")
    assert reached.wait(120)
    until(lambda: room.sums(1)[DeliveryState.SENDING] == 2)
    child.send_signal(signal.SIGINT)
    stopping(child)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=120)
    assert child.returncode == 130 and "stopping at once" in err and "Traceback" not in err
    assert room.sums(1)[DeliveryState.UNKNOWN] == 2
    office.script = {}
    assert room.say("send", ISSUE, "--yes", "30").code == 3
    assert len(set(recipients(office))) == len(recipients(office)) == 28


def _waits(err: str, office: FakeSmtp, more: str = "") -> bool:
    """Return whether it printed which server and how many answers it waits for, and until when, at most a minute from now."""
    found = re.search(
        rf"stopping: waiting for 127\.0\.0\.1:{office.port} to answer for (?:1 message|2 messages), until ([\d:]+)"
        rf" at the latest{re.escape(more)}\n",
        err,
    )
    assert found, err
    now = datetime.now(ZoneInfo("Europe/Berlin"))
    hours, minutes, seconds = map(int, found[1].split(":"))
    left = (timedelta(hours=hours, minutes=minutes, seconds=seconds) - timedelta(
        hours=now.hour, minutes=now.minute, seconds=now.second
    )) % timedelta(days=1)  # fmt: skip
    return left <= timedelta(seconds=60)


def _held_back(
    room: CliHarness, office: FakeSmtp, to: int = subprocess.PIPE
) -> tuple["subprocess.Popen[str]", threading.Event]:
    """Start sending to thirty; return the process once the server holds back an answer, and a release function.

    Messages after that answer are accepted slowly, so that a stop arrives long before the last one.
    """
    room.add(30)
    _tested(room)
    reached, goes_on = threading.Event(), threading.Event()

    def dot(visit: SmtpSession) -> int:
        if len(office.taken) > 8:
            reached.set()
            goes_on.wait(250)
        return visit.say(b"250 2.0.0 Ok\r\n")

    def mail(visit: SmtpSession) -> int:
        if goes_on.is_set():
            office.closing.wait(3)
        return visit.say(b"250 2.1.0 Ok\r\n")

    office.script = {"dot": dot, "mail": mail}
    child = room.start("send", ISSUE, "--yes", "30", "--connections", "2", to=to)
    assert reached.wait(120)
    return child, goes_on


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is a signal here")
@pytest.mark.kill
def test_ctrl_c_does_not_interrupt_the_final_output(room: CliHarness, office: FakeSmtp) -> None:
    """Ctrl-C after the end of the run does not suppress the totals and the next step (130), or cause a traceback."""
    child, goes_on = _held_back(room, office)
    child.send_signal(signal.SIGINT)
    stopping(child)
    goes_on.set()

    def has_ended() -> bool:
        with room.open() as database, database.read() as connection:
            return any(each["event"] == "run_ended" for each in each_event(connection, 1))

    until(has_ended)
    while child.poll() is None:
        child.send_signal(signal.SIGINT)
        time.sleep(0.001)
    out, err = child.communicate(timeout=120)
    assert child.returncode == 130, out + err
    assert "Traceback" not in err and "KeyboardInterrupt" not in err
    assert (
        "all recipients are accounted for" in out and "stopped by you" in out and f"next: compose send {ISSUE}" in out
    )
    assert not room.sums(1)[DeliveryState.UNKNOWN]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("which", ["SIGTERM", "SIGHUP"])
@pytest.mark.kill
def test_a_service_ends_and_a_terminal_closes(room: CliHarness, office: FakeSmtp, which: str) -> None:
    """Open messages are finished and recorded (130), without a hint about keys.

    A shell that forwards a hang-up sends it twice.
    """
    child, goes_on = _held_back(room, office)
    child.send_signal(getattr(signal, which))
    said = stopping(child)
    if which == "SIGHUP":
        child.send_signal(signal.SIGHUP)
    goes_on.set()
    out, err = child.communicate(timeout=120)
    assert child.returncode == 130, out + err
    assert _waits(said, office) and f"stopped by {which}" in out
    assert "Ctrl-C" not in out + err and "Traceback" not in err and "by you" not in out
    sums = room.sums(1)
    assert not sums[DeliveryState.UNKNOWN] and sums[DeliveryState.ACCEPTED] == len(recipients(office)) < 30


@pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX")
@pytest.mark.kill
def test_a_terminal_that_is_gone(room: CliHarness, office: FakeSmtp) -> None:
    """If the terminal is gone, outstanding answers are still recorded."""
    import pty

    leader, follower = pty.openpty()
    child, goes_on = _held_back(room, office, to=follower)
    os.close(follower)
    os.close(leader)
    child.send_signal(signal.SIGHUP)
    goes_on.set()
    assert child.wait(60) == 130
    sums = room.sums(1)
    assert not sums[DeliveryState.UNKNOWN] and sums[DeliveryState.ACCEPTED] == len(recipients(office)) < 30


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_nohup_is_respected() -> None:
    """A hang-up that is ignored when a run begins stays ignored.

    Without a signal, the handlers are restored afterwards.
    """
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    kept = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with click.Context(click.Command("send")):
            stop = listen()
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGTERM) is not before[1]
        assert stop.level is StopLevel.NONE
    finally:
        signal.signal(signal.SIGHUP, kept)
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_impossible_options_are_refused(room: CliHarness, office: FakeSmtp) -> None:
    """Impossible combinations of options are reported before anything else is done."""
    for arguments, words in (
        ([], "no issue given"),
        (["--dry-run"], f"write   compose send {ISSUE} --dry-run"),
        ([ISSUE, "--due"], "--due sends all mailings"),
        ([ISSUE, "--rate", "fast"], "“fast” is not a rate"),
        ([ISSUE, "--allow", "untested"], "--allow untested needs a reason"),
        ([ISSUE, "--allow", "untestet=x"], "did you mean untested?"),
        ([ISSUE, "--allow", "missing-values=x"], "“missing-values” cannot be overridden"),
        ([ISSUE, "--to-those-without", "--again", "x"], "--again cannot be combined"),
        ([ISSUE, "--to-those-without", "--to-those-who-got", "x"], "cannot be combined"),
        ([ISSUE, "--limit", "0"], "0 is not in the range"),
        ([ISSUE, "--all"], "--all is for rehearsals"),
    ):
        said = room.say("send", *arguments)
        assert said.code == 2 and words in said.err, said.all
    said = room.say("send", "2031-02-30")
    assert said.code in (1, 2) and "2031-02-30" in said.err
    _tested(room)
    said = room.say("send", ISSUE, "--yes", "0")
    assert said.code == 1 and "no recipients: no subscribers match" in said.err
    room.add(1, status="unsubscribed")
    said = room.say("send", ISSUE, "--yes", "0")
    assert said.code == 1 and "no recipients: every selected subscriber is excluded" in said.err


def test_a_broken_database_and_no_server(room: CliHarness, office: FakeSmtp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is one clear line; nothing is sent, and no secret is printed."""
    room.add(2)
    _tested(room)
    monkeypatch.setenv("COMPOSE_SMTP_URL", "smtp://me:5ecret@127.0.0.1:1")
    said = room.say("send", ISSUE, "--yes", "2")
    assert said.code == 75 and "127.0.0.1, port 1: " in said.err and "5ecret" not in said.all
    frozen = "mailing 1 is frozen, and nothing was sent: compose send 2031-01-30 sends it as it was frozen"
    assert frozen in said.err
    said = room.say("send", ISSUE, "--yes", "2")
    assert said.code == 75 and frozen in said.err
    # A wrong password is not a temporary error.
    office.script, office.offers = {"auth": says(b"535 5.7.8 wrong\r\n")}, ("AUTH PLAIN",)
    monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://me:5ecret@127.0.0.1:{office.port}")
    said = room.say("send", ISSUE, "--yes", "2")
    assert said.code == 1 and "535 5.7.8 wrong" in said.err and frozen in said.err and "5ecret" not in said.all
    assert room.sums(1)[DeliveryState.PENDING] == 2 and recipients(office) == []
    office.script, office.offers = {}, ()
    monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
    # The frozen mailing continues now.
    assert room.say("send", ISSUE, "--yes", "2").code == 0
    (room.root / "newsletter.db").write_bytes(b"this is no database, whatever its name says" * 100)
    for command in (["send", ISSUE, "--yes", "2"], ["status"], ["report", "1"], ["settle", "1"], ["stop", "1"]):
        said = room.say(*command)
        assert said.code == 1 and said.err.count("error:") == 1 and "is not a database" in said.err
    monkeypatch.setenv("COMPOSE_DATABASE_URL", "postgresql://me:5ecret@127.0.0.1:1/news")
    said = room.say("status")
    assert said.code == 75 and "cannot be reached" in said.err and "5ecret" not in said.all


def test_status_as_json_contains_no_names(room: CliHarness, office: FakeSmtp) -> None:
    """The JSON contains totals only; `compose status` prints at most twenty names."""
    room.add(40)
    _tested(room)
    room.say("send", ISSUE, "--yes", "40", "--limit", "5")
    whole = json.loads(room.say("status", "--json").out)["mailings"]
    assert whole[0]["sums"]["accepted"] == 5 and whole[0]["sums"]["pending"] == 35 and whole[0]["even"]
    said = room.say("status", "1")
    assert said.out.count("@example.net") == 20 and "and more: compose report 1" in said.out
    for arguments in (["status", "--json"], ["send", ISSUE, "--dry-run"], ["settle", "1"], ["stop", "1"]):
        assert "@example.net" not in room.say(*arguments).all


def test_everything_is_recorded_when_frozen(room: CliHarness, office: FakeSmtp) -> None:
    """The mailing and `compose status` show who froze it, the program version, and overridden refusals with reasons."""
    room.add(2)
    said = room.say("send", ISSUE, "--yes", "2", "--allow", 'untested="a joke among friends"')
    assert said.code == 0 and "allowed   untested: a joke among friends" in said.out
    with room.open() as database, database.read() as connection:
        row = connection.execute(select(mailings)).one()
    assert json.loads(row.allowed) == {"untested": "a joke among friends"}
    assert row.git_commit is None and row.is_committed is None
    assert "allowed    untested: a joke among friends" in room.say("status", "1").out


def test_a_server_that_rejects_the_sender(room: CliHarness, office: FakeSmtp) -> None:
    """After three rejections of the sender, the run stops (1), and these recipients become pending again."""
    room.add(10)
    _tested(room)
    office.script = {"dot": says(b"550 5.7.1 we do not like this\r\n")}
    said = room.say("send", ISSUE, "--yes", "10", "--connections", "1")
    assert said.code == 1 and "rejecting the sender or the message" in said.out and "550 5.7.1" in said.out
    assert room.sums(1)[DeliveryState.PENDING] == 10
    office.script = {}
    assert room.say("send", ISSUE, "--yes", "10").code == 0


def test_the_same_on_both_databases(
    room: CliHarness, office: FakeSmtp, location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite and PostgreSQL: languages and tags, a limit, the rest, a stop, a report, one copy each."""
    url = str(location.path) if location.path else location.url.replace("+psycopg", "")
    monkeypatch.setenv("COMPOSE_DATABASE_URL", url)
    room.location = location
    (room.root / "newsletter.de.yaml").write_text("name: Briefe vom Tisch\nlanguage: de\n", encoding="utf-8")
    room.write("2031-01-30.de", subject="Ein Brief")
    ids = room.add(6)
    with room.open() as database, database.write() as connection:
        tag(connection, ids[:2], "press", "radio")
    room.add(3, first=20, language="de")
    _tested(room, ISSUE, "2031-01-30.de")
    said = room.say("send", ISSUE, "--yes", "9", "--limit", "4")
    assert said.code == 75, said.all
    assert "2031-01-30.de, all subscribers: 3" in said.out
    assert room.say("stop", "1").code == 0
    assert room.say("send", ISSUE, "--yes", "5").code == 0
    assert len(set(recipients(office))) == len(recipients(office)) == 9
    assert "9 accepted = 9: all recipients are accounted for" in room.say("status").out
    assert room.say("report", "1").code == 0


def test_who_lists_every_mailing_of_a_subscriber(room: CliHarness, office: FakeSmtp) -> None:
    """`compose who` shows time, server's answer and Message-ID; erasing the person removes them."""
    room.add(2)
    _tested(room)
    assert room.say("send", ISSUE, "--yes", "2").code == 0
    (address, *_) = recipients(office)
    (message,) = [
        content for line, content in office.taken if f"<{address}>".encode() in line and b"[Test]" not in content
    ]
    (name,) = re.findall(rb"^Message-ID: (\S+)\r?$", message, re.MULTILINE)
    (line,) = [line for line in room.say("who", address).out.splitlines() if "mailing 1" in line]
    assert "2031-01-30, mailing 1: accepted   " in line
    assert line.endswith(name.decode())
    (found,) = json.loads(room.say("who", address, "--json").out)["mailings"]
    assert (found["issue"], found["state"], found["message_id"]) == (ISSUE, "accepted", name.decode())
    receipt = room.say("subscribers", "erase", address, "--yes").out
    assert "in 1 mailing, under a number" in receipt
    assert "mailing" not in room.say("who", address).out
