"""Corrections: each one is a reply to the message that the recipient received, from any mailing and Message-ID."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from composer.delivery.core.states import DeliveryState
from tests.cli_harness import CliHarness, make_workspace
from tests.databases import PostgresServer
from tests.fake_smtp import FakeSmtp, HangUp, SmtpSession

ISSUE, CORRECTION, SECOND = "2031-01-30", "2031-01-31", "2031-02-01"


@pytest.fixture(params=["sqlite", "postgresql"])
def room(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[CliHarness]:
    made = make_workspace(tmp_path, monkeypatch, capsys)
    if request.param == "sqlite":
        yield made
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    location = server.create(request.getfixturevalue("postgres_template"))
    monkeypatch.setenv("COMPOSE_DATABASE_URL", location.url.replace("+psycopg", ""))
    made.location = location
    yield made
    server.drop(location)


@pytest.fixture
def office(room: CliHarness, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSmtp]:
    with FakeSmtp({}) as office:
        monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        yield office


def _send(room: CliHarness, issue: str, count: int, *more: str) -> str:
    assert room.say("test", issue).code == 0
    said = room.say("send", issue, "--yes", str(count), *more)
    assert said.code in (0, 3), said.all
    return said.out


def _headers(office: FakeSmtp, subject: str) -> dict[str, list[tuple[str, str, str]]]:
    """Return, by subscriber, the Message-ID, In-Reply-To and References of the messages with this subject, in their order."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for line, content in office.taken:
        head = content.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode()
        if f"\nSubject: {subject}\n" not in f"\n{head}\n":
            continue
        who = re.search(r"<(\w+)@", line.decode())
        assert who
        one = tuple(
            match[1] if (match := re.search(rf"^{name}: (\S+)$", head, re.MULTILINE)) else ""
            for name in ("Message-ID", "In-Reply-To", "References")
        )
        found.setdefault(who[1], []).append((one[0], one[1], one[2]))
    return found


def test_a_correction_with_the_date_of_its_issue(room: CliHarness, office: FakeSmtp) -> None:
    """The check reports both files as copies of one issue; only to those who got the issue is it sent all the same."""
    room.add(2)
    _send(room, ISSUE, 2)
    words = (room.root / f"issues/{ISSUE}.yaml").read_text(encoding="utf-8")
    (room.root / f"issues/{CORRECTION}.yaml").write_text(
        words.replace("A letter", "Corrected letter"), encoding="utf-8"
    )
    assert "[FILE01]" in room.say("check", CORRECTION).out
    room.say("test", CORRECTION)
    refused = room.say("send", CORRECTION, "--yes", "2")
    assert refused.code == 1 and "[same-issue]" in refused.err
    _send(room, CORRECTION, 2, "--to-those-who-got", ISSUE)
    assert len(_headers(office, "Corrected letter for you")) == 2


def test_each_correction_replies_to_the_received_message(room: CliHarness, office: FakeSmtp) -> None:
    """The reply is to the first mailing, the one for late joiners, or the repeated one, but not to a rejected message."""
    room.add(3)
    _send(room, ISSUE, 3)
    room.add(1, first=4)
    _send(room, ISSUE, 1, "--to-those-without")

    def rcpt(visit: SmtpSession) -> int:
        is_refused = b"<Reader2@" in visit.heard[-1]
        return visit.say(b"550 5.7.1 not today\r\n" if is_refused else b"250 2.1.5 Ok\r\n")

    office.script, office.offers = {"rcpt": rcpt}, ()
    with room.open() as database, database.write() as connection:
        connection.execute(text("UPDATE subscribers SET status = 'unsubscribed' WHERE normal LIKE 'reader3@%'"))
    _send(room, ISSUE, 3, "--again", "the pictures were broken", "--connections", "1")
    with room.open() as database, database.write() as connection:
        connection.execute(text("UPDATE subscribers SET status = 'active'"))
    office.script = {}
    room.write(CORRECTION, subject="Correction", body="The number in the letter was wrong; this is the right one.")
    _send(room, CORRECTION, 4, "--to-those-who-got", ISSUE)
    sent, corrected = _headers(office, "A letter for you"), _headers(office, "Correction")
    assert {who: len(each) for who, each in sent.items()} == {
        "Reader1": 2,
        "Reader2": 1,
        "Reader3": 1,
        "Reader4": 2,
    }
    assert {who: each[0][1:] for who, each in corrected.items()} == {
        who: (each[-1][0], each[-1][0]) for who, each in sent.items()
    }
    # A correction of the correction is a reply to the correction.
    room.write(
        SECOND, subject="Once more", body="That number was wrong as well; here is the one that is right at last."
    )
    _send(room, SECOND, 4, "--to-those-who-got", CORRECTION)
    assert {who: each[0][1] for who, each in _headers(office, "Once more").items()} == {
        who: each[0][0] for who, each in corrected.items()
    }


def test_a_person_who_was_removed_and_added_again_gets_a_reply(room: CliHarness, office: FakeSmtp) -> None:
    """The reply works although the subscriber's old id and the old domain no longer exist."""
    listed = room.root / "list.csv"
    listed.write_text("email,name\nanna@example.net,Anna\nben@example.net,Ben\n", encoding="utf-8")
    arguments = ("subscribers", "import", str(listed), "--consent", "signed up at a fair", "--yes")
    assert room.say(*arguments).code == 0
    _send(room, ISSUE, 2)
    assert room.say("subscribers", "import", "--undo", "--yes").code == 0
    assert room.say(*arguments).code == 0
    room.configure("desk@news.example.org", "desk@letters.example.com")
    room.write(CORRECTION, subject="Correction", body="The number in the letter was wrong; this is the right one.")
    _send(room, CORRECTION, 2, "--to-those-who-got", ISSUE)
    sent, corrected = _headers(office, "A letter for you"), _headers(office, "Correction")
    assert {who: each[0][1] for who, each in corrected.items()} == {who: each[0][0] for who, each in sent.items()}
    assert all(each[0][0].endswith("@letters.example.com>") for each in corrected.values()) and len(corrected) == 2


def test_unconfirmed_recipients_get_the_correction_as_a_reply(room: CliHarness, office: FakeSmtp) -> None:
    """An unconfirmed message gets a reply; a confirmed message is preferred over a later unconfirmed one."""
    room.add(2)
    _send(room, ISSUE, 2)

    def dot(visit: SmtpSession) -> int:
        visit.take()
        raise HangUp

    office.script = {"dot": dot}
    room.add(1, first=3)
    said = room.say("send", ISSUE, "--again", "for a reason", "--yes", "3")
    assert said.code == 3 and room.sums(2)[DeliveryState.UNKNOWN] == 3, said.all
    office.script = {}
    room.write(CORRECTION, subject="Correction", body="The number in the letter was wrong; this is the right one.")
    _send(room, CORRECTION, 3, "--to-those-who-got", ISSUE)
    sent, corrected = _headers(office, "A letter for you"), _headers(office, "Correction")
    assert {who: each[0][1] for who, each in corrected.items()} == {who: each[0][0] for who, each in sent.items()}


def test_a_missing_language_is_reported(room: CliHarness, office: FakeSmtp) -> None:
    """Recipients of the issue in a language that the correction lacks are counted.

    With that edition, the warning disappears.
    """
    (room.root / "newsletter.de.yaml").write_text("name: Briefe vom Tisch\nlanguage: de\n", encoding="utf-8")
    room.write(f"{ISSUE}.de", subject="Ein Brief", body="Dies ist ein Brief mit genug Worten, dass man ihn lesen kann.")
    room.add(3)
    room.add(2, first=20, language="de-AT")
    assert room.say("test", f"{ISSUE}.de").code == 0
    _send(room, ISSUE, 5)
    body = "The number in the letter was wrong; this is the right one."
    room.write(CORRECTION, subject="Correction", body=body)
    assert room.say("test", CORRECTION).code == 0
    said = room.say("send", CORRECTION, "--to-those-who-got", ISSUE, "--dry-run")
    warning = (
        f"2 subscribers received {ISSUE} in de, but this correction has no edition in that language  [missing-language]"
    )
    assert said.code == 0 and warning in said.out
    room.write(f"{CORRECTION}.de", subject="Berichtigung", body="Die Zahl im Brief war falsch; dies ist die richtige.")
    assert room.say("test", f"{CORRECTION}.de").code == 0
    assert "missing-language" not in _send(room, CORRECTION, 5, "--to-those-who-got", ISSUE)
    sent = _headers(office, "A letter for you") | _headers(office, "Ein Brief")
    assert {who: each[0][1] for who, each in _headers(office, "Berichtigung").items()} == {
        who: sent[who][0][0] for who in ("Reader20", "Reader21")
    }
    assert len(_headers(office, "Correction")) == 3
