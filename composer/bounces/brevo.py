"""Brevo posts one event a call, with the name and password of its webhook ("Basic authentication").

Input: a request's body and header. Output: events. Guarantees: pure. Its events:
https://developers.brevo.com/docs/transactional-webhooks. Our id comes back in `X-Mailin-custom`, which Brevo takes from the
header of that name.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from composer.bounces import calls
from composer.bounces.calls import Event
from composer.bounces.event_kinds import EventKind, Told, event_of
from composer.transport.server import Secret

_KINDS = {
    "hard_bounce": EventKind.HARD_BOUNCE,
    "hardbounce": EventKind.HARD_BOUNCE,
    "invalid_email": EventKind.HARD_BOUNCE,
    "invalid": EventKind.HARD_BOUNCE,
    "soft_bounce": EventKind.SOFT_BOUNCE,
    "softbounce": EventKind.SOFT_BOUNCE,
    "blocked": EventKind.BLOCKED,
    "deferred": EventKind.DELAY,
    "spam": EventKind.COMPLAINT,
    "complaint": EventKind.COMPLAINT,
    "unsubscribe": EventKind.UNSUBSCRIBE,
    "unsubscribed": EventKind.UNSUBSCRIBE,
}


def read_brevo(body: bytes, header: Mapping[str, str], secret: Secret, now: datetime) -> Iterator[Event]:
    """Read what Brevo posts. Raises CallError."""
    calls.check_password(header, secret)
    for each in calls.read_objects(body):
        kind = _KINDS.get(calls.text(each, "event").lower())
        if kind is None:
            continue
        message_id = calls.text(each, "message-id")
        # Brevo gives its events no id.
        when = next((each[name] for name in ("ts_epoch", "ts_event", "ts") if isinstance(each.get(name), int)), 0)
        yield event_of(
            Told(
                provider="Brevo",
                kind=kind,
                number=f"{message_id} {calls.text(each, 'email')} {when}",
                recipient=calls.text(each, "email"),
                said=calls.text(each, "reason").strip(),
                message_id=message_id,
                compose_id=calls.text(each, "X-Mailin-custom"),
            )
        )
