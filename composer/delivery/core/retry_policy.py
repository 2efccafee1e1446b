"""Decides what to do after an attempt to deliver a message: to that delivery, to the others, and to the subscriber.

Input: the outcome of the attempt, the earlier attempts, how the server has behaved, the time. Output: an
`OutcomeDecision`. Guarantees: this is a pure function, so each case can be tested in one line. See RFC 3463 and RFC 5321,
section 4.2.1.

A throttle applies to every message: it pauses the mailing, and does not count as an attempt for the message that was
throttled. A rejection of the sender or the message (5.7, 5.5, 5.6, too large) does not count against an address; three
in a row stop the run. A server can also throttle or reject one message or mailbox forever. If the server accepts other
messages in the meantime, the problem is with that delivery. If there is another route, that route takes the message,
and a server that throttles or rejects us is only paused (routing.py).

One module, although it is long, because the rules exclude each other: to understand one, you need to see the others.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from composer.delivery.core.routing import OtherRoutes, RouteCondition
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
    #: A run stops after this many consecutive rejections of the sender or the message.
    max_consecutive_rejections: int = 3
    #: A run stops after this many consecutive unconfirmed messages, because a person must decide about each.
    max_consecutive_unconfirmed: int = 5
    #: How often one delivery can be throttled while others are accepted, before the delivery itself is the problem.
    max_throttles: int = 3
    #: How long to wait before reopening a connection that the server refused while other connections were open.
    reconnect_delay: timedelta = timedelta(minutes=1)
    #: How long a run waits if it has nothing to send, or nothing is accepted.
    max_wait: timedelta = timedelta(minutes=10)
    #: How long a run that was told to stop waits for outstanding answers. This is less than the 90 seconds that
    #: systemd gives a service by default, so that systemd does not have to kill it.
    drain: timedelta = timedelta(seconds=60)
    #: After that, how long the run waits for the database to record the answers.
    database_wait: timedelta = timedelta(seconds=10)

    def delay(self, attempts: int) -> timedelta:
        """Return the time until the next attempt, after this number of attempts."""
        return self.delays[min(max(attempts, 1), len(self.delays)) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousAttempts:
    """The earlier attempts of a delivery."""

    subscriber_id: int
    #: Attempts that count for the delays and the deadline.
    attempts: int = 0
    first_at: datetime | None = None
    #: How often the delivery was throttled. A throttle does not count as an attempt.
    throttled: int = 0
    #: How often the delivery went from rejected (the state `refused`) back to `pending`.
    requeue_count: int = 0
    #: Whether the database has the intent (the record that a message is about to be sent). If so, the final dot of the
    #: SMTP DATA command was sent, or may have been sent.
    is_sending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCondition:
    """How the server has behaved in this run."""

    #: Whether it has accepted a message since its last throttle or rejection of the sender.
    is_accepting: bool = False
    #: The recipients of consecutive rejections of the sender or the message.
    streak: tuple[int, ...] = ()
    #: Throttles since it last accepted a message; those during one pause count once.
    throttles: int = 0
    paused_until: datetime | None = None
    #: Unconfirmed messages since the server last accepted one.
    unconfirmed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """The server accepted the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """The message was written to a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkUnconfirmed:
    """The server may have accepted the message, so it is unconfirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defer:
    """Try the delivery again, but not before `until`."""

    until: datetime
    #: Whether this attempt counts for the delays and the deadline.
    is_counted: bool = True
    #: Whether this was the last attempt, because the next one would be after the deadline.
    is_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeue:
    """Nothing was sent. Set the delivery back to pending, and do not try it before `until`."""

    until: datetime
    is_throttled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reroute:
    """The server rejected the sender or the message, and another route has not: try that one from `until` on."""

    until: datetime


class RefusalCategory(StrEnum):
    """What a rejection says about the subscriber."""

    #: nothing, because the rejection is about the sender or this message
    NONE = "none"
    #: that the mailbox does not exist: suppress the subscriber
    GONE = "gone"
    #: that the domain does not exist: suppress the subscriber the second time
    NO_DOMAIN = "no_domain"
    #: that the mailbox is full, or rejects this message: count it, but do not suppress the subscriber
    SOFT = "soft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """The server rejected the message permanently."""

    refusal_category: RefusalCategory = RefusalCategory.NONE


Step = Accept | Write | MarkUnconfirmed | Defer | Requeue | Reroute | Refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRoute:
    """Send nothing to this server before `until`, in any process."""

    until: datetime
    #: The number of consecutive throttles, including this one.
    number: int = 1
    #: Whether the rate was probably too high: the server cites a policy, or throttles again after a pause. A server
    #: that restarts, or requires a new connection after a hundred messages, is not a reason to send more slowly.
    is_rate: bool = False
    condition: RouteCondition = RouteCondition.THROTTLED


class Cause(StrEnum):
    """Why a run stops by itself."""

    #: the server rejected the sender or the message three times in a row
    REFUSED = "refused"
    #: the server does not confirm messages
    DOUBTFUL = "doubtful"
    #: the sender's address, or the transport, cannot be used
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Stop the run."""

    cause: Cause
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeDecision:
    """What to do after an outcome."""

    step: Step
    server_condition: ServerCondition
    pause: PauseRoute | None = None
    halt: Halt | None = None
    #: Rejected deliveries to set back to pending: the server rejects the sender or every message.
    returned: tuple[int, ...] = ()
    reason: str = field(default="", compare=False)


def decide(
    outcome: Outcome,
    previous: PreviousAttempts,
    server_condition: ServerCondition,
    now: datetime,
    policy: RetryPolicy,
    *,
    is_rehearsal: bool = False,
    others: OtherRoutes = OtherRoutes.NONE,
) -> OutcomeDecision:
    """Decide what an outcome means. The `reason` of the result is the server's reply or our own reason, to be recorded.

    `server_condition` is that of the server that was used; `others`: whether another one can take the message.
    """
    reason = str(outcome.reply) if outcome.reply else outcome.reason
    match outcome.state:
        case OutcomeState.ACCEPTED:
            return OutcomeDecision(step=Accept(), server_condition=ServerCondition(is_accepting=True), reason=reason)
        case OutcomeState.WRITTEN if is_rehearsal:
            return OutcomeDecision(step=Write(), server_condition=server_condition, reason=reason)
        case OutcomeState.WRITTEN:
            halt = Halt(cause=Cause.UNUSABLE, reason="messages were written to files: no mail server is configured")
            step = Defer(until=now, is_counted=False) if previous.is_sending else Requeue(until=now)
            return OutcomeDecision(step=step, server_condition=server_condition, halt=halt, reason=reason)
        case OutcomeState.UNKNOWN:
            return _unconfirmed(server_condition, now, policy, reason, others)
        case OutcomeState.NOT_ATTEMPTED:
            return _not_attempted(outcome, previous, server_condition, now, reason)
        case OutcomeState.DEFERRED:
            return _deferred(outcome, previous, server_condition, now, policy, reason, others)
        case OutcomeState.REFUSED:
            return _refused(outcome, previous, server_condition, now, policy, reason, others)
        case _:
            assert_never(outcome.state)


def _unconfirmed(
    server_condition: ServerCondition, now: datetime, policy: RetryPolicy, reason: str, others: OtherRoutes
) -> OutcomeDecision:
    server_condition = replace(server_condition, unconfirmed=server_condition.unconfirmed + 1)
    pause, halt = None, None
    if server_condition.unconfirmed >= policy.max_consecutive_unconfirmed:
        if others is OtherRoutes.NONE:
            halt = Halt(cause=Cause.DOUBTFUL, reason=reason)
        else:
            server_condition, pause = _paused(server_condition, now, policy, RouteCondition.DOWN)
    step = MarkUnconfirmed()
    return OutcomeDecision(step=step, server_condition=server_condition, pause=pause, halt=halt, reason=reason)


def _paused(
    server_condition: ServerCondition, now: datetime, policy: RetryPolicy, condition: RouteCondition
) -> tuple[ServerCondition, PauseRoute]:
    """Pause a server for as long as possible, because another one can take over."""
    pause = PauseRoute(until=now + policy.longest_pause, number=server_condition.throttles + 1, condition=condition)
    paused = replace(server_condition, is_accepting=False, throttles=pause.number, paused_until=pause.until)
    return paused, pause


def _not_attempted(
    outcome: Outcome, previous: PreviousAttempts, server_condition: ServerCondition, now: datetime, reason: str
) -> OutcomeDecision:
    """Decide about a message that was not sent: its address is unusable, or it was canceled before the final dot."""
    if outcome.stage is Stage.RCPT:
        return OutcomeDecision(
            step=Refuse(refusal_category=RefusalCategory.SOFT), server_condition=server_condition, reason=reason
        )
    halt = Halt(cause=Cause.UNUSABLE, reason=reason) if outcome.scope is Scope.SERVER else None
    step = Defer(until=now, is_counted=False) if previous.is_sending else Requeue(until=now)
    return OutcomeDecision(step=step, server_condition=server_condition, halt=halt, reason=reason)


def _deferred(
    outcome: Outcome,
    previous: PreviousAttempts,
    server_condition: ServerCondition,
    now: datetime,
    policy: RetryPolicy,
    reason: str,
    others: OtherRoutes,
) -> OutcomeDecision:
    # Before a connection is open, the server does not know the recipient, so the cause cannot be this delivery.
    is_delivery_specific = (
        server_condition.is_accepting
        and outcome.stage not in OPENING
        and previous.throttled >= policy.max_throttles - 1
    )
    if outcome.scope is Scope.SESSION and not is_delivery_specific:
        # Send the message again at once in another session.
        again = Defer(until=now, is_counted=False) if previous.is_sending else Requeue(until=now, is_throttled=True)
        return OutcomeDecision(step=again, server_condition=server_condition, reason=reason)
    if not is_throttle(outcome) or is_delivery_specific:
        until = now + policy.delay(previous.attempts + 1)
        is_last = until > (previous.first_at or now) + policy.deadline
        return OutcomeDecision(
            step=Defer(until=until, is_last=is_last), server_condition=server_condition, reason=reason
        )
    if server_condition.paused_until and now < server_condition.paused_until <= now + policy.longest_pause:
        # This attempt had started before the pause, so do not count its throttle again.
        number, until, is_rate = server_condition.throttles, server_condition.paused_until, False
    else:
        number = server_condition.throttles + 1
        until = now + min(policy.pause * 2 ** min(number - 1, 20), policy.longest_pause)
        is_rate = _is_rate(outcome, number)
    condition = RouteCondition.DOWN if outcome.stage in OPENING else RouteCondition.THROTTLED
    pause = PauseRoute(until=until, number=number, is_rate=is_rate, condition=condition)
    server_condition = replace(server_condition, is_accepting=False, throttles=pause.number, paused_until=pause.until)
    due = now if others is OtherRoutes.NOW else pause.until
    step = Defer(until=due, is_counted=False) if previous.is_sending else Requeue(until=due, is_throttled=True)
    return OutcomeDecision(step=step, server_condition=server_condition, pause=pause, reason=reason)


def _is_rate(outcome: Outcome, number: int) -> bool:
    if outcome.reply is None or outcome.stage in OPENING:
        return False
    cites_policy = meaning_of(outcome.reply, outcome.stage) in (Meaning.POLICY, Meaning.STANDING)
    return cites_policy or outcome.reply.code == 454 or number > 1


def _refused(
    outcome: Outcome,
    previous: PreviousAttempts,
    server_condition: ServerCondition,
    now: datetime,
    policy: RetryPolicy,
    reason: str,
    others: OtherRoutes,
) -> OutcomeDecision:
    if outcome.scope is Scope.RECIPIENT:
        return OutcomeDecision(
            step=Refuse(refusal_category=_refusal_category(outcome)), server_condition=server_condition, reason=reason
        )
    if others is not OtherRoutes.NONE and outcome.reply is not None:
        return _rerouted(previous, server_condition, now, policy, reason)
    if previous.requeue_count and server_condition.is_accepting:
        # An earlier run stopped and set this delivery back to pending. The server has accepted others since then, so the
        # problem is with this delivery.
        return OutcomeDecision(step=Refuse(), server_condition=server_condition, reason=reason)
    streak = (*server_condition.streak, previous.subscriber_id)
    server_condition = replace(server_condition, is_accepting=False, streak=streak)
    if len(streak) < policy.max_consecutive_rejections:
        return OutcomeDecision(step=Refuse(), server_condition=server_condition, reason=reason)
    halt = Halt(cause=Cause.REFUSED, reason=reason)
    return OutcomeDecision(step=Refuse(), server_condition=server_condition, halt=halt, returned=streak, reason=reason)


def _rerouted(
    previous: PreviousAttempts, server_condition: ServerCondition, now: datetime, policy: RetryPolicy, reason: str
) -> OutcomeDecision:
    """Send a rejected message by another route; pause the server if it has rejected several in a row."""
    streak = (*server_condition.streak, previous.subscriber_id)
    server_condition = replace(server_condition, is_accepting=False, streak=streak)
    decision = OutcomeDecision(step=Reroute(until=now), server_condition=server_condition, reason=reason)
    if len(streak) < policy.max_consecutive_rejections:
        return decision
    server_condition, pause = _paused(server_condition, now, policy, RouteCondition.REJECTING)
    # Some of them may have been rejected by all servers, and count as rejected.
    return replace(decision, server_condition=server_condition, pause=pause, returned=streak)


def _refusal_category(outcome: Outcome) -> RefusalCategory:
    match meaning_of(outcome.reply, outcome.stage) if outcome.reply else None:
        case Meaning.GONE:
            return RefusalCategory.GONE
        case Meaning.NO_DOMAIN:
            return RefusalCategory.NO_DOMAIN
        case _:
            return RefusalCategory.SOFT
