"""Shared by the tests of transports: servers, envelopes, a message."""

import contextlib
import contextvars
import functools
import gc
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from composer.transport.envelope import Envelope
from composer.transport.outcome import Outcome, OutcomeState
from composer.transport.server_settings import MailServer, Security, ServerLimits
from composer.transport.smtp.smtp_transport import SmtpTransport
from tests.fake_smtp import FakeSmtp

#: For servers that answer: long, so that a busy machine does not fail a test.
PATIENT = ServerLimits(connect=30, reply=30, dot=30, quit=30)
#: For servers that do not answer; only in tests with `with_more_time`.
HASTY = ServerLimits(connect=0.2, reply=0.2, dot=0.2, quit=0.1)

MESSAGE = b"Subject: hello\r\n\r\n.a dot\r\n..two\r\n.\r\nend\r\n"
ANNA = Envelope(sender="news@example.org", recipient="anna@example.net")
BORIS = Envelope(sender="news@example.org", recipient="boris@example.net")


#: The factor of time compared to the first attempt.
factor: contextvars.ContextVar[float] = contextvars.ContextVar("factor", default=1)
Test = TypeVar("Test", bound=Callable[..., None])


def with_more_time(test: Test) -> Test:
    """Repeat a failed test of a server that does not answer, with ten times the time, and then a hundred times.

    A machine that stalls makes a server late; any other failure stays a failure.
    """

    @functools.wraps(test)
    def trying(*arguments: Any, **named: Any) -> None:
        for more in (1, 10):
            factor.set(more)
            with contextlib.suppress(Exception, pytest.fail.Exception):
                return test(*arguments, **named)
            # Open connections of a failed attempt do not affect the next one.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)
                gc.collect()
        factor.set(100)
        return test(*arguments, **named)

    return trying  # type: ignore[return-value]


def server(office: FakeSmtp, limits: ServerLimits = PATIENT, **more: Any) -> MailServer:
    if limits.reply < PATIENT.reply:
        waits = {name: getattr(limits, name) * factor.get() for name in ("connect", "reply", "dot", "quit")}
        limits = replace(limits, **waits)
    return MailServer(**{"host": "127.0.0.1", "port": office.port, "security": Security.NONE, "limits": limits, **more})


def transport(office: FakeSmtp, limits: ServerLimits = PATIENT, **more: Any) -> SmtpTransport:
    return SmtpTransport(server(office, limits, **more))


def until(is_so: Callable[[], bool]) -> None:
    """Wait for the server's thread."""
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end, "it did not come to it"
        time.sleep(0.01)


def copies(office: FakeSmtp, envelope: Envelope = ANNA) -> int:
    rcpt = f"RCPT TO:<{envelope.recipient}>".encode()
    return sum(recipient.startswith(rcpt) for recipient, _ in office.taken)


def check_count(office: FakeSmtp, outcome: Outcome, envelope: Envelope = ANNA) -> None:
    """Check that every accepted copy is reported as ACCEPTED or UNKNOWN, and that there are no duplicates."""
    match outcome.state:
        case OutcomeState.ACCEPTED:
            assert copies(office, envelope) == 1
        case OutcomeState.UNKNOWN:
            assert copies(office, envelope) <= 1
        case _:
            assert copies(office, envelope) == 0
