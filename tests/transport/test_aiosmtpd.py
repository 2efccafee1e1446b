"""An independent server: aiosmtpd, with encryption and sign-in; another parser reads the accepted messages."""

import base64
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import fast_mail_parser
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from composer.transport.envelope import Envelope as Ours
from composer.transport.outcome import OutcomeState
from composer.transport.protocol import TransportError
from composer.transport.server_settings import MailServer, Secret, Security
from composer.transport.smtp.smtp_transport import SmtpTransport
from tests.transport.paper import Papers
from tests.transport.setup import PATIENT

SECRET = "Geheim-秘密-5ecret"
TEXT = "Guten Tag 你好\r\n.\r\n..two dots\r\nFrom here on\r\n"
MESSAGE = (
    b"From: news@example.org\r\nSubject: =?utf-8?B?5L2g5aW9?=\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    + base64.encodebytes(TEXT.encode()).replace(b"\n", b"\r\n")
)
DOTTED = b"From: news@example.org\r\nSubject: dots\r\n\r\n.\r\n..\r\n.a\r\n\r\n"


class Inbox:
    def __init__(self) -> None:
        self.taken: list[tuple[str, str, bytes]] = []
        self.mechanisms: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes) and session.authenticated
        self.taken.append((envelope.mail_from or "", envelope.rcpt_tos[0], envelope.content))
        return f"250 2.0.0 Ok: queued as A{len(self.taken)}"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.mechanisms.append(mechanism)
        is_right = isinstance(data, LoginPassword) and data.login == b"me" and data.password == SECRET.encode()
        return AuthResult(success=is_right, handled=False)


@pytest.fixture(params=[Security.TLS, Security.STARTTLS])
def running(request: pytest.FixtureRequest, papers: Papers) -> Iterator[tuple[Inbox, MailServer]]:
    inbox, security = Inbox(), request.param
    more: dict[str, Any] = {}
    context: ssl.SSLContext = papers.good
    if security is Security.TLS:
        # aiosmtpd does not recognize TLS that it did not start.
        more = {"ssl_context": context, "auth_require_tls": False}
    else:
        more = {"tls_context": context, "require_starttls": True}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(
        inbox, hostname="127.0.0.1", port=port, authenticator=inbox.authenticate, auth_required=True, **more
    )
    controller.start()
    try:
        yield (
            inbox,
            MailServer(
                host="localhost", port=port, security=security, username="me", ca_file=papers.ca_file, limits=PATIENT
            ),
        )
    finally:
        controller.stop()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_message_arrives_as_it_was(running: tuple[Inbox, MailServer]) -> None:
    """Encrypted and signed in, several messages over one connection; unchanged bytes, and readable for another parser."""
    inbox, server = running
    connection = SmtpTransport(replace(server, secret=Secret(SECRET))).connect()
    for message in (MESSAGE, DOTTED):
        outcome = connection.hand_over(Ours(sender="b+1@example.org", recipient="anna@example.net"), message)
        assert (outcome.state, outcome.queue_id) == (OutcomeState.ACCEPTED, f"A{len(inbox.taken)}")
    connection.close()
    assert inbox.taken == [("b+1@example.org", "anna@example.net", each) for each in (MESSAGE, DOTTED)]
    assert inbox.mechanisms == ["PLAIN"]
    mail = fast_mail_parser.parse_email(inbox.taken[0][2])
    assert (mail.subject, mail.text_plain) == ("你好", [TEXT])


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_wrong_password(running: tuple[Inbox, MailServer]) -> None:
    """There is one attempt, reported with the server's reply; the password is not in it."""
    inbox, server = running
    with pytest.raises(TransportError, match=r"the user name or the password: 535 5\.7\.8") as caught:
        SmtpTransport(replace(server, secret=Secret("wr0ng"))).connect()
    assert "wr0ng" not in f"{caught.value} {caught.value.hint}"
    assert (inbox.mechanisms, inbox.taken) == (["PLAIN"], [])
