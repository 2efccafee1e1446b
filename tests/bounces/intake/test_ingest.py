"""Returned messages are recorded once, with an effect on the subscriber of our own key; on SQLite and on PostgreSQL."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from composer.audience.bounce_history import of_mailing, of_subscriber
from composer.audience.changes import add_subscriber, confirm
from composer.audience.erasure import erase
from composer.audience.identity.tokens import Purpose, Tokens
from composer.audience.subscribers import Status, find
from composer.audience.suppression import is_suppressed, suppression_of
from composer.bounces.intake.ingest import Files, IngestSummary, ingest
from composer.bounces.intake.message_files import Raw, read_path
from composer.bounces.parse.vocabulary import ReturnedKind
from composer.bounces.record.bounce_policy import BounceEffect
from composer.bounces.record.recorder import forget
from composer.core.addresses import Address
from composer.database.engine import Database
from composer.database.tables.bounce_tables import returned
from composer.mail.bulk_headers import leave_by_mail
from tests.bounces.news import TOKENS, complaint, message_header, report, verp
from tests.bounces.samples import SAMPLES

NOW = datetime(2025, 1, 31, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(days=365)


def subscriber(database: Database, address: str) -> int:
    with database.write() as connection:
        return add_subscriber(connection, Address(address=address), {}, source="test", now=BEFORE, consent="said so").id


def take_in(database: Database, *messages: bytes, now: datetime = NOW, tokens: Tokens = TOKENS) -> IngestSummary:
    def read() -> Iterator[Raw]:
        return (Raw(name=str(number), data=data) for number, data in enumerate(messages))

    return ingest(database, tokens, Files(read=read), now=lambda: now)


def status(database: Database, address: str) -> Status:
    with database.read() as connection:
        found = find(connection, address)
    assert found is not None
    return found.status


def rows(database: Database) -> int:
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(returned)) or 0


def test_a_hard_bounce_to_our_address_suppresses(database: Database) -> None:
    """The token in the address identifies the subscriber, who is suppressed, with the reason in the history."""
    ann = subscriber(database, "ann@reader.example")
    summary = take_in(database, report(verp(ann, 7), "ANN@reader.example"))
    assert summary.effects == {BounceEffect.SUPPRESSED: 1}
    assert status(database, "ann@reader.example") is Status.BOUNCED
    with database.read() as connection:
        row = connection.execute(select(returned)).mappings().one()
        found = suppression_of(connection, "ann@reader.example")
    assert (row["subscriber_id"], row["mailing_id"], row["bounce"], row["status"]) == (ann, 7, "hard", "5.1.1")
    assert found is not None and found.source == "bounce"


def test_the_returned_message_id_identifies_like_the_token(database: Database) -> None:
    """A report to another address of ours identifies the subscriber by the returned Message-ID."""
    ann = subscriber(database, "ann@reader.example")
    take_in(database, report("postmaster@news.example.org", "ann@reader.example", returned=message_header(ann, 7)))
    assert status(database, "ann@reader.example") is Status.BOUNCED


@pytest.mark.parametrize(
    "forged",
    [
        lambda _: report("bounces@news.example.org", "ann@reader.example"),
        lambda ann: report(verp(ann, 7, Tokens((b"x" * 32,))), "ann@reader.example"),
        lambda ann: report(f"bounces+{TOKENS.make(Purpose.UNSUBSCRIBE, ann)}@news.example.org", "ann@reader.example"),
        lambda _: report(f"bounces+{'a' * 34}@news.example.org", "ann@reader.example"),
        lambda ann: report(
            "x@news.example.org", "ann@reader.example", returned=message_header(ann, 7, Tokens((b"x" * 32,)))
        ),
        lambda ann: report(
            "x@news.example.org", "ann@reader.example", returned=f"Message-ID: <{ann}.7@news.example.org>\n"
        ),
        lambda ann: complaint(f"To: ann@reader.example\nMessage-ID: <{ann}.7@news.example.org>\n"),
        lambda _: b"From: ann@reader.example\nTo: leave@news.example.org\nSubject: unsubscribe\n\nPlease.\n",
        lambda _: (
            f"From: ann@reader.example\nTo: leave@news.example.org\nSubject: unsubscribe {'a' * 34}\n\nPlease.\n".encode()
        ),
    ],
    ids=[
        "no token",
        "foreign key",
        "another purpose",
        "made up",
        "foreign id",
        "plain id",
        "complaint",
        "leave",
        "leave made up",
    ],
)
def test_a_forged_report_is_recorded_and_nothing_else(database: Database, forged: Callable[[int], bytes]) -> None:
    """Without our key a report changes nobody: Final-Recipient, From, ids and other tokens have no effect."""
    summary = take_in(database, forged(subscriber(database, "ann@reader.example")))
    assert summary.effects.keys() <= {BounceEffect.UNPROVEN, BounceEffect.KEPT}
    assert status(database, "ann@reader.example") is Status.ACTIVE
    assert rows(database) == 1


def test_a_replayed_token_identifies_its_own_subscriber(database: Database) -> None:
    """Ann's token in a report about bo: bo does not change, and the bounce counts against ann only."""
    ann, _ = subscriber(database, "ann@reader.example"), subscriber(database, "bo@reader.example")
    take_in(database, report(verp(ann, 7), "bo@reader.example"))
    assert status(database, "bo@reader.example") is Status.ACTIVE
    # Not ann's own address: it counts the second time.
    assert status(database, "ann@reader.example") is Status.ACTIVE


def test_a_report_with_two_subscribers_identifies_nobody(database: Database) -> None:
    """A report with the tokens of two subscribers was put together by hand."""
    ann, bo = subscriber(database, "ann@reader.example"), subscriber(database, "bo@reader.example")
    take_in(database, report(verp(ann, 7), "ann@reader.example", returned=message_header(bo, 7)))
    assert status(database, "ann@reader.example") is status(database, "bo@reader.example") is Status.ACTIVE


def test_a_rejection_of_the_sender_is_an_alert(database: Database) -> None:
    """5.7.x never changes the subscriber, and the summary has the answer."""
    ann = subscriber(database, "ann@gmail.example")
    words = "smtp; 550-5.7.26 Your email has been blocked because the sender is unauthenticated. 550 5.7.26 - gsmtp"
    many = [
        report(verp(ann, mailing), "ann@gmail.example", status="5.7.26", diagnostic=words, number=mailing)
        for mailing in range(1, 30)
    ]
    summary = take_in(database, *many)
    assert summary.effects == {BounceEffect.ALERT: 29}
    assert summary.alerts == {("gmail.example", "5.7.26"): 29}
    assert status(database, "ann@gmail.example") is Status.ACTIVE


def test_a_bad_domain_suppresses_after_two_mailings(database: Database) -> None:
    """The first bounce counts; a second report on the same mailing does not; the second mailing is enough."""
    ann = subscriber(database, "ann@raeder.example")

    def bounce(mailing: int, number: int) -> IngestSummary:
        data = report(
            verp(ann, mailing), "ann@raeder.example", status="5.1.2", diagnostic="smtp; Host not found", number=number
        )
        return take_in(database, data, now=NOW + timedelta(days=mailing))

    assert bounce(1, 1).effects == bounce(1, 2).effects == {BounceEffect.COUNTED: 1}
    assert status(database, "ann@raeder.example") is Status.ACTIVE
    assert bounce(2, 3).effects == {BounceEffect.SUPPRESSED: 1}
    assert status(database, "ann@raeder.example") is Status.BOUNCED


def test_bounces_before_a_new_consent_do_not_count(database: Database) -> None:
    """Bounces from before a subscriber's own double opt-in no longer count."""
    ann = subscriber(database, "ann@raeder.example")

    def bounce(mailing: int) -> IngestSummary:
        data = report(verp(ann, mailing), "ann@raeder.example", status="5.1.2", number=mailing)
        return take_in(database, data, now=NOW + timedelta(days=mailing))

    bounce(1)
    with database.write() as connection:
        confirm(connection, ann, "clicked", source="link", now=NOW + timedelta(days=2))
    assert bounce(3).effects == {BounceEffect.COUNTED: 1}
    assert bounce(4).effects == {BounceEffect.SUPPRESSED: 1}


@pytest.mark.parametrize("by", ["message id", "link"])
def test_a_complaint_suppresses(database: Database, by: str) -> None:
    """The returned header identifies the subscriber by the Message-ID or, if that was removed, by the unsubscribe link."""
    ann = subscriber(database, "ann@reader.example")
    link = f"List-Unsubscribe: <https://news.example.org/n/unsubscribe/{TOKENS.make(Purpose.UNSUBSCRIBE, ann)}>\n"
    take_in(database, complaint(message_header(ann, 7) if by == "message id" else link))
    assert status(database, "ann@reader.example") is Status.COMPLAINED


def test_a_complaint_counts_for_its_mailing(database: Database) -> None:
    """If the Message-ID and the unsubscribe link are both there, the Message-ID tells the mailing."""
    ann = subscriber(database, "ann@reader.example")
    link = f"List-Unsubscribe: <https://news.example.org/n/unsubscribe/{TOKENS.make(Purpose.UNSUBSCRIBE, ann)}>\n"
    take_in(database, complaint(link + message_header(ann, 7)))
    with database.read() as connection:
        assert of_mailing(connection, 7) == {("complaint", ""): 1}
        assert [each.mailing_id for each in of_subscriber(connection, ann)] == [7]


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus"])
def test_reports_of_other_types_are_not_complaints(database: Database, kind: str) -> None:
    """A DMARC failure report has the form of a feedback report, and is not a complaint."""
    ann = subscriber(database, "ann@reader.example")
    take_in(database, complaint(message_header(ann, 7), kind=kind))
    assert status(database, "ann@reader.example") is Status.ACTIVE


@pytest.mark.parametrize(
    "form", ["Subject: unsubscribe {}\nTo: leave@x.example", "Subject: hi\nTo: leave+{}@x.example"]
)
def test_unsubscribing_by_mail(database: Database, form: str) -> None:
    """The token in the subject or in the address unsubscribes the subscriber; the sender does not matter."""
    ann = subscriber(database, "ann@reader.example")
    token = TOKENS.make(Purpose.UNSUBSCRIBE, ann)
    take_in(database, f"From: other@reader.example\n{form.format(token)}\n\n\n".encode())
    assert status(database, "ann@reader.example") is Status.UNSUBSCRIBED


def test_our_own_unsubscribe_link_is_read(database: Database) -> None:
    """A message made from our own mailto: link, with its subject decoded, unsubscribes the subscriber."""
    ann = subscriber(database, "ann@reader.example")
    link = urlsplit(leave_by_mail("leave@news.example.org", TOKENS.make(Purpose.UNSUBSCRIBE, ann)))
    (subject,) = parse_qs(link.query)["subject"]
    take_in(database, f"From: ann@reader.example\nTo: {link.path}\nSubject: {subject}\n\n\n".encode())
    assert status(database, "ann@reader.example") is Status.UNSUBSCRIBED


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied\nX-Apple-Unsubscribe: true\nSubject: unsubscribe {token}",
        "Auto-Submitted: auto-replied\nSubject: Re: unsubscribe {token}",
        "Auto-Submitted: auto-generated\nPrecedence: bulk\nSubject: unsubscribe {token}",
        "X-Autoreply: yes\nSubject: unsubscribe {token}",
        "Subject: Automatic reply: unsubscribe {token}",
        "Return-Path: <>\nX-Auto-Response-Suppress: All\nIn-Reply-To: <1@x.example>\nSubject: unsubscribe {token}",
        "To: leave+{token}@news.example.org\nX-Apple-Action: VACATION\nSubject: Re: your letter",
    ],
)
def test_our_own_token_always_unsubscribes(database: Database, header: str) -> None:
    """In whatever form: Apple Mail marks a person's request to unsubscribe as an automatic answer."""
    ann = subscriber(database, "ann@reader.example")
    token = TOKENS.make(Purpose.UNSUBSCRIBE, ann)
    data = f"From: ann@reader.example\nTo: leave@news.example.org\n{header.format(token=token)}\n\nGoodbye\n"
    assert take_in(database, data.encode()).effects == {BounceEffect.SUPPRESSED: 1}
    assert status(database, "ann@reader.example") is Status.UNSUBSCRIBED


def test_an_absence_with_our_subject_suppresses_nobody(database: Database) -> None:
    """Without a token that our key made for unsubscribing, an automatic answer changes nobody."""
    ann = subscriber(database, "ann@reader.example")
    token = TOKENS.make(Purpose.BOUNCE, ann, 1)
    data = f"From: x@y.example\nAuto-Submitted: auto-replied\nSubject: Out of office: unsubscribe {token}\n\n\n"
    assert take_in(database, data.encode()).effects == {BounceEffect.LEFT: 1}
    assert status(database, "ann@reader.example") is Status.ACTIVE


def test_no_sample_changes_a_subscriber(database: Database) -> None:
    """All samples have tokens without a valid key: each is recorded once, and no subscriber changes."""
    for sample in SAMPLES:
        if sample.recipient != "-" and sample.recipient.isascii() and sample.recipient.count("@") == 1:
            with database.write() as connection:
                if find(connection, sample.recipient) is None:
                    add_subscriber(
                        connection, Address(address=sample.recipient), {}, source="t", now=BEFORE, consent="yes"
                    )
    summary = take_in(database, *(sample.data for sample in SAMPLES))
    assert summary.new == rows(database) == len(SAMPLES)
    assert summary.effects.keys() == {BounceEffect.UNPROVEN, BounceEffect.LEFT, BounceEffect.KEPT}
    again = take_in(database, *(sample.data.replace(b"\n", b"\r\n") for sample in SAMPLES))
    assert (again.new, again.known, rows(database)) == (0, len(SAMPLES), len(SAMPLES))


def test_the_same_message_twice_in_one_mailbox_counts_once(database: Database) -> None:
    """Copies within one batch and across batches are one message."""
    ann = subscriber(database, "ann@reader.example")
    data = report(verp(ann, 7), "ann@reader.example", status="5.2.2", diagnostic="smtp; 552 5.2.2 full")
    summary = take_in(database, *[data] * 250)
    assert (summary.new, summary.known, rows(database)) == (1, 249, 1)


def test_an_erased_subscriber_is_forgotten_here_too(database: Database) -> None:
    """Erasure removes address and text from returned messages; the message and its mailing stay counted."""
    ann = subscriber(database, "ann@reader.example")
    take_in(database, report(verp(ann, 7), "Ann@reader.example"), report("x@y.example", "ANN@reader.example", number=1))
    with database.write() as connection:
        receipt = erase(connection, Address(address="ann@reader.example"), NOW, forget=[forget])
        found = connection.execute(select(returned)).mappings().all()
    assert [(row["recipient"], row["words"], row["subscriber_id"]) for row in found] == [("", "", None)] * 2
    assert found[0]["mailing_id"] == 7
    assert "the recipient in returned messages (2 messages)" in receipt.went
    # A late report on the same mailing finds nobody, and does not store their address.
    late = take_in(database, report(verp(ann, 7), "ann@reader.example", number=2))
    assert late.effects == {BounceEffect.LEFT: 1}
    take_in(database, report("x@y.example", "Ann@reader.example", number=3))
    with database.read() as connection:
        assert is_suppressed(connection, "ann@reader.example")
        everything = connection.execute(select(returned)).all()
    assert len(everything) == 4
    assert "ann@" not in repr(everything).lower()


def test_returned_messages_by_subscriber_and_by_mailing(database: Database) -> None:
    """A subscriber's messages are listed oldest first; a mailing counts each subscriber once per kind."""
    ann, bo = subscriber(database, "ann@reader.example"), subscriber(database, "bo@reader.example")
    full = {"status": "5.2.2", "diagnostic": "smtp; 552 5.2.2 full"}
    take_in(
        database,
        report(verp(ann, 7), "ann@reader.example", **full, number=1),
        report(verp(ann, 7), "ann@reader.example", **full, number=2),
        report(verp(bo, 7), "bo@reader.example", **full, number=3),
        report(verp(bo, 8), "bo@reader.example", number=4),
        complaint(message_header(ann, 7)),
        report(verp(ann, 7), "ann@reader.example", action="delayed", status="4.4.1", number=5),
    )
    with database.read() as connection:
        mine = of_subscriber(connection, bo)
        assert of_mailing(connection, 7) == {("bounce", "full"): 2, ("complaint", ""): 1, ("delay", ""): 1}
    assert [(each.bounce, each.effect, each.mailing_id) for each in mine] == [
        ("full", "counted", 7),
        ("hard", "suppressed", 8),
    ]


_KILLED = """
import os, sys
from datetime import datetime, UTC
from pathlib import Path
from composer.bounces.intake import ingest as module
from composer.bounces.intake.ingest import Files, ingest
from composer.bounces.intake.message_files import read_path
from composer.database.schema_upgrade import open_database
from composer.database.location import Location
from tests.bounces.news import TOKENS

batches = int(sys.argv[3])

class Fatal(Files):
    def release(self, done):
        global batches
        print("on record", len(done), flush=True)
        batches -= 1
        if not batches:
            sys.stdin.read()  # until the kill: it must not come too late

module._MOST = 10
with open_database(Location(path=Path(sys.argv[1]))) as database:
    ingest(database, TOKENS, Fatal(read=lambda: read_path(Path(sys.argv[2]))), now=lambda: datetime(2025, 1, 31, tzinfo=UTC))
print("done", flush=True)
"""


@pytest.mark.kill
def test_kill_9_and_again_counts_each_message_once(tmp_path: Path, sqlite_template: Path) -> None:
    """Killed again and again during an import, then run to the end: every message once, every subscriber suppressed."""
    import shutil

    from composer.database.location import Location
    from composer.database.schema_upgrade import open_database

    path = tmp_path / "news.db"
    shutil.copy(sqlite_template, path)
    folder = tmp_path / "messages"
    folder.mkdir()
    count = 120
    with open_database(Location(path=path)) as database:
        for number in range(count):
            who = f"reader{number}@reader.example"
            data = report(verp(subscriber(database, who), 7), who, number=number)
            (folder / f"{number:04}.eml").write_bytes(data)
        for kill_after in (1, 3, 2):
            process = subprocess.Popen(
                [sys.executable, "-c", _KILLED, str(path), str(folder), str(kill_after + 2)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
            )
            assert process.stdout is not None
            for _ in range(kill_after):
                assert process.stdout.readline().startswith("on record")
            process.send_signal(signal.SIGKILL)
            process.communicate()
            assert process.returncode == -signal.SIGKILL
            assert rows(database) >= 10 * kill_after
        before = rows(database)
        assert 30 <= before <= 50
        summary = ingest(database, TOKENS, Files(read=lambda: read_path(folder)), now=lambda: NOW)
        assert (summary.new, summary.known) == (count - before, before)
        assert rows(database) == count
        with database.read() as connection:
            assert all(is_suppressed(connection, f"reader{number}@reader.example") for number in range(count))


def test_kinds_are_counted() -> None:
    """A summary counts new messages by kind; an empty one is empty."""
    assert IngestSummary().new == 0
    assert set(IngestSummary().kinds) <= set(ReturnedKind)
