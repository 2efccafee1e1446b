"""Counts of what a run has done. Guarantees: only the ledger writer changes them."""

from dataclasses import dataclass, field

from composer.delivery.core.states import DeliveryState


@dataclass(slots=True)
class Tally:
    """What a run has done, by the new states of its deliveries."""

    came_to: dict[DeliveryState, int] = field(default_factory=dict)
    #: Attempts, without throttles and released deliveries.
    tried: int = 0
    #: Deliveries that were released or throttled. They do not count towards a limit.
    given_back: int = 0
    #: Deliveries to retry: deferred, released, or returned to pending.
    put_back: int = 0
    #: Transactions.
    groups: int = 0
