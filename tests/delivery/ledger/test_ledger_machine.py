"""Any operations on a mailing, in any order, by several processes that crash in between: the totals are right, only
existing transitions are used, nobody receives two copies, and no copy is lost. On both databases.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from composer.audience.erasure import erase
from composer.audience.suppression import Reason, suppress
from composer.core.addresses import Address
from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries, recipients
from composer.database.tables.metadata import metadata
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.core.events import StateReason
from composer.delivery.core.mailing import MailingError, mailing_of, resume, stop, sums_of
from composer.delivery.core.retry_policy import OutcomeDecision, PreviousAttempts, RetryPolicy, ServerCondition, decide
from composer.delivery.core.states import WAYS, DeliveryState
from composer.delivery.ledger import claims, ledger, maintenance, reconciliation
from composer.delivery.selection.freeze import freeze
from composer.delivery.selection.selection import Selection
from composer.transport.outcome import Outcome, OutcomeState, Scope, ServerReply, Stage
from tests.delivery.factories import ISSUE, NOW, add_subscribers, draft
from tests.sizes import sized

S = DeliveryState
_SUBSCRIBERS = 6
_POLICY = RetryPolicy(deadline=timedelta(hours=2))
#: The possible outcomes after a dot, and before it.
_AFTER_DOT = {
    "accepted": Outcome(state=OutcomeState.ACCEPTED, stage=Stage.DOT, queue_id="Q1"),
    "refused": Outcome(
        state=OutcomeState.REFUSED, stage=Stage.DOT, reply=ServerReply(code=550, enhanced="5.7.1"), scope=Scope.MESSAGE
    ),
    "throttled": Outcome(state=OutcomeState.DEFERRED, stage=Stage.DOT, reply=ServerReply(code=454), scope=Scope.SERVER),
    "deferred": Outcome(state=OutcomeState.DEFERRED, stage=Stage.DOT, reply=ServerReply(code=452, enhanced="4.2.2")),
    "lost": Outcome(state=OutcomeState.UNKNOWN, stage=Stage.DOT, scope=Scope.SERVER),
    "lost but taken": Outcome(state=OutcomeState.UNKNOWN, stage=Stage.DOT, scope=Scope.SERVER),
}
_BEFORE_DOT = {
    "gone": Outcome(state=OutcomeState.REFUSED, stage=Stage.RCPT, reply=ServerReply(code=550, enhanced="5.1.1")),
    "later": Outcome(state=OutcomeState.DEFERRED, stage=Stage.RCPT, reply=ServerReply(code=451)),
    "throttled": Outcome(
        state=OutcomeState.DEFERRED, stage=Stage.RCPT, reply=ServerReply(code=421), scope=Scope.SERVER
    ),
    "dropped": Outcome(state=OutcomeState.DEFERRED, stage=Stage.BODY, scope=Scope.SERVER),
    "taken back": Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.BODY),
}


class Ledger(RuleBasedStateMachine):
    """Processes 1 to 3 work on mailings of one issue; a server counts copies."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.now = NOW
        self.mailing = 0
        self.mailings: list[int] = []
        self.copies: Counter[int] = Counter()
        #: Copies that a person requested by sending again.
        self.allowed: Counter[int] = Counter()
        self.pool: dict[int, dict[int, PreviousAttempts]] = {1: {}, 2: {}, 3: {}}
        self.server_conditions = {1: ServerCondition(), 2: ServerCondition(), 3: ServerCondition()}
        self.dead: set[int] = set()
        self.seen: dict[tuple[int, int], DeliveryState] = {}
        #: Rejected and returned to pending in one step, because the run stopped.
        self.taken_back: set[tuple[int, int]] = set()
        with database.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())

    @initialize()
    def begin(self) -> None:
        with self.database.write() as connection:
            self.ids = add_subscribers(connection, _SUBSCRIBERS)
            self.mailing = freeze(connection, draft(), self.now).id
        self.mailings.append(self.mailing)

    def rows(self, mailing: int | None = None) -> dict[int, Any]:
        with self.database.read() as connection:
            question = select(deliveries).where(deliveries.c.mailing_id == (mailing or self.mailing))
            return {row.subscriber_id: row for row in connection.execute(question)}

    #: One of the existing ones, by number.
    which = st.integers(0, 11)

    def waiting(self) -> list[tuple[int, PreviousAttempts]]:
        """Return the claims of living processes whose dots were not sent."""
        return [(worker, tried) for worker, hand in self.living() for tried in hand.values() if not tried.is_sending]

    def sending(self) -> list[tuple[int, PreviousAttempts]]:
        return [(worker, tried) for worker, hand in self.living() for tried in hand.values() if tried.is_sending]

    def living(self) -> list[tuple[int, dict[int, PreviousAttempts]]]:
        return [(worker, hand) for worker, hand in self.pool.items() if worker not in self.dead]

    @precondition(lambda self: self.living())
    @rule(which=which, count=st.integers(1, 4))
    def claim(self, which: int, count: int) -> None:
        worker, hand = self.living()[which % len(self.living())]
        with self.database.write() as connection:
            claimed = ledger.claim(connection, self.mailing, worker, count, self.now)
        for due in claimed.due:
            assert not any(due.tried.subscriber_id in each for each in self.pool.values()), "two have it in hand"
            hand[due.tried.subscriber_id] = due.tried

    @precondition(lambda self: self.waiting())
    @rule(which=which, what=st.sampled_from(sorted(_BEFORE_DOT)))
    def end_before_the_dot(self, which: int, what: str) -> None:
        self.tell(*self.waiting()[which % len(self.waiting())], _BEFORE_DOT[what])

    @precondition(lambda self: self.waiting())
    @rule(which=which, dies=st.integers(0, 7))
    def dots(self, which: int, dies: int) -> None:
        """Request intents; if they are granted the dots are sent, unless the process crashes just before."""
        worker = self.waiting()[which % len(self.waiting())][0]
        ids = [tried.subscriber_id for tried in self.pool[worker].values() if not tried.is_sending]
        with self.database.write() as connection:
            granted = ledger.intend(connection, self.mailing, worker, ids, self.now)
        if dies == 7:
            self.dead.add(worker)
            return
        rows = self.rows()
        for subscriber_id in ids:
            if subscriber_id in granted:
                self.pool[worker][subscriber_id] = replace(self.pool[worker][subscriber_id], is_sending=True)
            elif rows[subscriber_id].state != S.CLAIMED:
                del self.pool[worker][subscriber_id]

    @precondition(lambda self: self.sending())
    @rule(which=which, what=st.sampled_from(sorted(_AFTER_DOT)), dies=st.integers(0, 7))
    def answer(self, which: int, what: str, dies: int) -> None:
        worker, tried = self.sending()[which % len(self.sending())]
        if what in ("accepted", "lost but taken"):
            self.copies[tried.subscriber_id] += 1
        if dies == 7:
            self.dead.add(worker)
        else:
            self.tell(worker, tried, _AFTER_DOT[what])

    def tell(self, worker: int, tried: PreviousAttempts, outcome: Outcome) -> OutcomeDecision:
        decision = decide(outcome, tried, self.server_conditions[worker], self.now, _POLICY)
        self.server_conditions[worker] = decision.server_condition
        result = ledger.Result(
            subscriber_id=tried.subscriber_id, decision=decision, queue_id=outcome.queue_id, words="words"
        )
        with self.database.write() as connection:
            ledger.record(connection, self.mailing, worker, [result], self.now)
            if decision.returned:
                maintenance.take_back(connection, self.mailing, decision.returned, self.now)
                self.taken_back.add((self.mailing, tried.subscriber_id))
        del self.pool[worker][tried.subscriber_id]
        return decision

    @precondition(lambda self: self.waiting())
    @rule(which=which)
    def stop_running(self, which: int) -> None:
        """Release deliveries that were not started."""
        worker = self.waiting()[which % len(self.waiting())][0]
        with self.database.write() as connection:
            claims.release(connection, claims.deliveries_of(self.mailing), worker, self.now)
        self.pool[worker] = {key: tried for key, tried in self.pool[worker].items() if tried.is_sending}

    @precondition(lambda self: self.dead)
    @rule()
    def reap_worker(self) -> None:
        """Another process, or the next one, releases the deliveries of dead processes; a dead process returns as a new
        one.
        """
        with self.database.write() as connection:
            claims.reap(
                connection, claims.deliveries_of(self.mailing), sorted(self.dead), self.now, StateReason.RUN_DIED
            )
        for worker in self.dead:
            self.pool[worker], self.server_conditions[worker] = {}, ServerCondition()
        self.dead.clear()

    @rule(minutes=st.sampled_from([6, 61, 1, -90, 130]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        with self.database.write() as connection:
            maintenance.repair_schedule(connection, self.mailing, self.now, _POLICY)
            maintenance.expire(connection, self.mailing, self.now, _POLICY)

    @rule(number=st.integers(1, _SUBSCRIBERS), is_erased=st.booleans())
    def leave(self, number: int, is_erased: bool) -> None:
        normal = f"reader{number}@example.net"
        with self.database.write() as connection:
            if connection.scalar(select(subscribers.c.id).where(subscribers.c.normal == normal)) is None:
                return
            if is_erased:
                erase(connection, Address(address=normal), self.now)
            else:
                suppress(connection, normal, Reason.UNSUBSCRIBED, "test", self.now)

    @rule()
    def say_stop(self) -> None:
        """A person stops the mailing and resumes it later."""
        with self.database.write() as connection:
            if not mailing_of(connection, self.mailing).ended:
                stop(connection, self.mailing, "anna", self.now)
                assert ledger.claim(connection, self.mailing, 1, 1, self.now).is_stopped
                waiting = [tried.subscriber_id for _, tried in self.waiting()]
                assert not ledger.intend(connection, self.mailing, 1, waiting, self.now)
                assert not resume(connection, self.mailing, "anna", self.now, seen=None)
                resume(connection, self.mailing, "anna", self.now, seen=mailing_of(connection, self.mailing).pause)

    @precondition(lambda self: any(hand for worker, hand in self.pool.items() if worker not in self.dead))
    @rule(which=which)
    def be_taken_for_dead(self, which: int) -> None:
        """A process was away for too long: others take its work, then it returns and continues as before."""
        worker = [worker for worker, hand in self.living() if hand][
            which % len([1 for _, hand in self.living() if hand])
        ]
        with self.database.write() as connection:
            claims.reap(connection, claims.deliveries_of(self.mailing), [worker], self.now, StateReason.RUN_DIED)
        late, self.pool[worker] = self.pool[worker], {}
        self.claim(next((n for n, (each, _) in enumerate(self.living()) if each != worker), 0), _SUBSCRIBERS)
        for tried in late.values():
            if tried.is_sending and tried.subscriber_id not in self.pool[worker]:
                # The answer comes late.
                self.copies[tried.subscriber_id] += 1
                self.pool[worker][tried.subscriber_id] = tried
                self.tell(worker, tried, _AFTER_DOT["accepted"])
            elif tried.subscriber_id not in self.pool[worker]:
                with self.database.write() as connection:
                    assert not ledger.intend(connection, self.mailing, worker, [tried.subscriber_id], self.now)

    @rule(is_again=st.booleans())
    def settle(self, is_again: bool) -> None:
        with self.database.write() as connection:
            unknown = reconciliation.unknown_of(connection, self.mailing)
            if not is_again:
                reconciliation.count_as_received(connection, self.mailing, "anna", self.now)
            elif not mailing_of(connection, self.mailing).ended:
                reconciliation.send_again(connection, self.mailing, "anna", self.now)
                self.allowed.update(unknown)

    @rule(number=st.integers(0, 7))
    def end(self, number: int) -> None:
        is_for_good = number == 7
        with self.database.write() as connection:
            if mailing_of(connection, self.mailing).ended:
                return
            try:
                sums = (
                    maintenance.end_for_good(connection, self.mailing, "anna", self.now)
                    if is_for_good
                    else maintenance.end(connection, self.mailing, self.now)
                )
            except MailingError:
                return
            if mailing_of(connection, self.mailing).ended:
                assert not sums.open
                left = select(recipients).where(recipients.c.mailing_id == self.mailing)
                assert connection.execute(left).all() == []

    @precondition(lambda self: self.mailing and not any(self.pool.values()))
    @rule(is_rest=st.booleans())
    def mail_again(self, is_rest: bool) -> None:
        """Freeze another mailing of the issue, for those whom the earlier mailings do not hold."""
        try:
            with self.database.write() as connection:
                again = freeze(connection, draft(selection=Selection(issue=ISSUE, is_rest=is_rest)), self.now)
        except MailingError:
            return
        self.mailing = again.id
        self.mailings.append(again.id)

    @invariant()
    def sums_add_up(self) -> None:
        if self.mailing:
            with self.database.read() as connection:
                for mailing in self.mailings:
                    assert sums_of(connection, mailing).is_even

    @invariant()
    def ways_exist(self) -> None:
        if not self.mailing:
            return
        for mailing in self.mailings:
            for subscriber_id, row in self.rows(mailing).items():
                before, after = self.seen.get((mailing, subscriber_id), S.PENDING), DeliveryState(row.state)
                steps = [(before, after)]
                if (mailing, subscriber_id) in self.taken_back and after is S.PENDING:
                    # Two transitions in one step.
                    steps = [(before, S.REFUSED), (S.REFUSED, after)]
                assert before is after or all(there in WAYS[here] for here, there in steps), f"{before} to {after}"
                self.seen[mailing, subscriber_id] = after
        self.taken_back.clear()

    @invariant()
    def copies_are_known(self) -> None:
        """Nobody has two copies without a decision; everybody with a copy is accepted, unconfirmed, or about to be
        recorded.
        """
        if not self.mailing:
            return
        for subscriber_id, copies in self.copies.items():
            assert copies <= 1 + self.allowed[subscriber_id]
            if copies > self.allowed[subscriber_id]:
                states = [
                    self.rows(mailing)[subscriber_id].state
                    for mailing in self.mailings
                    if subscriber_id in self.rows(mailing)
                ]
                assert {S.ACCEPTED, S.UNKNOWN, S.SENDING} & set(states), states


def test_totals_are_right_after_any_operations(database: Database) -> None:
    """Claims, intents, answers, crashes, stops, ends, decisions, new mailings, in any order."""
    run_state_machine_as_test(
        lambda: Ledger(database),  # type: ignore[arg-type]
        settings=settings(
            max_examples=sized(10, 60),
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
