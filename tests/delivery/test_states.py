"""The states of a delivery as people read of them."""

import re
from pathlib import Path

from composer.delivery.states import HOLDING, LET_GO, OPEN, WAYS, DeliveryState

DOCS = Path(__file__).parent.parent.parent / "docs" / "delivery.md"


def test_the_docs_draw_every_way_and_no_other() -> None:
    """docs/delivery.md shows the ways from state to state as the ledger keeps to them."""
    figure = re.search(r"```\n(pending .*?)```", DOCS.read_text(), re.DOTALL)
    assert figure
    drawn = {}
    for line in figure[1].splitlines():
        state, _, ways = line.partition("->")
        drawn[DeliveryState(state.strip())] = frozenset(map(DeliveryState, ways.split()))
    assert drawn == {state: ways for state, ways in WAYS.items() if ways}


def test_every_state_is_accounted_for() -> None:
    """A delivery is open, let go, or held; a state that is none of them would be lost from the sums."""
    assert set(DeliveryState) == OPEN | HOLDING | LET_GO
