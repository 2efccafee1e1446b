"""The thread of a run that writes: it commits the requests and reports of the connections in groups.

Input: intents (each is the record that a message is about to be sent), outcomes, other work for the database
(write_queue.py). Output: the answers. Guarantees: an intent is committed before its answer, and a thread waits for the
answer before it sends the final dot of the SMTP DATA command; if the intent cannot be written, the answer is no. An
outcome that cannot be written is kept and written with the next group; if that fails, its delivery stays `sending`,
and the next run marks it as unconfirmed. A thread's outcome is in the queue before its next intent: at most one
outcome per connection is not on disk.

One module, although it is long, because one thread runs all of it, and one transaction covers a group.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection

from composer.core.errors import ComposeError, DatabaseError
from composer.database.engine import Database
from composer.delivery.core.address_masking import without_address
from composer.delivery.core.retry_policy import (
    Defer,
    Halt,
    OutcomeDecision,
    PauseRoute,
    RefusalCategory,
    Refuse,
    Requeue,
    Reroute,
    RetryPolicy,
    decide,
)
from composer.delivery.core.routing import RouteCondition
from composer.delivery.core.scheduler import Why
from composer.delivery.core.transitions import transition_of
from composer.delivery.database_guard.age_counter import AgeCounter
from composer.delivery.ledger import ledger, maintenance
from composer.delivery.ledger.claims import LONGEST_REPLY
from composer.delivery.ledger.ledger import Due, Result
from composer.delivery.throttle import rate_limit
from composer.delivery.worker.delivery_log import log_outcomes
from composer.delivery.worker.route_work import RouteWork, others_for
from composer.delivery.worker.tally import Tally
from composer.delivery.worker.write_queue import Batch, Report, Task, WriteAnswer, WriteQueue, WriteRequest
from composer.transport.outcome import Outcome

#: How often the writer tries to write the rest at the end, and the seconds between two attempts.
_TRIES, _BETWEEN = 3, 0.5
#: The seconds between two checks whether to stop waiting for the database.
_LOOK = 0.5

T = TypeVar("T")


class BrokenLedgerError(Exception):
    """The ledger could not be written; the cause is the database's error."""


class LedgerWriter:
    """Writes for one run. Between `start` and `close`, threads call `ask`, `tell` and `do`."""

    def __init__(
        self,
        database: Database,
        mailing_id: int,
        worker_id: int,
        routes: Sequence[RouteWork],
        policy: RetryPolicy,
        now: Callable[[], datetime],
        *,
        is_rehearsal: bool = False,
        counter: AgeCounter,
        suppress_bounced: Callable[[Connection, int, RefusalCategory, str, datetime], None],
        step: Callable[[str], None],
        is_late: Callable[[], bool] = lambda: False,
    ) -> None:
        """`is_late`: whether the wait for a database that does not answer is over."""
        self._database, self._mailing, self._worker, self._routes = database, mailing_id, worker_id, routes
        self._policy, self._now, self._is_rehearsal = policy, now, is_rehearsal
        self._counter, self._suppress_hard_bounces, self._step, self.is_late = counter, suppress_bounced, step, is_late
        self.queue = WriteQueue()
        self._kept: list[Report] = []
        self._open = ExitStack()
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._began = time.monotonic()
        self.tally = Tally()
        #: Why the ledger cannot be written, set once. After that every intent is denied.
        self.broken: BaseException | None = None
        #: Why the run must stop; the run loop reads it.
        self.halt: Halt | None = None
        #: The routes that rejected a message in this run, by subscriber.
        self.rejected_by: dict[int, set[str]] = {}
        #: Whether the database did not answer in time.
        self.is_hung = False
        #: Since when no server has accepted anything, and one has throttled.
        self.troubled_since: datetime | None = None
        #: The reason for a pause; until this run has caused one, it comes from another process.
        self.paused_for = Why.ELSEWHERE
        #: Called after a commit that the run loop should react to.
        self.on_news: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def ask(self, subscriber_id: int, route: RouteWork, reply: "SimpleQueue[WriteAnswer]") -> WriteAnswer:
        """Ask for permission to send a final dot; wait until the intent is on disk. `reply` is the thread's own queue."""
        self.queue.ask(WriteRequest(subscriber_id, route, reply))
        return reply.get()

    def tell(self, due: Due, route: RouteWork, outcome: Outcome, *, is_sending: bool) -> None:
        """Report an outcome; it is written soon, and before this thread's next intent."""
        self.queue.tell(Report(due, route, outcome, is_sending, self._now()))

    def do(self, work: Callable[[Connection], T]) -> T:
        """Do work in the next transaction and return its result. Raises BrokenLedgerError."""
        reply: SimpleQueue[T | BaseException] = SimpleQueue()
        self.queue.do(Task(work, reply))
        while True:
            try:
                found = reply.get(timeout=_LOOK)
                break
            except Empty:
                if self.is_late():
                    self.give_up()
                    raise BrokenLedgerError from self.broken
        if isinstance(found, BaseException):
            raise BrokenLedgerError from found
        return found

    def fail(self, error: ComposeError) -> None:
        """Mark the ledger as broken because of an error outside a transaction."""
        self.broken = self.broken or error
        self.on_news()

    def close(self) -> int:
        """Write the rest and end; return how many outcomes could not be written. Their deliveries stay `sending`."""
        self.queue.close()
        self._thread.join(0 if self.is_hung else _LOOK)
        while self._thread.is_alive() and not self.is_hung:
            if self.is_late():
                self.give_up()
            self._thread.join(_LOOK)
        return len(self._kept)

    def give_up(self) -> DatabaseError:
        """Stop waiting for the database: its thread ends with the process. Return the error."""
        self.is_hung = True
        name = self._database.location.name
        error = DatabaseError(f"the database at {name} does not answer", "check that the server is running")
        self.fail(error)
        return error

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self._connection is None:
            self._connection = self._open.enter_context(self._database.keep())
        with self._database.translated(), self._connection.begin():
            yield self._connection

    def _run(self) -> None:
        with self._open:
            self._write()

    def _write(self) -> None:
        is_last = False
        while not is_last:
            batch = self.queue.take()
            self._group(batch)
            is_last = batch.is_last
        for _ in range(_TRIES):
            if not self._kept:
                return
            time.sleep(_BETWEEN)
            self._group(Batch())

    def _group(self, batch: Batch) -> None:
        # Kept until the commit, because this transaction may fail.
        self._kept = [*self._kept, *batch.told]
        asks, told, tasks = batch.asks, self._kept, batch.tasks
        if not (asks or told or tasks):
            return
        found: list[Any] = []
        granted: frozenset[int] = frozenset()
        before = [(each, each.server_condition, each.bucket) for each in self._routes]
        halt, troubled_since = self.halt, self.troubled_since
        now = self._now()
        try:
            with self._writing() as connection:
                decisions = self._record(connection, told, now)
                # Before the intents, because an intent must see a claim, a heartbeat or released deliveries.
                found = [task.work(connection) for task in tasks]
                if asks and self.broken is None and self.halt is None:
                    granted = self._intend(connection, asks, now)
                self._step("before commit")
        except Exception as error:  # after any error no row is written and no message is completed, and the run ends
            for work, condition, bucket in before:
                work.server_condition, work.bucket = condition, bucket
            self.halt, self.troubled_since = halt, troubled_since
            self._connection = None
            # The connection may be broken and raise an error.
            with suppress(Exception):
                self._open.close()
            self.broken = self.broken or error
            for ask in asks:
                ask.reply.put(WriteAnswer.BROKEN)
            for task in tasks:
                task.reply.put(error)
            self.on_news()
            return
        self._step("after commit")
        self._kept = []
        try:
            self._counter.confirm()
        except OSError as error:
            # The deliveries whose intents are on disk become unconfirmed. Without the note, no message is completed.
            self.broken, granted = self.broken or error, frozenset()
        no = WriteAnswer.NO if self.broken is None else WriteAnswer.BROKEN
        for ask in asks:
            ask.reply.put(WriteAnswer.GO if ask.subscriber_id in granted else no)
        for task, each in zip(tasks, found, strict=True):
            task.reply.put(each)
        self._count(decisions)
        log_outcomes(self._mailing, self._worker, told, decisions)
        if self.halt is not halt or any(each.bucket is not bucket for each, _, bucket in before):
            self.on_news()

    def _intend(self, connection: Connection, asks: list[WriteRequest], now: datetime) -> frozenset[int]:
        granted: frozenset[int] = frozenset()
        for work in self._routes:
            ids = [ask.subscriber_id for ask in asks if ask.route is work]
            if not ids:
                continue
            found = ledger.intend(connection, self._mailing, self._worker, ids, now, work.route.name)
            work.dots += len(found)
            if found and work.route.daily_quota is not None:
                rate_limit.spend(connection, work.route.bucket_name, len(found), now)
                work.spend(len(found))
            granted |= found
        if granted:
            self._counter.count(connection)
        return granted

    def _record(self, connection: Connection, told: list[Report], now: datetime) -> list[OutcomeDecision]:
        """Decide about each outcome in order, and record all of them."""
        if not told:
            return []
        results, decisions = [], []
        returned: list[int] = []
        for each in told:
            work, tried = each.route, replace(each.due.tried, is_sending=each.is_sending)
            decision = decide(
                each.outcome,
                tried,
                work.server_condition,
                each.at,
                self._policy,
                is_rehearsal=self._is_rehearsal,
                others=others_for(each.due, work, self._routes, each.at, self._policy, self.rejected_by),
            )
            work.server_condition = decision.server_condition
            decisions.append(decision)
            words = without_address(decision.reason, each.due.recipient.address)
            results.append(
                Result(
                    subscriber_id=tried.subscriber_id,
                    decision=decision,
                    queue_id=each.outcome.queue_id,
                    words=words,
                    route=work.route.name,
                )
            )
            if isinstance(decision.step, Reroute):
                self.rejected_by.setdefault(tried.subscriber_id, set()).add(work.route.name or "")
            if decision.pause is not None:
                self.slow(connection, work, decision.pause, words, now)
                self.troubled_since = self.troubled_since or each.at
                self.paused_for = Why.NO_CONNECTION if each.outcome.reply is None else Why.SERVER
            elif decision.server_condition.is_accepting:
                self.troubled_since = None
                is_troubled = work.bucket is not None and work.bucket.condition is not RouteCondition.UP
                # An acceptance during the pause had begun before it.
                if is_troubled and work.paused_until(each.at, self._policy) is None:
                    work.bucket = rate_limit.recover(connection, work.route.bucket_name)
            returned += decision.returned
            if decision.halt is not None:
                self.halt = decision.halt
                self._end_rejections(connection)
        ledger.record(connection, self._mailing, self._worker, results, now)
        for result in results:
            step = result.decision.step
            if isinstance(step, Refuse) and step.refusal_category in (RefusalCategory.GONE, RefusalCategory.NO_DOMAIN):
                self._suppress_hard_bounces(connection, result.subscriber_id, step.refusal_category, result.words, now)
        if returned:
            maintenance.take_back(connection, self._mailing, returned, now)
        return decisions

    def _end_rejections(self, connection: Connection) -> None:
        """End the pauses of routes that reject us: the run stops, and a person starts the next one."""
        for work in self._routes:
            if work.bucket is not None and work.bucket.condition is RouteCondition.REJECTING:
                work.bucket = rate_limit.end_pause(connection, work.route.bucket_name)

    def slow(self, connection: Connection, work: RouteWork, pause: PauseRoute, words: str, now: datetime) -> None:
        """Pause a route, and reduce its rate. Only in a task (`do`)."""
        minutes = max((time.monotonic() - self._began) / 60, 1 / 60)
        measured = max(work.dots / minutes, 60.0)
        work.bucket = rate_limit.slow(
            connection, work.route.bucket_name, work.route.rate, measured, pause, now, words[:LONGEST_REPLY]
        )

    def _count(self, decisions: list[OutcomeDecision]) -> None:
        self.tally.groups += 1
        for decision in decisions:
            change = transition_of(decision.step)
            self.tally.put_back += isinstance(decision.step, (Defer, Requeue, Reroute)) or decision.halt is not None
            if change.is_counted:
                self.tally.tried += 1
                self.tally.came_to[change.to] = self.tally.came_to.get(change.to, 0) + 1
            else:
                self.tally.given_back += 1
