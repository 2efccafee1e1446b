"""Events of SendGrid, Mailgun, Brevo, Mailjet and others, after the examples in their documentation."""

import base64
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from composer.audience.identity.tokens import Purpose
from composer.bounces.parse.vocabulary import Class, ReturnedKind
from composer.bounces.record.bounce_settings import Webhooks
from composer.bounces.record.token_proof import prove_recipient
from composer.bounces.webhooks.webhook_calls import CallError, Event
from composer.bounces.webhooks.webhook_registry import WEBHOOKS
from composer.core.addresses import Address
from composer.doctor.bounce_route import look_at_bounce_route
from composer.doctor.diagnosis import DiagnosisLevel
from composer.mail.letterhead import Addressing, own_lines
from composer.mail.relays import echo_headers
from composer.transport.server_settings import Secret
from tests.bounces.news import TOKENS

NOW = datetime(2025, 1, 31, 12, tzinfo=UTC)
#: X-Compose-ID and Message-ID of a message to subscriber 1 in mailing 7.
OURS = TOKENS.make(Purpose.MESSAGE, 1, 7)
MESSAGE_ID = f"<{OURS}@news.example.org>"
PASSWORD = "compose:a-secret"
BASIC = {"authorization": "Basic " + base64.b64encode(PASSWORD.encode()).decode()}
KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = base64.b64encode(
    KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()
MAILGUN_KEY = "key-of-mailgun"
SECRETS = {
    "bounces": Secret(PASSWORD),
    "brevo": Secret(PASSWORD),
    "mailjet": Secret(PASSWORD),
    "mailgun": Secret(MAILGUN_KEY),
    "sendgrid": Secret(PUBLIC),
}


def sendgrid(*events: Mapping[str, Any], at: datetime = NOW) -> tuple[bytes, dict[str, str]]:
    """Sign as SendGrid does: ECDSA over timestamp and body."""
    body, timestamp = json.dumps(events).encode(), str(int(at.timestamp()))
    signature = KEY.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return body, {
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": timestamp,
    }


def mailgun(event: Mapping[str, Any], *, at: datetime = NOW, key: str = MAILGUN_KEY) -> tuple[bytes, dict[str, str]]:
    """Sign as Mailgun does: HMAC over timestamp and token."""
    timestamp, token = str(int(at.timestamp())), "c1a6f2d07b" * 5
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), "sha256").hexdigest()
    told = {"signature": {"timestamp": timestamp, "token": token, "signature": signature}, "event-data": event}
    return json.dumps(told).encode(), {}


def basic(event: object) -> tuple[bytes, dict[str, str]]:
    return json.dumps(event).encode(), BASIC


def sg(event: str, **more: Any) -> dict[str, Any]:
    return {
        "email": "ann@reader.example",
        "timestamp": 1738324809,
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        "event": event,
        "category": ["news"],
        "sg_event_id": "ZHVwbGljYXRlLW5v",
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        "compose_id": OURS,
        **more,
    }


def mg(event: str, **more: Any) -> dict[str, Any]:
    return {
        "event": event,
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": 1738324809.389832,
        "recipient": "ann@reader.example",
        "message": {"headers": {"to": "ann@reader.example", "message-id": "2013@relay.example"}, "size": 809},
        "user-variables": {"compose_id": OURS},
        **more,
    }


def brevo(event: str, **more: Any) -> dict[str, Any]:
    return {
        "event": event,
        "email": "ann@reader.example",
        "id": 26224,
        "date": "2025-01-31 12:00:09",
        "ts_epoch": 1738324809000,
        "message-id": "<201798300811.5787683@smtp-relay.example>",
        "subject": "News",
        "X-Mailin-custom": OURS,
        **more,
    }


def mj(event: str, **more: Any) -> dict[str, Any]:
    return {
        "event": event,
        "time": 1738324809,
        "MessageID": 19421777396190490,
        "Message_GUID": "1ab23cd4-e567-8901-2345-6789f0gh1i2j",
        "email": "ann@reader.example",
        "mj_campaign_id": 7173,
        "CustomID": OURS,
        "Payload": "",
        **more,
    }


def own(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "message_id": MESSAGE_ID, "recipient": "ann@reader.example", **more}


GONE = "550 5.1.1 The email account that you tried to reach does not exist."
SPAM = "550 5.1.1 Message rejected as spam"
EVENTS: list[tuple[str, tuple[bytes, dict[str, str]], ReturnedKind, Class | None]] = [
    ("sendgrid", sendgrid(sg("bounce", reason=GONE, status="5.1.1", type="bounce")), ReturnedKind.BOUNCE, Class.HARD),
    ("sendgrid", sendgrid(sg("bounce", reason=SPAM, status="5.1.1", type="bounce")), ReturnedKind.BOUNCE, Class.OURS),
    ("sendgrid", sendgrid(sg("bounce", reason=GONE, status="5.1.1", type="blocked")), ReturnedKind.BOUNCE, Class.SOFT),
    ("sendgrid", sendgrid(sg("bounce", reason="", type="blocked")), ReturnedKind.BOUNCE, Class.OURS),
    ("sendgrid", sendgrid(sg("bounce", reason="552 5.2.2 mailbox full", type="blocked")), ReturnedKind.BOUNCE, Class.FULL),
    ("sendgrid", sendgrid(sg("dropped", reason="Bounced Address")), ReturnedKind.BOUNCE, Class.HARD),
    ("sendgrid", sendgrid(sg("dropped", reason="Spam Content")), ReturnedKind.BOUNCE, Class.OURS),
    ("sendgrid", sendgrid(sg("dropped", reason="Spam Reporting Address")), ReturnedKind.COMPLAINT, None),
    ("sendgrid", sendgrid(sg("deferred", response="451 try again later", attempt="5")), ReturnedKind.DELAY, None),
    ("sendgrid", sendgrid(sg("spamreport")), ReturnedKind.COMPLAINT, None),
    ("sendgrid", sendgrid(sg("group_unsubscribe", asm_group_id=10)), ReturnedKind.UNSUBSCRIBE, None),
    (
        "mailgun",
        mailgun(mg("failed", severity="permanent", reason="bounce",
                   **{"delivery-status": {"code": 550, "message": "5.1.1 The email account does not exist", "attempt-no": 1}})),
        ReturnedKind.BOUNCE,
        Class.HARD,
    ),
    (
        "mailgun",
        mailgun(mg("failed", severity="permanent", reason="generic",
                   **{"delivery-status": {"code": 550, "message": "5.7.1 blocked using zen.spamhaus.org"}})),
        ReturnedKind.BOUNCE,
        Class.OURS,
    ),
    (
        "mailgun",
        mailgun(mg("failed", severity="permanent", reason="suppress-bounce",
                   **{"delivery-status": {"code": 605, "description": "Not delivering to previously bounced address"}})),
        ReturnedKind.BOUNCE,
        Class.HARD,
    ),
    (
        "mailgun",
        mailgun(mg("failed", severity="permanent", reason="old",
                   **{"delivery-status": {"code": 602, "message": "Too old"}})),
        ReturnedKind.BOUNCE,
        Class.SOFT,
    ),
    ("mailgun", mailgun(mg("failed", severity="temporary", reason="generic")), ReturnedKind.DELAY, None),
    ("mailgun", mailgun(mg("complained")), ReturnedKind.COMPLAINT, None),
    ("mailgun", mailgun(mg("unsubscribed")), ReturnedKind.UNSUBSCRIBE, None),
    ("brevo", basic(brevo("hard_bounce", reason=f" RecipientError: {GONE}")), ReturnedKind.BOUNCE, Class.HARD),
    ("brevo", basic(brevo("hard_bounce", reason=SPAM)), ReturnedKind.BOUNCE, Class.OURS),
    ("brevo", basic(brevo("soft_bounce", reason=GONE)), ReturnedKind.BOUNCE, Class.SOFT),
    ("brevo", basic(brevo("blocked", reason="blocked : due to blacklist user")), ReturnedKind.BOUNCE, Class.OURS),
    ("brevo", basic(brevo("invalid_email")), ReturnedKind.BOUNCE, Class.HARD),
    ("brevo", basic(brevo("deferred", reason="550 5.1.1 User unknown")), ReturnedKind.DELAY, None),
    ("brevo", basic(brevo("spam")), ReturnedKind.COMPLAINT, None),
    ("brevo", basic(brevo("unsubscribed")), ReturnedKind.UNSUBSCRIBE, None),
    ("mailjet", basic(mj("bounce", hard_bounce=True, error="invalid domain", comment="Host or domain name not found")),
     ReturnedKind.BOUNCE, Class.BAD_DOMAIN),
    ("mailjet", basic([mj("bounce", hard_bounce=True, error_related_to="recipient", error="user unknown")]),
     ReturnedKind.BOUNCE, Class.HARD),
    ("mailjet", basic(mj("bounce", hard_bounce=False, error="user unknown")), ReturnedKind.BOUNCE, Class.SOFT),
    ("mailjet", basic(mj("bounce", hard_bounce=False, error="quota exceeded")), ReturnedKind.BOUNCE, Class.FULL),
    ("mailjet", basic(mj("bounce", hard_bounce=True, error="policy issue")), ReturnedKind.BOUNCE, Class.OURS),
    ("mailjet", basic(mj("blocked", error_related_to="mailjet", error="preblocked")), ReturnedKind.BOUNCE, Class.OURS),
    ("mailjet", basic(mj("spam", source="JMRPP")), ReturnedKind.COMPLAINT, None),
    ("mailjet", basic(mj("unsub", mj_list_id=1)), ReturnedKind.UNSUBSCRIBE, None),
    ("bounces", basic(own("hard_bounce", text=GONE)), ReturnedKind.BOUNCE, Class.HARD),
    ("bounces", basic(own("hard_bounce", text="450 4.1.1 user unknown")), ReturnedKind.BOUNCE, Class.SOFT),
    ("bounces", basic(own("hard_bounce")), ReturnedKind.BOUNCE, Class.HARD),
    ("bounces", basic(own("soft_bounce", text=GONE, status="5.1.1")), ReturnedKind.BOUNCE, Class.SOFT),
    ("bounces", basic(own("blocked")), ReturnedKind.BOUNCE, Class.OURS),
    ("bounces", basic([own("delay", text=GONE)]), ReturnedKind.DELAY, None),
    ("bounces", basic({"kind": "complaint", "compose_id": OURS}), ReturnedKind.COMPLAINT, None),
    ("bounces", basic(own("unsubscribe")), ReturnedKind.UNSUBSCRIBE, None),
]  # fmt: skip


def read(name: str, call: tuple[bytes, Mapping[str, str]], secret: Secret | None = None) -> list[Event]:
    return list(WEBHOOKS[name].read(*call, secret or SECRETS[name], NOW))


@pytest.mark.parametrize(("name", "call", "kind", "bounce"), EVENTS)
def test_each_event_has_a_kind(
    name: str, call: tuple[bytes, dict[str, str]], kind: ReturnedKind, bounce: Class | None
) -> None:
    """The server's answer is judged as everywhere, the provider's type only makes it milder, and our key identifies."""
    (event,) = read(name, call)
    (finding,) = event.returned.findings
    assert (finding.kind, finding.bounce, finding.recipient or "ann@reader.example") == (
        kind,
        bounce,
        "ann@reader.example",
    )
    proven, claim = prove_recipient(event.returned, TOKENS)
    assert claim is not None and (proven, claim.subscriber_id, claim.mailing_id) == (kind, 1, 7)


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("sendgrid", ["processed", "delivered", "open", "click", "group_resubscribe", ""]),
        ("mailgun", ["accepted", "delivered", "opened", "clicked", ""]),
        ("brevo", ["request", "delivered", "opened", "unique_opened", "click", "error", ""]),
        ("mailjet", ["sent", "open", "click", ""]),
    ],
)
def test_other_events_are_ignored(name: str, events: Iterable[str]) -> None:
    """Delivered, opened and clicked messages are not recorded."""
    calls = {
        "sendgrid": lambda each: sendgrid(sg(each)),
        "mailgun": lambda each: mailgun(mg(each)),
        "brevo": lambda each: basic(brevo(each)),
        "mailjet": lambda each: basic(mj(each)),
    }
    assert [read(name, calls[name](each)) for each in events] == [[] for _ in events]


LATER, EARLIER = NOW.replace(day=2), NOW.replace(month=2, day=3)
WRONG: list[tuple[str, tuple[bytes, dict[str, str]]]] = [
    ("sendgrid", (sendgrid(sg("spamreport"))[0], {})),
    ("sendgrid", (sendgrid(sg("spamreport"))[0] + b" ", sendgrid(sg("spamreport"))[1])),
    ("sendgrid", (sendgrid(sg("bounce"))[0], sendgrid(sg("spamreport"))[1])),
    ("sendgrid", sendgrid(sg("spamreport"), at=LATER)),
    ("sendgrid", sendgrid(sg("spamreport"), at=EARLIER)),
    ("mailgun", mailgun(mg("complained"), key="another")),
    ("mailgun", mailgun(mg("complained"), at=LATER)),
    ("mailgun", mailgun(mg("complained"), at=EARLIER)),
    ("mailgun", (json.dumps({"event-data": mg("complained")}).encode(), {})),
    ("mailgun", (b'{"signature": {"timestamp": "\\u00e9", "token": 1, "signature": "\\u00e9"}}', {})),
    *(
        (name, (json.dumps(event).encode(), header))
        for name, event in (("brevo", brevo("spam")), ("mailjet", mj("spam")), ("bounces", own("complaint")))
        for header in (
            {},
            {"authorization": "Basic " + base64.b64encode(b"compose:wrong").decode()},
            {"authorization": "Bearer a-secret"},
            {"authorization": "Basic \N{SNOWMAN}"},
        )
    ),
    *((name, (body, BASIC)) for name in ("brevo", "mailjet", "bounces") for body in (b"{", b"3", b"[3]", b"[" * 5000)),
    ("bounces", basic(own("bounced"))),
    ("bounces", basic([own("complaint")] * 1001)),
]


@pytest.mark.parametrize(("name", "call"), WRONG)
def test_unproven_calls_are_rejected(name: str, call: tuple[bytes, dict[str, str]]) -> None:
    """Another key, another body, another time, no password or no JSON: rejected."""
    with pytest.raises(CallError):
        read(name, call)


def test_a_key_of_another_kind_verifies_nothing() -> None:
    """An invalid key in the environment rejects the call."""
    for key in ("", "AAAA", "no key"):
        with pytest.raises(CallError):
            read("sendgrid", sendgrid(sg("spamreport")), Secret(key))


@pytest.mark.parametrize(
    ("host", "line"),
    [
        ("smtp.sendgrid.net", b'X-SMTPAPI: {"unique_args": {"compose_id": "%s"}}\r\n'),
        ("smtp.eu.mailgun.org", b'X-Mailgun-Variables: {"compose_id": "%s"}\r\n'),
        ("smtp-relay.brevo.com", b"X-Mailin-custom: %s\r\n"),
        ("in-v3.mailjet.com", b"X-MJ-CustomID: %s\r\n"),
        ("smtp.example.org", None),
        ("notsendgrid.net", None),
    ],
)
def test_a_relay_gets_the_header_that_it_returns(host: str, line: bytes | None) -> None:
    """The header has the id of the message and nothing else."""
    addressing = Addressing(
        to=Address(address="ann@reader.example"), date=NOW, message_id=MESSAGE_ID, echoes=echo_headers([host])
    )
    lines = own_lines(addressing, "News", None)
    plain = own_lines(Addressing(to=addressing.to, date=NOW, message_id=MESSAGE_ID), "News", None)
    more = line % OURS.encode() if line else b""
    assert lines.replace(b"\r\n ", b" ") == plain.replace(b"\r\n ", b" ") + more


@pytest.mark.parametrize(
    ("host", "webhooks", "health"),
    [
        ("smtp.sendgrid.net", Webhooks(), DiagnosisLevel.WEAK),
        ("smtp.sendgrid.net", Webhooks(secrets={"sendgrid": Secret("x")}), DiagnosisLevel.GOOD),
        ("smtp.sendgrid.net", Webhooks(secrets={"mailgun": Secret("x")}), DiagnosisLevel.WEAK),
        ("smtp.postmarkapp.com", Webhooks(), DiagnosisLevel.WEAK),
        ("smtp.postmarkapp.com", Webhooks(postmark=Secret("a:b")), DiagnosisLevel.GOOD),
        ("smtp.resend.com", Webhooks(), DiagnosisLevel.WEAK),
        ("smtp.resend.com", Webhooks(secrets={"bounces": Secret("a:b")}), DiagnosisLevel.GOOD),
        ("mail.example.org", Webhooks(), None),
    ],
)
def test_the_doctor_warns_of_a_relay_that_keeps_bounces(
    host: str, webhooks: Webhooks, health: DiagnosisLevel | None
) -> None:
    """The doctor warns until the relay's webhook is set up: no bounce would come back by mail."""
    found = look_at_bounce_route(host, webhooks)
    assert (found.health if found else None) == health
