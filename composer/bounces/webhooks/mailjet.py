"""Mailjet posts one event or a list of them, with the name and password in the address of its webhook.

Input: the body and the header of a request. Output: events. Guarantees: pure. Its events and errors:
https://dev.mailjet.com/email/guides/webhooks/. Our id is returned in `CustomID`, which Mailjet takes from the header
X-MJ-CustomID.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from composer.bounces.webhooks import webhook_calls
from composer.bounces.webhooks.event_types import WebhookEvent, WebhookEventKind, event_of
from composer.bounces.webhooks.webhook_calls import Event
from composer.transport.replies.meanings import Meaning
from composer.transport.server_settings import Secret

_KINDS = {
    "bounce": WebhookEventKind.SOFT_BOUNCE,
    "blocked": WebhookEventKind.BLOCKED,
    "spam": WebhookEventKind.COMPLAINT,
    "unsub": WebhookEventKind.UNSUBSCRIBE,
}
#: Its errors, with an underscore for each space.
_ERRORS = {
    "user_unknown": Meaning.GONE,
    "mailbox_inactive": Meaning.GONE,
    "quota_exceeded": Meaning.FULL,
    "invalid_domain": Meaning.NO_DOMAIN,
    "no_mail_host": Meaning.NO_DOMAIN,
    "relay/access_denied": Meaning.STANDING,
    "sender_blocked": Meaning.STANDING,
    "content_blocked": Meaning.STANDING,
    "policy_issue": Meaning.STANDING,
    "system_issue": Meaning.SYSTEM,
    "protocol_issue": Meaning.PROTOCOL,
    "connection_issue": Meaning.NETWORK,
    "greylisted": Meaning.STANDING,
    "preblocked": Meaning.STANDING,
}


def read_mailjet(body: bytes, header: Mapping[str, str], secret: Secret, now: datetime) -> Iterator[Event]:
    """Read what Mailjet posts. Raises CallError."""
    webhook_calls.check_password(header, secret)
    for each in webhook_calls.read_objects(body):
        if kind := _KINDS.get(webhook_calls.text(each, "event")):
            yield event_of(_told(each, WebhookEventKind.HARD_BOUNCE if each.get("hard_bounce") is True else kind))


def _told(event: Mapping[str, Any], kind: WebhookEventKind) -> WebhookEvent:
    error = webhook_calls.text(event, "error").lower().replace(" ", "_")
    number = (
        event.get("MessageID") if isinstance(event.get("MessageID"), int) else webhook_calls.text(event, "Message_GUID")
    )
    return WebhookEvent(
        provider="Mailjet",
        kind=kind,
        number=f"{number} {webhook_calls.text(event, 'email')} {event.get('time')}",
        recipient=webhook_calls.text(event, "email"),
        said=webhook_calls.text(event, "comment"),
        meaning=_ERRORS.get(error),
        compose_id=webhook_calls.text(event, "CustomID"),
    )
