"""Mailgun posts one event a call, signed with the account's webhook signing key.

Input: a request's body. Output: events. Guarantees: pure; what is signed for another time is refused. The signature:
https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks: HMAC-SHA256 over timestamp and token. Our
id comes back in `user-variables`, which Mailgun takes from the header X-Mailgun-Variables.
"""

import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime

from composer.bounces import calls
from composer.bounces.calls import CallError, Event
from composer.bounces.event_kinds import EventKind, Told, event_of
from composer.transport.server import Secret

#: `event` and, of a failure, `severity`.
_KINDS = {
    ("failed", "permanent"): EventKind.HARD_BOUNCE,
    ("failed", "temporary"): EventKind.DELAY,
    ("rejected", ""): EventKind.BLOCKED,
    ("complained", ""): EventKind.COMPLAINT,
    ("unsubscribed", ""): EventKind.UNSUBSCRIBE,
}
#: Why Mailgun itself did not send: what had happened at an earlier message.
_REASONS = {
    "suppress-bounce": EventKind.HARD_BOUNCE,
    "suppress-complaint": EventKind.COMPLAINT,
    "suppress-unsubscribe": EventKind.UNSUBSCRIBE,
    "old": EventKind.SOFT_BOUNCE,
}


def read_mailgun(body: bytes, header: Mapping[str, str], secret: Secret, now: datetime) -> Iterator[Event]:
    """Read what Mailgun posts. Raises CallError."""
    told = calls.read_object(body)
    signature = calls.inner(told, "signature")
    timestamp, token = calls.text(signature, "timestamp"), calls.text(signature, "token")
    expected = hmac.new(
        secret.reveal().encode(), f"{timestamp}{token}".encode("utf-8", "replace"), "sha256"
    ).hexdigest()
    if not hmac.compare_digest(calls.text(signature, "signature").encode("utf-8", "replace"), expected.encode()):
        raise CallError("the signature is wrong")
    calls.check_time(timestamp, now)
    event = calls.inner(told, "event-data")
    name = calls.text(event, "event")
    kind = _KINDS.get((name, calls.text(event, "severity") if name == "failed" else ""))
    if kind is None:
        return
    delivery = calls.inner(event, "delivery-status")
    code, said = delivery.get("code"), calls.text(delivery, "message") or calls.text(delivery, "description")
    if isinstance(code, int) and 400 <= code < 600 and not said.startswith(str(code)):
        said = f"{code} {said}"
    yield event_of(
        Told(
            provider="Mailgun",
            kind=_REASONS.get(calls.text(event, "reason"), kind) if kind is EventKind.HARD_BOUNCE else kind,
            number=f"{calls.text(event, 'id')} {event.get('timestamp')}",
            recipient=calls.text(event, "recipient"),
            said=said,
            message_id=calls.text(calls.inner(calls.inner(event, "message"), "headers"), "message-id"),
            compose_id=calls.text(calls.inner(event, "user-variables"), "compose_id"),
        )
    )
