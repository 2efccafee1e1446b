"""What the mail server of a trial does with a message: decided by the recipient's domain.

Input: an address. Output: a `DeliveryRule`. Guarantees: the domains end with .example, which no real address does.
"""

from dataclasses import dataclass
from enum import StrEnum


class Behaviour(StrEnum):
    """What the mail server does."""

    ACCEPT = "accept"
    DEFER = "defer"
    REJECT = "reject"
    BOUNCE = "bounce"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRule:
    """The behaviour for one domain, with its description for people."""

    behaviour: Behaviour
    domain: str
    words: str


RULES = (
    DeliveryRule(behaviour=Behaviour.ACCEPT, domain="accepts.example", words="accepts every message"),
    DeliveryRule(
        behaviour=Behaviour.DEFER,
        domain="defers.example",
        words="defers the first message of an address; accepts it when compose tries again, a minute later",
    ),
    DeliveryRule(behaviour=Behaviour.REJECT, domain="rejects.example", words="rejects every message: no such mailbox"),
    DeliveryRule(
        behaviour=Behaviour.BOUNCE,
        domain="bounces.example",
        words="accepts every message, and returns a bounce: no such mailbox",
    ),
)


def behaviour_for(address: str) -> Behaviour:
    """Return what happens to a message to an address; all other domains accept it."""
    domain = address.rpartition("@")[2].lower()
    return next((rule.behaviour for rule in RULES if rule.domain == domain), Behaviour.ACCEPT)
