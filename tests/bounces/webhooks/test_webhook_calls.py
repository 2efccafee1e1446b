"""Webhook calls: accepted only from the provider and for us, and classified like messages."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from composer.bounces.parse.vocabulary import Class, ReturnedKind
from composer.bounces.record.bounce_settings import Webhooks, webhooks_of
from composer.bounces.record.token_proof import prove_recipient
from composer.bounces.webhooks.postmark import read_postmark
from composer.bounces.webhooks.ses import Subscription, read_ses
from composer.bounces.webhooks.sns import get
from composer.bounces.webhooks.webhook_calls import CallError, Event
from composer.content.document.newsletter import read_newsletter
from composer.core.environment import Environment, SettingsError
from composer.transport.server_settings import Secret
from tests.bounces.news import TOKENS, message_header, report, verp
from tests.factories import LETTER, sample_message

TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime(2025, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), 1, now, now + timedelta(days=3650))
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


CERTIFICATE = _certificate()


def certificate(url: str) -> bytes:
    assert url == URL
    return CERTIFICATE


def signed(message: Mapping[str, Any], *, version: str = "2", **more: str) -> bytes:
    """Return a notification signed as SNS does: fields in the order of their names, a line each for name and value."""
    told = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": json.dumps(message),
        "Timestamp": "2025-01-30T08:00:09.000Z",
        "SignatureVersion": version,
        "SigningCertURL": URL,
        **more,
    }
    names = sorted(set(told) - {"SignatureVersion", "SigningCertURL", "Signature"})
    said = "".join(f"{name}\n{told[name]}\n" for name in names)
    algorithm: hashes.HashAlgorithm = hashes.SHA256() if version == "2" else hashes.SHA1()
    signature = KEY.sign(said.encode(), padding.PKCS1v15(), algorithm)
    told.setdefault("Signature", base64.b64encode(signature).decode())
    return json.dumps(told).encode()


def ses(body: bytes) -> Event:
    found = read_ses(body, topics={TOPIC}, certificate=certificate)
    assert isinstance(found, Event)
    return found


def bounce(kind: str, detail: str, **recipient: str) -> dict[str, Any]:
    """Return a notification of SES, as in its documentation."""
    return {
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": kind,
            "bounceSubType": detail,
            "bouncedRecipients": [{"emailAddress": "ann@reader.example", **recipient}],
            "timestamp": "2025-01-30T08:00:09.000Z",
            "feedbackId": "00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa0680-000000",
        },
        "mail": {
            "source": verp(1, 7),
            "messageId": "00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa068a-000000",
            "destination": ["ann@reader.example"],
        },
    }


@pytest.mark.parametrize(
    ("kind", "detail", "recipient", "expected"),
    [
        ("Permanent", "General", {"status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}, Class.HARD),
        ("Permanent", "General", {}, Class.HARD),
        ("Permanent", "NoEmail", {}, Class.HARD),
        ("Permanent", "OnAccountSuppressionList", {"status": "5.1.1"}, Class.HARD),
        ("Permanent", "General", {"status": "5.7.1", "diagnosticCode": "smtp; 550 5.7.1 blocked"}, Class.OURS),
        ("Transient", "MailboxFull", {}, Class.FULL),
        ("Transient", "General", {"status": "4.4.7", "diagnosticCode": "smtp; 550 4.4.7 Message expired"}, Class.SOFT),
        ("Transient", "MessageTooLarge", {}, Class.OURS),
        ("Transient", "ContentRejected", {}, Class.OURS),
        ("Undetermined", "Undetermined", {}, Class.SOFT),
    ],
)
def test_a_bounce_of_ses(kind: str, detail: str, recipient: dict[str, str], expected: Class) -> None:
    """Codes outweigh Amazon's types; the envelope's sender identifies the subscriber."""
    event = ses(signed(bounce(kind, detail, **recipient)))
    (finding,) = event.returned.findings
    assert (event.returned.kind, finding.bounce, finding.recipient) == (
        ReturnedKind.BOUNCE,
        expected,
        "ann@reader.example",
    )
    proven, claim = prove_recipient(event.returned, TOKENS)
    assert claim is not None and (claim.subscriber_id, claim.mailing_id, proven) == (1, 7, ReturnedKind.BOUNCE)


def test_a_transient_absence_at_ses_is_not_a_bounce() -> None:
    """Transient, general, without a text: SES reports automatic answers like this."""
    assert ses(signed(bounce("Transient", "General"))).returned.kind is ReturnedKind.OUT_OF_OFFICE


def test_a_complaint_of_ses_by_the_header_of_the_message() -> None:
    """With original headers switched on, X-Compose-ID identifies the subscriber although SES wrote its own Message-ID."""
    name = message_header(1, 7).partition("<")[2].partition("@")[0]
    told = {
        "eventType": "Complaint",
        "complaint": {"complainedRecipients": [{"emailAddress": "ann@reader.example"}], "feedbackId": "f-1"},
        "mail": {"source": "x@y.example", "headers": [{"name": "X-Compose-ID", "value": name}]},
    }
    event = ses(signed(told))
    kind, claim = prove_recipient(event.returned, TOKENS)
    assert (kind, claim and claim.subscriber_id) == (ReturnedKind.COMPLAINT, 1)
    told["complaint"]["complaintFeedbackType"] = "not-spam"  # type: ignore[index]
    assert read_ses(signed(told), topics={TOPIC}, certificate=certificate) is None


def test_a_repeated_event_counts_once() -> None:
    """SNS delivers at least once, each time with its own id: the id of the feedback counts."""
    one, other = (signed(bounce("Permanent", "General"), MessageId=each) for each in ("a", "b"))
    assert ses(one).hash == ses(other).hash


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_signatures_of_sns_are_read(version: str) -> None:
    """SHA-1 and SHA-256 are read, with a subject and without."""
    assert ses(signed(bounce("Permanent", "General"), version=version))
    assert ses(signed(bounce("Permanent", "General"), version=version, Subject="Amazon SES Email Event Notification"))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"TopicArn": "arn:aws:sns:eu-west-1:999999999999:bounces"}, "unknown topic"),
        ({"SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem"}, "not signed"),
        ({"SigningCertURL": "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem"}, "not signed"),
        ({"SigningCertURL": "https://sns.eu-west-1.amazonaws.com@evil.example/x.pem"}, "not signed"),
        ({"SigningCertURL": "https://sns.eu-west-1.amazonaws.com:8443/x.pem"}, "not signed"),
        ({"SigningCertURL": "https://mybucket.s3.amazonaws.com/x.pem"}, "not signed"),
        ({"SigningCertURL": "http://sns.eu-west-1.amazonaws.com/x.pem"}, "not signed"),
        ({"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/x.html"}, "not signed"),
        ({"SigningCertURL": "https://[sns/x.pem"}, "not signed"),
        ({"SignatureVersion": "3"}, "not signed"),
        ({"Type": "Other"}, "not signed"),
        ({"Signature": base64.b64encode(b"x" * 256).decode()}, "not signed"),
        ({"Signature": "%%%"}, "not signed"),
    ],
)
def test_notifications_without_amazons_signature_are_rejected(more: dict[str, str], words: str) -> None:
    """Another topic, host or signature is rejected; no certificate is fetched from any other host."""
    with pytest.raises(CallError, match=words):
        read_ses(signed(bounce("Permanent", "General"), **more), topics={TOPIC}, certificate=certificate)


def test_a_changed_notification_is_rejected() -> None:
    """One letter of the signed message is different."""
    body = signed(bounce("Permanent", "General")).replace(b"ann@", b"bob@")
    with pytest.raises(CallError, match="not signed"):
        read_ses(body, topics={TOPIC}, certificate=certificate)


def test_a_subscription_is_confirmed_at_amazon_only() -> None:
    """SNS asks once; the address in it must be its own."""
    asked = {"Type": "SubscriptionConfirmation", "Token": "t"}
    url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=a&Token=t"
    found = read_ses(signed({}, **asked, SubscribeURL=url), topics={TOPIC}, certificate=certificate)
    assert found == Subscription(topic=TOPIC, url=url)
    with pytest.raises(CallError, match="not belong to Amazon"):
        read_ses(signed({}, **asked, SubscribeURL="https://evil.example/"), topics={TOPIC}, certificate=certificate)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{}", b'{"TopicArn": 7}', b"[" * 100_000, b"\xff", b'"' * 2_000_000]
)
def test_hostile_bodies_are_rejected(body: bytes) -> None:
    """No body causes another exception."""
    with pytest.raises(CallError):
        read_ses(body, topics={TOPIC}, certificate=certificate)
    with pytest.raises(CallError):
        read_postmark(body, authorization=None, secret=SECRET)


SECRET = Secret("compose:Geheim-秘密")


def _authorization(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def postmark(**told: object) -> Event | None:
    body = {"RecordType": "Bounce", "ID": 4323372036854775807, "Email": "ann@reader.example", **told}
    return read_postmark(json.dumps(body).encode(), authorization=_authorization(SECRET.reveal()), secret=SECRET)


@pytest.mark.parametrize(
    ("kind", "details", "expected"),
    [
        ("HardBounce", "smtp;550 5.1.1 The email account that you tried to reach does not exist.", Class.HARD),
        ("HardBounce", "", Class.HARD),
        ("HardBounce", "smtp;550 5.7.1 rejected by policy", Class.OURS),
        ("SoftBounce", "smtp;552 5.2.2 mailbox full", Class.FULL),
        ("SoftBounce", "", Class.SOFT),
        ("DnsError", "", Class.BAD_DOMAIN),
        ("Blocked", "smtp;550 5.1.1 blocked", Class.OURS),
        ("SpamNotification", "", Class.OURS),
        ("DMARCPolicy", "", Class.OURS),
    ],
)
def test_a_bounce_of_postmark(kind: str, details: str, expected: Class) -> None:
    """The server's answer outweighs Postmark's types; the bounce's content identifies the subscriber."""
    content = report("pm_bounces@pm.example", "ann@reader.example", returned=message_header(1, 7)).decode()
    event = postmark(Type=kind, Details=details, Content=content)
    assert event is not None
    assert (event.returned.kind, event.returned.findings[0].bounce) == (ReturnedKind.BOUNCE, expected)
    _, claim = prove_recipient(event.returned, TOKENS)
    assert claim is not None and (claim.subscriber_id, claim.mailing_id) == (1, 7)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"Type": "AutoResponder"}, ReturnedKind.OUT_OF_OFFICE),
        ({"Type": "ChallengeVerification"}, ReturnedKind.CHALLENGE),
        ({"Type": "Transient"}, ReturnedKind.DELAY),
        ({"Type": "SpamComplaint"}, ReturnedKind.COMPLAINT),
        ({"RecordType": "SpamComplaint"}, ReturnedKind.COMPLAINT),
        ({"RecordType": "Delivery"}, None),
        ({"Type": "Subscribe"}, None),
    ],
)
def test_other_events_of_postmark(told: dict[str, object], kind: ReturnedKind | None) -> None:
    """Absences, questions and complaints are read; the other types are ignored."""
    event = postmark(**told)
    assert (event and event.returned.kind) == kind


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Basic", "Basic %%%", _authorization("compose:wrong"), "Bearer " + _authorization("x")[6:]],
)
def test_postmark_must_know_the_password(authorization: str | None) -> None:
    """Without name and password, or with wrong ones, nothing is read."""
    with pytest.raises(CallError, match="wrong"):
        read_postmark(b'{"RecordType": "Bounce"}', authorization=authorization, secret=SECRET)


def test_only_amazon_is_contacted() -> None:
    """Whatever an address looks like, no other host is contacted."""
    for url in (
        "https://127.0.0.1/x.pem",
        "http://sns.eu-west-1.amazonaws.com/x.pem",
        "https://x@sns.us-east-1.amazonaws.com/x.pem",
    ):
        with pytest.raises(CallError, match="not belong to Amazon"):
            get(url)


def test_which_providers_may_call(tmp_path: Path) -> None:
    """Topics are from newsletter.yaml, Postmark's password from the environment; without them no provider may call."""

    def webhooks(more: str, **environment: str) -> Webhooks:
        newsletter = read_newsletter(sample_message(tmp_path, newsletter=LETTER + more))
        return webhooks_of(newsletter, Environment(environment=environment, folder=tmp_path))

    assert webhooks("") == Webhooks()
    assert webhooks(f"delivery:\n  ses_topics:\n    - {TOPIC}\n").ses_topics == (TOPIC,)
    assert webhooks("", COMPOSE_POSTMARK_WEBHOOK=SECRET.reveal()).postmark == SECRET
    with pytest.raises(SettingsError, match="a name and a password") as stop:
        webhooks("", COMPOSE_POSTMARK_WEBHOOK="onlyapassword")
    assert "onlyapassword" not in f"{stop.value}{stop.value.hint}"
