"""The pages about the ledger say what it does: the figure of its states, its events, its numbers."""

import re
from pathlib import Path

from composer.delivery.core.events import EventKind, StateReason
from composer.delivery.core.retry_policy import RetryPolicy
from composer.delivery.core.states import WAYS, DeliveryState

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "explanation" / "delivery-guarantees.md").read_text(encoding="utf-8")
ANSWERS = (DOCS / "explanation" / "how-servers-answer.md").read_text(encoding="utf-8")
EVENTS = (DOCS / "reference" / "events.md").read_text(encoding="utf-8")


def test_the_figure_is_the_ways_that_there_are() -> None:
    """Every arrow of the page is in the program, and every way of the program is on the page."""
    drawn: dict[DeliveryState, set[DeliveryState]] = {}
    for before, after in re.findall(r"^(\w+) +-> (.+)$", PAGE, re.MULTILINE):
        drawn[DeliveryState(before)] = {DeliveryState(each) for each in after.split(" | ")}
    assert drawn == {before: set(after) for before, after in WAYS.items() if after}


def test_every_state_and_every_event_has_its_words() -> None:
    """A row of the table for each state; each kind of event and each reason by its code."""
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == [str(state) for state in DeliveryState]
    assert all(f"`{code}`" in EVENTS for code in (*EventKind, *StateReason))


def test_the_numbers_are_the_programs() -> None:
    """Back-off, deadline, pauses."""
    policy = RetryPolicy()
    minutes = [str(int(delay.total_seconds() // 60)) for delay in policy.delays]
    assert f"after {', '.join(minutes)} minutes" in PAGE
    assert f"for {policy.deadline.total_seconds() / 3600:.0f} hours" in PAGE
    assert (
        f"{policy.pause.seconds} s, then twice as long, up to {policy.longest_pause.seconds // 60} minutes" in ANSWERS
    )
    assert f"after {policy.max_wait.seconds // 60} minutes without an acceptance" in PAGE
