"""One message over a session: how long the wait for each answer is."""

from types import SimpleNamespace
from typing import Any

import pytest

from composer.transport.envelope import Commands
from composer.transport.outcome import OutcomeState, Scope, ServerReply, Stage
from composer.transport.server_settings import ServerLimits
from composer.transport.smtp.reply_parser import Lines
from composer.transport.smtp.transaction import After, Transaction
from composer.transport.smtp.wire import BrokenError, Fault

LIMITS = ServerLimits(connect=1, reply=300, dot=600, quit=2)
OK: tuple[Lines, ...] = ((250, [b"ok"]), (250, [b"ok"]), (354, [b"go on"]), (250, [b"2.0.0 Ok: queued as 4bX7"]))


class Wire:
    """A server with fixed answers; it records the time allowed for each."""

    is_silent = True

    def __init__(self, *answers: Lines, hangs_up: bool = False) -> None:
        self.answers, self.hangs_up = list(answers), hangs_up
        #: The fault after the last answer.
        self.end = Fault.LOST
        self.waited: list[float] = []
        self.sent: list[bytes] = []

    def send(self, data: bytes | memoryview, seconds: float) -> None:
        assert seconds == LIMITS.reply
        if self.hangs_up and isinstance(data, memoryview):
            raise BrokenError(Fault.LOST)
        self.sent.append(bytes(data))

    def read(self, seconds: float) -> Lines:
        self.waited.append(seconds)
        if not self.answers:
            raise BrokenError(self.end)
        return self.answers.pop(0)


def transaction(wire: Wire, *extensions: str) -> Transaction:
    session: Any = SimpleNamespace(wire=wire, limits=LIMITS, extensions=dict.fromkeys(extensions, ""))
    return Transaction(session, Commands(mail=b"MAIL\r\n", rcpt=b"RCPT\r\n"))


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_the_answer_to_the_dot_is_waited_for_longest(extensions: tuple[str, ...]) -> None:
    """A server may check a message for minutes, and giving up would send it twice."""
    wire = Wire(*OK)
    outcome = transaction(wire, *extensions).run(b"hello\r\n", lambda: True)
    assert (outcome.state, outcome.stage, outcome.queue_id) == (OutcomeState.ACCEPTED, Stage.DOT, "4bX7")
    assert outcome.reply == ServerReply(code=250, enhanced="2.0.0", text="2.0.0 Ok: queued as 4bX7")
    assert wire.waited == [300, 300, 300, 600]


def test_the_last_reply_of_a_closed_connection_is_read() -> None:
    """They are read, without waiting."""
    wire = Wire(*OK[:3], (552, [b"5.3.4 too large"]), hangs_up=True)
    found = transaction(wire)
    outcome = found.run(b"hello\r\n", lambda: True)
    assert (outcome.state, outcome.stage, found.after) == (OutcomeState.REFUSED, Stage.BODY, After.DROP)
    assert wire.waited == [300, 300, 300, 0.1]


NO: Lines = (550, [b"5.1.1 no such user"])
LATER: Lines = (451, [b"4.3.0 later"])
GOODBYE: Lines = (421, [b"4.3.2 goodbye"])
ODD: Lines = (299, [b"what"])
GO: Lines = (354, [b"go on"])
YES: Lines = (250, [b"ok"])
END: Lines = (250, [b"2.0.0 Ok: queued as 4bX7"])


@pytest.mark.parametrize(
    ("answers", "state", "stage", "after", "sent"),
    [
        ((YES, YES, GO, END), OutcomeState.ACCEPTED, Stage.DOT, After.KEEP, 5),
        ((YES, YES, GO, (250, [b"ok"])), OutcomeState.ACCEPTED, Stage.DOT, After.KEEP, 5),
        ((YES, YES, GO, (259, [b"ok"])), OutcomeState.ACCEPTED, Stage.DOT, After.KEEP, 5),
        ((YES, YES, GO, (260, [b"ok"])), OutcomeState.UNKNOWN, Stage.DOT, After.DROP, 5),
        ((YES, YES, GO, (249, [b"ok"])), OutcomeState.UNKNOWN, Stage.DOT, After.DROP, 5),
        ((YES, YES, GO, (399, [b"ok"])), OutcomeState.UNKNOWN, Stage.DOT, After.DROP, 5),
        ((YES, YES, GO, (400, [b"no"])), OutcomeState.DEFERRED, Stage.DOT, After.RESET, 5),
        ((YES, YES, GO, (499, [b"no"])), OutcomeState.DEFERRED, Stage.DOT, After.RESET, 5),
        ((YES, YES, GO, (500, [b"no"])), OutcomeState.REFUSED, Stage.DOT, After.RESET, 5),
        ((YES, YES, GO, GOODBYE), OutcomeState.DEFERRED, Stage.DOT, After.DROP, 5),
        ((NO,), OutcomeState.REFUSED, Stage.MAIL, After.RESET, 1),
        ((LATER,), OutcomeState.DEFERRED, Stage.MAIL, After.RESET, 1),
        ((GOODBYE,), OutcomeState.DEFERRED, Stage.MAIL, After.DROP, 1),
        ((ODD,), OutcomeState.DEFERRED, Stage.MAIL, After.DROP, 1),
        (((260, [b"ok"]),), OutcomeState.DEFERRED, Stage.MAIL, After.DROP, 1),
        (((249, [b"ok"]),), OutcomeState.DEFERRED, Stage.MAIL, After.DROP, 1),
        (((259, [b"ok"]), (251, [b"ok"]), GO, END), OutcomeState.ACCEPTED, Stage.DOT, After.KEEP, 5),
        ((YES, NO), OutcomeState.REFUSED, Stage.RCPT, After.RESET, 2),
        ((YES, YES, NO), OutcomeState.REFUSED, Stage.DATA, After.RESET, 3),
        ((YES, YES, YES), OutcomeState.DEFERRED, Stage.DATA, After.DROP, 3),
    ],
)
def test_each_answer_without_pipelining(
    answers: tuple[Lines, ...], state: OutcomeState, stage: Stage, after: After, sent: int
) -> None:
    """The outcome, the stage, and the use of the session; nothing is sent after a rejection."""
    wire = Wire(*answers)
    found = transaction(wire)
    outcome = found.run(b"hello\r\n", lambda: True)
    assert (outcome.state, outcome.stage, found.after, len(wire.sent)) == (state, stage, after, sent)
    assert b"".join(wire.sent).startswith(b"MAIL\r\nRCPT\r\nDATA\r\nhello\r\n.\r\n"[: len(b"".join(wire.sent))])
    assert not wire.answers and found.is_asked is (sent == 5)


@pytest.mark.parametrize(
    ("answers", "state", "stage", "after", "is_lone_dot"),
    [
        # All answers are read; the first rejection is reported.
        ((NO, NO, (503, [b"no"])), OutcomeState.REFUSED, Stage.MAIL, After.RESET, False),
        ((YES, LATER, (503, [b"no"])), OutcomeState.DEFERRED, Stage.RCPT, After.RESET, False),
        ((YES, YES, NO), OutcomeState.REFUSED, Stage.DATA, After.RESET, False),
        ((GOODBYE,), OutcomeState.DEFERRED, Stage.MAIL, After.DROP, False),
        ((NO, GOODBYE), OutcomeState.REFUSED, Stage.MAIL, After.DROP, False),
        # DATA that a server started after its rejection is ended if there is no recipient.
        ((YES, NO, GO, NO), OutcomeState.REFUSED, Stage.RCPT, After.RESET, True),
        ((YES, NO, GO, END), OutcomeState.REFUSED, Stage.RCPT, After.RESET, True),
        ((YES, NO, GO, GOODBYE), OutcomeState.REFUSED, Stage.RCPT, After.DROP, True),
        ((YES, (400, [b"no"]), GO, NO), OutcomeState.DEFERRED, Stage.RCPT, After.RESET, True),
        ((YES, NO, GO), OutcomeState.REFUSED, Stage.RCPT, After.DROP, True),
        ((NO, YES, GO), OutcomeState.REFUSED, Stage.MAIL, After.DROP, False),
        # It disconnects during its answers.
        ((NO,), OutcomeState.REFUSED, Stage.MAIL, After.DROP, False),
        ((YES, NO), OutcomeState.REFUSED, Stage.RCPT, After.DROP, False),
        ((YES,), OutcomeState.DEFERRED, Stage.RCPT, After.DROP, False),
        ((), OutcomeState.DEFERRED, Stage.MAIL, After.DROP, False),
    ],
)
def test_each_answer_with_pipelining(
    answers: tuple[Lines, ...], state: OutcomeState, stage: Stage, after: After, is_lone_dot: bool
) -> None:
    """The three lines are sent together; a rejected message is never sent."""
    wire = Wire(*answers)
    found = transaction(wire, "PIPELINING")
    outcome = found.run(b"hello\r\n", lambda: True)
    assert (outcome.state, outcome.stage, found.after) == (state, stage, after)
    assert wire.sent == [b"MAIL\r\nRCPT\r\nDATA\r\n", *[b".\r\n"] * is_lone_dot]
    assert not wire.answers and not found.is_asked
    assert (found.fault is Fault.LOST) is (outcome.reply is None)


@pytest.mark.parametrize(
    ("answers", "state", "words"),
    [
        ((NO,), OutcomeState.REFUSED, "550 5.1.1 no such user"),
        (((400, [b"no"]),), OutcomeState.DEFERRED, "400 no"),
        (((399, [b"no"]),), OutcomeState.DEFERRED, None),
        ((), OutcomeState.DEFERRED, None),
    ],
)
@pytest.mark.parametrize("is_early", [False, True])
def test_before_the_dot_nothing_is_accepted(
    answers: tuple[Lines, ...], state: OutcomeState, words: str | None, is_early: bool
) -> None:
    """A server that disconnects during the message, or replies before its end: its reply decides, if there is one."""
    wire = Wire(YES, YES, GO, *answers, hangs_up=not is_early)
    wire.is_silent = not is_early
    found = transaction(wire)
    outcome = found.run(b"hello\r\n", lambda: True)
    assert (outcome.state, outcome.stage, found.after) == (state, Stage.BODY, After.DROP)
    assert (None if outcome.reply is None else str(outcome.reply)) == words
    fault = None if words else Fault.GARBLED if answers else Fault.LOST
    assert (found.fault, found.is_asked) == (fault, is_early)
    assert b"\r\n.\r\n" not in wire.sent


def test_a_message_is_canceled_before_its_dot() -> None:
    """The session cannot be used again, because its message is incomplete."""
    wire = Wire(YES, YES, GO)
    found = transaction(wire)
    outcome = found.run(b"hello", lambda: False)
    assert (outcome.state, outcome.stage, found.after) == (OutcomeState.NOT_ATTEMPTED, Stage.BODY, After.DROP)
    assert (wire.sent[-1], found.is_asked) == (b"hello", True)


def test_an_answer_that_never_comes_leaves_it_unknown() -> None:
    """Only after the dot; the text says which case it is."""
    for answers, state, words in (
        ((YES, YES, GO), OutcomeState.UNKNOWN, "it is not known whether"),
        ((YES, YES), OutcomeState.DEFERRED, "not"),
    ):
        found = transaction(Wire(*answers))
        outcome = found.run(b"hello\r\n", lambda: True)
        assert (outcome.state, outcome.scope, found.after, found.fault) == (state, Scope.SERVER, After.DROP, Fault.LOST)
        assert words in outcome.reason


@pytest.mark.parametrize(("is_early", "fault"), [(False, Fault.LOST), (True, Fault.LATE)])
def test_the_first_fault_is_reported_without_a_reply(is_early: bool, fault: Fault) -> None:
    """The disconnect; or the fault of a server that seemed to reply."""
    wire = Wire(YES, YES, GO, hangs_up=not is_early)
    wire.is_silent, wire.end = not is_early, Fault.LATE
    found = transaction(wire)
    outcome = found.run(b"hello\r\n", lambda: True)
    assert (outcome.state, outcome.stage, found.fault) == (OutcomeState.DEFERRED, Stage.BODY, fault)
    assert fault.in_words in outcome.reason


@pytest.mark.parametrize(
    ("answers", "scope", "code"),
    [
        ((NO,), Scope.SERVER, 550),
        ((GOODBYE,), Scope.SERVER, 421),
        ((YES, NO), Scope.RECIPIENT, 550),
        ((YES, GOODBYE), Scope.SERVER, 421),
        ((YES, ODD), Scope.SERVER, 299),
        ((YES, YES, GO, NO), Scope.RECIPIENT, 550),
        ((YES, YES, GO, GOODBYE), Scope.SERVER, 421),
        ((YES, YES, GO, ODD), Scope.SERVER, 299),
        ((YES,), Scope.SERVER, None),
    ],
)
def test_whom_an_answer_concerns(answers: tuple[Lines, ...], scope: Scope, code: int | None) -> None:
    """With the reply itself, even if it was invalid, and with a reason if there is no reply."""
    outcome = transaction(Wire(*answers)).run(b"hello\r\n", lambda: True)
    assert (outcome.scope, outcome.reply.code if outcome.reply else None) == (scope, code)
    assert bool(outcome.reason) is (code in (None, 299))
    assert transaction(Wire(YES, YES, GO)).run(b"", lambda: False).reason
