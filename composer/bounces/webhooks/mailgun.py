"""Mailgun posts one event per call, signed with the account's webhook signing key.

Input: the body of a request. Output: events. Guarantees: pure; rejects a signature whose time is out of range. The
signature: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks: HMAC-SHA256 over
timestamp and token. Our id is returned in `user-variables`, which Mailgun takes from the header X-Mailgun-Variables.
"""

import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime

from composer.bounces.webhooks import webhook_calls
from composer.bounces.webhooks.event_types import WebhookEvent, WebhookEventKind, event_of
from composer.bounces.webhooks.webhook_calls import CallError, Event
from composer.transport.server_settings import Secret

#: `event` and, for a failure, `severity`.
_KINDS = {
    ("failed", "permanent"): WebhookEventKind.HARD_BOUNCE,
    ("failed", "temporary"): WebhookEventKind.DELAY,
    ("rejected", ""): WebhookEventKind.BLOCKED,
    ("complained", ""): WebhookEventKind.COMPLAINT,
    ("unsubscribed", ""): WebhookEventKind.UNSUBSCRIBE,
}
#: Why Mailgun itself did not send: what happened to an earlier message.
_REASONS = {
    "suppress-bounce": WebhookEventKind.HARD_BOUNCE,
    "suppress-complaint": WebhookEventKind.COMPLAINT,
    "suppress-unsubscribe": WebhookEventKind.UNSUBSCRIBE,
    "old": WebhookEventKind.SOFT_BOUNCE,
}


def read_mailgun(body: bytes, header: Mapping[str, str], secret: Secret, now: datetime) -> Iterator[Event]:
    """Read what Mailgun posts. Raises CallError."""
    told = webhook_calls.read_object(body)
    signature = webhook_calls.inner(told, "signature")
    timestamp, token = webhook_calls.text(signature, "timestamp"), webhook_calls.text(signature, "token")
    expected = hmac.new(
        secret.reveal().encode(), f"{timestamp}{token}".encode("utf-8", "replace"), "sha256"
    ).hexdigest()
    if not hmac.compare_digest(
        webhook_calls.text(signature, "signature").encode("utf-8", "replace"), expected.encode()
    ):
        raise CallError("the signature is wrong")
    webhook_calls.check_time(timestamp, now)
    event = webhook_calls.inner(told, "event-data")
    name = webhook_calls.text(event, "event")
    kind = _KINDS.get((name, webhook_calls.text(event, "severity") if name == "failed" else ""))
    if kind is None:
        return
    delivery = webhook_calls.inner(event, "delivery-status")
    code, said = (
        delivery.get("code"),
        webhook_calls.text(delivery, "message") or webhook_calls.text(delivery, "description"),
    )
    if isinstance(code, int) and 400 <= code < 600 and not said.startswith(str(code)):
        said = f"{code} {said}"
    yield event_of(
        WebhookEvent(
            provider="Mailgun",
            kind=_REASONS.get(webhook_calls.text(event, "reason"), kind)
            if kind is WebhookEventKind.HARD_BOUNCE
            else kind,
            number=f"{webhook_calls.text(event, 'id')} {event.get('timestamp')}",
            recipient=webhook_calls.text(event, "recipient"),
            said=said,
            message_id=webhook_calls.text(
                webhook_calls.inner(webhook_calls.inner(event, "message"), "headers"), "message-id"
            ),
            compose_id=webhook_calls.text(webhook_calls.inner(event, "user-variables"), "compose_id"),
        )
    )
