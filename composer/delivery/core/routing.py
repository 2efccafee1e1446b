"""Decides which mail server gets a message, if newsletter.yaml names several.

Input: the recipient's domain, the routes in their order with their conditions, the time. Output: a route. Guarantees:
pure. A route that is down, throttled or rejecting us gets nothing until its pause is over, and then one message at a time
until it accepts one. A route whose server has reduced its rate gets what it can send soon, and other routes get the rest.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

_NOW = datetime.min.replace(tzinfo=UTC)


class RouteCondition(StrEnum):
    """The condition of a mail server, as its latest answers showed it."""

    UP = "up"
    #: no connection, or none in which it takes messages
    DOWN = "down"
    #: it accepts nothing at the moment
    THROTTLED = "throttled"
    #: it rejects the sender or every message
    REJECTING = "rejecting"
    #: its daily quota is used up
    FULL = "full"


class OtherRoutes(StrEnum):
    """Whether another route can take a message."""

    #: none that has not rejected it
    NONE = "none"
    #: one that is paused
    LATER = "later"
    #: one that is up
    NOW = "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteView:
    """A route at one time."""

    name: str
    #: Only recipients at these domains and below them; empty for all.
    domains: frozenset[str] = frozenset()
    condition: RouteCondition = RouteCondition.UP
    #: Nothing is sent by it before this time.
    paused_until: datetime | None = None
    #: How many messages wait for it or are being sent by it.
    load: int = 0
    #: The load with which it gets no more while another route can send: its server has reduced its rate. None for no limit.
    enough: int | None = None

    def serves(self, domain: str) -> bool:
        """Return whether recipients at this domain may get their messages by this route."""
        if not self.domains:
            return True
        labels = domain.split(".")
        return any(".".join(labels[at:]) in self.domains for at in range(len(labels)))

    def is_usable(self, now: datetime) -> bool:
        """Return whether it may get a message now."""
        if self.is_paused(now):
            return False
        if self.condition is not RouteCondition.UP:
            return not self.load
        return self.enough is None or self.load < self.enough

    def is_paused(self, now: datetime) -> bool:
        """Return whether it gets nothing for now."""
        return self.paused_until is not None and now < self.paused_until


def choose_route(domain: str, routes: Sequence[RouteView], now: datetime, without: Collection[str] = ()) -> RouteView:
    """Return the first usable route for a recipient, or else the one that can probably send it first.

    `without`: the routes that rejected this message. One of them is returned only if all did. At least one route must
    serve every domain.
    """
    serving = [each for each in routes if each.serves(domain)]
    left = [each for each in serving if each.name not in without] or serving
    for each in left:
        if each.is_usable(now):
            return each
    return min(left, key=lambda each: _delay(each, now))


def _delay(view: RouteView, now: datetime) -> tuple[datetime, bool, int]:
    """Return what decides how long a message would wait for a route that is not usable."""
    until = view.paused_until if view.paused_until is not None and view.is_paused(now) else _NOW
    return until, view.condition is not RouteCondition.UP, view.load


def other_routes(
    domain: str, routes: Sequence[RouteView], now: datetime, used: str, without: Collection[str] = ()
) -> OtherRoutes:
    """Return whether another route than `used` can take a message, which the routes `without` rejected.

    A route that is paused because it rejects every message does not count.
    """
    others = [
        each
        for each in routes
        if each.name != used
        and each.name not in without
        and each.serves(domain)
        and not (each.condition is RouteCondition.REJECTING and each.is_paused(now))
    ]
    if any(each.is_usable(now) for each in others):
        return OtherRoutes.NOW
    return OtherRoutes.LATER if others else OtherRoutes.NONE
