"""What a run has done so far, counted. Values only; the ledger's writer is the only one that changes them."""

from dataclasses import dataclass, field

from composer.delivery.core.states import DeliveryState


@dataclass(slots=True)
class Tally:
    """What a run has done, by the states that its deliveries came to."""

    came_to: dict[DeliveryState, int] = field(default_factory=dict)
    #: Tries that were paid for: every one but throttles and what was given back.
    tried: int = 0
    #: What was given back, or met a throttle: it does not count towards a limit.
    given_back: int = 0
    #: What is to be tried again: deferred, given back, taken back.
    put_back: int = 0
    #: Intents that were written down.
    dots: int = 0
    #: Transactions, and the deliveries that were in them: how well grouping works.
    groups: int = 0
