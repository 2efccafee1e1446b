"""What a step of the retry policy does to a message: its new state, the states it may come from, and its event.

Input: a step. Output: a `Transition`. Guarantees: pure; the same for deliveries of mailings and for messages of the
public pages; every transition is in states.WAYS.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from composer.delivery.core.events import EventKind
from composer.delivery.core.retry_policy import Accept, Defer, MarkUnconfirmed, Refuse, Requeue, Reroute, Step, Write
from composer.delivery.core.states import DeliveryState

_S = DeliveryState
#: An answer can come before the final dot, after it, or so late that the message was already marked as unconfirmed.
_ANY_TIME = (_S.CLAIMED, _S.SENDING, _S.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A change of state."""

    came_from: tuple[DeliveryState, ...]
    to: DeliveryState
    #: The event that records it.
    event: EventKind
    #: Whether this attempt counts for the delays and the deadline.
    is_counted: bool = True
    is_throttled: bool = False
    #: The message is not tried before this time; None if that does not change.
    next_at: datetime | None = None


_ACCEPTED = Transition(came_from=(_S.SENDING, _S.UNKNOWN), to=_S.ACCEPTED, event=EventKind.ACCEPTED)
_WRITTEN = Transition(came_from=(_S.SENDING,), to=_S.WRITTEN, event=EventKind.WRITTEN)
_UNCONFIRMED = Transition(came_from=(_S.SENDING,), to=_S.UNKNOWN, event=EventKind.UNKNOWN)
#: The attempt was the last one, because the next would be after the deadline.
_EXPIRED = Transition(came_from=_ANY_TIME, to=_S.EXPIRED, event=EventKind.EXPIRED)
_REFUSED = Transition(came_from=_ANY_TIME, to=_S.REFUSED, event=EventKind.REFUSED)
_GIVEN_BACK = Transition(came_from=(_S.CLAIMED,), to=_S.PENDING, event=EventKind.GIVEN_BACK, is_counted=False)


def transition_of(step: Step) -> Transition:
    """Return what a step does."""
    match step:
        case Accept():
            return _ACCEPTED
        case Write():
            return _WRITTEN
        case MarkUnconfirmed():
            return _UNCONFIRMED
        case Defer(is_last=True):
            return _EXPIRED
        case Defer(until=until, is_counted=is_counted):
            return Transition(
                came_from=_ANY_TIME,
                to=_S.DEFERRED,
                event=EventKind.DEFERRED if is_counted else EventKind.THROTTLED,
                is_counted=is_counted,
                is_throttled=not is_counted,
                next_at=until,
            )
        case Requeue(until=until, is_throttled=True):
            return Transition(
                came_from=(_S.CLAIMED,),
                to=_S.PENDING,
                event=EventKind.THROTTLED,
                is_counted=False,
                is_throttled=True,
                next_at=until,
            )
        case Requeue():
            return _GIVEN_BACK
        case Reroute(until=until):
            return Transition(
                came_from=_ANY_TIME, to=_S.DEFERRED, event=EventKind.REROUTED, is_counted=False, next_at=until
            )
        case Refuse():
            return _REFUSED
        case _:
            assert_never(step)
