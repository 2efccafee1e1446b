"""A route of a run: a mail server with its limits, and what the run knows about it.

Input: a `Route`. Output: a `RouteView` for the decisions (core/routing.py). Guarantees: the ledger writer and the run loop
change it; other threads only read it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from composer.content.document.newsletter_config import CONNECTIONS
from composer.core.addresses import domain_to_ascii
from composer.delivery.core.retry_policy import RetryPolicy, ServerCondition
from composer.delivery.core.routing import OtherRoutes, RouteCondition, RouteView, other_routes
from composer.delivery.ledger.ledger import Due
from composer.delivery.throttle.admission import Admission
from composer.delivery.throttle.rate_limit import Quota
from composer.delivery.throttle.token_bucket import Bucket, pause_of, rate_now
from composer.transport.protocol import Connection, Transport, TransportError

#: For how many seconds ahead a server that has reduced its rate gets messages, while another one can send.
_AHEAD_SECONDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A mail server and its limits."""

    transport: Transport
    #: Its name in newsletter.yaml; None if that names only one server.
    name: str | None = None
    #: The name of its token bucket, for all processes; empty for the name of the transport.
    bucket: str = ""
    #: Only recipients at these domains and below them; empty for all.
    domains: frozenset[str] = frozenset()
    #: How many messages are sent at the same time.
    connections: int = CONNECTIONS
    #: Messages per minute over all processes; None for no limit.
    rate: float | None = None
    #: Messages in any 24 hours over all processes and mailings; None for no limit.
    daily_quota: int | None = None

    @property
    def bucket_name(self) -> str:
        """The name of its token bucket."""
        return self.bucket or self.transport.name


@dataclass(slots=True)
class RouteWork:
    """What a run knows about a route."""

    route: Route
    gate: Admission
    server_condition: ServerCondition = field(default_factory=ServerCondition)
    #: As it was last read or written.
    bucket: Bucket | None = None
    quota: Quota | None = None
    #: Slots are not requested before this time.
    refill: float = float("-inf")
    #: Recorded intents.
    dots: int = 0
    #: How many messages wait for it or are being sent by it.
    load: Callable[[], int] = lambda: 0

    def rate_now(self, now: datetime) -> float | None:
        """Return the current messages per minute; None for no limit, or before the bucket was read."""
        return None if self.bucket is None else rate_now(self.bucket, self.route.rate, now)

    def paused_until(self, now: datetime, policy: RetryPolicy) -> datetime | None:
        """Return the end of its pause; None if it is not paused."""
        return None if self.bucket is None else pause_of(self.bucket, now, policy.longest_pause)

    @property
    def last_pause(self) -> datetime | None:
        """The end of its latest pause, which may be over."""
        return None if self.bucket is None else self.bucket.paused_until

    def enough(self, now: datetime) -> int | None:
        """Return how many messages it can send soon, if its server has reduced its rate."""
        rate = self.rate_now(now)
        if rate is None or rate == self.route.rate:
            return None
        return max(1, int(rate / 60 * _AHEAD_SECONDS))

    def spend(self, count: int) -> None:
        """Subtract messages from the rest of the daily quota, until it is read again."""
        if self.quota is not None:
            self.quota = replace(self.quota, left=self.quota.left - count)

    def view(self, now: datetime, policy: RetryPolicy) -> RouteView:
        """Return what decides about its next message."""
        load = self.load()
        condition = RouteCondition.UP if self.bucket is None else self.bucket.condition
        until = self.paused_until(now, policy)
        if until is None and self.quota is not None and self.quota.left <= load:
            condition, until = RouteCondition.FULL, self.quota.more_at
        return RouteView(
            name=self.route.name or "",
            domains=self.route.domains,
            condition=condition,
            paused_until=until,
            load=load,
            enough=self.enough(now),
        )


def domain_of(address: str) -> str:
    """Return the domain of an address as routes name it: in ASCII and lower case."""
    return domain_to_ascii(address.rpartition("@")[2]).lower()


def others_for(
    due: Due,
    used: RouteWork,
    routes: Sequence[RouteWork],
    now: datetime,
    policy: RetryPolicy,
    rejected_by: Mapping[int, Collection[str]],
) -> OtherRoutes:
    """Return whether another route than the used one can take a message."""
    if len(routes) == 1:
        return OtherRoutes.NONE
    views = [each.view(now, policy) for each in routes]
    without = rejected_by.get(due.tried.subscriber_id, ())
    return other_routes(domain_of(due.recipient.address), views, now, used.route.name or "", without)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstConnection:
    """The first connection of a run."""

    #: The position of its route.
    number: int
    connection: Connection
    #: The routes before it, to which there was no connection.
    failed: Mapping[int, TransportError]


def open_first(routes: Sequence[Route]) -> FirstConnection:
    """Open a connection to the first server that answers. Raises the first server's TransportError if none does."""
    failed: dict[int, TransportError] = {}
    for number, route in enumerate(routes):
        try:
            return FirstConnection(number=number, connection=route.transport.connect(), failed=failed)
        except TransportError as error:
            failed[number] = error
    raise failed[0]
