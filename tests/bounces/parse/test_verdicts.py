"""One table judges the answers of servers: in later reports, and in the mail session."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from composer.bounces.parse.bounce_classes import class_of
from composer.bounces.parse.classifier import classify
from composer.bounces.parse.server_replies import reply_in
from composer.bounces.parse.vocabulary import Class, ReturnedKind
from composer.transport.outcome import ServerReply, Stage
from composer.transport.replies.meanings import Meaning
from composer.transport.replies.reply_meaning import meaning_of
from composer.transport.smtp.reply_parser import make_reply


@dataclass(frozen=True)
class Verdict:
    """A reply of a server, and its meaning for the subscriber."""

    kind: str
    bounce: Class
    status: str
    reply: str


def _read() -> tuple[Verdict, ...]:
    found, kind = [], ""
    for line in (Path(__file__).parent / "verdicts.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            kind = line[3:].partition(":")[0]
        elif line and not line.startswith("#"):
            bounce, status, reply = line.split(" | ")
            found.append(Verdict(kind, Class(bounce), status, reply))
    return tuple(found)


VERDICTS = _read()

REPORT = """Return-Path: <>
From: MAILER-DAEMON@relay.example (Mail Delivery System)
To: bounces+abc@news.example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"

--B1
Content-Type: text/plain; charset=utf-8

This is the mail system at host relay.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

--B1
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; ann@reader.example
Action: failed
Status: {status}
Diagnostic-Code: smtp; {reply}

--B1
Content-Type: text/rfc822-headers

From: News <news@news.example.org>
Subject: Spam, viruses, and why your mailbox is full: user unknown
Message-ID: <1@news.example.org>

--B1--
"""


def _status(verdict: Verdict) -> str:
    if verdict.status != "-":
        return verdict.status
    found = re.match(r"\d{3}[ -]([245]\.\d+\.\d+)", verdict.reply)
    return found[1] if found else "5.0.0"


@pytest.mark.parametrize("verdict", VERDICTS, ids=lambda each: each.reply[:60])
def test_a_report_is_judged_by_its_code_and_its_words(verdict: Verdict) -> None:
    """The class is that of the table, whatever the returned message is about."""
    returned = classify(REPORT.format(status=_status(verdict), reply=verdict.reply).encode())
    (finding,) = returned.findings
    assert (returned.kind, finding.bounce) == (ReturnedKind.BOUNCE, verdict.bounce)


def _at_the_door(verdict: Verdict) -> ServerReply:
    lines = re.split(r"(?<=\S) (?=\d{3}[- ])", verdict.reply) if re.match(r"\d{3}-", verdict.reply) else [verdict.reply]
    return make_reply((int(lines[0][:3]), [each[4:].encode() for each in lines]))


@pytest.mark.parametrize(
    "verdict",
    [each for each in VERDICTS if each.reply[0] == "5" and each.status[0] != "4"],
    ids=lambda each: each.reply[:60],
)
def test_a_rejection_in_the_session_is_judged_by_the_same_table(verdict: Verdict) -> None:
    """A rejection of a recipient in the mail session means the same as in a report."""
    assert class_of(meaning_of(_at_the_door(verdict), Stage.RCPT)) is verdict.bounce


@pytest.mark.parametrize(
    "verdict", [each for each in VERDICTS if each.reply[0] == "5"], ids=lambda each: each.reply[:60]
)
def test_a_rejected_sender_counts_against_no_recipient(verdict: Verdict) -> None:
    """A rejection of MAIL FROM counts against no recipient: none has been named yet."""
    assert class_of(meaning_of(_at_the_door(verdict), Stage.MAIL)) in (Class.OURS, Class.SOFT)
    assert meaning_of(_at_the_door(verdict), Stage.MAIL) not in (
        Meaning.GONE,
        Meaning.NO_DOMAIN,
        Meaning.FULL,
        Meaning.RECIPIENT,
    )


def test_every_class_has_samples() -> None:
    """There are at least 150 samples, and five of each kind."""
    kinds = Counter(each.kind for each in VERDICTS)
    assert len(VERDICTS) >= 150
    assert min(kinds.values()) >= 5
    assert all(reply_in(each.reply) for each in VERDICTS)
