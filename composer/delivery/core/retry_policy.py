"""Decides what an outcome means for its delivery, for the others, and for the subscriber.

Input: an outcome, what was tried before, how the server has behaved, the time. Output: a `Decision` that names what
is to be done. Pure: it touches nothing, so every case of it is a line in a test (facts: RFC 3463, RFC 5321 section 4.2.1).

A throttle is about all messages: it pauses them all and is not held against the one that met it. A refusal of *us* (5.7,
5.5, 5.6, too large) is held against nobody's address; three running stop the run. Both must be told from the one message
or mailbox that a server dislikes for ever: where others were accepted since, it is its own.
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
    """How patient a mailing is."""

    #: From one try to the next; the last one again and again.
    delays: tuple[timedelta, ...] = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60))
    #: From the first try on.
    deadline: timedelta = timedelta(hours=48)
    #: After a throttle; twice as long after each further one.
    pause: timedelta = timedelta(seconds=5)
    longest_pause: timedelta = timedelta(minutes=5)
    #: Refusals of us running, that stop a run.
    refusals: int = 3
    #: Messages running of which nobody can know, that stop a run: each costs a person a decision.
    doubts: int = 5
    #: Throttles that one delivery may meet while others are accepted, before it counts as its own.
    throttles: int = 3
    #: How long a connection that the server did not want, beside others, stays away.
    away: timedelta = timedelta(minutes=1)
    #: How long a run waits when there is nothing to do but wait, or nothing is taken.
    max_wait: timedelta = timedelta(minutes=10)
    #: How long a run that was told to stop waits for the answers that are outstanding. Less than the 90 seconds that
    #: systemd gives a service by default, so that nobody has to kill it.
    drain: timedelta = timedelta(seconds=60)
    #: How long it then waits for the database.
    record: timedelta = timedelta(seconds=10)

    def delay(self, attempts: int) -> timedelta:
        """Return the time until the next try, after so many."""
        return self.delays[min(max(attempts, 1), len(self.delays)) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a delivery has been through."""

    subscriber_id: int
    #: Tries that counted.
    attempts: int = 0
    first_at: datetime | None = None
    #: Throttles that it met, which did not count.
    throttled: int = 0
    #: How often it was taken back from `refused`.
    requeue_count: int = 0
    #: Whether the intent is on disk: the dot went out, or may have.
    is_sending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCondition:
    """How the server has behaved in this run, up to now."""

    #: Whether it has accepted somebody since it last complained.
    is_well: bool = False
    #: Whom it refused running, for what we are or what we send.
    streak: tuple[int, ...] = ()
    #: Throttles since it last accepted somebody; those that met one pause are one.
    throttles: int = 0
    paused_until: datetime | None = None
    #: Messages since then that the server may have taken and did not say.
    doubts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """Taken by their server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Written to a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkUnconfirmed:
    """Cannot know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defer:
    """Try again, not before then."""

    until: datetime
    #: Whether this try counts towards the back-off and the deadline.
    is_counted: bool = True
    #: Whether the next try would come after the deadline: there is none.
    is_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBack:
    """Nothing final happened: pending again, not before then."""

    until: datetime
    is_throttled: bool = False


class RefusalCategory(StrEnum):
    """What a refusal says about the subscriber."""

    #: nothing: it is about us, or about this message
    NONE = "none"
    #: no such mailbox, or no longer: suppress them
    GONE = "gone"
    #: no such domain: suppress them the second time
    NO_DOMAIN = "no_domain"
    #: a full mailbox, or a wish of theirs: to be counted, no more
    SOFT = "soft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Turned away for good."""

    refusal_category: RefusalCategory = RefusalCategory.NONE


Step = Accept | Write | MarkUnconfirmed | Defer | GiveBack | Refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseMailing:
    """Nobody's turn before then, in any process."""

    until: datetime
    #: How many throttles running this is.
    number: int = 1
    #: Whether the rate was too high, as far as one can tell: the server names a rule, or says so again after a pause. A
    #: server that restarts, or wants a new connection after a hundred messages, is no reason to go slower.
    is_rate: bool = False


class Cause(StrEnum):
    """Why a run stops by itself."""

    #: three refusals running that are about us or about the message
    REFUSED = "refused"
    #: the server takes messages, and does not say so
    DOUBTFUL = "doubtful"
    #: the sender's address, or the transport, is of no use
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Stop the run; these go from refused back to pending."""

    cause: Cause
    words: str
    returned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeDecision:
    """What is to be done."""

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
    """Decide what an outcome means. `words` is what the server or we said, for the record."""
    words = str(outcome.reply) if outcome.reply else outcome.reason
    match outcome.state:
        case OutcomeState.ACCEPTED:
            return OutcomeDecision(step=Accept(), server_condition=ServerCondition(is_well=True), words=words)
        case OutcomeState.WRITTEN if is_rehearsal:
            return OutcomeDecision(step=Write(), server_condition=server_condition, words=words)
        case OutcomeState.WRITTEN:
            halt = Halt(cause=Cause.UNUSABLE, words="messages became files: no mail server is set up")
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
    """Nothing was tried: an address of no use, or we took it back before the dot."""
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
    # Before a connection stands, the server has not heard of anybody: that is nobody's own trouble.
    is_its_own = server_condition.is_well and outcome.stage not in OPENING and tried.throttled >= policy.throttles - 1
    if outcome.scope is Scope.SESSION and not is_its_own:
        # It goes at once, in another session: nobody waits for it.
        again = Defer(until=now, is_counted=False) if tried.is_sending else GiveBack(until=now, is_throttled=True)
        return OutcomeDecision(step=again, server_condition=server_condition, words=words)
    if not is_throttle(outcome) or is_its_own:
        until = now + policy.delay(tried.attempts + 1)
        is_last = until > (tried.first_at or now) + policy.deadline
        return OutcomeDecision(step=Defer(until=until, is_last=is_last), server_condition=server_condition, words=words)
    if server_condition.paused_until and now < server_condition.paused_until <= now + policy.longest_pause:
        # It had begun before the pause: no further sign of anything.
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
        # It came back from a stop once, and others have been accepted since: it is this one.
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
