"""Every stage of a transaction, every possible failure, with and without pipelining."""

import select
import socket
from dataclasses import replace
from typing import Any

import pytest

from composer.transport.envelope import Commands, Envelope
from composer.transport.outcome import Outcome, OutcomeState, Scope, Stage
from composer.transport.protocol import TransportError
from composer.transport.server_settings import MailServer, Secret, Security, ServerLimits
from composer.transport.smtp.smtp_transport import SmtpTransport
from composer.transport.smtp.transaction import After, Transaction
from tests.fake_smtp import (
    Action,
    FakeSmtp,
    SmtpSession,
    dribbles,
    drips,
    floods,
    full_office,
    hangs,
    leaves,
    once,
    reads_slowly,
    says,
    says_and_leaves,
    stops_reading,
    takes,
)
from tests.transport.setup import ANNA, BORIS, HASTY, MESSAGE, PATIENT, check_count, transport, with_more_time

pytestmark = pytest.mark.fault

GOOD = {
    "mail": b"250 2.1.0 Ok\r\n",
    "rcpt": b"250 2.1.5 Ok\r\n",
    "data": b"354 go ahead\r\n",
    "dot": b"250 2.0.0 Ok: queued as LATER\r\n",
    "ehlo": b"250 office.example\r\n",
    "greeting": b"220 office.example\r\n",
}
TROUBLES: dict[str, Action] = {
    "4xx": says(b"450 4.2.0 later\r\n"),
    "5xx": says(b"550 5.2.1 never\r\n"),
    "421": says_and_leaves(b"421 4.3.2 closing\r\n"),
    "close": leaves,
    "garbage": says(b"\xff\x00 lorem ipsum\r\n"),
    "unasked": says(b"354 go on\r\n"),
    "other": says(b"221 bye\r\n"),
    "never": hangs,
    "slow": drips,
}
SLOW = ("never", "slow")
PIPELINING = pytest.mark.parametrize("offers", [("PIPELINING",), ()], ids=["pipelined", "one by one"])
LARGE = b"Subject: large\r\n\r\n" + b"x" * 70 * 120_000 + b"\r\n"


def _limits(trouble: str) -> ServerLimits:
    return HASTY if trouble in SLOW else PATIENT


def _hand_over(office: FakeSmtp, trouble: str, message: bytes = MESSAGE) -> Outcome:
    """Send one message to a failing server, and one to the recovered server; count the copies at the end.

    Deferred messages are sent again, as a run would do: then there is one copy, never two.
    """
    with office:
        connection = transport(office, _limits(trouble)).connect()
        first = connection.hand_over(ANNA, message)
        office.script = {}
        second = connection.hand_over(BORIS, MESSAGE)
        again = connection.hand_over(ANNA, MESSAGE) if first.state is OutcomeState.DEFERRED else first
        connection.close()
    # Counted when the server is idle, because it answers a moment before it counts.
    assert second.state is OutcomeState.ACCEPTED
    check_count(office, second, BORIS)
    check_count(office, again)
    assert first.state is not OutcomeState.DEFERRED or again.state is OutcomeState.ACCEPTED
    return first


@PIPELINING
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@with_more_time
def test_before_the_message(stage: str, trouble: str, offers: tuple[str, ...]) -> None:
    """With any failure before the message, the server has nothing, and this is reported."""
    if (stage, trouble) == ("data", "unasked"):
        pytest.skip("that is what is asked for")
    office = FakeSmtp({stage: TROUBLES[trouble]}, offers=offers)
    outcome = _hand_over(office, trouble)
    assert outcome.stage == stage
    assert outcome.state is (OutcomeState.REFUSED if trouble == "5xx" else OutcomeState.DEFERRED)
    # Before RCPT, a rejection is about the sender.
    is_theirs = trouble == "4xx" or (trouble == "5xx" and stage != "mail")
    assert outcome.scope is (Scope.RECIPIENT if is_theirs else Scope.SERVER)
    assert (outcome.reply is not None) == (trouble in ("4xx", "5xx", "421", "unasked", "other"))
    assert bool(outcome.reason) == (trouble not in ("4xx", "5xx", "421"))
    # The session is kept after a clear answer.
    assert len(office.visits) == (1 if trouble in ("4xx", "5xx") else 2)


@pytest.mark.parametrize("trouble", ["4xx", "5xx"])
@pytest.mark.parametrize(("stage", "said"), [("mail", ["MAIL"]), ("rcpt", ["MAIL", "RCPT"])])
def test_without_pipelining_nothing_is_sent_after_a_rejection(stage: str, said: list[str], trouble: str) -> None:
    """The next line starts a new transaction."""
    with FakeSmtp({stage: TROUBLES[trouble]}, offers=()) as office:
        connection = transport(office).connect()
        connection.hand_over(ANNA, MESSAGE)
        office.script = {}
        assert connection.hand_over(BORIS, MESSAGE).state is OutcomeState.ACCEPTED
        connection.close()
    heard = [line.split(b" ")[0].decode() for line in office.heard]
    assert heard == ["EHLO", *said, "RSET", "MAIL", "RCPT", "DATA", "QUIT"]


@PIPELINING
@pytest.mark.parametrize("trouble", ["4xx", "5xx", "421", "close", "garbage", "never", "slow"])
@with_more_time
def test_in_the_message(trouble: str, offers: tuple[str, ...]) -> None:
    """A server that disconnects, or stops reading, during a message does not have it; its last reply is read."""
    actions = {**TROUBLES, "never": stops_reading, "slow": reads_slowly}
    outcome = _hand_over(FakeSmtp({"body": actions[trouble]}, offers=offers), trouble, LARGE)
    assert outcome.stage is Stage.BODY
    assert outcome.state is (OutcomeState.REFUSED if trouble == "5xx" else OutcomeState.DEFERRED)
    assert (outcome.reply is not None) == (trouble in ("4xx", "5xx", "421"))


@PIPELINING
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("is_taken", [True, False], ids=["taken", "not taken"])
@with_more_time
def test_after_the_dot(trouble: str, is_taken: bool, offers: tuple[str, ...]) -> None:
    """After the dot a clear answer counts, and anything else is UNKNOWN: the server may have the message."""
    is_answered = trouble in ("4xx", "5xx", "421")
    if is_answered and is_taken:
        pytest.skip("a server that lies")
    action = TROUBLES[trouble]
    outcome = _hand_over(FakeSmtp({"dot": takes(action) if is_taken else action}, offers=offers), trouble)
    assert outcome.stage is Stage.DOT
    expected = {"4xx": OutcomeState.DEFERRED, "421": OutcomeState.DEFERRED, "5xx": OutcomeState.REFUSED}
    assert outcome.state is expected.get(trouble, OutcomeState.UNKNOWN)
    assert bool(outcome.reason) != is_answered


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("stage", ["greeting", "ehlo", "starttls", "auth"])
@with_more_time
def test_before_a_session(stage: str, trouble: str) -> None:
    """A failed connection is an exception that says where, and whether to try again."""
    more: dict[str, dict[str, Any]] = {
        "starttls": {"security": Security.STARTTLS},
        "auth": {"username": "anna", "secret": Secret("open sesame")},
    }
    with FakeSmtp({stage: TROUBLES[trouble]}, offers=("STARTTLS", "AUTH PLAIN")) as office:
        with pytest.raises(TransportError) as caught:
            transport(office, _limits(trouble), **more.get(stage, {})).connect()
        assert caught.value.stage == stage
        # A nonsensical dialogue will not be better later.
        assert caught.value.is_temporary == (trouble not in ("5xx", "unasked", "other"))
        assert caught.value.exit_code == 1
        assert (caught.value.reply is not None) == (trouble in ("4xx", "5xx", "421", "unasked", "other"))


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("stage", ["greeting", "ehlo"])
@with_more_time
def test_connecting_again(stage: str, trouble: str) -> None:
    """A connection that is lost between messages and cannot be opened again defers the message: nothing was sent."""
    with FakeSmtp({stage: once(TROUBLES[trouble], GOOD[stage], number=2)}, offers=()) as office:
        connection = transport(office, _limits(trouble)).connect()
        office.visits[0].connection.shutdown(socket.SHUT_RDWR)
        outcome = connection.hand_over(ANNA, MESSAGE)
        assert (outcome.state, outcome.stage, outcome.scope) == (OutcomeState.DEFERRED, Stage(stage), Scope.SERVER)
        assert outcome.reason
        assert connection.hand_over(ANNA, MESSAGE).state is OutcomeState.ACCEPTED
        connection.close()
    assert len(office.taken) == 1


@PIPELINING
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("question", ["noop", "rset"])
@with_more_time
def test_between_messages(question: str, trouble: str, offers: tuple[str, ...]) -> None:
    """A session that does not answer between messages is replaced without effect."""
    script: dict[str, Action] = {question: TROUBLES[trouble]}
    if question == "rset":
        script["rcpt"] = once(says(b"550 5.1.1 no such user\r\n"), GOOD["rcpt"])
    with FakeSmtp(script, offers=offers) as office:
        connection = transport(office, replace(_limits(trouble), idle=0 if question == "noop" else 30)).connect()
        if question == "rset":
            assert connection.hand_over(BORIS, MESSAGE).state is OutcomeState.REFUSED
        assert connection.hand_over(ANNA, MESSAGE).state is OutcomeState.ACCEPTED
        connection.close()
    assert len(office.taken) == 1
    assert len(office.visits) == 2


@PIPELINING
@pytest.mark.parametrize(
    "words", [b"421 4.4.2 idle for too long\r\n", b"250 2.0.0 Ok: queued as X\r\n", b"\xff\n", b""]
)
def test_unasked_between_messages(words: bytes, offers: tuple[str, ...]) -> None:
    """Unrequested data or a disconnect ends the session; the next message gets a new one."""
    with FakeSmtp(offers=offers) as office:
        connection = transport(office).connect()
        assert connection.hand_over(BORIS, MESSAGE).state is OutcomeState.ACCEPTED
        office.visits[0].connection.sendall(words)
        if not words:
            office.visits[0].connection.shutdown(socket.SHUT_RDWR)
        # Data that comes even later would be read as an answer, and an extra answer prevents the dot.
        assert connection._session is not None
        select.select([connection._session.wire._socket], [], [], 30)
        outcome = connection.hand_over(ANNA, MESSAGE)
        connection.close()
    assert outcome.state is OutcomeState.ACCEPTED
    assert outcome.queue_id == "Q2"
    check_count(office, outcome)
    assert len(office.visits) == 2


@PIPELINING
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_slow_but_in_time(stage: str, offers: tuple[str, ...]) -> None:
    """An answer that comes byte by byte, in time, is a normal answer."""
    with FakeSmtp({stage: dribbles(GOOD[stage])}, offers=offers) as office:
        connection = transport(office).connect()
        outcome = connection.hand_over(ANNA, MESSAGE)
        connection.close()
    assert outcome.state is OutcomeState.ACCEPTED
    check_count(office, outcome)
    assert len(office.visits) == 1


ENDLESS: dict[str, bytes] = {"a line without end": b"250 " + b"x" * 65536, "lines without end": b"250-x\r\n" * 9000}


@pytest.mark.parametrize("stage", ["greeting", "ehlo", "rcpt", "dot"])
@pytest.mark.parametrize("kind", ENDLESS)
def test_endless_answer(kind: str, stage: str) -> None:
    """A hundred megabytes of an answer are not read: after some kilobytes it is invalid."""
    office = FakeSmtp({stage: floods(ENDLESS[kind])})
    if stage in ("greeting", "ehlo"):
        with office, pytest.raises(TransportError, match="invalid reply"):
            transport(office).connect()
    else:
        outcome = _hand_over(office, "")
        assert outcome.state is (OutcomeState.UNKNOWN if stage == "dot" else OutcomeState.DEFERRED)
        assert "invalid reply" in outcome.reason and len(outcome.reason) < 200
    assert office.flooded < 20_000_000


def test_no_server() -> None:
    """A port without a server."""
    with FakeSmtp() as office:
        pass
    with pytest.raises(TransportError, match="does not accept connections") as caught:
        transport(office).connect()
    assert (caught.value.stage, caught.value.is_temporary) == (Stage.CONNECT, True)


def test_no_answer() -> None:
    """A server that does not accept the connection."""
    with full_office() as port, pytest.raises(TransportError, match="does not answer") as caught:
        SmtpTransport(MailServer(host="127.0.0.1", port=port, security=Security.NONE, limits=HASTY)).connect()
    assert (caught.value.stage, caught.value.is_temporary) == (Stage.CONNECT, True)


def test_no_such_host() -> None:
    """An invalid name: DNS is not used."""
    with FakeSmtp() as office, pytest.raises(TransportError, match="no server with the name") as caught:
        transport(office, host="mail..example").connect()
    assert (caught.value.stage, caught.value.is_temporary) == (Stage.CONNECT, False)


@pytest.mark.parametrize("lone", ["250", "554", "421", "close", "garbage"])
@pytest.mark.parametrize("code", ["450 4.2.2 full", "550 5.1.1 no such user"])
def test_lone_dot(code: str, lone: str) -> None:
    """RFC 2920, section 3.1: if a server rejects the recipient but accepts DATA, it gets only a dot.

    Its answer does not matter: it is about a message without a recipient.
    """
    answers = {"250": says(b"250 2.0.0 Ok: queued as X\r\n"), "554": says(b"554 5.5.1 no valid recipients\r\n")}
    script = {"rcpt": says(f"{code}\r\n".encode()), "lone dot": {**TROUBLES, **answers}[lone]}
    office = FakeSmtp(script, is_naive=True)
    outcome = _hand_over(office, "")
    assert outcome.state is (OutcomeState.DEFERRED if code.startswith("4") else OutcomeState.REFUSED)
    assert (outcome.stage, outcome.scope) == (Stage.RCPT, Scope.RECIPIENT)
    assert len(office.visits) == (1 if lone in answers else 2)


@PIPELINING
def test_a_connection_that_is_gone_before_the_first_line(offers: tuple[str, ...]) -> None:
    """If not even the first line can be sent, nothing was sent, and the server is the cause."""
    with FakeSmtp(offers=offers) as office:
        connection = transport(office).connect()
        session = connection._session
        assert session is not None
        session.wire._socket.shutdown(socket.SHUT_WR)
        transaction = Transaction(session, Commands(mail=b"MAIL FROM:<>\r\n", rcpt=b"RCPT TO:<a@b.example>\r\n"))
        outcome = transaction.run(MESSAGE, lambda: True)
        connection.close()
    assert (outcome.state, outcome.stage, outcome.scope) == (OutcomeState.DEFERRED, Stage.MAIL, Scope.SERVER)
    assert transaction.after is After.DROP
    assert office.taken == []


def test_no_lone_dot_for_a_recipient() -> None:
    """A server that rejects MAIL but accepts RCPT and DATA would deliver an empty message: the connection is closed
    instead.
    """

    def contradict(visit: SmtpSession) -> int:
        visit.say(b"550 5.7.1 not you\r\n250 2.1.5 Ok\r\n354 go ahead\r\n")
        visit.recipient = ANNA.recipient.encode()
        visit.line()
        visit.line()
        visit.body()
        return 0

    office = FakeSmtp({"mail": contradict})
    outcome = _hand_over(office, "")
    assert (outcome.state, outcome.stage, outcome.scope) == (OutcomeState.REFUSED, Stage.MAIL, Scope.SERVER)
    # Only the second message, as it was sent: nothing empty, and no duplicate.
    assert [content.replace(b"\n..", b"\n.") for _, content in office.taken] == [MESSAGE]


@pytest.mark.parametrize(
    "early", [b"250 2.0.0 Ok: queued as EARLY\r\n", b"552 5.3.4 too large\r\n", b"421 4.3.2 bye\r\n"]
)
def test_answer_before_the_dot(early: bytes) -> None:
    """An answer before the end of the message is not an answer to it: the dot is not sent."""
    office = FakeSmtp({"data": says(b"354 go ahead\r\n" + early)})
    outcome = _hand_over(office, "")
    assert outcome.stage is Stage.BODY
    assert outcome.state is (OutcomeState.REFUSED if early.startswith(b"5") else OutcomeState.DEFERRED)
    # The server is still reading a message: any command would become a line of it.
    assert b"".join(bytes(visit.data) for visit in office.visits[:1]) in (
        b"",
        MESSAGE.replace(b"\r\n.", b"\r\n..")[:-2],
    )
    assert len(office.visits) == 2


def test_one_answer_too_many() -> None:
    """A server that answers the dot twice is out of step: its second answer is ignored."""
    with FakeSmtp({"dot": once(says(b"250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n"), b"550 5.7.1 no\r\n")}) as office:
        connection = transport(office).connect()
        first, second = connection.hand_over(ANNA, MESSAGE), connection.hand_over(BORIS, MESSAGE)
        connection.close()
    assert (first.state, second.state) == (OutcomeState.ACCEPTED, OutcomeState.REFUSED)
    check_count(office, second, BORIS)


def test_first_failure_is_told() -> None:
    """All answers to a group are read, and the first rejection counts."""
    with FakeSmtp({"rcpt": says(b"550 5.1.1 no such user\r\n"), "data": leaves}, is_naive=True) as office:
        connection = transport(office).connect()
        outcome = connection.hand_over(ANNA, MESSAGE)
        connection.close()
    assert (outcome.state, outcome.stage) == (OutcomeState.REFUSED, Stage.RCPT)
    assert outcome.reply is not None and outcome.reply.enhanced == "5.1.1"


def test_the_filter_selects_subscribers() -> None:
    """An invalid address of a recipient is not even sent."""
    strange = (
        "anna@b c.example",
        "anna@example.net>\r\nRCPT TO:<eve@x.example",
        "änna@example.net",
        "anna",
        "a\0@b.example",
        "",
    )
    with FakeSmtp() as office:
        connection = transport(office).connect()
        for recipient in strange:
            outcome = connection.hand_over(Envelope(sender="", recipient=recipient), MESSAGE)
            assert (outcome.state, outcome.scope) == (OutcomeState.NOT_ATTEMPTED, Scope.RECIPIENT)
            assert outcome.reason
        outcome = connection.hand_over(Envelope(sender="a b@c", recipient="anna@example.net"), MESSAGE)
        assert (outcome.state, outcome.scope) == (OutcomeState.NOT_ATTEMPTED, Scope.SERVER)
        connection.close()
    assert [line[:4] for line in office.heard] == [b"EHLO", b"QUIT"]
