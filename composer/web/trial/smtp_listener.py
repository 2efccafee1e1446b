"""The mail server of a trial: accepts, defers, rejects and bounces messages by the rules, and forwards none.

Input: messages by SMTP from this computer. Output: a `TrialMailbox` that fills, and calls with each bounce. Guarantees:
opens no connection; a message ends here.
"""

from collections.abc import Callable
from datetime import datetime

from aiosmtpd.smtp import SMTP, Envelope, Session

from composer.web.trial.bounce_message import bounce_of
from composer.web.trial.delivery_rules import Behaviour, behaviour_for
from composer.web.trial.received_mail import MAIL_HOST, ReceivedMail, TrialMailbox

#: Larger than any message of a newsletter that mailbox providers accept.
_MOST_BYTES = 50 * 1024 * 1024
_MARK = f"X-Compose-Trial: received by the trial's mail server ({MAIL_HOST}); never sent to anyone\r\n".encode()
_ACCEPTED = "250 2.0.0 Ok: kept in the mailbox of the trial"
_DEFERRED = "451 4.2.0 Greylisted: try again later"
_REJECTED = "550 5.1.1 No such mailbox"


class TrialHandler:
    """Answers the commands of a client."""

    def __init__(
        self, mailbox: TrialMailbox, clock: Callable[[], datetime], bounced: Callable[[ReceivedMail, bytes], None]
    ) -> None:
        """`bounced` is called with the message that bounces, and the bounce."""
        self._mailbox, self._clock, self._bounced = mailbox, clock, bounced

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept, defer or reject a recipient."""
        behaviour, reply = behaviour_for(address), "250 2.1.5 Ok"
        if behaviour is Behaviour.REJECT:
            reply = _REJECTED
        if behaviour is Behaviour.DEFER and self._mailbox.is_first_try(envelope.mail_from or "", address):
            reply = _DEFERRED
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        else:
            self._mailbox.answered(address, reply, self._clock())
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep a message for each recipient, and return a bounce for those that bounce."""
        assert isinstance(envelope.content, bytes)
        for address in envelope.rcpt_tos:
            is_returned = behaviour_for(address) is Behaviour.BOUNCE
            mail = self._mailbox.add(
                envelope.mail_from or "", address, _MARK + envelope.content, self._clock(), is_returned=is_returned
            )
            self._mailbox.answered(address, _ACCEPTED, self._clock())
            if is_returned:
                self._bounced(mail, bounce_of(mail, self._clock()))
        return _ACCEPTED


def protocol(handler: TrialHandler) -> SMTP:
    """Return the protocol for one connection."""
    return SMTP(handler, hostname=MAIL_HOST, ident="compose trial", data_size_limit=_MOST_BYTES)
