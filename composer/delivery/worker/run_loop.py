"""The loop that sends a mailing.

Input: a `MailingJob` (a database, a frozen mailing, a transport, a source of messages) and a `Stop` request. Output: a
`Run`, which says why it ended and what it did. Guarantees: if it is killed at any time, only messages whose
intent (the record that a message is about to be sent) is on disk are unconfirmed, at most one for each connection.

Other modules make the decisions (scheduler, retry_policy), one thread writes every row (ledger_writer), and other
threads send the messages (connections). This module connects them.

One module, although it is long, because it is the only loop and the steps between two moves belong together.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import assert_never

from sqlalchemy import Connection

from composer.core.errors import ComposeError
from composer.database.engine import Database
from composer.delivery.core.events import EventKind, StateReason
from composer.delivery.core.mailing import MailingError, Sums, mailing_of, note, sums_of
from composer.delivery.core.pause import Pause
from composer.delivery.core.retry_policy import PauseRoute, RetryPolicy
from composer.delivery.core.routing import RouteCondition
from composer.delivery.core.scheduler import ClaimMove, Drain, End, Ending, StopLevel, View, Wait, next_move
from composer.delivery.core.states import DeliveryState
from composer.delivery.database_guard.ledger_age import CopyError
from composer.delivery.database_guard.sending_lock import SendingLock
from composer.delivery.ledger import claims, ledger, maintenance
from composer.delivery.ledger.ledger import Claimed
from composer.delivery.ledger.workers import HEARTBEAT_INTERVAL, Worker, mark_ended, register_worker
from composer.delivery.messages.outgoing import MessageSource
from composer.delivery.throttle import rate_limit
from composer.delivery.throttle.admission import Admission
from composer.delivery.throttle.token_bucket import HORIZON
from composer.delivery.worker.abandonable_work import abandonable
from composer.delivery.worker.auto_suppression import suppress_hard_bounces
from composer.delivery.worker.connections import ConnectionPool, ConnectionStep, no_step
from composer.delivery.worker.delivery_log import log_began, log_ended, log_failed
from composer.delivery.worker.dispatcher import Dispatcher
from composer.delivery.worker.drain import DrainTimer, Outstanding
from composer.delivery.worker.ledger_writer import BrokenLedgerError, LedgerWriter
from composer.delivery.worker.progress import Counter, Progress
from composer.delivery.worker.route_work import FirstConnection, Route, RouteWork, open_first
from composer.delivery.worker.run_pauses import RunPauses
from composer.delivery.worker.stop_request import Stop
from composer.transport.protocol import TransportError

#: Seconds between two moves without an event, and between two checks for changes by others: the bucket, a stop, the
#: quota.
_TICK, _LOOK = 0.25, 1.0
#: The least seconds between two requests for slots.
_REFILL = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingJob:
    """What to send, and how."""

    database: Database
    mailing_id: int
    #: The mail servers, in the order of preference. At least one serves every domain.
    routes: tuple[Route, ...]
    message_source: MessageSource
    #: The most attempts in this run.
    limit: int | None = None
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    #: Who started it, for the event log.
    who: str = ""
    #: The folder of this computer's notes about the age of the ledger (age_files.MachineNotes).
    notes: Path | None = None
    #: Taken before the mailing was frozen; the run releases it.
    lock: SendingLock | None = None
    #: Whether a timer started the run. A timer does not remove a pause; a person who starts the run has seen this pause,
    #: and it is removed.
    is_unattended: bool = False
    pause: Pause | None = None
    #: Whether the run may start. Called in its first transaction, when no other process can change the answer.
    may_begin: Callable[[Connection], bool] = lambda connection: True

    @property
    def connections(self) -> int:
        """How many messages are sent at the same time."""
        return sum(each.connections for each in self.routes)

    @property
    def pauses(self) -> RunPauses:
        """The pauses of this run."""
        return RunPauses(
            mailing_id=self.mailing_id,
            who=self.who,
            is_unattended=self.is_unattended,
            is_limited=self.limit is not None,
            seen=self.pause,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The result of a run."""

    ending: Ending
    #: If there was a problem: why the run ended, as text from the server or from this program.
    words: str
    sums: Sums
    #: How many deliveries this run brought to each state.
    came_to: Mapping[DeliveryState, int]
    tried: int
    #: Outcomes that could not be recorded; the next run marks these deliveries as unconfirmed.
    unwritten: int
    #: Messages whose answers had not come when the run ended.
    unanswered: int = 0
    #: Whether the mailing has ended: every result is known, and the recipients' values are deleted.
    is_over: bool
    #: Transactions that it took.
    groups: int
    #: When the next delivery is due.
    next_due: datetime | None = None
    #: The error that stopped it, if there was one.
    error: ComposeError | None = None


def send(
    job: MailingJob,
    stop: Stop,
    *,
    tell: Callable[[Progress], None] = lambda progress: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    step: ConnectionStep = no_step,
) -> Run:
    """Send or resume a mailing until nothing is left to do for now, or the run must stop.

    Raises MailingError if the mailing has ended, TransportError if there is no connection at the start, BusyError and
    CopyError (workers); CopyError also later, if the database is replaced during the run. Other later errors are in the
    `Run`. `step` is called at every step, with its name.
    """
    with job.database.read() as connection:
        mailing, sums = mailing_of(connection, job.mailing_id), sums_of(connection, job.mailing_id)
    if mailing.ended:
        raise MailingError(
            f"mailing {mailing.id} has already ended", f"to see the results: compose status {mailing.id}"
        )
    # Before anything is claimed, so that a wrong password changes nothing.
    opened = abandonable(lambda: open_first(job.routes), lambda: stop.level is not StopLevel.NONE)
    if opened is None:
        # A server may need minutes to answer.
        if stop.is_by_hand:
            with job.database.write() as connection:
                job.pauses.interrupt(connection, now())
        return _not_begun(sums)
    try:
        worker = register_worker(job.database, job.mailing_id, now(), notes=job.notes, lock=job.lock)
    except BaseException:
        opened.connection.close()
        raise
    try:
        log_began(mailing.id, worker.id, is_rehearsal=mailing.is_rehearsal, connections=job.connections)
        ran = _Sending(job, worker, stop, tell, now, step, sums, is_rehearsal=mailing.is_rehearsal).run(opened)
    except BaseException as error:
        log_failed(mailing.id, worker.id, error)
        raise
    finally:
        worker.leave()
    log_ended(mailing.id, worker.id, ran.ending, ran.sums, unanswered=ran.unanswered, unwritten=ran.unwritten)
    return ran


def _not_begun(sums: Sums) -> Run:
    return Run(
        ending=Ending.INTERRUPTED, words="", sums=sums, came_to={}, tried=0, unwritten=0, is_over=False, groups=0
    )


@dataclass(slots=True)
class _Known:
    """The loop's own state."""

    is_more: bool = True
    next_due: datetime | None = None
    is_stopped: bool = False
    #: Whether it is recorded that a person interrupted the run.
    is_interrupted: bool = False
    #: How many deliveries other processes have claimed or are sending.
    elsewhere: int = 0
    claimed: int = 0
    #: How many deliveries had been returned when the last claim was made.
    put_back: int = 0
    looked: float = float("-inf")
    beaten: float = field(default_factory=time.monotonic)


class _Sending:
    def __init__(
        self,
        job: MailingJob,
        worker: Worker,
        stop: Stop,
        tell: Callable[[Progress], None],
        now: Callable[[], datetime],
        step: ConnectionStep,
        sums: Sums,
        *,
        is_rehearsal: bool,
    ) -> None:
        self._job, self._worker, self._stop, self._tell, self._now = job, worker, stop, tell, now
        self._drain = DrainTimer(job.policy)
        self._wake = Event()
        self._routes = [RouteWork(route=each, gate=Admission(now, self._wake.set)) for each in job.routes]
        self._recorder = LedgerWriter(
            job.database,
            job.mailing_id,
            worker.id,
            self._routes,
            job.policy,
            now,
            is_rehearsal=is_rehearsal,
            counter=worker.counter,
            suppress_bounced=suppress_hard_bounces(job.mailing_id),
            step=step,
            is_late=self._is_late,
        )
        self._recorder.on_news = self._news
        pools = [
            ConnectionPool(
                work,
                job.message_source,
                self._recorder,
                stop,
                self._wake.set,
                step,
                away=job.policy.reconnect_delay / timedelta(seconds=1),
                is_only=len(self._routes) == 1,
            )
            for work in self._routes
        ]
        self._pool = Dispatcher(self._routes, pools, self._recorder, job.policy, now)
        self._recorder.queue.under_way = lambda: self._pool.load[1]
        self._known = _Known()
        self._counter = Counter(job.database, job.mailing_id, self._recorder, sums)
        self._step = step

    def run(self, opened: FirstConnection) -> Run:
        """Send until the end."""
        self._recorder.start()
        self._pool.start(self._routes[opened.number], opened.connection)
        try:
            self._recorder.do(lambda connection: self._begin(connection, opened.failed))
            ending = self._loop()
        except BrokenLedgerError:
            ending = Ending.LEDGER
            self._shut()
        except BaseException:
            # After a bug, or a signal in the middle of the loop, nothing more is started, and open deliveries are not
            # awaited.
            self._shut()
            self._stop.say()
            self._stop.say()
            self._recorder.close()
            raise
        return self._end(ending)

    def _begin(self, connection: Connection, failed: Mapping[int, TransportError]) -> None:
        """Release the deliveries of dead runs, and correct the schedule after clock changes.

        `failed`: the routes without a connection.
        """
        now, mailing_id = self._now(), self._job.mailing_id
        if not self._job.may_begin(connection):
            self._known.is_stopped = True
            return
        self._job.pauses.begin(connection, now)
        note(connection, mailing_id, EventKind.BEGAN, now, run=self._worker.id)
        self._sweep(connection, now)
        maintenance.repair_schedule(connection, mailing_id, now, self._job.policy)
        maintenance.expire(connection, mailing_id, now, self._job.policy)
        for number, error in failed.items():
            pause = PauseRoute(until=now + self._job.policy.pause, condition=RouteCondition.DOWN)
            self._recorder.slow(connection, self._routes[number], pause, error.message, now)

    def _loop(self) -> Ending:
        while True:
            try:
                if (why := self._step_on()) is not None:
                    return why
            except BrokenLedgerError:
                # The ledger writer knows about it, and so does the next move.
                continue
            except ComposeError as error:
                # The ledger could not be read.
                self._recorder.fail(error)

    def _step_on(self) -> Ending | None:
        """Make one move; return why the run ends if it was the last move."""
        self._note_interrupt()
        self._look()
        self._pool.redistribute()
        self._refill()
        self._report()
        view = self._view()
        move = next_move(view)
        match move:
            case ClaimMove(count=count):
                self._claim(count)
            case Wait(until=until):
                self._sleep(until)
            case Drain(why=why):
                self._drain.begin(why)
                self._shut()
                self._sleep(view.now + self._drain.left)
            case End(why=why):
                if self._is_final(move):
                    self._shut()
                    return why
            case _:
                assert_never(move)
        return None

    def _note_interrupt(self) -> None:
        """Record immediately that a person interrupted the run, because the process may be killed before the run ends."""
        if self._stop.is_by_hand and not self._known.is_interrupted and self._recorder.broken is None:
            self._known.is_interrupted = True
            self._recorder.do(lambda connection: self._job.pauses.interrupt(connection, self._now()))

    def _is_final(self, move: End) -> bool:
        """Check again after all reports were written, because the last outcome may have been a deferral."""
        if self._stop.level is StopLevel.NOW or move.why is Ending.LEDGER:
            return True

        def work(connection: Connection) -> None:
            self._read_quotas(connection, self._now())
            # The mailing may have been stopped since the last claim, with deliveries that are not claimed.
            self._known.is_stopped |= not ledger.goes_on(connection, self._job.mailing_id)
            if not self._worker.is_alone:
                self._known.elsewhere = ledger.elsewhere(connection, self._job.mailing_id, self._worker.id)

        self._recorder.do(work)
        return next_move(self._view()) == move

    def _view(self) -> View:
        now, known = self._now(), self._known
        given_back = self._recorder.tally.given_back + self._pool.denied
        # Both numbers are read at once: a delivery that changes from queued to open must not be counted twice or not at
        # all.
        queued, under_way = self._pool.load
        left = None if self._job.limit is None else self._job.limit - known.claimed + given_back
        quota = self._pool.held_for or self._quota_left()
        return View(
            now=now,
            level=self._stop.level,
            is_stopped=known.is_stopped,
            is_overdue=self._drain.is_over,
            is_halted=self._recorder.halt is not None or self._pool.error is not None,
            is_ledger_broken=self._recorder.broken is not None,
            open=under_way,
            queued=queued,
            connections=self._job.connections,
            rate=self._rate(now),
            left=left,
            quota=None if quota is None else quota.left - queued - under_way,
            quota_at=None if quota is None else quota.more_at,
            # Deliveries returned after the last claim may be due.
            is_more=known.is_more or self._recorder.tally.put_back > known.put_back,
            next_due=known.next_due,
            elsewhere=known.elsewhere,
            paused_until=self._paused_until(now),
            paused_for=self._recorder.paused_for,
            troubled_since=self._recorder.troubled_since,
            max_wait=self._job.policy.max_wait,
        )

    def _claim(self, count: int) -> None:
        def work(connection: Connection) -> Claimed:
            now, job, known = self._now(), self._job, self._known
            known.put_back, most = self._recorder.tally.put_back, count
            self._read_quotas(connection, now)
            if (quota := self._quota_left()) is not None:
                most = max(0, min(count, quota.left - sum(self._pool.load)))
            return ledger.claim(connection, job.mailing_id, self._worker.id, most, now, is_unattended=job.is_unattended)

        known, claimed = self._known, self._recorder.do(work)
        self._step("claimed")
        known.is_more, known.next_due = claimed.is_more, claimed.next_due
        known.is_stopped |= claimed.is_stopped
        known.claimed += len(claimed.due)
        self._job.message_source.expect([each.recipient for each in claimed.due])
        self._pool.put(claimed.due)

    def _look(self) -> None:
        """Check for changes by others: the bucket, a stop, dead workers."""
        known, clock = self._known, time.monotonic()
        if clock - known.looked < _LOOK or self._recorder.broken is not None:
            return
        known.looked = clock
        is_heartbeat_due = clock - known.beaten > HEARTBEAT_INTERVAL / timedelta(seconds=1)
        if is_heartbeat_due:
            known.beaten = clock

        def work(connection: Connection) -> bool:
            now, mailing_id = self._now(), self._job.mailing_id
            self._worker.check()
            for each in self._routes:
                each.bucket = rate_limit.look(connection, each.route.bucket_name)
            self._read_quotas(connection, now)
            if is_heartbeat_due:
                self._worker.heartbeat(connection, now)
                maintenance.expire(connection, mailing_id, now, self._job.policy)
            # Every second only while nothing can be claimed: on PostgreSQL the count reads all deliveries of the mailing.
            if (is_heartbeat_due and not self._worker.is_alone) or (known.elsewhere and not known.is_more):
                self._sweep(connection, now)
                known.elsewhere = ledger.elsewhere(connection, mailing_id, self._worker.id)
            return ledger.goes_on(connection, mailing_id, is_unattended=self._job.is_unattended)

        is_waiting = known.elsewhere > 0
        known.is_stopped |= not self._recorder.do(work)
        # Another process may have released deliveries, or have died.
        known.is_more |= is_waiting
        self._news()

    def _refill(self) -> None:
        """Reserve slots for the connections that wait for them."""
        if self._recorder.broken is not None:
            return
        for work in self._routes:
            if (wanted := work.gate.wanted) and time.monotonic() >= work.refill:
                self._reserve(work, wanted)

    def _reserve(self, work: RouteWork, wanted: int) -> None:
        # Only for the next moment, because other processes need slots, too.
        most = max(1, int((work.rate_now(self._now()) or 0) / 60 * _TICK))

        def task(connection: Connection) -> tuple[datetime, ...]:
            work.bucket, slots = rate_limit.take(
                connection, work.route.bucket_name, work.route.rate, self._now(), min(wanted, most)
            )
            return slots

        slots = self._recorder.do(task)
        work.gate.add(slots)
        wait = _REFILL
        if not slots and work.bucket is not None and work.bucket.next_at is not None:
            # At a low rate, the next slot is seconds away; another process may return one before that.
            wait = min(max((work.bucket.next_at - HORIZON - self._now()).total_seconds(), _REFILL), _LOOK)
        work.refill = time.monotonic() + wait

    def _news(self) -> None:
        """Pass pauses to the admissions immediately, and wake the loop."""
        now = self._now()
        for work in self._routes:
            if work.bucket is not None:
                work.gate.pause(work.paused_until(now, self._job.policy))
                work.gate.limit(work.rate_now(now) is not None)
        if self._recorder.halt is not None or self._recorder.broken is not None:
            # No more messages are started.
            self._shut()
        self._wake.set()

    def _sleep(self, until: datetime | None) -> None:
        seconds = _TICK
        if until is not None:
            seconds = min(max((until - self._now()).total_seconds(), 0.01), seconds)
        for work in self._routes:
            if work.gate.wanted:
                seconds = min(max(work.refill - time.monotonic(), _REFILL), seconds)
        self._wake.wait(seconds)
        self._wake.clear()

    def _rate(self, now: datetime) -> float | None:
        """Return the messages per minute by all routes; None for no limit."""
        rates = [work.rate_now(now) for work in self._routes]
        return None if None in rates else sum(filter(None, rates))

    def _paused_until(self, now: datetime) -> datetime | None:
        """Return when the first route may be used again; None if one may be used now."""
        pauses = [work.paused_until(now, self._job.policy) for work in self._routes]
        return None if None in pauses else min(filter(None, pauses))

    def _read_quotas(self, connection: Connection, now: datetime) -> None:
        for work in self._routes:
            if (daily := work.route.daily_quota) is not None:
                work.quota = rate_limit.quota(connection, work.route.bucket_name, daily, now)

    def _quota_left(self) -> rate_limit.Quota | None:
        """Return the rest of the daily quotas of all routes; None if one is not limited, or before they were read."""
        quotas = [work.quota for work in self._routes if work.quota is not None]
        if len(quotas) < len(self._routes):
            return None
        left = sum(each.left for each in quotas)
        return rate_limit.Quota(left=left, more_at=min(each.more_at for each in quotas))

    def _sweep(self, connection: Connection, now: datetime) -> None:
        if dead := self._worker.dead(connection):
            those = claims.deliveries_of(self._job.mailing_id)
            claims.reap(connection, those, dead, now, StateReason.RUN_DIED)
            mark_ended(connection, dead, now)

    def _report(self, *, is_last: bool = False) -> None:
        if is_last or self._counter.is_due:
            view, outstanding = self._view(), None
            if self._drain.has_begun and view.open:
                until = view.now + self._drain.left
                outstanding = Outstanding(server=self._pool.busy, open=view.open, until=until)
            self._tell(self._counter.progress(view, outstanding, is_last=is_last))

    def _last_sums(self) -> Sums:
        """Return the final sums, or the last counted ones if the ledger can no longer be read."""
        with suppress(ComposeError):
            if not self._recorder.is_hung:
                self._report(is_last=True)
        return self._counter.sums

    def _is_late(self) -> bool:
        """Return whether an ending run has waited long enough for the database."""
        if self._stop.level is not StopLevel.NONE:
            self._drain.begin(Ending.INTERRUPTED)
        if self._stop.level is StopLevel.NOW:
            self._drain.limit(timedelta())
        return self._drain.is_late

    def _shut(self) -> None:
        """Start nothing more."""
        self._pool.close()

    def _end(self, ending: Ending) -> Run:
        """Record the rest, and return the result."""
        self._drain.begin(ending)
        self._pool.join(lambda: self._stop.level is StopLevel.NOW or self._drain.is_over)
        # The answers for deliveries that are open now are not awaited.
        unanswered = self._pool.load[1]
        halt = self._recorder.halt
        error: ComposeError | None = self._pool.error
        words = halt.reason if halt else error.message if error else ""

        def work(connection: Connection) -> tuple[bool, bool, int]:
            now, mailing_id = self._now(), self._job.mailing_id
            # Read before this run ends the mailing: another process may have ended it.
            was_over = mailing_of(connection, mailing_id).ended is not None
            those = claims.deliveries_of(mailing_id)
            claims.release(connection, those, self._worker.id, now)
            lost = 0
            if unanswered:
                _, lost = claims.reap(connection, those, (self._worker.id,), now, StateReason.RUN_STOPPED)
            self._worker.counter.count(connection)
            mark_ended(connection, (self._worker.id,), now)
            if self._stop.is_by_hand:
                self._job.pauses.interrupt(connection, now)
            self._job.pauses.end(connection, ending, now)
            note(connection, mailing_id, EventKind.RUN_ENDED, now, run=self._worker.id, reason=ending, words=words)
            return was_over or maintenance.end(connection, mailing_id, now).is_complete, was_over, lost

        is_over = False
        try:
            is_over, was_over, unanswered = self._recorder.do(work)
            if was_over and ending is Ending.STOPPED:
                ending = Ending.DONE
        except BrokenLedgerError:
            ending = Ending.LEDGER
        unwritten = self._recorder.close()
        broken = self._recorder.broken
        # If the database was replaced, its counts are wrong.
        self._worker.counter.look()
        if isinstance(broken, CopyError):
            raise broken
        if broken is not None:
            if not isinstance(broken, ComposeError):
                raise broken
            words, error = broken.message, broken
        if self._pool.bug is not None:
            raise self._pool.bug
        sums = self._last_sums()
        tally = self._recorder.tally
        return Run(
            ending=ending,
            words=words,
            sums=sums,
            came_to=dict(tally.came_to),
            tried=tally.tried,
            unwritten=unwritten,
            unanswered=unanswered,
            is_over=is_over,
            groups=tally.groups,
            next_due=self._known.next_due,
            error=error,
        )
