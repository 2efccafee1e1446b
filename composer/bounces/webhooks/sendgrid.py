"""SendGrid posts lists of events, signed with a key of its own ("Signed Event Webhook").

Input: the body and the header of a request. Output: events. Guarantees: pure; rejects a signature whose time is out of
range. The signature:
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features:
ECDSA with SHA-256 over timestamp and body. Our id is returned as `compose_id`, which SendGrid takes from the header
X-SMTPAPI.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from composer.bounces.webhooks import webhook_calls
from composer.bounces.webhooks.event_types import WebhookEvent, WebhookEventKind, event_of
from composer.bounces.webhooks.webhook_calls import CallError, Event
from composer.transport.server_settings import Secret

#: The maximum number of events per call.
_MOST = 10_000
_SIGNATURE, _TIMESTAMP = "x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"
_KINDS = {
    "bounce": WebhookEventKind.HARD_BOUNCE,
    "blocked": WebhookEventKind.BLOCKED,
    "deferred": WebhookEventKind.DELAY,
    "spamreport": WebhookEventKind.COMPLAINT,
    "unsubscribe": WebhookEventKind.UNSUBSCRIBE,
    "group_unsubscribe": WebhookEventKind.UNSUBSCRIBE,
}
#: Why SendGrid itself did not send (`dropped`), with an underscore for each space.
_DROPPED = {
    "bounced_address": WebhookEventKind.HARD_BOUNCE,
    "invalid": WebhookEventKind.HARD_BOUNCE,
    "spam_reporting_address": WebhookEventKind.COMPLAINT,
    "unsubscribed_address": WebhookEventKind.UNSUBSCRIBE,
}


def read_sendgrid(body: bytes, header: Mapping[str, str], secret: Secret, now: datetime) -> Iterator[Event]:
    """Read what SendGrid posts; `secret` is the verification key that it shows. Raises CallError."""
    timestamp = header.get(_TIMESTAMP, "")
    _verify(body, timestamp, header.get(_SIGNATURE, ""), secret.reveal())
    webhook_calls.check_time(timestamp, now)
    for each in webhook_calls.read_objects(body, _MOST):
        if kind := _kind(each):
            yield event_of(
                WebhookEvent(
                    provider="SendGrid",
                    kind=kind,
                    number=webhook_calls.text(each, "sg_event_id"),
                    recipient=webhook_calls.text(each, "email"),
                    said="" if webhook_calls.text(each, "event") == "dropped" else webhook_calls.text(each, "reason"),
                    status=webhook_calls.status(each, "status"),
                    message_id=webhook_calls.text(each, "smtp-id"),
                    compose_id=webhook_calls.text(each, "compose_id"),
                )
            )


def _kind(event: Mapping[str, Any]) -> WebhookEventKind | None:
    match webhook_calls.text(event, "event"):
        case "dropped":
            return _DROPPED.get(webhook_calls.text(event, "reason").lower().replace(" ", "_"), WebhookEventKind.BLOCKED)
        case "bounce" if webhook_calls.text(event, "type") == "blocked":
            return WebhookEventKind.BLOCKED
        case name:
            return _KINDS.get(name)


def _verify(body: bytes, timestamp: str, signature: str, key: str) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        public = serialization.load_der_public_key(base64.b64decode(key, validate=True))
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise CallError("the verification key is not an elliptic-curve key")
        said = timestamp.encode("utf-8", "replace") + body
        public.verify(base64.b64decode(signature, validate=True), said, ec.ECDSA(hashes.SHA256()))
    except (ValueError, binascii.Error, InvalidSignature):
        raise CallError("the signature is wrong") from None
