"""The webhook for all other providers and for your own scripts: JSON, with a name and a password.

Input: the body and the header of a request. Output: events. Guarantees: pure.
The format is documented in docs/how-to/handle-bounces.md.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from composer.bounces.webhooks import webhook_calls
from composer.bounces.webhooks.event_types import WebhookEvent, WebhookEventKind, event_of
from composer.bounces.webhooks.webhook_calls import CallError, Event
from composer.transport.server_settings import Secret

#: The maximum number of events per call.
_MOST = 1000


def read_generic(body: bytes, header: Mapping[str, str], secret: Secret, now: datetime) -> Iterator[Event]:
    """Read one event, or a list of them. Raises CallError."""
    webhook_calls.check_password(header, secret)
    for each in webhook_calls.read_objects(body, _MOST):
        kind, number = webhook_calls.text(each, "kind"), webhook_calls.text(each, "id")
        if kind not in set(WebhookEventKind):
            raise CallError(f"kind must be one of {', '.join(WebhookEventKind)}")
        message_id, compose_id = webhook_calls.text(each, "message_id"), webhook_calls.text(each, "compose_id")
        said = webhook_calls.text(each, "text")
        yield event_of(
            WebhookEvent(
                provider="webhook",
                kind=WebhookEventKind(kind),
                # Without an id of its own, equal statements about the same message are one event.
                number=number or f"{message_id} {compose_id} {webhook_calls.text(each, 'recipient')} {said}",
                recipient=webhook_calls.text(each, "recipient"),
                said=said,
                status=webhook_calls.status(each, "status"),
                message_id=message_id,
                compose_id=compose_id,
            )
        )
