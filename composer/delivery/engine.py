"""Sends a mailing: the only loop there is.

Comes in: a `Job` (a database, a frozen mailing, a transport, who makes the messages) and a `Stop` to look at. Goes out: a
`Run`, which says why it ended and what it did. Every decision is taken elsewhere (plan, policy), every row is written by
one thread (recorder), every message goes out by another (hands); here is what they have in common.

It may be killed at any moment. What is unknown then is what had its intent on disk: at most one for each connection.

One module, though long: it is the only loop, and what it does between two moves is read in one go.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import assert_never

from sqlalchemy import Connection

from composer.database.engine import Database
from composer.delivery import ledger, rates, upkeep
from composer.delivery.bucket import pause_of, rate_now
from composer.delivery.events import Kind
from composer.delivery.gate import Gate
from composer.delivery.hands import Hands, Step, no_step
from composer.delivery.ledger import Claimed
from composer.delivery.letter import Letters
from composer.delivery.mailing import MailingError, Sums, go_on, mailing_of, note
from composer.delivery.owners import BEAT, Owner, become_owner, mark_ended
from composer.delivery.plan import Claim, Drain, End, Ending, Level, View, Wait, next_move
from composer.delivery.policy import Policy
from composer.delivery.progress import Counter, Progress
from composer.delivery.recorder import BrokenLedgerError, Recorder
from composer.delivery.states import DeliveryState
from composer.delivery.stop import Stop
from composer.delivery.striking import strike_off
from composer.errors import ComposeError
from composer.transport.transport import Connection as Handover
from composer.transport.transport import Transport

#: How often the loop looks around by itself, and what others may have changed: the bucket, a stop, the quota. In seconds.
_TICK, _LOOK = 0.25, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be sent, and how."""

    database: Database
    mailing_id: int
    transport: Transport
    letters: Letters
    #: How many messages are under way at once.
    connections: int = 4
    #: Messages a minute over all processes; None for as fast as it goes.
    rate: float | None = None
    #: Messages in any 24 hours over all processes and mailings of this way out; None for no bound.
    daily_quota: int | None = None
    #: How many are tried in this run at most.
    limit: int | None = None
    policy: Policy = field(default_factory=Policy)
    #: Who says so, for the event log.
    who: str = ""
    #: A person's word that no other copy of this database has sent anything.
    is_copy_allowed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a run ended."""

    ending: Ending
    #: Why, in the server's words or ours, where it was not a good end.
    words: str
    sums: Sums
    #: To which states this run brought how many.
    came_to: Mapping[DeliveryState, int]
    tried: int
    #: Outcomes that could not be written down; the next run calls these deliveries unknown.
    unwritten: int
    #: Whether the mailing is over: everybody's fate is known, and the recipients' values are gone.
    is_over: bool
    #: Transactions that it took.
    groups: int
    #: When the next delivery falls due that was not yet.
    next_due: datetime | None = None
    #: What stopped it, if it was a mishap.
    error: ComposeError | None = None


def send(
    job: Job,
    stop: Stop,
    *,
    tell: Callable[[Progress], None] = lambda progress: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    step: Step = no_step,
) -> Run:
    """Send a mailing, or go on with it, until nothing is left to do for now, or it is to stop.

    Raises MailingError for one that is over, TransportError where there is no connection to begin with, BusyError and
    CopyError (owners). What happens later is told in the `Run`. `step` is called at every step, with its name.
    """
    with job.database.read() as connection:
        mailing = mailing_of(connection, job.mailing_id)
    if mailing.ended:
        raise MailingError(f"mailing {mailing.id} is over", f"compose status {mailing.id} says what became of it")
    # Before anything is claimed: a wrong password should change nothing.
    first = job.transport.connect()
    try:
        owner = become_owner(job.database, job.mailing_id, now(), is_copy_allowed=job.is_copy_allowed)
    except BaseException:
        first.close()
        raise
    try:
        return _Sending(job, owner, stop, tell, now, step, is_rehearsal=mailing.is_rehearsal).run(first)
    finally:
        owner.leave()


@dataclass(slots=True)
class _Known:
    """What the loop knows beside what its parts tell."""

    is_more: bool = True
    next_due: datetime | None = None
    is_stopped: bool = False
    #: Deliveries that other processes have in hand.
    elsewhere: int = 0
    quota: rates.Quota | None = None
    claimed: int = 0
    #: How many deliveries had come back when the last claim was made.
    put_back: int = 0
    looked: float = float("-inf")
    beaten: float = field(default_factory=time.monotonic)


class _Sending:
    def __init__(
        self,
        job: Job,
        owner: Owner,
        stop: Stop,
        tell: Callable[[Progress], None],
        now: Callable[[], datetime],
        step: Step,
        *,
        is_rehearsal: bool,
    ) -> None:
        self._job, self._owner, self._stop, self._tell, self._now = job, owner, stop, tell, now
        self._bucket = job.transport.name
        self._wake = Event()
        self._gate = Gate(now, self._wake.set)
        self._recorder = Recorder(
            job.database,
            job.mailing_id,
            owner.id,
            self._bucket,
            job.policy,
            now,
            rate=job.rate,
            is_counted=job.daily_quota is not None,
            is_rehearsal=is_rehearsal,
            strike_off=strike_off(job.mailing_id),
            step=step,
        )
        self._recorder.on_news = self._news
        self._hands = Hands(
            job.transport,
            job.letters,
            self._recorder,
            self._gate,
            stop,
            self._wake.set,
            step,
            away=job.policy.away / timedelta(seconds=1),
        )
        self._recorder.inbox.under_way = lambda: self._hands.load[1]
        self._known = _Known()
        self._counter = Counter(job.database, job.mailing_id, self._recorder)
        self._step = step

    def run(self, first: Handover) -> Run:
        """Send until the end."""
        self._recorder.start()
        self._hands.start(self._job.connections, first)
        try:
            self._recorder.do(self._begin)
            ending = self._loop()
        except (BrokenLedgerError, ComposeError) as error:
            # A look at the ledger failed, if not a change of it.
            if isinstance(error, ComposeError):
                self._recorder.fail(error)
            ending = Ending.LEDGER
            self._shut()
        except BaseException:
            # A bug, or a signal in the middle of the loop: nothing more is begun, what is open is not waited for.
            self._shut()
            self._stop.say()
            self._stop.say()
            self._recorder.close()
            raise
        return self._end(ending)

    def _begin(self, connection: Connection) -> None:
        """Take over what dead runs left, and look at the clock."""
        now, mailing_id = self._now(), self._job.mailing_id
        go_on(connection, mailing_id, self._job.who, now)
        note(connection, mailing_id, Kind.BEGAN, now, f"run {self._owner.id}")
        self._sweep(connection, now)
        upkeep.mend(connection, mailing_id, now, self._job.policy)
        upkeep.expire(connection, mailing_id, now, self._job.policy)

    def _loop(self) -> Ending:
        while True:
            self._look()
            self._refill()
            self._report()
            move = next_move(self._view())
            match move:
                case Claim(count=count):
                    self._claim(count)
                case Wait(until=until):
                    self._sleep(until)
                case Drain():
                    self._shut()
                    self._sleep(None)
                case End(why=why):
                    if self._is_final(move):
                        self._shut()
                        return why
                case _:
                    assert_never(move)

    def _is_final(self, move: End) -> bool:
        """Look once more, after all that was told has been written: the last outcome may have been a deferral."""
        if self._stop.level is Level.NOW:
            return True

        def work(connection: Connection) -> None:
            self._known.quota = self._quota(connection, self._now())
            if not self._owner.is_alone:
                self._known.elsewhere = ledger.elsewhere(connection, self._job.mailing_id, self._owner.id)

        self._recorder.do(work)
        return next_move(self._view()) == move

    def _view(self) -> View:
        now, known, bucket = self._now(), self._known, self._recorder.bucket
        given_back = self._recorder.tally.given_back + self._hands.denied
        # Open and queued in one look: a delivery that changes from one to the other is in neither or both otherwise.
        queued, under_way = self._hands.load
        left = None if self._job.limit is None else self._job.limit - known.claimed + given_back
        quota = known.quota
        return View(
            now=now,
            level=self._stop.level,
            is_stopped=known.is_stopped,
            is_halted=self._recorder.halt is not None or self._hands.error is not None,
            is_ledger_broken=self._recorder.broken is not None,
            open=under_way,
            queued=queued,
            connections=self._job.connections,
            rate=None if bucket is None else rate_now(bucket, self._job.rate, now),
            left=left,
            quota=None if quota is None else quota.left - queued - under_way,
            quota_at=None if quota is None else quota.more_at,
            # What came back after the last claim may be due.
            is_more=known.is_more or self._recorder.tally.put_back > known.put_back,
            next_due=known.next_due,
            elsewhere=known.elsewhere,
            paused_until=None if bucket is None else pause_of(bucket, now, self._job.policy.longest_pause),
            paused_for=self._recorder.paused_for,
            troubled_since=self._recorder.troubled_since,
            patience=self._job.policy.patience,
        )

    def _claim(self, count: int) -> None:
        def work(connection: Connection) -> Claimed:
            now, job, known = self._now(), self._job, self._known
            known.put_back, known.quota, most = self._recorder.tally.put_back, self._quota(connection, now), count
            if known.quota is not None:
                most = max(0, min(count, known.quota.left - sum(self._hands.load)))
            return ledger.claim(connection, job.mailing_id, self._owner.id, most, now)

        known, claimed = self._known, self._recorder.do(work)
        self._step("claimed")
        known.is_more, known.next_due = claimed.is_more, claimed.next_due
        known.is_stopped |= claimed.is_stopped
        known.claimed += len(claimed.due)
        self._hands.put(claimed.due)

    def _look(self) -> None:
        """See what others changed: the bucket, a stop, who died."""
        known, clock = self._known, time.monotonic()
        if clock - known.looked < _LOOK or self._recorder.broken is not None:
            return
        known.looked = clock
        is_to_beat = clock - known.beaten > BEAT / timedelta(seconds=1)
        if is_to_beat:
            known.beaten = clock
        try:
            self._owner.check()
        except ComposeError as error:
            self._recorder.fail(error)
            return

        def work(connection: Connection) -> bool:
            now, mailing_id = self._now(), self._job.mailing_id
            self._recorder.bucket = rates.look(connection, self._bucket)
            known.quota = self._quota(connection, now)
            if is_to_beat:
                self._owner.beat(connection, now)
                upkeep.expire(connection, mailing_id, now, self._job.policy)
            if (is_to_beat and not self._owner.is_alone) or known.elsewhere:
                self._sweep(connection, now)
                known.elsewhere = ledger.elsewhere(connection, mailing_id, self._owner.id)
            return ledger.goes_on(connection, mailing_id)

        is_waiting = known.elsewhere > 0
        known.is_stopped |= not self._recorder.do(work)
        # Another process may have given something back, or have died.
        known.is_more |= is_waiting
        self._news()

    def _refill(self) -> None:
        """Reserve slots for the connections that wait for them."""
        if (wanted := self._gate.wanted) == 0 or self._recorder.broken is not None:
            return
        job = self._job
        # Not more than for the next moment: another process wants its share.
        most = max(1, int((self._view().rate or 0) / 60 * _TICK))

        def work(connection: Connection) -> tuple[datetime, ...]:
            bucket, slots = rates.take(connection, self._bucket, job.rate, self._now(), min(wanted, most))
            self._recorder.bucket = bucket
            return slots

        self._gate.add(self._recorder.do(work))

    def _news(self) -> None:
        """Let the gate know of a pause at once; the loop looks when it wakes."""
        now, bucket = self._now(), self._recorder.bucket
        if bucket is not None:
            self._gate.pause(pause_of(bucket, now, self._job.policy.longest_pause))
            self._gate.limit(rate_now(bucket, self._job.rate, now) is not None)
        if self._recorder.halt is not None or self._recorder.broken is not None:
            # Not a message more is begun than those that are open.
            self._shut()
        self._wake.set()

    def _sleep(self, until: datetime | None) -> None:
        seconds = _TICK
        if until is not None:
            seconds = min(max((until - self._now()).total_seconds(), 0.01), seconds)
        self._wake.wait(0.02 if self._gate.wanted else seconds)
        self._wake.clear()

    def _quota(self, connection: Connection, now: datetime) -> rates.Quota | None:
        daily = self._job.daily_quota
        return None if daily is None else rates.quota(connection, self._bucket, daily, now)

    def _sweep(self, connection: Connection, now: datetime) -> None:
        if dead := self._owner.dead(connection, self._job.mailing_id, now):
            upkeep.bury(connection, self._job.mailing_id, dead, now, "the run that sent it died before an answer came")
            mark_ended(connection, dead, now)

    def _report(self, *, is_last: bool = False) -> None:
        if self._counter.is_due or is_last:
            view = self._view()
            self._tell(self._counter.progress(view, is_last=is_last))

    def _last_sums(self) -> Sums:
        """Count and tell for the last time; what was counted last, where the ledger cannot be read any more."""
        try:
            self._report(is_last=True)
        except ComposeError:
            if self._counter.sums is None:
                raise
        assert self._counter.sums is not None
        return self._counter.sums

    def _shut(self) -> None:
        """Begin nothing more."""
        self._gate.close()
        self._hands.close()

    def _end(self, ending: Ending) -> Run:
        """Record what is left, and say how it was."""
        is_at_once = self._stop.level is Level.NOW
        if not is_at_once:
            self._hands.join(self._stop)
            is_at_once = self._stop.level is Level.NOW
        halt = self._recorder.halt
        error: ComposeError | None = self._hands.error
        words = halt.words if halt else error.message if error else ""

        def work(connection: Connection) -> tuple[bool, bool]:
            now, mailing_id = self._now(), self._job.mailing_id
            # Before it is ended here: whether another process has done so.
            was_over = mailing_of(connection, mailing_id).ended is not None
            upkeep.release(connection, mailing_id, self._owner.id, now)
            if is_at_once:
                upkeep.bury(connection, mailing_id, (self._owner.id,), now, "the run was stopped before an answer came")
            mark_ended(connection, (self._owner.id,), now)
            note(connection, mailing_id, Kind.RUN_ENDED, now, f"run {self._owner.id}: {ending} {words}".rstrip())
            return was_over or upkeep.end(connection, mailing_id, now).is_complete, was_over

        is_over = False
        try:
            is_over, was_over = self._recorder.do(work)
            if was_over and ending is Ending.STOPPED:
                ending = Ending.DONE
        except BrokenLedgerError:
            ending = Ending.LEDGER
        unwritten = self._recorder.close()
        broken = self._recorder.broken
        if broken is not None:
            if not isinstance(broken, ComposeError):
                raise broken
            words, error = broken.message, broken
        if self._hands.bug is not None:
            raise self._hands.bug
        sums = self._last_sums()
        tally = self._recorder.tally
        return Run(
            ending=ending,
            words=words,
            sums=sums,
            came_to=dict(tally.came_to),
            tried=tally.tried,
            unwritten=unwritten,
            is_over=is_over,
            groups=tally.groups,
            next_due=self._known.next_due,
            error=error,
        )
