"""The mail server of a trial: what it answers, what it keeps, and the bounces that it returns."""

import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from starlette.applications import Starlette

from composer.bounces.parse.classifier import classify
from composer.bounces.parse.vocabulary import Class, ReturnedKind
from composer.web.loopback_listener import listen_on
from composer.web.trial.received_mail import ReceivedMail, TrialMailbox
from composer.web.trial.smtp_listener import TrialHandler
from composer.web.trial.trial_server import TrialServer

pytestmark = pytest.mark.slow

_TOKEN = "f7tcvxshpaduqwqvpxwm6og44mjaxwykvy"
_SENDER = f"bounces+{_TOKEN}@newsletter.invalid"
_MESSAGE = (
    "From: Trial <newsletter@newsletter.invalid>\r\nTo: a@accepts.example\r\nSubject: Gr\u00fc\u00dfe\r\n"
    "Message-ID: <one@newsletter.invalid>\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n\r\n.\r\nhttps://newsletter.invalid/n/unsubscribe/abc.\r\n"
).encode()


class Running:
    """A mail server with what it keeps."""

    def __init__(self) -> None:
        self.mailbox, self.bounces = TrialMailbox(), list[tuple[ReceivedMail, bytes]]()
        self.listener = listen_on(0)
        self.port: int = self.listener.getsockname()[1]
        handler = TrialHandler(
            self.mailbox, lambda: datetime.now(UTC), lambda mail, bounce: self.bounces.append((mail, bounce))
        )
        self.server = TrialServer(self.listener, listen_on(0), handler, Starlette())

    def send(self, recipient: str) -> tuple[int, bytes]:
        """Send a message, and return the last answer of the server."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
            try:
                client.sendmail(_SENDER, [recipient], _MESSAGE)
            except smtplib.SMTPRecipientsRefused as error:
                return error.recipients[recipient]
            return 250, b""


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    found = Running()
    found.server.start()
    yield found
    found.server.stop()


def test_the_domain_decides(running: Running) -> None:
    """Accepted at once, or at the second attempt, or never; unknown domains accept."""
    assert running.send("a@accepts.example")[0] == running.send("a@else.example")[0] == 250
    assert running.send("d@defers.example") == (451, b"4.2.0 Greylisted: try again later")
    assert running.send("d@defers.example")[0] == 250
    assert running.send("r@REJECTS.example") == (550, b"5.1.1 No such mailbox")
    kept = [each.recipient for each in running.mailbox.newest_first()]
    assert kept[:3] == ["d@defers.example", "a@else.example", "a@accepts.example"]
    assert [each.reply[:3] for each in running.mailbox.answers[:5]] == ["550", "250", "451", "250", "250"]


def test_a_message_is_kept_unchanged_behind_a_mark(running: Running) -> None:
    """The first header marks the message; the rest is as it was sent, also a line with a single dot."""
    running.send("a@accepts.example")
    mail = next(running.mailbox.newest_first())
    mark, _, rest = mail.data.partition(b"\r\n")
    assert mark.startswith(b"X-Compose-Trial: ") and rest == _MESSAGE
    assert mail.plain.startswith(".\n") and mail.sender == _SENDER and mail.html == "" and mail.one_click_url is None
    assert running.mailbox.mail(mail.number) is mail and running.mailbox.mail(0) is None


def test_a_bounce_is_understood(running: Running) -> None:
    """Our own classifier reads the bounce: no such mailbox, with the token and the Message-ID of the original."""
    assert running.send("b@bounces.example")[0] == 250
    mail, bounce = running.bounces[-1]
    assert mail.recipient == "b@bounces.example" and mail.is_returned
    found = classify(bounce)
    (finding,) = found.findings
    assert found.kind is ReturnedKind.BOUNCE and finding.status == "5.1.1" and finding.bounce is Class.HARD
    assert finding.recipient == "b@bounces.example"
    assert found.traces.tokens == (_TOKEN,) and found.traces.message_ids == ("<one@newsletter.invalid>",)
