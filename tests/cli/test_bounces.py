"""The command `compose bounces`."""

import json
import mailbox
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from composer.audience.changes import add_subscriber
from composer.audience.subscribers import Status, find
from composer.cli.main import run
from composer.core.addresses import Address
from composer.database.engine import Database
from composer.database.schema_upgrade import open_database
from composer.database.tables.bounce_tables import returned
from tests.bounces.intake import dovecot
from tests.bounces.news import KEY, report, verp
from tests.bounces.samples import FOLDER, SAMPLES
from tests.databases import with_tables
from tests.factories import LETTER, sample_message

NOW = datetime(2025, 1, 1, tzinfo=UTC)
DOCS = Path(__file__).parent.parent.parent / "docs" / "explanation" / "how-bounces-are-judged.md"


def test_explain_prints_what_the_docs_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The session in docs/explanation/how-bounces-are-judged.md is real; no newsletter is needed."""
    (tmp_path / "bounce.eml").write_bytes((FOLDER / "gmail-no-such-user-via-postfix.eml").read_bytes())
    monkeypatch.chdir(tmp_path)
    assert run(["bounces", "explain", "bounce.eml"]) == 0
    shown = (
        DOCS.read_text(encoding="utf-8").split("```console\n$ compose bounces explain bounce.eml\n")[1].split("```")[0]
    )
    assert capsys.readouterr().out == shown


def test_explain_reads_files_mbox_and_maildir_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same messages as files, in an mbox and in a Maildir written by the standard library are classified alike."""
    box, folder = mailbox.mbox(tmp_path / "box"), mailbox.Maildir(tmp_path / "maildir")
    names = sorted(sample.name for sample in SAMPLES)
    for name in names:
        data = (FOLDER / f"{name}.eml").read_bytes()
        box.add(data)
        folder.add(data)
    box.close()
    folder.close()
    (tmp_path / "maildir" / "tmp" / "half").write_bytes(b"From: x\n")
    (tmp_path / "maildir" / "dovecot-uidlist").write_bytes(b"3 V1\n")

    def explained(path: Path) -> list[str]:
        assert run(["bounces", "explain", "--json", str(path)]) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return sorted(json.dumps({**line, "file": ""}) for line in lines if line["file"] != "expected.txt")

    files = explained(FOLDER)
    assert len(files) == len(SAMPLES)
    assert explained(tmp_path / "box") == files
    assert explained(tmp_path / "maildir") == files


def test_a_missing_file_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A file that does not exist is a usage error."""
    assert run(["bounces", "explain", "nowhere.eml"]) == 2
    assert "file not found: nowhere.eml" in capsys.readouterr().err


class News:
    """A newsletter with subscribers, a key, and returned messages."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.workspace = sample_message(folder / "news")
        self.mail = folder / "mail"
        self.mail.mkdir()
        monkeypatch.setenv("COMPOSE_SECRET_KEY", KEY.decode())
        monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        monkeypatch.chdir(self.workspace.root)

    def opened(self) -> Database:
        return open_database(with_tables(self.workspace.root / "newsletter.db"))

    def subscribers(self, count: int) -> list[int]:
        with self.opened() as database, database.write() as connection:
            return [
                add_subscriber(
                    connection, Address(address=f"r{n}@reader.example"), {}, source="t", now=NOW, consent="yes"
                ).id
                for n in range(count)
            ]

    def status(self, number: int) -> Status:
        with self.opened() as database, database.read() as connection:
            found = find(connection, f"r{number}@reader.example")
        assert found is not None
        return found.status


@pytest.fixture
def news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> News:
    return News(tmp_path, monkeypatch)


def test_ingest_reports_the_effects(news: News, capsys: pytest.CaptureFixture[str]) -> None:
    """Bounces, automatic replies and rejections of the sender are reported as the docs show, and recorded once."""
    first, second = news.subscribers(2)
    (news.mail / "1.eml").write_bytes(report(verp(first, 7), "r0@reader.example"))
    ours = report(verp(second, 7), "r1@reader.example", status="5.7.26", diagnostic="smtp; 550 5.7.26 unauthenticated")
    (news.mail / "2.eml").write_bytes(ours)
    for name in ("absence-exchange", "person-writes", "postfix-unknown"):
        (news.mail / f"{name}.eml").write_bytes((FOLDER / f"{name}.eml").read_bytes())
    assert run(["bounces", "ingest", str(news.mail)]) == 0
    assert (
        capsys.readouterr().out
        == """\
5 new messages: 3 bounces, 1 automatic reply, 1 not understood
  1 suppressed a subscriber
  1 without a valid subscriber token: recorded, no subscriber changed
  1 kept for you to review
SENDER REJECTED by reader.example: 5.7.26 unauthenticated
  no subscriber was affected; to find the cause:   compose doctor
"""
    )
    assert (news.status(0), news.status(1)) == (Status.BOUNCED, Status.ACTIVE)
    assert run(["bounces", "ingest", "--json", str(news.mail)]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "new": 0,
        "known": 5,
        "kinds": {},
        "effects": {},
        "alerts": [],
        "held": [],
    }


def test_too_many_bounces_alike_are_held_until_somebody_decides(news: News, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command about bounces reports the held ones and returns 1 (0 from a pipe), until they are decided."""
    for number, each in enumerate(news.subscribers(12)):
        (news.mail / f"{number}.eml").write_bytes(report(verp(each, 7), f"r{number}@reader.example", number=number))
    assert run(["bounces", "ingest", str(news.mail)]) == 1
    out = capsys.readouterr().out
    assert "2 held for your decision" in out
    assert "HELD 1: " in out and "HELD 2: " in out and "compose bounces release 1" in out
    assert {news.status(each) for each in range(12)} == {Status.ACTIVE}
    assert _pipe(b"From: x@y.example\n\nhello\n").returncode == 0
    assert run(["audience", "health"]) == 1
    assert "HELD 1: " in capsys.readouterr().out
    assert run(["bounces", "held", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(each["id"], each["kind"], each["count"]) for each in told] == [(1, "text", 12), (2, "provider", 12)]
    # Held twice, by text and by provider, so released twice.
    assert run(["bounces", "release", "1"]) == 0
    assert "1: 0 subscribers" in capsys.readouterr().out
    assert run(["bounces", "undo", "r3@reader.example"]) == 0
    assert run(["bounces", "discard", "2"]) == 0
    assert "2: 11 subscribers" in capsys.readouterr().out
    assert (news.status(0), news.status(3)) == (Status.BOUNCED, Status.ACTIVE)
    assert run(["bounces", "held"]) == 0
    assert [run(["bounces", name, "2"]) for name in ("release", "discard")] == [1, 1]
    assert run(["bounces", "undo", "r3@reader.example"]) == 1


@pytest.mark.parametrize("arguments", [("undo", "r0@reader.example", "nobody@x.example"), ("discard", "1", "99")])
def test_one_mistake_rolls_back_all_without_output(
    news: News, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    """If one address or number is wrong, nothing is changed, and nothing is printed about the others."""
    for number, each in enumerate(news.subscribers(12)):
        (news.mail / f"{number}.eml").write_bytes(report(verp(each, 7), f"r{number}@reader.example", number=number))
    run(["bounces", "ingest", str(news.mail)])
    capsys.readouterr()
    assert run(["bounces", *arguments]) == 1
    assert capsys.readouterr().out == ""
    assert run(["bounces", "held", "--json"]) == 1
    assert [each["count"] for each in json.loads(capsys.readouterr().out)] == [12, 12]


def _pipe(data: bytes, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "composer", "bounces", "ingest", "-"],
        input=data,
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_a_pipe_reads_one_message_and_keeps_it_if_not_understood(news: News) -> None:
    """Messages for a person to look at are kept privately in outbox/bounces/; a leading `From ` line does not matter."""
    (subscriber,) = news.subscribers(1)
    assert (
        _pipe(
            b"From MAILER-DAEMON Thu Jan 30 08:00:09 2025\n" + report(verp(subscriber, 7), "r0@reader.example")
        ).returncode
        == 0
    )
    assert news.status(0) is Status.BOUNCED
    strange = (FOLDER / "person-writes.eml").read_bytes()
    for _ in range(2):
        assert _pipe(strange).returncode == 0
    (kept,) = (news.workspace.root / "outbox" / "bounces").iterdir()
    assert kept.read_bytes() == strange
    assert kept.stat().st_mode & 0o077 == 0
    kept.unlink()
    # If it is killed between the record and the file, the message is delivered again, and the file is written then.
    assert b"recorded before" in _pipe(strange).stdout
    assert kept.read_bytes() == strange


def test_a_failure_in_a_pipe_makes_the_server_retry(news: News) -> None:
    """Whatever the error, exit code 75 makes the mail server keep the message, and stderr shows what to do."""
    (news.workspace.root / "newsletter.db").write_bytes(b"no database at all, whatever its name is\n" * 100)
    done = _pipe(b"From: x\n\nx")
    assert done.returncode == 75
    assert b"is not a database" in done.stderr
    news.workspace.root.joinpath("newsletter.yaml").write_text("name: [", encoding="utf-8")
    assert _pipe(b"From: x\n\nx").returncode == 75


@pytest.mark.parametrize("arguments", [[], ["-", "x.eml"], ["-", "--imap"], ["nowhere"]])
def test_the_source_must_be_named(arguments: list[str], news: News) -> None:
    """No source, a pipe together with other sources, and a missing file are usage errors."""
    assert run(["bounces", "ingest", *arguments]) == 2


def test_a_mailbox_must_be_set_up(news: News, capsys: pytest.CaptureFixture[str]) -> None:
    """--imap without delivery.imap shows what to write; a password is never read from newsletter.yaml."""
    assert run(["bounces", "ingest", "--imap"]) == 1
    assert "imap:" in capsys.readouterr().err
    path = news.workspace.root / "newsletter.yaml"
    imap = "delivery:\n  imap:\n    host: 127.0.0.1\n    username: bounces\n"
    path.write_text(f"{LETTER}{imap}", encoding="utf-8")
    assert run(["bounces", "ingest", "--imap"]) == 1
    assert "COMPOSE_IMAP_PASSWORD" in capsys.readouterr().err
    path.write_text(f"{LETTER}{imap}    password: x\n", encoding="utf-8")
    assert run(["bounces", "ingest", "--imap"]) == 1
    assert "password" in capsys.readouterr().err


@pytest.mark.skipif(not dovecot.is_there() and not os.environ.get("CI"), reason="needs Dovecot")
@pytest.mark.parametrize("how", ["environment", "command"])
def test_ingest_by_imap(
    how: str, news: News, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mailbox of newsletter.yaml is read from a real server, with the password from the environment or from a command."""
    (subscriber,) = news.subscribers(1)
    with dovecot.dovecot() as server:
        server.put(1, report(verp(subscriber, 7), "r0@reader.example"))
        shutil.copy(server.home / "certificate.pem", news.workspace.root / "ca.crt")
        path = news.workspace.root / "newsletter.yaml"
        path.write_text(
            f"{LETTER}delivery:\n  imap:\n    host: 127.0.0.1\n    port: {server.tls_port}\n"
            f"    username: {dovecot.USER}\n    ca_file: ca.crt\n    read: Done\n",
            encoding="utf-8",
        )
        if how == "environment":
            monkeypatch.setenv("COMPOSE_IMAP_PASSWORD", dovecot.PASSWORD)
        else:
            config = tmp_path / "config" / "compose"
            config.mkdir(parents=True)
            (config / "password").write_text(dovecot.PASSWORD, encoding="utf-8")
            (config / "imap.yaml").write_text(f"127.0.0.1:\n  password_command: cat {config / 'password'}\n")
        assert run(["bounces", "ingest", "--imap"]) == 0
        assert len(server.folder("Done")) == 1
    assert news.status(0) is Status.BOUNCED
    shown = "".join(capsys.readouterr())
    assert "1 new message: 1 bounce" in shown
    assert dovecot.PASSWORD not in shown


def test_who_lists_returned_mail_until_the_person_is_erased(news: News, capsys: pytest.CaptureFixture[str]) -> None:
    """`compose who` lists each message; after `subscribers erase`, the database contains no trace of the address."""
    (subscriber,) = news.subscribers(1)
    (news.mail / "1.eml").write_bytes(report(verp(subscriber, 7), "r0@reader.example"))
    run(["bounces", "ingest", str(news.mail)])
    capsys.readouterr()
    assert run(["who", "r0@reader.example"]) == 0
    shown = capsys.readouterr().out
    assert "hard bounce 5.1.1 of mailing 7: 550 5.1.1 no such user   (suppressed)" in shown
    assert run(["subscribers", "erase", "r0@reader.example", "--yes"]) == 0
    assert "the recipient in returned messages (1 message)" in capsys.readouterr().out
    with news.opened() as database, database.read() as connection:
        assert "r0@" not in repr(connection.execute(select(returned)).all())
