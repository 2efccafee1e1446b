"""Single messages by several servers: the first that takes them. With real servers."""

import pytest

from composer.transport.failover_transport import FailoverTransport
from composer.transport.outcome import Outcome, OutcomeState
from composer.transport.protocol import TransportError
from tests.fake_smtp import FakeSmtp, leaves, says, takes
from tests.transport.setup import ANNA, MESSAGE, transport


def send(*offices: FakeSmtp, allowed: bool = True) -> tuple[Outcome, int]:
    """Send a message; return its outcome, and how often the intent was recorded."""
    asked = 0

    def before_dot() -> bool:
        nonlocal asked
        asked += 1
        return allowed

    connection = FailoverTransport([transport(each) for each in offices]).connect()
    try:
        return connection.hand_over(ANNA, MESSAGE, before_dot), asked
    finally:
        connection.close()


def test_the_first_server_that_answers_sends_it() -> None:
    """A server that is down is skipped; one after it gets nothing."""
    with FakeSmtp() as one, FakeSmtp() as two, FakeSmtp() as three:
        one.end()
        outcome, asked = send(one, two, three)
    assert (outcome.state, asked) == (OutcomeState.ACCEPTED, 1)
    assert (len(two.taken), len(three.visits)) == (1, 0)


def test_without_any_server_the_first_error_is_raised() -> None:
    """Nothing was sent."""
    with FakeSmtp() as one, FakeSmtp() as two:
        one.end()
        two.end()
        with pytest.raises(TransportError, match=str(one.port)):
            send(one, two)


@pytest.mark.parametrize("stage", ["mail", "rcpt", "dot"])
@pytest.mark.parametrize("reply", [b"550 5.7.1 you are blocked\r\n", b"421 4.7.0 too many messages, not now\r\n"])
def test_a_server_that_does_not_want_us_passes_it_on(stage: str, reply: bytes) -> None:
    """Also after the final dot, because the answer was no; the intent is recorded once."""
    with FakeSmtp({stage: says(reply)}) as one, FakeSmtp() as two:
        outcome, asked = send(one, two)
    assert (outcome.state, asked, len(one.taken), len(two.taken)) == (OutcomeState.ACCEPTED, 1, 0, 1)


@pytest.mark.parametrize("reply", [b"550 5.1.1 no such user\r\n", b"452 4.2.2 mailbox full\r\n"])
def test_an_answer_about_the_recipient_is_final(reply: bytes) -> None:
    """Another server would give the same one."""
    with FakeSmtp({"rcpt": says(reply)}) as one, FakeSmtp() as two:
        outcome, asked = send(one, two)
    assert outcome.state in (OutcomeState.REFUSED, OutcomeState.DEFERRED) and not asked and not two.visits


def test_a_message_without_an_answer_stays_where_it_is() -> None:
    """The server may have accepted it, so no other server gets it."""
    with FakeSmtp({"dot": takes(leaves)}) as one, FakeSmtp() as two:
        outcome, _ = send(one, two)
    assert outcome.state is OutcomeState.UNKNOWN and len(one.taken) == 1 and not two.visits


def test_a_message_without_permission_is_not_sent() -> None:
    """Not by any server."""
    with FakeSmtp() as one, FakeSmtp() as two:
        outcome, asked = send(one, two, allowed=False)
    assert (outcome.state, asked) == (OutcomeState.NOT_ATTEMPTED, 1) and not one.taken and not two.visits
