"""Brevo posts one event per call, with the name and password of its webhook ("Basic authentication").

Input: the body and the header of a request. Output: events. Guarantees: pure. Its events:
https://developers.brevo.com/docs/transactional-webhooks. Our id is returned in `X-Mailin-custom`, which Brevo takes
from the header of that name.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from composer.bounces.webhooks import webhook_calls
from composer.bounces.webhooks.event_types import WebhookEvent, WebhookEventKind, event_of
from composer.bounces.webhooks.webhook_calls import Event
from composer.transport.server_settings import Secret

_KINDS = {
    "hard_bounce": WebhookEventKind.HARD_BOUNCE,
    "hardbounce": WebhookEventKind.HARD_BOUNCE,
    "invalid_email": WebhookEventKind.HARD_BOUNCE,
    "invalid": WebhookEventKind.HARD_BOUNCE,
    "soft_bounce": WebhookEventKind.SOFT_BOUNCE,
    "softbounce": WebhookEventKind.SOFT_BOUNCE,
    "blocked": WebhookEventKind.BLOCKED,
    "deferred": WebhookEventKind.DELAY,
    "spam": WebhookEventKind.COMPLAINT,
    "complaint": WebhookEventKind.COMPLAINT,
    "unsubscribe": WebhookEventKind.UNSUBSCRIBE,
    "unsubscribed": WebhookEventKind.UNSUBSCRIBE,
}


def read_brevo(body: bytes, header: Mapping[str, str], secret: Secret, now: datetime) -> Iterator[Event]:
    """Read what Brevo posts. Raises CallError."""
    webhook_calls.check_password(header, secret)
    for each in webhook_calls.read_objects(body):
        kind = _KINDS.get(webhook_calls.text(each, "event").lower())
        if kind is None:
            continue
        message_id = webhook_calls.text(each, "message-id")
        # Brevo's events have no id.
        when = next((each[name] for name in ("ts_epoch", "ts_event", "ts") if isinstance(each.get(name), int)), 0)
        yield event_of(
            WebhookEvent(
                provider="Brevo",
                kind=kind,
                number=f"{message_id} {webhook_calls.text(each, 'email')} {when}",
                recipient=webhook_calls.text(each, "email"),
                said=webhook_calls.text(each, "reason").strip(),
                message_id=message_id,
                compose_id=webhook_calls.text(each, "X-Mailin-custom"),
            )
        )
