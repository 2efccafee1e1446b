"""What the tests of this room share: servers to call, envelopes, a message."""

import time
from collections.abc import Callable
from typing import Any

from composer.transport.envelope import Envelope
from composer.transport.outcome import Outcome, State
from composer.transport.server import Limits, Security, Server
from composer.transport.smtp import SmtpTransport
from tests.transport.postoffice import Office

#: For servers that answer: long, so that a busy machine does not fail a test.
PATIENT = Limits(connect=5, reply=5, dot=5, quit=5)
#: For servers that do not.
HASTY = Limits(connect=0.2, reply=0.2, dot=0.2, quit=0.1)

MESSAGE = b"Subject: hello\r\n\r\n.a dot\r\n..two\r\n.\r\nend\r\n"
ANNA = Envelope(sender="news@example.org", recipient="anna@example.net")
BORIS = Envelope(sender="news@example.org", recipient="boris@example.net")


def server(office: Office, limits: Limits = PATIENT, **more: Any) -> Server:
    return Server(**{"host": "127.0.0.1", "port": office.port, "security": Security.NONE, "limits": limits, **more})


def transport(office: Office, limits: Limits = PATIENT, **more: Any) -> SmtpTransport:
    return SmtpTransport(server(office, limits, **more))


def until(is_so: Callable[[], bool]) -> None:
    """Wait for the server's thread."""
    end = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < end, "it did not come to it"
        time.sleep(0.001)


def copies(office: Office, envelope: Envelope = ANNA) -> int:
    rcpt = f"RCPT TO:<{envelope.recipient}>".encode()
    return sum(recipient.startswith(rcpt) for recipient, _ in office.taken)


def check_count(office: Office, outcome: Outcome, envelope: Envelope = ANNA) -> None:
    """The law: a copy that was taken is told as ACCEPTED or UNKNOWN, and there are never two."""
    match outcome.state:
        case State.ACCEPTED:
            assert copies(office, envelope) == 1
        case State.UNKNOWN:
            assert copies(office, envelope) <= 1
        case _:
            assert copies(office, envelope) == 0
