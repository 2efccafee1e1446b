"""The meaning of an outcome for its delivery, for other deliveries and for the subscriber. Values in, values out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from composer.delivery.core.retry_policy import (
    Accept,
    Cause,
    Defer,
    MarkUnconfirmed,
    OutcomeDecision,
    PauseRoute,
    PreviousAttempts,
    RefusalCategory,
    Refuse,
    Requeue,
    Reroute,
    RetryPolicy,
    ServerCondition,
    Write,
    decide,
)
from composer.delivery.core.routing import OtherRoutes, RouteCondition
from composer.transport.outcome import Outcome, OutcomeState, Scope, ServerReply, Stage
from composer.transport.replies.reply_meaning import is_throttle, scope_of
from composer.transport.smtp.reply_parser import make_reply

NOW = datetime(2025, 1, 30, 6, 30, tzinfo=UTC)
POLICY = RetryPolicy()
MINUTE = timedelta(minutes=1)
ANNA = PreviousAttempts(subscriber_id=1)


def failed(text: str, stage: Stage = Stage.RCPT) -> Outcome:
    """Return the outcome that the transport creates for a reply."""
    reply = make_reply((int(text[:3]), [text[4:].encode()]))
    state = OutcomeState.DEFERRED if reply.code < 500 else OutcomeState.REFUSED
    scope = Scope.SERVER if reply.code == 421 else scope_of(reply, stage)
    return Outcome(state=state, stage=stage, reply=reply, scope=scope)


def after(
    outcome: Outcome, tried: PreviousAttempts = ANNA, server_condition: ServerCondition | None = None, **more: Any
) -> OutcomeDecision:
    return decide(outcome, tried, server_condition or ServerCondition(), NOW, POLICY, **more)


ACCEPTED = Outcome(state=OutcomeState.ACCEPTED, stage=Stage.DOT, reply=ServerReply(code=250, text="Ok"))
UNKNOWN = Outcome(state=OutcomeState.UNKNOWN, stage=Stage.DOT, reason="lost", scope=Scope.SERVER)


def test_an_acceptance_resets_the_server_condition() -> None:
    """250 to the dot ends the delivery and resets the server's earlier problems."""
    decision = after(ACCEPTED, server_condition=ServerCondition(streak=(7, 8), throttles=3, unconfirmed=4))
    assert decision.step == Accept()
    assert decision.server_condition == ServerCondition(is_accepting=True)


@pytest.mark.parametrize(
    "text", ["421 4.3.2 closing", "454 4.7.0 throttling failure", "450 4.7.1 too many messages", "451 4.3.0 disk full"]
)
@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT])
def test_a_throttle_pauses_all_and_counts_for_none(text: str, stage: Stage) -> None:
    """421, 450, 454 and the server's own problems: all wait, and the throttled delivery loses no attempt."""
    decision = after(failed(text, stage), replace(ANNA, is_sending=stage is Stage.DOT))
    assert decision.pause is not None and decision.pause.until == NOW + POLICY.pause
    match decision.step:
        case Requeue(until=until, is_throttled=True) if stage is not Stage.DOT:
            assert until == decision.pause.until
        case Defer(until=until, is_counted=False) if stage is Stage.DOT:
            assert until == decision.pause.until
        case _:
            pytest.fail(f"{decision.step}")


@pytest.mark.parametrize(
    ("text", "is_all"),
    [
        ("450 4.2.0 greylisted", False),
        ("450 4.1.1 no such user", False),
        ("450 4.2.2 mailbox full", False),
        ("450 4.1.2 domain not found", False),
        ("450 try later", False),
        ("450 4.7.1 slow down", True),
        ("450 4.3.2 not now", True),
        ("451 4.7.1 greylisting in action", False),
        ("451 try later", False),
        ("451 4.3.0 queue error", True),
        ("452 4.2.2 mailbox full", False),
        ("452 4.3.1 out of space", True),
        ("421 4.2.1 anything", True),
        ("454 4.7.0 temporary authentication failure", True),
    ],
)
def test_what_is_a_throttle(text: str, is_all: bool) -> None:
    """A temporary failure about the mailbox is about this delivery; one about the server is about all."""
    assert is_throttle(failed(text, Stage.RCPT)) is is_all


def test_a_policy_at_a_message_is_about_all() -> None:
    """451 with a policy code is greylisting only at the recipient."""
    assert is_throttle(failed("451 4.7.1 come back later", Stage.DOT))
    assert is_throttle(failed("451 4.7.1 come back later", Stage.MAIL))


@pytest.mark.parametrize("stage", Stage)
def test_failures_before_a_connection_are_about_all(stage: Stage) -> None:
    """With any reply or none; a connection that is lost later is about that message."""
    is_opening = stage in (Stage.CONNECT, Stage.TLS, Stage.GREETING, Stage.EHLO, Stage.STARTTLS, Stage.AUTH)
    assert (
        is_throttle(Outcome(state=OutcomeState.DEFERRED, stage=stage, reason="lost", scope=Scope.SERVER)) is is_opening
    )
    limited = replace(failed("450 4.7.1 slow down", Stage.MAIL), stage=stage)
    assert is_throttle(replace(limited, scope=Scope.RECIPIENT)) is True
    pause = after(limited).pause
    assert pause is not None and pause.is_rate is not is_opening


def test_a_missing_connection_is_about_all() -> None:
    """If no message was started, all wait."""
    outcome = Outcome(state=OutcomeState.DEFERRED, stage=Stage.CONNECT, reason="refused", scope=Scope.SERVER)
    decision = after(outcome)
    assert isinstance(decision.step, Requeue) and decision.pause


def test_a_connection_lost_before_the_dot_is_tried_again_later() -> None:
    """It may be about this message; it counts, and the others continue."""
    outcome = Outcome(
        state=OutcomeState.DEFERRED, stage=Stage.BODY, reason="the connection was lost", scope=Scope.SERVER
    )
    decision = after(outcome)
    assert decision.step == Defer(until=NOW + MINUTE)
    assert decision.pause is None


def test_pauses_grow_and_throttles_in_one_pause_count_once() -> None:
    """5, 10, 20 s … up to five minutes; a message that started before a pause does not extend it."""
    decision = after(failed("421 4.3.2 closing"))
    same = after(failed("421 4.3.2 closing"), server_condition=decision.server_condition)
    assert same.pause == decision.pause
    lengths, server_condition, at = [], decision.server_condition, NOW
    for _ in range(9):
        assert server_condition.paused_until is not None
        at = server_condition.paused_until
        later = decide(failed("421 4.3.2 closing"), ANNA, server_condition, at, POLICY)
        assert later.pause is not None
        lengths.append((later.pause.until - at).total_seconds())
        server_condition = later.server_condition
    assert lengths == [10, 20, 40, 80, 160, 300, 300, 300, 300]


@pytest.mark.parametrize(
    ("text", "stage", "is_rate"),
    [
        ("421 4.4.2 timeout", Stage.MAIL, False),
        ("421 max messages per connection reached", Stage.MAIL, False),
        ("421 4.7.0 [TSS04] deferred", Stage.MAIL, True),
        ("421 4.7.26 unauthenticated", Stage.MAIL, True),
        ("450 4.7.1 too fast", Stage.RCPT, True),
        ("454 4.7.0 maximum sending rate exceeded", Stage.DOT, True),
        # Only by its code, which means a rate.
        ("454 not now", Stage.MAIL, True),
        ("450 4.3.2 not now", Stage.MAIL, False),
        ("421 4.7.0 too many connections", Stage.GREETING, False),
    ],
)
def test_which_throttles_reduce_the_rate(text: str, stage: Stage, is_rate: bool) -> None:
    """A policy does; a server that restarts or wants a new connection does not, unless it throttles twice in a row."""
    once = after(failed(text, stage))
    assert once.pause is not None and once.pause.is_rate is is_rate
    assert once.server_condition.paused_until is not None
    twice = decide(failed(text, stage), ANNA, once.server_condition, once.server_condition.paused_until, POLICY)
    assert twice.pause is not None and twice.pause.is_rate is (stage is not Stage.GREETING)


def test_a_pause_from_a_wrong_clock_is_ignored() -> None:
    """A pause longer than any in the policy comes from a changed clock and has no effect."""
    decision = after(
        failed("421 4.3.2 closing"),
        server_condition=ServerCondition(paused_until=NOW + timedelta(hours=1), throttles=1),
    )
    assert decision.pause is not None and decision.pause.until <= NOW + POLICY.longest_pause


def test_one_throttled_mailbox_does_not_stop_the_others() -> None:
    """The third throttle of one delivery, while others are accepted, is about that delivery: it waits, the others do not."""
    tried = replace(ANNA, throttled=POLICY.max_throttles - 1)
    decision = after(failed("421 4.3.2 closing"), tried, ServerCondition(is_accepting=True))
    assert decision.step == Defer(until=NOW + MINUTE) and decision.pause is None
    assert after(failed("421 4.3.2 closing"), tried, ServerCondition(is_accepting=False)).pause is not None
    # Without a connection, the server does not know about this mailbox.
    no_answer = Outcome(state=OutcomeState.DEFERRED, stage=Stage.CONNECT, reason="no answer", scope=Scope.SERVER)
    assert after(no_answer, tried, ServerCondition(is_accepting=True)).pause is not None
    assert after(failed("421 4.3.2 busy", Stage.GREETING), tried, ServerCondition(is_accepting=True)).pause is not None


def test_back_off_and_deadline() -> None:
    """1, 5, 15, 60 minutes, then hourly; an attempt after 48 hours is not made."""
    waits = []
    for attempts in range(6):
        step = after(failed("451 try later"), replace(ANNA, attempts=attempts)).step
        assert isinstance(step, Defer)
        waits.append((step.until - NOW) / MINUTE)
    assert waits == [1, 5, 15, 60, 60, 60]
    old = replace(ANNA, attempts=50, first_at=NOW - timedelta(hours=47, minutes=30))
    step = after(failed("451 try later"), old).step
    assert isinstance(step, Defer) and step.is_last


@pytest.mark.parametrize(
    ("text", "refusal_category"),
    [
        ("550 5.1.1 no such user", RefusalCategory.GONE),
        ("550 5.1.10 null MX", RefusalCategory.GONE),
        ("550 5.1.6 moved", RefusalCategory.GONE),
        ("550 5.2.1 disabled", RefusalCategory.GONE),
        ("550 5.1.2 no such domain", RefusalCategory.NO_DOMAIN),
        ("550 5.4.4 no route", RefusalCategory.NO_DOMAIN),
        ("552 5.2.2 mailbox full", RefusalCategory.SOFT),
        ("550 no", RefusalCategory.SOFT),
    ],
)
def test_the_category_of_a_rejection(text: str, refusal_category: RefusalCategory) -> None:
    """No mailbox: suppressed at once; no domain: the second time; a full mailbox: counted."""
    decision = after(failed(text))
    assert decision.step == Refuse(refusal_category=refusal_category)
    assert decision.halt is None


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("550 5.7.1 spam", Stage.DOT),
        ("550 5.7.26 unauthenticated", Stage.DOT),
        ("550 5.7.515 access denied", Stage.DOT),
        ("554 5.7.1 policy", Stage.RCPT),
        ("501 5.5.4 syntax", Stage.MAIL),
        ("554 5.6.0 content", Stage.DOT),
        ("552 5.3.4 too large", Stage.DOT),
        ("530 5.7.0 sign in first", Stage.MAIL),
    ],
)
def test_three_rejections_of_the_sender_in_a_row_stop_the_run(text: str, stage: Stage) -> None:
    """One is rejected and does not count against an address; the third stops the run, and all three become pending."""
    server_condition = ServerCondition()
    for subscriber_id in (1, 2):
        decision = after(
            failed(text, stage),
            PreviousAttempts(subscriber_id=subscriber_id, is_sending=stage is Stage.DOT),
            server_condition,
        )
        assert decision.step == Refuse() and decision.halt is None
        server_condition = decision.server_condition
    decision = after(failed(text, stage), PreviousAttempts(subscriber_id=3), server_condition)
    assert decision.halt is not None
    assert (decision.halt.cause, decision.returned) == (Cause.REFUSED, (1, 2, 3))
    assert "5." in decision.halt.reason


def test_three_rejections_in_a_row_pause_a_server_if_another_can_send() -> None:
    """The messages go to the other server, also one that both have rejected: it became pending again."""
    no = failed("550 5.7.1 no", Stage.MAIL)
    decision = after(no, PreviousAttempts(subscriber_id=1))
    assert decision.step == Refuse()
    for subscriber_id in (2, 3):
        tried = PreviousAttempts(subscriber_id=subscriber_id)
        decision = after(no, tried, decision.server_condition, others=OtherRoutes.NOW)
        assert decision.step == Reroute(until=NOW) and decision.halt is None
    assert decision.returned == (1, 2, 3)
    assert decision.pause is not None and decision.pause.condition is RouteCondition.REJECTING


def test_an_acceptance_in_between_resets_the_count() -> None:
    """Rejected, rejected, accepted, rejected: no stop."""
    server_condition = ServerCondition()
    for outcome in (*[failed("550 5.7.1 no", Stage.DOT)] * 2, ACCEPTED, *[failed("550 5.7.1 no", Stage.DOT)] * 2):
        decision = after(outcome, server_condition=server_condition)
        assert decision.halt is None
        server_condition = decision.server_condition


def test_a_returned_delivery_rejected_again_among_acceptances_is_rejected() -> None:
    """Three subscribers whom a server always rejects do not stop every run."""
    decision = after(
        failed("550 5.7.1 no", Stage.DOT), replace(ANNA, requeue_count=1), ServerCondition(is_accepting=True)
    )
    assert decision.step == Refuse() and decision.server_condition.streak == ()
    again = after(failed("550 5.7.1 no", Stage.DOT), replace(ANNA, requeue_count=1), ServerCondition(streak=(7, 8)))
    assert again.halt is not None


def test_no_answer_is_unconfirmed_and_five_in_a_row_stop_the_run() -> None:
    """A person must decide about each."""
    server_condition = ServerCondition()
    for _ in range(POLICY.max_consecutive_unconfirmed - 1):
        decision = after(UNKNOWN, server_condition=server_condition)
        assert decision.step == MarkUnconfirmed() and decision.halt is None
        server_condition = decision.server_condition
    decision = after(UNKNOWN, server_condition=server_condition)
    assert decision.step == MarkUnconfirmed()
    assert decision.halt is not None and decision.halt.cause is Cause.DOUBTFUL


def test_an_invalid_recipient_address_is_rejected() -> None:
    """It is the subscriber's address, and says nothing about the mailbox."""
    outcome = Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.RCPT, reason="the address cannot be used")
    assert after(outcome).step == Refuse(refusal_category=RefusalCategory.SOFT)


def test_an_invalid_sender_address_stops_the_run() -> None:
    """No recipient is rejected because of it."""
    outcome = Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.MAIL, reason="no", scope=Scope.SERVER)
    decision = after(outcome)
    assert isinstance(decision.step, Requeue)
    assert decision.halt is not None and decision.halt.cause is Cause.UNUSABLE


def test_canceled_before_the_dot() -> None:
    """Released; if the intent is on disk, it was still not sent, and can be sent."""
    outcome = Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.BODY, reason="taken back")
    assert after(outcome).step == Requeue(until=NOW)
    assert after(outcome, replace(ANNA, is_sending=True)).step == Defer(until=NOW, is_counted=False)


def test_files_are_for_rehearsals() -> None:
    """A mailing whose messages became files stops, because nothing was sent."""
    written = Outcome(state=OutcomeState.WRITTEN, stage=Stage.FILE)
    assert after(written, is_rehearsal=True).step == Write()
    decision = after(written, replace(ANNA, is_sending=True))
    assert isinstance(decision.step, Defer) and decision.halt is not None


def test_the_default_policy_matches_the_docs() -> None:
    """docs/explanation/how-servers-answer.md state these values."""
    minutes = [
        each / MINUTE for each in (*POLICY.delays, POLICY.deadline, POLICY.longest_pause, POLICY.reconnect_delay)
    ]
    assert minutes == [1, 5, 15, 60, 48 * 60, 5, 1]
    assert (POLICY.pause, POLICY.drain, POLICY.database_wait) == (MINUTE / 12, MINUTE, MINUTE / 6)
    assert (
        POLICY.max_wait,
        POLICY.max_consecutive_rejections,
        POLICY.max_consecutive_unconfirmed,
        POLICY.max_throttles,
    ) == (10 * MINUTE, 3, 5, 3)
    assert [POLICY.delay(each) / MINUTE for each in (0, 1, 2, 3, 4, 5, 99)] == [1, 1, 5, 15, 60, 60, 60]


@pytest.mark.parametrize(
    ("tried", "server_condition", "is_delivery_specific"),
    [
        (PreviousAttempts(subscriber_id=1, throttled=1), ServerCondition(is_accepting=True), False),
        (PreviousAttempts(subscriber_id=1, throttled=2), ServerCondition(is_accepting=True), True),
        (PreviousAttempts(subscriber_id=1, throttled=9), ServerCondition(is_accepting=True), True),
        (PreviousAttempts(subscriber_id=1, throttled=9), ServerCondition(is_accepting=False), False),
    ],
)
@pytest.mark.parametrize("is_sending", [False, True])
def test_the_end_of_a_session_needs_no_wait(
    tried: PreviousAttempts, server_condition: ServerCondition, is_delivery_specific: bool, is_sending: bool
) -> None:
    """It is sent at once in another session; the third time it is retried later, and counted."""
    outcome = replace(failed("421 4.3.2 closing", Stage.MAIL), scope=Scope.SESSION)
    decision = after(outcome, replace(tried, is_sending=is_sending), server_condition)
    at_once = Defer(until=NOW, is_counted=False) if is_sending else Requeue(until=NOW, is_throttled=True)
    assert decision.step == (Defer(until=NOW + MINUTE) if is_delivery_specific else at_once)
    assert (decision.server_condition, decision.pause, decision.halt) == (server_condition, None, None)


def test_an_attempt_at_the_deadline_is_still_made() -> None:
    """Counted from the first attempt, or from now for the first attempt."""
    tick, hours = timedelta(microseconds=1), timedelta(hours=47)
    for first_at, is_last in ((NOW - hours, False), (NOW - hours - tick, True), (None, False)):
        step = after(failed("451 try later"), replace(ANNA, attempts=50, first_at=first_at)).step
        assert step == Defer(until=NOW + timedelta(hours=1), is_last=is_last)
    short = replace(POLICY, deadline=timedelta(seconds=59))
    assert decide(failed("451 try later"), ANNA, ServerCondition(), NOW, short).step == Defer(
        until=NOW + MINUTE, is_last=True
    )


@pytest.mark.parametrize(
    ("ahead", "number", "until"),
    [
        # Over, or just over; a current pause until its last moment; one longer than any in the policy.
        (timedelta(seconds=-1), 3, timedelta(seconds=20)),
        (timedelta(), 3, timedelta(seconds=20)),
        (timedelta(seconds=1), 2, timedelta(seconds=1)),
        (timedelta(minutes=5), 2, timedelta(minutes=5)),
        (timedelta(minutes=5, microseconds=1), 3, timedelta(seconds=20)),
    ],
)
def test_a_throttle_during_a_pause_does_not_count(ahead: timedelta, number: int, until: timedelta) -> None:
    """Its message had started before; it says nothing about the rate."""
    server_condition = ServerCondition(is_accepting=True, throttles=2, paused_until=NOW + ahead)
    decision = after(failed("450 4.7.1 too fast"), server_condition=server_condition)
    assert decision.pause is not None
    assert (decision.pause.number, decision.pause.until) == (number, NOW + until)
    assert decision.pause.is_rate is (number == 3)
    assert decision.server_condition == ServerCondition(is_accepting=False, throttles=number, paused_until=NOW + until)


def test_other_outcomes_keep_the_rest_of_the_server_condition() -> None:
    """An unconfirmed message and a rejection of the sender are counted; a failure of a recipient changes nothing."""
    server_condition = ServerCondition(is_accepting=True, streak=(7,), throttles=2, unconfirmed=1)
    assert after(UNKNOWN, server_condition=server_condition).server_condition == replace(
        server_condition, unconfirmed=2
    )
    assert after(failed("550 5.7.1 no", Stage.DOT), server_condition=server_condition).server_condition == replace(
        server_condition, is_accepting=False, streak=(7, 1)
    )
    for outcome in (
        failed("550 5.1.1 no such user"),
        failed("451 try later"),
        Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.RCPT, reason="no"),
        Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.BODY, reason="taken back"),
        Outcome(state=OutcomeState.WRITTEN, stage=Stage.FILE),
    ):
        assert after(outcome, server_condition=server_condition).server_condition == server_condition


def test_a_returned_delivery_counts_again_unless_others_are_accepted() -> None:
    """Both conditions are required: it was returned before, and the server accepts others."""
    no = failed("550 5.7.1 no", Stage.DOT)
    for requeue_count, is_accepting, is_counted in (
        (1, True, False),
        (1, False, True),
        (0, True, True),
        (0, False, True),
    ):
        decision = after(no, replace(ANNA, requeue_count=requeue_count), ServerCondition(is_accepting=is_accepting))
        assert (decision.server_condition.streak == (1,)) is is_counted


@pytest.mark.parametrize("is_sending", [False, True])
def test_an_unusable_sender_releases_the_delivery(is_sending: bool) -> None:
    """A sender that cannot be used, and files instead of a server; the reply is kept."""
    no = Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.MAIL, reason="no", scope=Scope.SERVER)
    for outcome, words in (
        (no, "no"),
        (Outcome(state=OutcomeState.WRITTEN, stage=Stage.FILE, reason="a file"), "a file"),
    ):
        decision = after(outcome, replace(ANNA, is_sending=is_sending))
        assert decision.step == (Defer(until=NOW, is_counted=False) if is_sending else Requeue(until=NOW))
        assert decision.halt is not None
        assert (decision.halt.cause, decision.returned, decision.reason) == (Cause.UNUSABLE, (), words)
    assert after(Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.BODY, scope=Scope.MESSAGE)).halt is None


def test_the_text_is_the_servers_reply_or_ours() -> None:
    """For the record."""
    for outcome, words in ((ACCEPTED, "250 Ok"), (UNKNOWN, "lost"), (failed("550 5.1.1 gone"), "550 5.1.1 gone")):
        assert after(outcome).reason == words


def test_the_defaults_of_a_decision() -> None:
    """An attempt counts and is not the last; no category is set; the text is not compared."""
    assert Defer(until=NOW) == Defer(until=NOW, is_counted=True, is_last=False)
    assert Requeue(until=NOW) == Requeue(until=NOW, is_throttled=False)
    assert Refuse() == Refuse(refusal_category=RefusalCategory.NONE)
    assert PauseRoute(until=NOW) == PauseRoute(until=NOW, number=1, is_rate=False)
    assert PreviousAttempts(subscriber_id=1) == PreviousAttempts(
        subscriber_id=1, attempts=0, first_at=None, throttled=0, requeue_count=0, is_sending=False
    )
    assert ServerCondition() == ServerCondition(
        is_accepting=False, streak=(), throttles=0, paused_until=None, unconfirmed=0
    )
    plain = OutcomeDecision(step=Accept(), server_condition=ServerCondition())
    assert plain.reason == "" and plain == replace(plain, reason="said")


@pytest.mark.parametrize(
    ("outcome", "tried", "server_condition"),
    [
        (Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=Stage.RCPT, reason="said"), ANNA, ServerCondition()),
        (failed("450 said"), ANNA, ServerCondition()),
        (failed("421 4.3.2 said"), ANNA, ServerCondition()),
        (replace(failed("421 4.3.2 said"), scope=Scope.SESSION), ANNA, ServerCondition()),
        (failed("550 5.7.1 said", Stage.DOT), ANNA, ServerCondition()),
        (failed("550 5.7.1 said", Stage.DOT), ANNA, ServerCondition(streak=(2, 3))),
        (failed("550 5.7.1 said", Stage.DOT), replace(ANNA, requeue_count=1), ServerCondition(is_accepting=True)),
    ],
)
def test_every_decision_keeps_the_text(
    outcome: Outcome, tried: PreviousAttempts, server_condition: ServerCondition
) -> None:
    """Also for a rehearsal; a halt has the same text."""
    decision = after(outcome, tried, server_condition)
    assert decision.reason.endswith("said")
    assert decision.halt is None or decision.halt.reason == decision.reason
    assert (
        after(Outcome(state=OutcomeState.WRITTEN, stage=Stage.FILE, reason="a file"), is_rehearsal=True).reason
        == "a file"
    )


def test_a_rejection_without_a_reply_is_soft() -> None:
    """It is counted only."""
    refused = Outcome(state=OutcomeState.REFUSED, stage=Stage.RCPT, reason="no", scope=Scope.RECIPIENT)
    assert after(refused).step == Refuse(refusal_category=RefusalCategory.SOFT)
