"""Complaints: which feedback reports count, and which recipients they name."""

import pytest

from composer.bounces.parse.feedback_report import read_feedback
from composer.bounces.parse.mime import parse
from composer.bounces.parse.vocabulary import Format, ReturnedKind


def report(*fields: str, ends: str = "\n") -> bytes:
    lines = [
        "From: complaints@fbl.example",
        "Subject: complaint",
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
        "",
        "--b",
        "Content-Type: message/feedback-report",
        "",
        *fields,
        "",
        "--b--",
        "",
    ]
    return ends.join(lines).encode()


@pytest.mark.parametrize("kind", ["abuse", "fraud", "opt-out", "opt-out-list", " Abuse "])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_subscriber_complained(kind: str, ends: str) -> None:
    """A subscriber's complaint is read (RFC 5965, section 7.3), in any case and with any line ends."""
    told = read_feedback(parse(report(f"Feedback-Type:{kind}", "Version: 1", ends=ends)))
    assert told is not None
    assert (told.kind, told.format) == (ReturnedKind.COMPLAINT, Format.FEEDBACK)
    assert told.why
    assert [(each.recipient, each.kind, each.why) for each in told.findings] == [("", ReturnedKind.COMPLAINT, told.why)]


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus", "other", "", "a\x01b", "x" * 60])
def test_other_types_are_not_complaints(kind: str) -> None:
    """A report that a program made is not a complaint; its type is shown if it is printable."""
    told = read_feedback(parse(report(f"Feedback-Type: {kind}", "Original-Rcpt-To: ann@reader.example")))
    assert told is not None
    assert (told.kind, told.format, told.findings) == (ReturnedKind.NOT_UNDERSTOOD, Format.FEEDBACK, ())
    assert (kind[:40] in told.why) == kind.isprintable()
    assert kind[:41] not in told.why or len(kind) <= 40
    assert "“”" not in told.why and told.why.isprintable()


def test_recipients_of_a_complaint() -> None:
    """Each recipient is read once, in order, from any field; of a repeated field the first value counts."""
    fields = (
        "Feedback-Type: abuse",
        "Original-Rcpt-To: <ann@reader.example>",
        "Removal-Recipient: bob@reader.example",
        "Original-Rcpt-To: ann@reader.example",
        "Original-Mail-From: <news@example.org>",
        "Feedback-Type: not-spam",
    )
    told = read_feedback(parse(report(*fields)))
    assert told is not None and told.kind is ReturnedKind.COMPLAINT
    assert [each.recipient for each in told.findings] == ["ann@reader.example", "bob@reader.example"]


@pytest.mark.parametrize(("count", "kept"), [(50, 50), (51, 50), (80, 50)])
def test_fifty_are_named(count: int, kept: int) -> None:
    """Fifty recipients are read; a report on a message of ours has no more."""
    names = [f"Original-Rcpt-To: r{number}@reader.example" for number in range(count)]
    told = read_feedback(parse(report("Feedback-Type: abuse", *names)))
    assert told is not None
    assert [each.recipient for each in told.findings] == [f"r{number}@reader.example" for number in range(kept)]


def test_microsofts_reports() -> None:
    """Microsoft's report is the message itself, with the subscriber's address at the top of its header."""
    data = (
        b"From: staff@hotmail.example\nSubject: complaint\nContent-Type: multipart/mixed; boundary=b\n\n"
        b"--b\nContent-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: <ann@reader.example>\nSubject: x\n\nx\n--b--\n"
    )
    told = read_feedback(parse(data))
    assert told is not None
    assert (told.kind, told.format) == (ReturnedKind.COMPLAINT, Format.JUNK_MAIL)
    assert [(each.recipient, each.kind, each.why) for each in told.findings] == [
        ("ann@reader.example", ReturnedKind.COMPLAINT, told.why)
    ]
    assert read_feedback(parse(data.replace(b"X-HmXmr", b"X-Other"))) is None
