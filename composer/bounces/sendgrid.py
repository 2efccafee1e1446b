"""SendGrid posts lists of events, signed with a key of its own ("Signed Event Webhook").

Input: a request's body and header. Output: events. Guarantees: pure; what is signed for another time is refused. The signature:
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features: ECDSA with
SHA-256 over timestamp and body. Our id comes back as `compose_id`, which SendGrid takes from the header X-SMTPAPI.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from composer.bounces import calls
from composer.bounces.calls import CallError, Event
from composer.bounces.event_kinds import EventKind, Told, event_of
from composer.transport.server import Secret

#: Events in one call.
_MOST = 10_000
_SIGNATURE, _TIMESTAMP = "x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"
_KINDS = {
    "bounce": EventKind.HARD_BOUNCE,
    "blocked": EventKind.BLOCKED,
    "deferred": EventKind.DELAY,
    "spamreport": EventKind.COMPLAINT,
    "unsubscribe": EventKind.UNSUBSCRIBE,
    "group_unsubscribe": EventKind.UNSUBSCRIBE,
}
#: Why SendGrid itself did not send (`dropped`), with an underscore for each space.
_DROPPED = {
    "bounced_address": EventKind.HARD_BOUNCE,
    "invalid": EventKind.HARD_BOUNCE,
    "spam_reporting_address": EventKind.COMPLAINT,
    "unsubscribed_address": EventKind.UNSUBSCRIBE,
}


def read_sendgrid(body: bytes, header: Mapping[str, str], secret: Secret, now: datetime) -> Iterator[Event]:
    """Read what SendGrid posts; `secret` is the verification key that it shows. Raises CallError."""
    timestamp = header.get(_TIMESTAMP, "")
    _verify(body, timestamp, header.get(_SIGNATURE, ""), secret.reveal())
    calls.check_time(timestamp, now)
    for each in calls.read_objects(body, _MOST):
        if kind := _kind(each):
            yield event_of(
                Told(
                    provider="SendGrid",
                    kind=kind,
                    number=calls.text(each, "sg_event_id"),
                    recipient=calls.text(each, "email"),
                    said="" if calls.text(each, "event") == "dropped" else calls.text(each, "reason"),
                    status=calls.status(each, "status"),
                    message_id=calls.text(each, "smtp-id"),
                    compose_id=calls.text(each, "compose_id"),
                )
            )


def _kind(event: Mapping[str, Any]) -> EventKind | None:
    match calls.text(event, "event"):
        case "dropped":
            return _DROPPED.get(calls.text(event, "reason").lower().replace(" ", "_"), EventKind.BLOCKED)
        case "bounce" if calls.text(event, "type") == "blocked":
            return EventKind.BLOCKED
        case name:
            return _KINDS.get(name)


def _verify(body: bytes, timestamp: str, signature: str, key: str) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        public = serialization.load_der_public_key(base64.b64decode(key, validate=True))
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise CallError("the verification key is of another kind")
        said = timestamp.encode("utf-8", "replace") + body
        public.verify(base64.b64decode(signature, validate=True), said, ec.ECDSA(hashes.SHA256()))
    except (ValueError, binascii.Error, InvalidSignature):
        raise CallError("the signature is wrong") from None
