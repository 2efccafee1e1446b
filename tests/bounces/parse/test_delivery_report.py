"""Delivery reports field by field: the result for each recipient, and the most specific status."""

from base64 import b64encode
from dataclasses import replace

import pytest

from composer.bounces.parse.classifier import classify
from composer.bounces.parse.delivery_report import address_in, best_status, explained, judged, read_report
from composer.bounces.parse.mime import parse
from composer.bounces.parse.vocabulary import BounceFinding, Class, ReturnedKind
from composer.transport.outcome import ServerReply
from composer.transport.replies.meanings import Meaning


def report(*groups: str, kind: str = "message/delivery-status") -> bytes:
    """Return a report with these groups after that of the whole message."""
    text = "\n\n".join(("Reporting-MTA: dns; mx.relay.example", *groups))
    return f"""From: MAILER-DAEMON@mx.relay.example
To: bounces@news.example.org
Subject: Delivery report
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: {kind}

{text}

--b--
""".encode()


def group(recipient: str = "ann@reader.example", **fields: str) -> str:
    lines = [f"Final-Recipient: rfc822; {recipient}"]
    return "\n".join([*lines, *(f"{name.replace('_', '-').capitalize()}: {value}" for name, value in fields.items())])


def only(*groups: str) -> BounceFinding:
    (finding,) = read_report(parse(report(*groups)))
    return finding


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        # Whatever the status next to it.
        ("failed", "4.4.7", ReturnedKind.BOUNCE),
        ("failure", "4.4.7", ReturnedKind.BOUNCE),
        ("FAILED (permanent)", "4.4.7", ReturnedKind.BOUNCE),
        ("failed;x", "4.4.7", ReturnedKind.BOUNCE),
        ("failed\t(permanent)", "2.0.0", ReturnedKind.BOUNCE),
        ("delayed", "5.4.1", ReturnedKind.DELAY),
        ("delivered", "5.1.5", ReturnedKind.RECEIPT),
        ("relayed", "4.0.0", ReturnedKind.RECEIPT),
        ("expanded", "4.1.5", ReturnedKind.RECEIPT),
        ("Expanded (to a list)", "5.0.0", ReturnedKind.RECEIPT),
        # Without an action, the first digit counts.
        ("", "5.1.1", ReturnedKind.BOUNCE),
        ("", "4.2.2", ReturnedKind.DELAY),
        ("", "2.1.5", ReturnedKind.RECEIPT),
        ("unheard-of", "2.6.0", ReturnedKind.RECEIPT),
        ("unheard-of", "nonsense", ReturnedKind.BOUNCE),
        ("", "", ReturnedKind.BOUNCE),
    ],
)
def test_the_action_decides(action: str, status: str, kind: ReturnedKind) -> None:
    """The action counts, otherwise the status: a success is never a bounce, and a report without either is one."""
    fields = {name: value for name, value in (("action", action), ("status", status)) if value}
    finding = only(group(**fields))
    assert (finding.kind, finding.bounce is None) == (kind, kind is not ReturnedKind.BOUNCE)
    assert finding.why or kind is ReturnedKind.NOT_UNDERSTOOD
    assert classify(report(group(**fields))).kind is kind


@pytest.mark.parametrize("name", ["message/delivery-status", "message/global-delivery-status"])
def test_both_types_of_report(name: str) -> None:
    """Both types of report are read: RFC 3464 and RFC 6533."""
    (finding,) = read_report(parse(report(group(action="failed", status="5.1.1"), kind=name)))
    assert (finding.recipient, finding.status) == ("ann@reader.example", "5.1.1")


def test_groups_that_run_together_are_separated() -> None:
    """Without the empty line between them each recipient still has their own group."""
    together = "\n".join(
        (
            group("slow@reader.example", action="delayed", status="4.4.1"),
            group("ann@reader.example", action="failed", status="5.1.1"),
            group("bob@reader.example", action="delivered", status="2.0.0"),
        )
    )
    found = read_report(parse(report(together)))
    assert [(each.recipient, each.kind, each.status) for each in found] == [
        ("slow@reader.example", ReturnedKind.DELAY, "4.4.1"),
        ("ann@reader.example", ReturnedKind.BOUNCE, "5.1.1"),
        ("bob@reader.example", ReturnedKind.RECEIPT, "2.0.0"),
    ]


def test_a_group_that_names_only_the_original_recipient_counts() -> None:
    """A group with only the original recipient counts; one without a name, and that of the message, do not."""
    found = read_report(
        parse(report("Original-Recipient: rfc822;ann@reader.example\nAction: failed\nStatus: 5.1.1", "Action: failed"))
    )
    assert [(each.recipient, each.original) for each in found] == [("ann@reader.example", "ann@reader.example")]


def test_the_first_value_of_a_field_counts() -> None:
    """A second value of a field changes nothing."""
    assert only(group(action="failed", status="5.2.2") + "\nStatus: 5.1.1\nAction: delivered").bounce is Class.FULL


@pytest.mark.parametrize(
    ("status", "reply", "best"),
    [
        ("5.1.1", None, "5.1.1"),
        (None, None, None),
        (None, "5.2.2", "5.2.2"),
        ("5.0.0", "5.2.2", "5.2.2"),
        ("4.0.0", "5.2.2", "5.2.2"),
        ("5.1.1", "5.2.2", "5.1.1"),
        ("5.0.0", None, "5.0.0"),
        ("5.10.0", "5.2.2", "5.10.0"),
    ],
)
def test_the_most_specific_status(status: str | None, reply: str | None, best: str | None) -> None:
    """The report's own status counts, unless it has no meaning and the quoted reply has a better one."""
    quoted = ServerReply(code=550, enhanced=reply, text=f"{reply} no") if reply else ServerReply(code=550, text="no")
    assert best_status(status, quoted) == best
    if reply is None:
        assert best_status(status, None) == best


def test_the_most_specific_status_is_recorded() -> None:
    """A relay's 5.0.0 does not replace the server's 5.2.2."""
    said = {"action": "failed", "status": "5.0.0", "diagnostic_code": "smtp; 550 5.2.2 mailbox full"}
    finding = only(group(**said))
    assert (finding.status, finding.bounce, finding.meaning) == ("5.2.2", Class.FULL, Meaning.FULL)
    assert finding.reply == ServerReply(code=550, enhanced="5.2.2", text="5.2.2 mailbox full")


@pytest.mark.parametrize(
    "first", ["Reporting-MTA: dns; x", "original-recipient: rfc822; a@b.example", "FINAL-RECIPIENT: x"]
)
def test_a_report_that_a_gateway_took_apart(first: str) -> None:
    """The fields of a report that a gateway took apart are in a text, after sentences."""
    if first.startswith("FINAL"):
        first = "FINAL-RECIPIENT: rfc822; ann@reader.example"
        fields = f"{first}\nAction: failed\nStatus: 5.1.1"
    else:
        fields = f"{first}\nFinal-Recipient: rfc822; ann@reader.example\nAction: failed\nStatus: 5.1.1"
    data = f"From: x@y.example\nSubject: x\n\nSorry.\nIt did not work.\n{fields}\n".encode()
    (finding,) = read_report(parse(data))
    assert (finding.recipient, finding.status) == ("ann@reader.example", "5.1.1")
    assert finding.original == ("a@b.example" if first.startswith("orig") else "")


def test_a_report_that_was_taken_apart_begins_with_its_server() -> None:
    """The text between the server and the recipient belongs to the report too."""
    fields = "Reporting-MTA: dns; x\n\nStatus: 5.2.2\nAction: failed\nFinal-Recipient: rfc822; ann@reader.example\n"
    (finding,) = read_report(parse(f"From: x@y.example\n\nSorry.\n{fields}".encode()))
    assert (finding.recipient, finding.status) == ("ann@reader.example", "5.2.2")


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("rfc822; ann@reader.example", "ann@reader.example"),
        ("rfc822;<ann@reader.example>", "ann@reader.example"),
        ("ann@reader.example", "ann@reader.example"),
        ("rfc822; Ann < ann@reader.example >", "ann@reader.example"),
        (r"utf-8; \x{674E}@reader.example", "李@reader.example"),
        (r" UTF-8 ; \x{674e}@reader.example", "李@reader.example"),
        (r"rfc822; \x{674E}@reader.example", r"\x{674E}@reader.example"),
        (r"utf-8; \x{FFFFFF}@reader.example", "@reader.example"),
        ("rfc822; ann\x00\x1b@reader.example", "ann@reader.example"),
        ("rfc822; " + "a" * 300, "a" * 254),
        # Blanks do not count for that length, nor does a single bracket.
        (f"rfc822; {' ' * 300}ann@reader.example", "ann@reader.example"),
        (f"<{' ' * 300}ann@reader.example>", "ann@reader.example"),
        ("rfc822; <ann@reader.example", "ann@reader.example"),
        ("", ""),
    ],
)
def test_addresses_as_reports_write_them(value: str, address: str) -> None:
    """An address is read alone (RFC 3464, section 2.1.3, and RFC 6533): printable, of limited length."""
    assert address_in(value) == address


@pytest.mark.parametrize(("count", "kept"), [(49, 49), (50, 50), (51, 50), (90, 50)])
def test_fifty_recipients_are_read(count: int, kept: int) -> None:
    """Fifty recipients are read; a report on a message of ours has no more."""
    groups = [group(f"r{number}@reader.example", action="failed", status="5.1.1") for number in range(count)]
    found = read_report(parse(report(*groups)))
    assert [each.recipient for each in found] == [f"r{number}@reader.example" for number in range(kept)]


def test_sentences_count_if_a_report_quotes_no_reply() -> None:
    """The text before a report counts if the report quotes no reply."""
    data = report(group(action="failed", status="5.0.0")).replace(
        b"--b\n", b"--b\nContent-Type: text/plain\n\nSorry: mailbox full.\n\n--b\n", 1
    )
    assert classify(data).findings[0].bounce is Class.FULL
    # Other parts, such as our own returned text, do not count.
    other = data.replace(b"mailbox full", b"it did not work").replace(
        b"--b--", b"--b\nContent-Type: text/html\n\nmailbox full\n\n--b--"
    )
    assert classify(other).findings[0].bounce is Class.SOFT
    data = data.replace(b"Status: 5.0.0", b"Status: 5.0.0\nDiagnostic-Code: smtp; 550 no such user")
    assert classify(data).findings[0].bounce is Class.HARD


def test_text_before_the_fields_is_not_a_field() -> None:
    """In a report that was taken apart the fields begin with a recipient or a server; a line before them is a sentence."""
    text = "Status: 4.0.0 for two days\nFinal-Recipient: rfc822; ann@reader.example\nAction: failed\nStatus: 5.1.1\n"
    data = f"From: MAILER-DAEMON@mx.relay.example\nContent-Type: text/plain\n\n{text}"
    (finding,) = read_report(parse(data.encode()))
    assert (finding.recipient, finding.status) == ("ann@reader.example", "5.1.1")


def test_sentences_about_several_recipients_count_for_none() -> None:
    """With two recipients in a report, the text for people counts for none: each has only their own group of fields."""
    groups = [group(f"{name}@reader.example", action="failed", status="5.0.0") for name in ("ann", "bob")]
    data = report(*groups).replace(b"--b\n", b"--b\nContent-Type: text/plain\n\nSorry: mailbox full.\n\n--b\n", 1)
    assert [each.bounce for each in classify(data).findings] == [Class.SOFT, Class.SOFT]


def test_line_ends_in_a_report_that_was_encoded_make_no_difference() -> None:
    """In base64, line ends are as the server wrote them."""
    fields = "Reporting-MTA: dns; x\n\n" + "\n \n".join(
        group(f"{name}@reader.example", action="failed", status="5.1.1") for name in ("ann", "bob")
    )
    for ends in ("\n", "\r\n"):
        text = b64encode(fields.replace("\n", ends).encode()).decode()
        head = "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n"
        found = read_report(parse(f"From: x@y.example\n{head}{text}\n".encode()))
        assert [(each.recipient, each.status) for each in found] == [
            ("ann@reader.example", "5.1.1"),
            ("bob@reader.example", "5.1.1"),
        ]


@pytest.mark.parametrize("kind", [ReturnedKind.DELAY, ReturnedKind.RECEIPT])
def test_explained_findings_keep_their_values(kind: ReturnedKind) -> None:
    """Recipient, kind and answer stay as they are; a bounce also gets class and meaning."""
    said = BounceFinding(
        recipient="ann@b.example",
        original="ann@a.example",
        kind=kind,
        status="5.2.2",
        reply=ServerReply(code=552, enhanced="5.2.2", text="5.2.2 full"),
    )
    assert replace(explained(said), why="") == said and explained(said).why
    bounce = replace(said, kind=ReturnedKind.BOUNCE, bounce=Class.FULL, meaning=Meaning.FULL)
    assert replace(judged(said, ""), why="") == bounce and judged(said, "").why
