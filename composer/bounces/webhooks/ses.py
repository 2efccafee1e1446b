"""Amazon SES posts bounces and complaints through SNS, as signed notifications.

Input: the body of a request, our topics, a function that fetches certificates. Output: an `Event`, a `Subscription` to
confirm, or None if it is not relevant; a `CallError` if Amazon did not sign it or it is from an unknown topic.

The signature (SNS, "Verifying the signatures of Amazon SNS messages") proves that SNS sent it; anybody can have a topic
there, so the topic must be ours too. The message contains the address of the certificate: only SNS's own hosts are
contacted.
"""

import base64
import binascii
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from composer.bounces.parse.bounce_classes import class_of, judge, why
from composer.bounces.parse.candidates import candidates_in
from composer.bounces.parse.delivery_report import address_in, best_status
from composer.bounces.parse.server_replies import reply_in
from composer.bounces.parse.vocabulary import BounceFinding, Class, Format, Returned, ReturnedKind
from composer.bounces.webhooks import webhook_calls
from composer.bounces.webhooks.webhook_calls import CallError, Event
from composer.transport.replies.meanings import Meaning

_HOST = re.compile(r"sns\.[a-z0-9-]{3,30}\.amazonaws\.com(?:\.cn)?")
#: The signed fields, in this order.
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
#: What SES itself says about a bounce, where it is more specific than "general".
_BY_SUBTYPE = {
    "NoEmail": Meaning.GONE,
    "Suppressed": Meaning.GONE,
    "OnAccountSuppressionList": Meaning.GONE,
    "MailboxFull": Meaning.FULL,
    "MessageTooLarge": Meaning.TOO_LARGE,
    "ContentRejected": Meaning.CONTENT,
    "AttachmentRejected": Meaning.CONTENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription of one of our topics to this page: fetching the address once confirms it."""

    topic: str
    url: str


def read_ses(
    body: bytes, *, topics: Collection[str], certificate: Callable[[str], bytes]
) -> Event | Subscription | None:
    """Read what SNS posts. `certificate` fetches the PEM file at an address; `topics` are our ARNs.

    Raises CallError.
    """
    message = webhook_calls.read_object(body)
    if webhook_calls.text(message, "TopicArn") not in topics:
        raise CallError("the notification is from an unknown topic")
    _verify(message, certificate)
    match webhook_calls.text(message, "Type"):
        case "SubscriptionConfirmation":
            url = webhook_calls.text(message, "SubscribeURL")
            if not is_amazons(url):
                raise CallError("the confirmation address does not belong to Amazon")
            return Subscription(topic=webhook_calls.text(message, "TopicArn"), url=url)
        case "Notification":
            return _event(
                webhook_calls.read_object(webhook_calls.text(message, "Message", webhook_calls.LARGEST)),
                webhook_calls.text(message, "MessageId"),
            )
        case _:
            return None


def is_amazons(url: str) -> bool:
    """Return whether an address is SNS's own: a message must not make us contact any other host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    is_plain = parts.username is None and parts.password is None and port in (None, 443)
    return parts.scheme == "https" and is_plain and bool(_HOST.fullmatch(parts.hostname or ""))


def _verify(message: Mapping[str, Any], certificate: Callable[[str], bytes]) -> None:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    names = _SIGNED.get(webhook_calls.text(message, "Type"))
    url = webhook_calls.text(message, "SigningCertURL")
    algorithm = {"1": hashes.SHA1, "2": hashes.SHA256}.get(webhook_calls.text(message, "SignatureVersion"))
    if names is None or algorithm is None or not is_amazons(url) or not urlsplit(url).path.endswith(".pem"):
        raise CallError("the notification is not signed by Amazon")
    said = "".join(
        f"{name}\n{webhook_calls.text(message, name, webhook_calls.LARGEST)}\n"
        for name in names
        if isinstance(message.get(name), str)
    )
    try:
        key = x509.load_pem_x509_certificate(certificate(url)).public_key()
        signature = base64.b64decode(webhook_calls.text(message, "Signature"), validate=True)
        if not isinstance(key, rsa.RSAPublicKey):
            raise CallError("the notification is not signed by Amazon")
        key.verify(signature, said.encode("utf-8", "surrogatepass"), padding.PKCS1v15(), algorithm())
    except (ValueError, binascii.Error, InvalidSignature):
        raise CallError("the notification is not signed by Amazon") from None


def _event(told: Mapping[str, Any], message_id: str) -> Event | None:
    mail = webhook_calls.inner(told, "mail")
    match webhook_calls.text(told, "notificationType") or webhook_calls.text(told, "eventType"):
        case "Bounce":
            bounce = webhook_calls.inner(told, "bounce")
            kinds = (webhook_calls.text(bounce, "bounceType"), webhook_calls.text(bounce, "bounceSubType"))
            findings = tuple(_bounced(each, *kinds) for each in webhook_calls.objects(bounce, "bouncedRecipients")) or (
                _bounced({}, *kinds),
            )
            number = webhook_calls.text(bounce, "feedbackId") or message_id
        case "Complaint":
            complaint = webhook_calls.inner(told, "complaint")
            feedback = webhook_calls.text(complaint, "complaintFeedbackType")
            if feedback in ("not-spam", "virus", "auth-failure"):
                return None
            reason = "a subscriber reported the message as spam"
            people = [
                webhook_calls.text(each, "emailAddress")
                for each in webhook_calls.objects(complaint, "complainedRecipients")
            ] or [""]
            findings = tuple(
                BounceFinding(recipient=address_in(each), kind=ReturnedKind.COMPLAINT, why=reason) for each in people
            )
            number = webhook_calls.text(complaint, "feedbackId") or message_id
        case _:
            return None
    headers = [
        (webhook_calls.text(each, "name"), webhook_calls.text(each, "value"))
        for each in webhook_calls.objects(mail, "headers")
    ]
    headers.append(("message-id", webhook_calls.text(webhook_calls.inner(mail, "commonHeaders"), "messageId")))
    first = next((each for each in findings if each.kind is ReturnedKind.BOUNCE), findings[0])
    returned = Returned(
        kind=first.kind,
        why=first.why,
        format=Format.WEBHOOK,
        findings=findings,
        traces=candidates_in(headers, webhook_calls.text(mail, "source")),
        sender="Amazon SES",
    )
    return Event(hash=webhook_calls.hash_of("ses", number), returned=returned)


def _bounced(recipient: Mapping[str, Any], kind: str, detail: str) -> BounceFinding:
    """Read a bounce. "Permanent" means that; SES also reports absences as "transient" without a reason."""
    address = address_in(webhook_calls.text(recipient, "emailAddress"))
    given = webhook_calls.text(recipient, "status")
    status = given if _STATUS.fullmatch(given) else None
    diagnostic = webhook_calls.text(recipient, "diagnosticCode")
    if kind == "Transient" and detail == "General" and not diagnostic:
        return BounceFinding(
            recipient=address, kind=ReturnedKind.OUT_OF_OFFICE, why="temporarily not accepted, or an automatic reply"
        )
    reply = reply_in(diagnostic.partition(";")[2].strip() or diagnostic)
    bounce, meaning = judge(status, reply, diagnostic)
    if kind == "Transient" and bounce in (Class.HARD, Class.BAD_DOMAIN):
        bounce, meaning = Class.SOFT, Meaning.RECIPIENT
    if bounce is not Class.OURS and meaning is Meaning.UNSAID:
        meaning = _BY_SUBTYPE.get(detail) or (Meaning.GONE if kind == "Permanent" else meaning)
        if kind == "Transient" and meaning is Meaning.GONE:
            meaning = Meaning.RECIPIENT
        bounce = class_of(meaning)
    return BounceFinding(
        recipient=address,
        bounce=bounce,
        meaning=meaning,
        status=best_status(status, reply),
        reply=reply,
        why=why(meaning),
    )
