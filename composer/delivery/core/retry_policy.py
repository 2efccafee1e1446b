"""Decides what an outcome means for its delivery, for the other deliveries, and for the subscriber.

Input: an outcome, the earlier attempts, how the server has behaved, the time. Output: an `OutcomeDecision`. Guarantees:
pure, so a test of a case needs one line (facts: RFC 3463, RFC 5321 section 4.2.1).

A throttle is about all messages: it pauses all of them and does not count against the one that was throttled. A
rejection of the sender or the message (5.7, 5.5, 5.6, too large) does not count against an address; three in a row stop
the run. A server can also throttle or reject one message or mailbox forever: if others were accepted in between, the
cause is that one.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from composer.transport.outcome import Outcome, OutcomeState, Scope, Stage
from composer.transport.replies.meanings import Meaning
from composer.transport.replies.reply_meaning import OPENING, is_throttle, meaning_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long and how often a mailing retries."""

    #: The time between attempts; the last value is repeated.
    delays: tuple[timedelta, ...] = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60))
    #: Counted from the first attempt.
    deadline: timedelta = timedelta(hours=48)
    #: After a throttle; doubled after each further one.
    pause: timedelta = timedelta(seconds=5)
    longest_pause: timedelta = timedelta(minutes=5)
    #: How many rejections of the sender or the message in a row stop a run.
    refusals: int = 3
    #: How many unconfirmed messages in a row stop a run: a person must decide about each.
    doubts: int = 5
    #: How often one delivery may be throttled while others are accepted, before the cause is that delivery.
    throttles: int = 3
    #: How long a connection that the server refused, while others are open, waits before it tries again.
    away: timedelta = timedelta(minutes=1)
    #: How long a run waits if it has nothing to send, or nothing is accepted.
    max_wait: timedelta = timedelta(minutes=10)
    #: How long a run that was told to stop waits for outstanding answers. This is less than the 90 seconds that
    #: systemd gives a service by default, so that systemd does not have to kill it.
    drain: timedelta = timedelta(seconds=60)
    #: How long it then waits for the database.
    record: timedelta = timedelta(seconds=10)

    def delay(self, attempts: int) -> timedelta:
        """Return the time until the next attempt, after this number of attempts."""
        return self.delays[min(max(attempts, 1), len(self.delays)) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """The earlier attempts of a delivery."""

    subscriber_id: int
    #: Attempts that count.
    attempts: int = 0
    first_at: datetime | None = None
    #: How often it was throttled, which does not count.
    throttled: int = 0
    #: How often it went from `refused` back to `pending`.
    requeue_count: int = 0
    #: Whether the intent is on disk: the dot was sent, or perhaps was sent.
    is_sending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCondition:
    """How the server has behaved in this run."""

    #: Whether it has accepted a message since its last throttle or rejection of the sender.
    is_well: bool = False
    #: The recipients in a row that it rejected because of the sender or the message.
    streak: tuple[int, ...] = ()
    #: Throttles since it last accepted a message; those during one pause count once.
    throttles: int = 0
    paused_until: datetime | None = None
    #: Unconfirmed messages since then.
    doubts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """The server accepted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """It was written to a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkUnconfirmed:
    """It may have been accepted: unconfirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defer:
    """Try again, not before `until`."""

    until: datetime
    #: Whether this attempt counts for the delays and the deadline.
    is_counted: bool = True
    #: Whether this was the last attempt, because the next one would be after the deadline.
    is_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBack:
    """Nothing was sent: pending again, not before `until`."""

    until: datetime
    is_throttled: bool = False


class RefusalCategory(StrEnum):
    """What a rejection says about the subscriber."""

    #: nothing: it is about the sender, or about this message
    NONE = "none"
    #: the mailbox does not exist, or no longer exists: suppress the subscriber
    GONE = "gone"
    #: the domain does not exist: suppress the subscriber the second time
    NO_DOMAIN = "no_domain"
    #: a full mailbox, or the subscriber does not want it: only counted
    SOFT = "soft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """It was rejected permanently."""

    refusal_category: RefusalCategory = RefusalCategory.NONE


Step = Accept | Write | MarkUnconfirmed | Defer | GiveBack | Refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseMailing:
    """Send nothing before `until`, in any process."""

    until: datetime
    #: The number of this throttle in a row.
    number: int = 1
    #: Whether the rate was probably too high: the server names a rule, or throttles again after a pause. A server that
    #: restarts, or requires a new connection after a hundred messages, is not a reason to send more slowly.
    is_rate: bool = False


class Cause(StrEnum):
    """Why a run stops by itself."""

    #: three rejections in a row of the sender or the message
    REFUSED = "refused"
    #: the server does not confirm messages
    DOUBTFUL = "doubtful"
    #: the sender's address, or the transport, cannot be used
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Stop the run; the `returned` deliveries go from refused back to pending."""

    cause: Cause
    words: str
    returned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeDecision:
    """What to do after an outcome."""

    step: Step
    server_condition: ServerCondition
    pause: PauseMailing | None = None
    halt: Halt | None = None
    words: str = field(default="", compare=False)


def decide(
    outcome: Outcome,
    tried: Tried,
    server_condition: ServerCondition,
    now: datetime,
    policy: RetryPolicy,
    *,
    is_rehearsal: bool = False,
) -> OutcomeDecision:
    """Decide what an outcome means. `words` is the server's reply or our reason, for the record."""
    words = str(outcome.reply) if outcome.reply else outcome.reason
    match outcome.state:
        case OutcomeState.ACCEPTED:
            return OutcomeDecision(step=Accept(), server_condition=ServerCondition(is_well=True), words=words)
        case OutcomeState.WRITTEN if is_rehearsal:
            return OutcomeDecision(step=Write(), server_condition=server_condition, words=words)
        case OutcomeState.WRITTEN:
            halt = Halt(cause=Cause.UNUSABLE, words="messages were written to files: no mail server is configured")
            step = Defer(until=now, is_counted=False) if tried.is_sending else GiveBack(until=now)
            return OutcomeDecision(step=step, server_condition=server_condition, halt=halt, words=words)
        case OutcomeState.UNKNOWN:
            server_condition = replace(server_condition, doubts=server_condition.doubts + 1)
            doubtful = Halt(cause=Cause.DOUBTFUL, words=words) if server_condition.doubts >= policy.doubts else None
            return OutcomeDecision(
                step=MarkUnconfirmed(), server_condition=server_condition, halt=doubtful, words=words
            )
        case OutcomeState.NOT_ATTEMPTED:
            return _held_back(outcome, tried, server_condition, now, words)
        case OutcomeState.DEFERRED:
            return _deferred(outcome, tried, server_condition, now, policy, words)
        case OutcomeState.REFUSED:
            return _refused(outcome, tried, server_condition, policy, words)
        case _:
            assert_never(outcome.state)


def _held_back(
    outcome: Outcome, tried: Tried, server_condition: ServerCondition, now: datetime, words: str
) -> OutcomeDecision:
    """Decide after nothing was sent: an unusable address, or canceled before the dot."""
    if outcome.stage is Stage.RCPT:
        return OutcomeDecision(
            step=Refuse(refusal_category=RefusalCategory.SOFT), server_condition=server_condition, words=words
        )
    halt = Halt(cause=Cause.UNUSABLE, words=words) if outcome.scope is Scope.SERVER else None
    step = Defer(until=now, is_counted=False) if tried.is_sending else GiveBack(until=now)
    return OutcomeDecision(step=step, server_condition=server_condition, halt=halt, words=words)


def _deferred(
    outcome: Outcome, tried: Tried, server_condition: ServerCondition, now: datetime, policy: RetryPolicy, words: str
) -> OutcomeDecision:
    # Before a connection is open, the server does not know the recipient: the cause is not this delivery.
    is_its_own = server_condition.is_well and outcome.stage not in OPENING and tried.throttled >= policy.throttles - 1
    if outcome.scope is Scope.SESSION and not is_its_own:
        # It is sent again at once in another session.
        again = Defer(until=now, is_counted=False) if tried.is_sending else GiveBack(until=now, is_throttled=True)
        return OutcomeDecision(step=again, server_condition=server_condition, words=words)
    if not is_throttle(outcome) or is_its_own:
        until = now + policy.delay(tried.attempts + 1)
        is_last = until > (tried.first_at or now) + policy.deadline
        return OutcomeDecision(step=Defer(until=until, is_last=is_last), server_condition=server_condition, words=words)
    if server_condition.paused_until and now < server_condition.paused_until <= now + policy.longest_pause:
        # It had started before the pause, so it is not another throttle.
        pause = PauseMailing(until=server_condition.paused_until, number=server_condition.throttles)
    else:
        number = server_condition.throttles + 1
        until = now + min(policy.pause * 2 ** min(number - 1, 20), policy.longest_pause)
        pause = PauseMailing(until=until, number=number, is_rate=_is_rate(outcome, number))
    server_condition = replace(server_condition, is_well=False, throttles=pause.number, paused_until=pause.until)
    step = (
        Defer(until=pause.until, is_counted=False)
        if tried.is_sending
        else GiveBack(until=pause.until, is_throttled=True)
    )
    return OutcomeDecision(step=step, server_condition=server_condition, pause=pause, words=words)


def _is_rate(outcome: Outcome, number: int) -> bool:
    if outcome.reply is None or outcome.stage in OPENING:
        return False
    is_rule = meaning_of(outcome.reply, outcome.stage) in (Meaning.POLICY, Meaning.STANDING)
    return is_rule or outcome.reply.code == 454 or number > 1


def _refused(
    outcome: Outcome, tried: Tried, server_condition: ServerCondition, policy: RetryPolicy, words: str
) -> OutcomeDecision:
    if outcome.scope is Scope.RECIPIENT:
        return OutcomeDecision(
            step=Refuse(refusal_category=_refusal_category(outcome)), server_condition=server_condition, words=words
        )
    if tried.requeue_count and server_condition.is_well:
        # It was returned by a halt once, and others have been accepted since: the cause is this delivery.
        return OutcomeDecision(step=Refuse(), server_condition=server_condition, words=words)
    streak = (*server_condition.streak, tried.subscriber_id)
    server_condition = replace(server_condition, is_well=False, streak=streak)
    if len(streak) < policy.refusals:
        return OutcomeDecision(step=Refuse(), server_condition=server_condition, words=words)
    halt = Halt(cause=Cause.REFUSED, words=words, returned=streak)
    return OutcomeDecision(step=Refuse(), server_condition=server_condition, halt=halt, words=words)


def _refusal_category(outcome: Outcome) -> RefusalCategory:
    match meaning_of(outcome.reply, outcome.stage) if outcome.reply else None:
        case Meaning.GONE:
            return RefusalCategory.GONE
        case Meaning.NO_DOMAIN:
            return RefusalCategory.NO_DOMAIN
        case _:
            return RefusalCategory.SOFT
