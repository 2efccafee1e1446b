"""Automatic replies, and the names of bounces: every known subject, header field and sender."""

from pathlib import Path

import pytest

from composer.bounces.parse.automatic_replies import (
    automatic,
    comes_from_mailer,
    is_change_of_address,
    is_rejection_receipt,
    speaks_of_failure,
)
from composer.bounces.parse.classifier import classify
from composer.bounces.parse.mime import MimePart, parse
from composer.bounces.parse.vocabulary import Class, Format, ReturnedKind

SUBJECTS = [
    line.split(" | ")
    for line in (Path(__file__).parent / "subjects.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
ANSWERS = {"out of office": ReturnedKind.OUT_OF_OFFICE, "challenge": ReturnedKind.CHALLENGE}


def message(subject: str = "Hello", sender: str = "Ann <ann@reader.example>", *fields: str, body: str = "Hi.") -> bytes:
    lines = [f"From: {sender}", f"Subject: {subject}", "To: news@example.org", *fields, "", body, ""]
    return "\n".join(lines).encode()


def kind(data: bytes) -> ReturnedKind | None:
    told = automatic(parse(data))
    return told[0] if told else None


def test_each_subject_is_recognised() -> None:
    """Each subject is recognised in any case: an automatic reply at its beginning, a bounce anywhere."""
    wrong = [
        (subject, said)
        for said, subject in SUBJECTS
        for each in (subject, subject.upper(), f"[{subject}]")
        if (kind(message(each)), speaks_of_failure(parse(message(each)))) != (ANSWERS.get(said), said == "bounce")
    ]
    assert wrong == []
    for said, subject in SUBJECTS:
        if said in ANSWERS:
            assert kind(message(f"My own words on: {subject}")) is None, subject


@pytest.mark.parametrize(
    ("subject", "sender", "return_path", "wanted"),
    [
        ("Delivery report", "Ann <ann@reader.example>", "<>", ReturnedKind.BOUNCE),
        ("Zustellung nicht möglich", "gateway@reader.example", " <> ", ReturnedKind.BOUNCE),
        ("Delivery report", "Ann <ann@reader.example>", "<ann@reader.example>", ReturnedKind.NOT_UNDERSTOOD),
        ("A question", "Ann <ann@reader.example>", "<>", ReturnedKind.NOT_UNDERSTOOD),
        ("A question", "mailer-daemon@reader.example", "<ann@reader.example>", ReturnedKind.BOUNCE),
    ],
)
def test_a_bounce_from_an_unusual_sender(subject: str, sender: str, return_path: str, wanted: ReturnedKind) -> None:
    """An empty return path together with a subject of failure is a bounce; one of them alone is not."""
    data = message(
        subject, sender, f"Return-Path: {return_path}", body="<bob@reader.example>: 550 5.1.1 no such user\n"
    )
    returned = classify(data)
    assert returned.kind is wanted
    if wanted is ReturnedKind.BOUNCE:
        assert (returned.format, returned.findings[0].bounce) == (Format.FREE_TEXT, Class.HARD)


@pytest.mark.parametrize(
    "sender",
    [
        "MAILER-DAEMON@mx.example",
        "mailerdaemon@mx.example",
        "Postmaster <postmaster@mx.example>",
        "mail-daemon@mx.example",
        "MailDaemon@mx.example",
        "MMDF@mx.example",
        "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@mx.example",
        "MDaemon at mx.example <md@mx.example>",
        "bounce@mx.example",
        "bounces@mx.example",
        "Mail Delivery Subsystem <x@mx.example>",
        "Mail-System <x@mx.example>",
        "mailsubsystem@mx.example",
        "mail_deliveryservice@mx.example",
        "Delivery Status <x@mx.example>",
        "delivery.subsystem@mx.example",
        "delivery-notifications@mx.example",
    ],
)
def test_mail_servers_are_known_by_their_names(sender: str) -> None:
    """A message from a mail server is judged as a bounce, whatever fields of an answering program it has."""
    for written in (sender, sender.upper()):
        part = parse(message("A question", written, "X-Autoreply: yes"))
        assert comes_from_mailer(part)
        assert automatic(part) is None


@pytest.mark.parametrize("sender", ["ann@reader.example", "Ann Postmasters <a@b.example>", "bouncer@x.example", ""])
def test_people_are_not_mail_servers(sender: str) -> None:
    """A name that only begins like a server's is a person's."""
    part = parse(message("A question", sender, "X-Autoreply: yes"))
    assert not comes_from_mailer(part)
    assert kind(message("A question", sender, "X-Autoreply: yes")) is ReturnedKind.OUT_OF_OFFICE


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        *(
            ((f"{name}: x",), ReturnedKind.OUT_OF_OFFICE)
            for name in (
                "X-Autoreply",
                "X-Autorespond",
                "X-AutoResponder",
                "X-Auto-Reply",
                "X-Mail-Autoreply",
                "X-Vacation",
            )
        ),
        (("Auto-Submitted: auto-replied",), ReturnedKind.OUT_OF_OFFICE),
        (("Auto-Submitted: Auto-Replied (vacation)",), ReturnedKind.OUT_OF_OFFICE),
        (("Auto-Submitted: auto-generated",), None),
        (("Auto-Submitted: no",), None),
        (("Precedence: auto_reply",), ReturnedKind.OUT_OF_OFFICE),
        (("Precedence: Auto-Reply",), ReturnedKind.OUT_OF_OFFICE),
        (("Precedence: bulk",), None),
        (("X-Auto-Response-Suppress: All", "In-Reply-To: <x@news.example.org>"), ReturnedKind.OUT_OF_OFFICE),
        (("X-Auto-Response-Suppress: All",), None),
        (("In-Reply-To: <x@news.example.org>",), None),
        (("X-Failed-Recipients: bob@reader.example", "X-Autoreply: yes"), None),
        (("X-Mailer: Boxbe",), ReturnedKind.CHALLENGE),
        (("X-Delivery-Agent: TMDA/1.1",), ReturnedKind.CHALLENGE),
    ],
)
def test_fields_of_answering_programs(fields: tuple[str, ...], wanted: ReturnedKind | None) -> None:
    """Each field alone is enough, except fields that people's mail programs write too."""
    assert kind(message("Hello", "Ann <ann@reader.example>", *fields)) is wanted


@pytest.mark.parametrize(
    "name",
    ["Boxbe", "SpamArrest", "ChoiceMail", "TMDA", "0spam", "MailBlocks", "Sanebox Challenge", "Bluebottle"],
)
def test_programs_that_ask_for_a_person(name: str) -> None:
    """Such programs are recognised by the name of their sender."""
    assert kind(message("Hello", f"{name} <x@reader.example>")) is ReturnedKind.CHALLENGE


@pytest.mark.parametrize("type_", ["message/disposition-notification", "message/global-disposition-notification"])
def test_receipts(type_: str) -> None:
    """Receipts of RFC 8098 and RFC 6533 say read or deleted, whatever the subject says."""
    fields = 'Content-Type: multipart/report; boundary="b"'
    body = f"--b\nContent-Type: text/plain\n\nread\n\n--b\nContent-Type: {type_}\n\nDisposition: x\n\n--b--"
    assert kind(message("Out of office", "Ann <ann@reader.example>", fields, body=body)) is ReturnedKind.RECEIPT


def test_only_the_beginning_of_a_field_counts() -> None:
    """Only the first 500 characters of a subject count."""
    part: MimePart = parse(message("x" * 450 + " undeliverable"))
    assert speaks_of_failure(part)
    assert not speaks_of_failure(parse(message("x" * 500 + " undeliverable")))


def receipt(text: str, kind: str = "plain") -> MimePart:
    """Return a receipt with a text for people before it."""
    parts = f"--b\nContent-Type: text/{kind}\n\n{text}\n--b\nContent-Type: message/disposition-notification\n\nx: y\n--b--\n"
    return parse(f"Subject: x\nContent-Type: multipart/report; boundary=b\n\n{parts}".encode())


@pytest.mark.parametrize(
    ("text", "kind", "is_it"),
    [
        ("The message was automatically rejected: no", "plain", True),
        ("It WAS REJECTED BY THE RECIPIENT", "plain", True),
        ("It was refused by the recipient", "plain", True),
        ("It was read by the recipient", "plain", False),
        ("The message was automatically rejected: no", "html", False),
        ("x" * 4096 + " automatically rejected", "plain", False),
    ],
)
def test_a_message_that_a_recipients_server_rejected(text: str, kind: str, is_it: bool) -> None:
    """Dovecot's Sieve rejects in the form of a receipt; the same words in another message do not count."""
    assert is_rejection_receipt(receipt(text, kind)) is is_it
    # After another text.
    assert is_rejection_receipt(receipt(f"Hello.\n--b\nContent-Type: text/{kind}\n\n{text}")) is is_it
    assert not is_rejection_receipt(parse(message(body=text)))


@pytest.mark.parametrize(
    "words",
    [
        "My email address at work has changed",
        "The address has been changed",
        "my new e-mail address is",
        "changed address",
        "a change of address",
        "change of email address",
        "Please update your address book",
        "update your addressbook",
        "update your contacts",
        "update your records",
        "Meine neue E-Mail-Adresse",
        "meine neue Emailadresse",
        "ma nouvelle adresse",
        "mi nueva dirección",
        "mi nueva direccion",
        "我的新邮箱",
        "我的新的邮箱",
    ],
)
def test_a_notice_of_a_new_address(words: str) -> None:
    """A new address is recognised in subject or text, in any case; a bounce that mentions one is a bounce."""
    for each in (words, words.upper()):
        assert is_change_of_address(parse(message(each)), "")
        assert is_change_of_address(parse(message()), each)
        assert not is_change_of_address(parse(message("Undelivered Mail Returned to Sender")), each)
    assert not is_change_of_address(parse(message()), "x" * 4096 + words)
    assert not is_change_of_address(parse(message()), "Hello")
