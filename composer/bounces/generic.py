"""The webhook for every other provider and for your own scripts: JSON, with a name and a password.

Input: a request's body and header. Output: events. Guarantees: pure. The format is documented in docs/bounces.md.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from composer.bounces import calls
from composer.bounces.calls import CallError, Event
from composer.bounces.event_kinds import EventKind, Told, event_of
from composer.transport.server import Secret

#: Events in one call.
_MOST = 1000


def read_generic(body: bytes, header: Mapping[str, str], secret: Secret, now: datetime) -> Iterator[Event]:
    """Read one event, or a list of them. Raises CallError."""
    calls.check_password(header, secret)
    for each in calls.read_objects(body, _MOST):
        kind, number = calls.text(each, "kind"), calls.text(each, "id")
        if kind not in set(EventKind):
            raise CallError(f"kind is one of {', '.join(EventKind)}")
        message_id, compose_id = calls.text(each, "message_id"), calls.text(each, "compose_id")
        said = calls.text(each, "text")
        yield event_of(
            Told(
                provider="webhook",
                kind=EventKind(kind),
                # Without an id of its own, the same said of the same message is one event.
                number=number or f"{message_id} {compose_id} {calls.text(each, 'recipient')} {said}",
                recipient=calls.text(each, "recipient"),
                said=said,
                status=calls.status(each, "status"),
                message_id=message_id,
                compose_id=compose_id,
            )
        )
