"""One message over a session: how long each answer is waited for."""

from types import SimpleNamespace
from typing import Any

import pytest

from composer.transport.envelope import Commands
from composer.transport.outcome import Reply, Stage, State
from composer.transport.replies import Lines
from composer.transport.server import Limits
from composer.transport.transaction import After, Transaction
from composer.transport.wire import BrokenError, Fault

LIMITS = Limits(connect=1, reply=300, dot=600, quit=2)
OK: tuple[Lines, ...] = ((250, [b"ok"]), (250, [b"ok"]), (354, [b"go on"]), (250, [b"2.0.0 Ok: queued as 4bX7"]))


class Wire:
    """A server whose answers are written down; it notes how long it is given for each."""

    is_silent = True

    def __init__(self, *answers: Lines, hangs_up: bool = False) -> None:
        self.answers, self.hangs_up = list(answers), hangs_up
        self.waited: list[float] = []

    def send(self, data: bytes | memoryview, seconds: float) -> None:
        assert seconds == LIMITS.reply
        if self.hangs_up and isinstance(data, memoryview):
            raise BrokenError(Fault.LOST)

    def read(self, seconds: float) -> Lines:
        self.waited.append(seconds)
        return self.answers.pop(0)


def transaction(wire: Wire, *extensions: str) -> Transaction:
    session: Any = SimpleNamespace(wire=wire, limits=LIMITS, extensions=dict.fromkeys(extensions, ""))
    return Transaction(session, Commands(mail=b"MAIL\r\n", rcpt=b"RCPT\r\n"))


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_the_answer_to_the_dot_is_waited_for_longest(extensions: tuple[str, ...]) -> None:
    """A server may take minutes to look at a message, and giving up on it would send it twice."""
    wire = Wire(*OK)
    outcome = transaction(wire, *extensions).run(b"hello\r\n", lambda: True)
    assert (outcome.state, outcome.stage, outcome.queue_id) == (State.ACCEPTED, Stage.DOT, "4bX7")
    assert outcome.reply == Reply(code=250, enhanced="2.0.0", text="2.0.0 Ok: queued as 4bX7")
    assert wire.waited == [300, 300, 300, 600]


def test_the_last_words_of_a_server_that_hung_up_have_arrived() -> None:
    """They are looked for, and not waited for."""
    wire = Wire(*OK[:3], (552, [b"5.3.4 too large"]), hangs_up=True)
    found = transaction(wire)
    outcome = found.run(b"hello\r\n", lambda: True)
    assert (outcome.state, outcome.stage, found.after) == (State.REFUSED, Stage.BODY, After.DROP)
    assert wire.waited == [300, 300, 300, 0.1]
