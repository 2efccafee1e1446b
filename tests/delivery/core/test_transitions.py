"""What a step does to a message: each transition exists, and is about the same event as its state."""

import re
from pathlib import Path

import pytest

import composer
from composer.delivery.core.events import EventKind
from composer.delivery.core.retry_policy import Accept, Defer, MarkUnconfirmed, Refuse, Requeue, Step, Write
from composer.delivery.core.states import WAYS, DeliveryState
from composer.delivery.core.transitions import Transition, transition_of
from tests.delivery.factories import NOW

S, K = DeliveryState, EventKind
ANY_TIME = (S.CLAIMED, S.SENDING, S.UNKNOWN)
UNCOUNTED = {"is_counted": False, "is_throttled": True, "next_at": NOW}
STEPS: tuple[tuple[Step, Transition], ...] = (
    (Accept(), Transition(came_from=(S.SENDING, S.UNKNOWN), to=S.ACCEPTED, event=K.ACCEPTED)),
    (Write(), Transition(came_from=(S.SENDING,), to=S.WRITTEN, event=K.WRITTEN)),
    (MarkUnconfirmed(), Transition(came_from=(S.SENDING,), to=S.UNKNOWN, event=K.UNKNOWN)),
    (Defer(until=NOW), Transition(came_from=ANY_TIME, to=S.DEFERRED, event=K.DEFERRED, next_at=NOW)),
    (Defer(until=NOW, is_last=True), Transition(came_from=ANY_TIME, to=S.EXPIRED, event=K.EXPIRED)),
    (
        Defer(until=NOW, is_counted=False),
        Transition(came_from=ANY_TIME, to=S.DEFERRED, event=K.THROTTLED, **UNCOUNTED),  # type: ignore[arg-type]
    ),
    (
        Requeue(until=NOW, is_throttled=True),
        Transition(came_from=(S.CLAIMED,), to=S.PENDING, event=K.THROTTLED, **UNCOUNTED),  # type: ignore[arg-type]
    ),
    (Requeue(until=NOW), Transition(came_from=(S.CLAIMED,), to=S.PENDING, event=K.GIVEN_BACK, is_counted=False)),
    (Refuse(), Transition(came_from=ANY_TIME, to=S.REFUSED, event=K.REFUSED)),
)


@pytest.mark.parametrize(("step", "transition"), STEPS, ids=lambda each: type(each).__name__)
def test_each_step(step: Step, transition: Transition) -> None:
    """The new state, the states it may come from, the event, and whether the attempt counts."""
    assert transition_of(step) == transition
    assert all(transition.to in WAYS[state] for state in transition.came_from)
    assert transition.event in (transition.to, K.THROTTLED, K.GIVEN_BACK)


def test_only_one_module_writes_events() -> None:
    """Whoever wants to know how an event comes to be stored finds one place."""
    root = Path(composer.__file__).parent
    writing = re.compile(r"\binsert\(events\)|\bevents\.(?:insert|update|delete)\(|(?:update|delete)\(events\)")
    found = {
        path.relative_to(root).as_posix() for path in root.rglob("*.py") if writing.search(path.read_text("utf-8"))
    }
    assert found == {"delivery/core/event_writer.py"}
