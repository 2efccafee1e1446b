"""docs/ledger.md describes the ledger: the diagram of states, and their explanations."""

import re
from pathlib import Path

from composer.delivery.core.events import EventKind, StateReason
from composer.delivery.core.retry_policy import RetryPolicy
from composer.delivery.core.states import WAYS, DeliveryState

PAGE = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text(encoding="utf-8")


def test_the_diagram_shows_all_transitions() -> None:
    """Every arrow in the diagram is in the program, and every transition of the program is in the diagram."""
    drawn: dict[DeliveryState, set[DeliveryState]] = {}
    for before, after in re.findall(r"^(\w+) +-> (.+)$", PAGE, re.MULTILINE):
        drawn[DeliveryState(before)] = {DeliveryState(each) for each in after.split(" | ")}
    assert drawn == {before: set(after) for before, after in WAYS.items() if after}


def test_every_state_and_every_event_is_explained() -> None:
    """A row in the table for each state; each kind of event and each reason by its code."""
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == [str(state) for state in DeliveryState]
    assert all(f"`{code}`" in PAGE for code in (*EventKind, *StateReason))


def test_the_numbers_match_the_program() -> None:
    """Delays, deadline, pauses."""
    policy = RetryPolicy()
    minutes = [str(int(delay.total_seconds() // 60)) for delay in policy.delays]
    assert f"after {', '.join(minutes)} minutes" in PAGE
    assert f"for {policy.deadline.total_seconds() / 3600:.0f} hours" in PAGE
    assert f"{policy.pause.seconds} s, then twice as long, up to {policy.longest_pause.seconds // 60} minutes" in PAGE
    assert f"after {policy.max_wait.seconds // 60} minutes without an acceptance" in PAGE
