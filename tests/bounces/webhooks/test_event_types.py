"""Forms of returned messages: which text counts, and which messages are never bounces."""

from datetime import UTC, datetime

import pytest

from composer.audience.identity.tokens import Purpose
from composer.audience.subscribers import Status
from composer.bounces.parse.classifier import classify
from composer.bounces.parse.vocabulary import Class, ReturnedKind
from composer.bounces.record.bounce_policy import BounceEffect
from composer.database.engine import Database
from tests.bounces.intake.test_ingest import status, subscriber, take_in
from tests.bounces.news import TOKENS, message_header, report, verp


def letter(body: str, *fields: str, sender: str = "MAILER-DAEMON@mx.example", subject: str = "failure notice") -> bytes:
    lines = [f"From: {sender}", "To: bounces+abc@news.example.org", f"Subject: {subject}", *fields, "", body, ""]
    return "\n".join(lines).encode()


def several(*groups: str, said: str = "This is the mail system.") -> bytes:
    parts = "\n\n".join(("Reporting-MTA: dns; mx.relay.example", *groups))
    return letter(
        f"--b\nContent-Type: text/plain\n\n{said}\n\n--b\nContent-Type: message/delivery-status\n\n{parts}\n\n--b--",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    )


def group(recipient: str, status: str, said: str, action: str = "failed") -> str:
    return f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {said}"


GONE = ("5.1.1", "550 5.1.1 User unknown")
QUOTA = ("5.2.2", "552 5.2.2 Mailbox full")
SPAM = ("5.1.1", "550 5.1.1 Message looks like spam")
BARE = ("5.0.0", "550 Requested action not taken: mailbox unavailable")


@pytest.mark.parametrize(
    ("said", "groups", "classes"),
    [
        ("", [("ann", *GONE), ("bob", *QUOTA)], [Class.HARD, Class.FULL]),
        ("", [("ann", *SPAM), ("bob", *GONE), ("eve", *QUOTA)], [Class.OURS, Class.HARD, Class.FULL]),
        (
            "<ann@x.example>: user unknown\n<bob@x.example>: see below",
            [("ann", *GONE), ("bob", *BARE)],
            [Class.HARD, Class.SOFT],
        ),
        (
            "ann: mailbox full. bob: no such user",
            [("ann", *BARE), ("bob", "5.0.0", "550 no")],
            [Class.SOFT, Class.SOFT],
        ),
        ("blocked as spam", [("ann", *GONE), ("bob", *GONE)], [Class.HARD, Class.HARD]),
        ("no such user", [("ann", "4.4.7", "554 4.4.7 message expired"), ("bob", *GONE)], [Class.SOFT, Class.HARD]),
    ],
)
def test_each_recipient_of_a_report_is_judged_by_their_own_group(
    said: str, groups: list[tuple[str, str, str]], classes: list[Class]
) -> None:
    """Text about one recipient, or in the sentences above, does not count against another one."""
    returned = classify(several(*(group(f"{name}@x.example", *rest) for name, *rest in groups), said=said))
    assert [each.bounce for each in returned.findings] == classes


@pytest.mark.parametrize(
    ("body", "recipient", "bounce"),
    [
        (
            "Hi. This is the qmail-send program.\n\nSorry, no mailbox here by that name: <ann@x.example>\n",
            "ann@x.example",
            Class.HARD,
        ),
        (
            "The user's mailbox is full, so this could not be delivered:\n\n  ann@x.example\n",
            "ann@x.example",
            Class.FULL,
        ),
        ("550 5.1.1 No such user\n\nFailed address:\n<ann@x.example>\n", "ann@x.example", Class.HARD),
        ("Your message was considered spam and rejected for:\n\n<ann@x.example>\n", "ann@x.example", Class.OURS),
        ("Der Empfänger ist unbekannt:\n\n<ann@x.example>\n", "ann@x.example", Class.HARD),
        ("Your message expired in the queue and was not delivered to:\n<ann@x.example>\n", "ann@x.example", Class.SOFT),
        ("552 5.2.2 over quota: the message could not be stored for\n<ann@x.example>\n", "ann@x.example", Class.FULL),
    ],
)
def test_the_sentence_before_the_address_counts(body: str, recipient: str, bounce: Class) -> None:
    """Many servers first say what is wrong, and then name the address."""
    (finding,) = classify(letter(body)).findings
    assert (finding.recipient, finding.bounce) == (recipient, bounce)


def nested(outer: str, inner: bytes) -> bytes:
    return letter(
        f"--o\nContent-Type: text/plain\n\n{outer}\n\n--o\nContent-Type: message/rfc822\n\n{inner.decode()}\n--o--",
        'Content-Type: multipart/mixed; boundary="o"',
        subject="Undeliverable: message returned by gateway",
    )


@pytest.mark.parametrize(
    ("outer", "inner", "bounce"),
    [
        ("The attached report was received.", several(group("ann@x.example", *GONE)), Class.HARD),
        ("", several(group("ann@x.example", *QUOTA)), Class.FULL),
        ("Gateway could not hand on the message.", several(group("ann@x.example", *SPAM)), Class.OURS),
        ("See attachment", several(group("ann@x.example", "4.4.7", "554 4.4.7 message expired")), Class.SOFT),
        ("Delivery failed.", several(group("ann@x.example", "5.1.2", "550 5.1.2 Host unknown")), Class.BAD_DOMAIN),
    ],
)
def test_a_report_inside_a_gateways_message_is_read(outer: str, inner: bytes, bounce: Class) -> None:
    """If a gateway wraps a report and says nothing clear itself, the report inside counts."""
    (finding,) = classify(nested(outer, inner)).findings
    assert (finding.recipient, finding.bounce) == ("ann@x.example", bounce)


def test_a_report_inside_a_report_is_read_where_the_outer_one_says_nothing() -> None:
    """Both have the form of a report; the outer one is a gateway's own."""
    inner = several(group("ann@x.example", *GONE)).decode()
    outer = group("ann@x.example", "5.0.0", "550 see the attached report")
    data = letter(
        f"--o\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; gw.example\n\n{outer}\n\n"
        f"--o\nContent-Type: message/rfc822\n\n{inner}\n--o--",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="o"',
    )
    assert classify(data).findings[0].bounce is Class.HARD


def receipt(said: str, disposition: str = "automatic-action/MDN-sent-automatically; deleted") -> bytes:
    return letter(
        f"--b\nContent-Type: text/plain\n\n{said}\n\n--b\nContent-Type: message/disposition-notification\n\n"
        f"Reporting-UA: mx.x.example; Dovecot Mail Delivery Agent\nFinal-Recipient: rfc822; ann@x.example\n"
        f"Disposition: {disposition}\n\n--b--",
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"',
        "Auto-Submitted: auto-replied (rejected)",
        sender="Mail Delivery Subsystem <postmaster@x.example>",
        subject="Rejected: A cheap model",
    )


@pytest.mark.parametrize(
    ("said", "bounce"),
    [
        (
            "Your message to <ann@x.example> was automatically rejected:\nQuota exceeded (mailbox for user is full)",
            Class.FULL,
        ),
        (
            "Your message to <ann@x.example> was automatically rejected:\nQuota exceeded (mailbox storage limit)",
            Class.FULL,
        ),
        ("Your message to <ann@x.example> was automatically rejected:\nMailbox is full", Class.FULL),
        ("Your message to <ann@x.example> was automatically rejected:\nUser is over quota", Class.FULL),
        ("Your message to <ann@x.example> was automatically rejected:\nMessage looks like spam", Class.OURS),
        ("Your message to <ann@x.example> was automatically rejected:\nI do not want your mail", Class.SOFT),
    ],
)
def test_dovecots_rejections_are_bounces(said: str, bounce: Class) -> None:
    """They come in the form of a receipt (RFC 5429), and are bounces."""
    returned = classify(receipt(said))
    assert (returned.kind, returned.findings[0].bounce) == (ReturnedKind.BOUNCE, bounce)


@pytest.mark.parametrize(
    "said",
    [
        "Your message was displayed.",
        "The message that you sent to ann@x.example was read on Monday.",
        "This is a receipt: it was deleted without being read.",
        "Ihre Nachricht wurde gelesen.",
        "The message was processed automatically.",
    ],
)
def test_receipts_are_not_bounces(said: str) -> None:
    """A message that was read or deleted has arrived."""
    assert classify(receipt(said, "manual-action/MDN-sent-manually; displayed")).kind is ReturnedKind.RECEIPT


#: Sentences of Exchange, Gmail, Domino, GroupWise and Notes that repeat the subject of our message.
_REPEATS = (
    "Your message did not reach some or all of the recipients.\n\n  Subject:  Why your mailbox is full: spam\n  Sent: Monday\n",
    "Your message\n\n  Subject: No such user, account disabled\n\nwas not delivered.\n",
    "Ihre Nachricht hat den Empfänger nicht erreicht.\n\nBetreff: Empfänger unbekannt\n",
    "The message could not be delivered.\n\n----- Original message -----\nSubject: user unknown\n\nThe mailbox is full. Spam!\n",
    "It failed.\n\nReturn-Path: <bounces@news.example.org>\nReceived: from spam.example\nSubject: mailbox full\n",
    "Objet : boîte pleine\nObjet: adresse inconnue\n\nEchec.\n",
)


@pytest.mark.parametrize("said", _REPEATS)
def test_the_text_of_our_own_message_does_not_count(said: str) -> None:
    """Its subject, its header and its text are about the news, wherever a server repeats them."""
    (finding,) = classify(several(group("ann@x.example", "5.0.0", "550 failed"), said=said)).findings
    assert finding.bounce is Class.SOFT


@pytest.mark.parametrize(
    ("sender", "subject", "body"),
    [
        (
            "Postmaster <postmaster@x.example>",
            "Address change",
            "The address ben@x.example has changed. Please update your address book.",
        ),
        (
            "postmaster@x.example",
            "New address",
            "My new e-mail address is ben@y.example; the old mailbox will no longer exist.",
        ),
        (
            "Mail System <mail-system@x.example>",
            "Neue E-Mail-Adresse",
            "Meine neue E-Mail-Adresse: ben@y.example. Die alte Adresse existiert nicht mehr.",
        ),
        (
            "mailer-daemon@x.example",
            "Nouvelle adresse",
            "Ma nouvelle adresse est ben@y.example, l'ancienne n'existe plus.",
        ),
        (
            "postmaster@x.example",
            "Change of email address",
            "ben@x.example is now ben@y.example. Your message has been forwarded.",
        ),
        (
            "Postmaster <postmaster@x.example>",
            "Notice",
            "Your message has been forwarded. Please update your contacts: user unknown from May.",
        ),
        ("postmaster@x.example", "Cambio", "Mi nueva dirección es ben@y.example. El buzón no existe desde enero."),
    ],
)
def test_a_change_of_address_is_not_a_bounce(sender: str, subject: str, body: str) -> None:
    """Whoever has another address now has received the message, or tells us the new one."""
    assert classify(letter(body, "Return-Path: <>", sender=sender, subject=subject)).kind is ReturnedKind.OUT_OF_OFFICE


#: What never has an effect: the beginning of a message, and its body.
QUIET = {
    "apple": ("X-Apple-Action: VACATION", "Re: A cheap model", "I am away until Monday. My mailbox is full."),
    "apple criteria": ("X-Apple-Criteria: {{kind=VACATION,recipients=1396}}", "Re: News", "User unknown until May."),
    "apple german": ("X-Apple-Action: vacation", "AW: News", "Ich bin im Urlaub. Das Postfach existiert nicht mehr."),
    "apple french": ("X-Apple-Action: VACATION", "Re : Nouvelles", "Je suis absent. Adresse inconnue."),
    "apple chinese": ("X-Apple-Action: VACATION", "回复", "我在休假，邮箱不存在。"),
    "exchange": (
        "X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated",
        "Automatic reply: News",
        "550 5.1.1 user unknown",
    ),
    "gmail": ("Auto-Submitted: auto-replied\nPrecedence: bulk", "On vacation Re: News", "This account is disabled."),
    "left": (
        "Auto-Submitted: auto-replied",
        "Ann has left the company",
        "ann@reader.example is no longer valid. 550 no such user",
    ),
    "vacation": ("Auto-Submitted: auto-replied (vacation)", "away from my mail", "My mailbox does not exist."),
    "german": ("Precedence: bulk", "Abwesenheitsnotiz", "Empfänger unbekannt: bin im Urlaub."),
    "french": ("X-Autoreply: yes", "Réponse automatique : Nouvelles", "Adresse inconnue."),
    "spanish": ("X-Autoreply: yes", "Respuesta automática: Noticias", "El buzón está lleno."),
    "japanese": ("X-Autoreply: yes", "自動応答", "宛先が存在しません"),
    "russian": ("Auto-Submitted: auto-replied", "Автоответ", "Пользователь не найден"),
    "ticket": ("Auto-Submitted: auto-replied", "[#4711] Ticket created", "User unknown; we opened a ticket."),
    "challenge": ("", "Please confirm your message", "550 5.1.1 user unknown until you click."),
}


@pytest.mark.parametrize("name", QUIET)
def test_absences_have_no_effect(database: Database, name: str) -> None:
    """Absences with our token in their address, our message quoted, and the text of a bounce: no subscriber changes."""
    fields, subject, body = QUIET[name]
    ann = subscriber(database, "ann@reader.example")
    data = (
        f"Return-Path: <ann@reader.example>\nFrom: Ann <ann@reader.example>\nTo: {verp(ann, 7)}\n"
        f"Subject: {subject}\n{fields.format()}\n\n{body}\n\n> {message_header(ann, 7)}\n"
    )
    effects = take_in(database, data.replace("\n\n\n", "\n\n").encode()).effects
    assert effects == {BounceEffect.LEFT: 1}
    assert status(database, "ann@reader.example") is Status.ACTIVE


DELAYS = [
    report("{to}", "ann@reader.example", action="delayed", status="4.4.1", diagnostic="smtp; 450 4.1.1 user unknown"),
    report("{to}", "ann@reader.example", action="delayed", status="4.2.2", diagnostic="smtp; 452 4.2.2 mailbox full"),
    report("{to}", "ann@reader.example", action="delayed", status="5.1.1", diagnostic="smtp; 550 5.1.1 no such user"),
    report("{to}", "ann@reader.example", action="Delayed (will retry)", status="4.4.7", diagnostic="smtp; 421 later"),
    report("{to}", "ann@reader.example", action="", status="4.0.0", diagnostic="smtp; 451 account disabled"),
    letter("Your message is not yet delivered to ann@reader.example; we will keep trying.\n550 user unknown", subject="Warning"),
    letter("This is a warning message only.\nYou do not need to resend it: ann@reader.example, mailbox full", subject="Delayed"),
    letter("Die Zustellung an ann@reader.example verzögert sich, sie wird weiterhin versucht. Empfänger unbekannt."),
    letter("Delivery to ann@reader.example has been delayed. No such user here.", subject="Delivery Status Notification (Delay)"),
    letter("La livraison à ann@reader.example sera retentée. Adresse inconnue."),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(DELAYS)))
def test_delays_have_no_effect(database: Database, number: int) -> None:
    """The server is still retrying, even if the text says something else."""
    ann = subscriber(database, "ann@reader.example")
    data = (
        DELAYS[number].replace(b"{to}", verp(ann, 7).encode()).replace(b"bounces+abc@", verp(ann, 7).encode() + b", x@")
    )
    summary = take_in(database, data)
    assert (summary.kinds, summary.effects) == ({ReturnedKind.DELAY: 1}, {BounceEffect.LEFT: 1})
    assert status(database, "ann@reader.example") is Status.ACTIVE


@pytest.mark.parametrize(
    ("returned", "recipient", "is_moved"),
    [
        ("", "someone@else.example", False),
        ("Message-ID: <1@news.example.org>\n", "someone@else.example", False),
        ("Subject: our subject\n", "ann", False),
        ("id of another subscriber", "someone@else.example", False),
        ("token of another purpose", "someone@else.example", False),
        ("", "ANN@reader.example", True),
        ("id", "ann", True),
        ("token", "ann", True),
    ],
)
def test_a_message_without_our_content_is_soft_at_most(
    database: Database, returned: str, recipient: str, is_moved: bool
) -> None:
    """The recipient address alone proves no bounce: the report must return our token, our Message-ID or the address."""
    ann = subscriber(database, "ann@reader.example")
    for mailing in (7, 8):
        inside = {
            "id": message_header(ann, mailing),
            "id of another subscriber": message_header(ann + 1, mailing),
            "token": f"Return-Path: <{verp(ann, mailing)}>\n",
            "token of another purpose": f"X: <a+{TOKENS.make(Purpose.UNSUBSCRIBE, ann)}@b.example>\n",
        }.get(returned, returned)
        data = report(verp(ann, mailing), recipient, returned=inside, number=mailing)
        take_in(database, data, now=datetime(2025, 1, mailing, tzinfo=UTC))
    assert status(database, "ann@reader.example") is (Status.BOUNCED if is_moved else Status.ACTIVE)
