"""Distributes claimed deliveries to the routes of a run, and again when a route is paused or returns.

Input: claimed deliveries, the routes. Output: each delivery in the queue of one route's connections. Guarantees: a
delivery that is being sent stays with its route; one that only waits may change it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from composer.delivery.core.retry_policy import RetryPolicy
from composer.delivery.core.routing import RouteCondition, choose_route
from composer.delivery.ledger.ledger import Due
from composer.delivery.throttle.rate_limit import Quota
from composer.delivery.worker.connections import ConnectionPool
from composer.delivery.worker.ledger_writer import LedgerWriter
from composer.delivery.worker.route_work import RouteWork, domain_of
from composer.transport.protocol import Connection, TransportError


class Dispatcher:
    """The connections of all routes."""

    def __init__(
        self,
        routes: Sequence[RouteWork],
        pools: Sequence[ConnectionPool],
        recorder: LedgerWriter,
        policy: RetryPolicy,
        now: Callable[[], datetime],
    ) -> None:
        self._routes, self._pools, self._recorder, self._policy, self._now = routes, pools, recorder, policy, now
        self._conditions: tuple[tuple[RouteCondition, bool, datetime | None], ...] = ()
        #: Deliveries that wait for a daily quota, and which one.
        self._held: list[Due] = []
        self._held_for: Quota | None = None

    def start(self, first: RouteWork, connection: Connection) -> None:
        """Start the connections; one is open already."""
        for work, pool in zip(self._routes, self._pools, strict=True):
            pool.start(work.route.connections, connection if work is first else None)

    def put(self, due: Sequence[Due]) -> None:
        """Queue these deliveries, each for its route."""
        if len(self._pools) == 1:
            self._pools[0].put(due)
            return
        now = self._now()
        for each in due:
            views = [work.view(now, self._policy) for work in self._routes]
            without = self._recorder.rejected_by.get(each.tried.subscriber_id, ())
            chosen = choose_route(domain_of(each.recipient.address), views, now, without)
            number = next(at for at, view in enumerate(views) if view is chosen)
            if chosen.condition is RouteCondition.FULL:
                self._held.append(each)
                self._held_for = self._routes[number].quota
            else:
                self._pools[number].put((each,))

    def redistribute(self) -> None:
        """Put deliveries that only wait into other queues, if the condition of a route has changed."""
        if len(self._pools) == 1:
            return
        now = self._now()
        views = [work.view(now, self._policy) for work in self._routes]
        # With the end of the last pause, because a whole pause may pass between two looks.
        conditions = tuple(
            (view.condition, view.is_paused(now), work.last_pause)
            for view, work in zip(views, self._routes, strict=True)
        )
        if conditions != self._conditions:
            self._conditions = conditions
            # Of all routes: one that works again may come before those that had to take over.
            for pool in self._pools:
                pool.recall()
        waiting = [due for pool in self._pools for due in pool.returned()]
        if self._held_for is not None and all(work.quota is not self._held_for for work in self._routes):
            # A quota was read again.
            waiting, self._held, self._held_for = [*self._held, *waiting], [], None
        if waiting:
            self.put(waiting)

    @property
    def held_for(self) -> Quota | None:
        """The daily quota that deliveries wait for, if no other route may take them."""
        return self._held_for

    @property
    def load(self) -> tuple[int, int]:
        """How many wait for a connection, and how many are being sent."""
        if len(self._pools) == 1:
            return self._pools[0].load
        loads = [pool.load for pool in self._pools]
        return sum(queued for queued, _ in loads), sum(under_way for _, under_way in loads)

    @property
    def busy(self) -> str:
        """The names of the servers that messages are being sent to."""
        pairs = zip(self._routes, self._pools, strict=True)
        return ", ".join(work.route.transport.name for work, pool in pairs if pool.load[1])

    @property
    def denied(self) -> int:
        """How many deliveries were denied. They do not count towards a limit."""
        return sum(pool.denied for pool in self._pools)

    @property
    def error(self) -> TransportError | None:
        """Why no connection is possible, if trying again would not help."""
        return next((pool.error for pool in self._pools if pool.error is not None), None)

    @property
    def bug(self) -> BaseException | None:
        """An unexpected exception."""
        return next((pool.bug for pool in self._pools if pool.bug is not None), None)

    def close(self) -> None:
        """Start nothing more; deliveries that were not started are still claimed, and the run loop releases them."""
        for work in self._routes:
            work.gate.close()
        for pool in self._pools:
            pool.close()

    def join(self, is_enough: Callable[[], bool]) -> None:
        """Wait until open deliveries have finished, or until `is_enough` is true."""
        for pool in self._pools:
            pool.join(is_enough)
