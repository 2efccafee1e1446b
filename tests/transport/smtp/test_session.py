"""Connections with many messages, the hook before the dot, and the state after a kill."""

import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from composer.transport.envelope import Envelope
from composer.transport.outcome import OutcomeState, Scope, Stage
from composer.transport.protocol import TransportError
from composer.transport.smtp.smtp_transport import SmtpTransport
from tests.fake_smtp import FakeSmtp, hangs, once, says, takes
from tests.transport.setup import ANNA, BORIS, MESSAGE, PATIENT, check_count, copies, server, transport, until


def _verbs(office: FakeSmtp, visit: int = 0) -> list[str]:
    return [line.split(b" ")[0].decode() for line in office.visits[visit].heard]


def test_a_connection_is_kept_and_made_anew() -> None:
    """One connection for many messages, another after the configured number; each ends with QUIT."""
    with FakeSmtp() as office:
        connection = transport(office, replace(PATIENT, messages=2)).connect()
        for _ in range(5):
            assert connection.hand_over(ANNA, MESSAGE).state is OutcomeState.ACCEPTED
        connection.close()
        connection.close()
    assert [len(_verbs(office, number)) for number in range(3)] == [1 + 3 + 3 + 1, 1 + 3 + 3 + 1, 1 + 3 + 1]
    assert all(_verbs(office, number)[-1] == "QUIT" for number in range(3))
    assert copies(office) == 5


def test_rset_after_a_failure_only() -> None:
    """After a rejected recipient RSET is sent over the same connection; after an accepted message it is not."""
    with FakeSmtp({"rcpt": once(says(b"550 5.1.1 no\r\n"), b"250 2.1.5 Ok\r\n")}) as office:
        connection = transport(office).connect()
        for envelope, state in (
            (BORIS, OutcomeState.REFUSED),
            (ANNA, OutcomeState.ACCEPTED),
            (ANNA, OutcomeState.ACCEPTED),
        ):
            assert connection.hand_over(envelope, MESSAGE).state is state
        connection.close()
    assert _verbs(office) == ["EHLO", *("MAIL", "RCPT", "DATA"), "RSET", *("MAIL", "RCPT", "DATA") * 2, "QUIT"]


def test_noop_after_a_pause_only() -> None:
    """An idle connection is tested first."""
    with FakeSmtp() as office:
        connection = transport(office, replace(PATIENT, idle=0)).connect()
        connection.hand_over(ANNA, MESSAGE)
        connection.close()
    assert _verbs(office) == ["EHLO", "NOOP", "MAIL", "RCPT", "DATA", "QUIT"]


@pytest.mark.parametrize("offers", [("PIPELINING",), ()], ids=["pipelined", "one by one"])
def test_the_hook_comes_when_all_but_the_dot_has_gone(offers: tuple[str, ...]) -> None:
    """When it is called, the server has everything except the dot; after False or an exception, no copy is accepted."""
    with FakeSmtp(offers=offers) as office:
        connection = transport(office).connect()

        def look() -> bool:
            until(lambda: len(office.visits[-1].data) >= len(MESSAGE))
            assert office.taken == []
            return True

        assert connection.hand_over(ANNA, MESSAGE, look).state is OutcomeState.ACCEPTED
        held = connection.hand_over(BORIS, MESSAGE, lambda: False)
        assert (held.state, held.stage) == (OutcomeState.NOT_ATTEMPTED, Stage.BODY)
        with pytest.raises(ZeroDivisionError):
            connection.hand_over(BORIS, MESSAGE, lambda: bool(1 / 0))
        assert connection.hand_over(ANNA, MESSAGE).state is OutcomeState.ACCEPTED
        connection.close()
    check_count(office, held, BORIS)
    assert (copies(office), copies(office, BORIS), len(office.visits)) == (2, 0, 3)


def test_the_message_arrives_as_it_was() -> None:
    """Dots at the start of lines are doubled in transit, and the rest is unchanged."""
    with FakeSmtp() as office:
        connection = transport(office).connect()
        connection.hand_over(ANNA, MESSAGE)
        connection.close()
    assert [content for _, content in office.taken] == [MESSAGE.replace(b"\r\n.", b"\r\n..")]


def test_who_we_say_we_are() -> None:
    """Without a name, our address in brackets (RFC 5321, section 4.1.3); an invalid name is rejected."""
    with FakeSmtp() as office:
        transport(office).connect().close()
        transport(office, name="news.example.org").connect().close()
        with pytest.raises(TransportError) as stop:
            transport(office, name="x\r\nMAIL FROM:<>").connect()
    assert (stop.value.stage, stop.value.is_temporary) == (Stage.EHLO, False)
    assert "name" in stop.value.message and stop.value.message.isprintable()
    assert [line for line in office.heard if line.startswith(b"EHLO")] == [
        b"EHLO [127.0.0.1]",
        b"EHLO news.example.org",
    ]


def test_size_and_notices() -> None:
    """SIZE and DSN are used if they are offered (RFC 1870, RFC 3461), and a message that is too large is not started."""
    asking = replace(ANNA, recipient="anna+news@example.net", id="a=1+2", wants_notice=True)
    with FakeSmtp(offers=("PIPELINING", "SIZE 60", "DSN")) as office:
        connection = transport(office).connect()
        assert connection.hand_over(asking, MESSAGE).state is OutcomeState.ACCEPTED
        large = connection.hand_over(BORIS, MESSAGE + b"x" * 60 + b"\r\n")
        connection.close()
    assert office.heard[1:3] == [
        b"MAIL FROM:<news@example.org> SIZE=%d RET=HDRS ENVID=a+3D1+2B2" % len(MESSAGE),
        b"RCPT TO:<anna+news@example.net> NOTIFY=FAILURE ORCPT=rfc822;anna+2Bnews@example.net",
    ]
    assert (large.state, large.scope) == (OutcomeState.REFUSED, Scope.MESSAGE)
    assert f"{len(MESSAGE) + 62} bytes; " in large.reason and "60" in large.reason
    with FakeSmtp() as office:
        connection = transport(office).connect()
        assert connection.hand_over(asking, MESSAGE).state is OutcomeState.ACCEPTED
        connection.close()
    assert office.heard[1:3] == [b"MAIL FROM:<news@example.org>", b"RCPT TO:<anna+news@example.net>"]


def test_domains_in_other_scripts() -> None:
    """They are sent as A-labels (RFC 5891)."""
    with FakeSmtp() as office:
        connection = transport(office).connect()
        envelope = Envelope(sender="news@münchen.example", recipient="anna@例え.example")
        assert connection.hand_over(envelope, MESSAGE).state is OutcomeState.ACCEPTED
        connection.close()
    assert office.heard[1:3] == [
        b"MAIL FROM:<news@xn--mnchen-3ya.example>",
        b"RCPT TO:<anna@xn--r8jz45g.example>",
    ]


@pytest.mark.parametrize(
    "message", [b"", b"a\n", b"a\rb\r\n", b"a\r\n.\n", "é\r\n".encode(), b"\0\r\n", b"a\n.\r\nMAIL FROM:<>\r\n"]
)
def test_nothing_is_smuggled(message: bytes) -> None:
    """A single CR or LF, NUL and 8-bit bytes are a bug, reported before a byte is sent (CVE-2023-51764)."""
    with FakeSmtp() as office:
        connection = transport(office).connect()
        with pytest.raises(ValueError, match="a message"):
            connection.hand_over(ANNA, message)
        connection.close()
    assert [line[:4] for line in office.heard] == [b"EHLO", b"QUIT"]


@pytest.mark.parametrize("text", [b"\x1b[31mred\x1b]0;title\x07", "\u202eevil\u2066".encode(), b"a\tb\x00\x7fc\x85"])
def test_a_reply_reaches_no_terminal_as_it_is(text: bytes) -> None:
    """Escape sequences, and characters that reverse the direction of text, are removed from a reply."""
    with FakeSmtp({"rcpt": says(b"550 5.1.1 " + text + b"\r\n"), "ehlo": says(b"250 x\r\n")}) as office:
        connection = transport(office).connect()
        outcome = connection.hand_over(ANNA, MESSAGE)
        connection.close()
    assert outcome.reply is not None and str(outcome.reply).isprintable()
    assert outcome.reply.enhanced == "5.1.1"


_CHILD = """
import sys, time
from composer.transport.envelope import Envelope
from composer.transport.server_settings import MailServer, Security
from composer.transport.smtp.smtp_transport import SmtpTransport

def before_dot():
    print("before", flush=True)
    if sys.argv[2] == "before":
        time.sleep(60)
    return True

server = MailServer(host="127.0.0.1", port=int(sys.argv[1]), security=Security.NONE)
envelope = Envelope(sender="news@example.org", recipient="anna@example.net")
print(SmtpTransport(server).connect().hand_over(envelope, b"Subject: x\\r\\n\\r\\nx\\r\\n", before_dot).state)
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.kill
def test_killed_in_the_middle(when: str) -> None:
    """SIGKILL before the dot: the server has nothing. After it: one copy, even if nothing was recorded; so the intent
    comes first.
    """
    with FakeSmtp({"dot": takes(hangs)} if when == "after" else {}) as office:
        command = [sys.executable, "-c", _CHILD, str(office.port), when]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None and child.stdout.readline() == "before\n"
        until(lambda: when == "before" or bool(office.taken))
        child.send_signal(signal.SIGKILL)
        assert child.communicate()[0] == ""
    assert copies(office) == (1 if when == "after" else 0)


def test_a_transport_is_named() -> None:
    """With host and port."""
    with FakeSmtp() as office:
        assert SmtpTransport(server(office)).name == f"127.0.0.1:{office.port}"
