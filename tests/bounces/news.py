"""Reports on messages of ours, with tokens of a real key: bounces as they come to a subscriber's address."""

from composer.audience.identity.tokens import Purpose, Tokens

KEY = b"k" * 32
TOKENS = Tokens((KEY,))


def verp(subscriber_id: int, mailing_id: int, tokens: Tokens = TOKENS) -> str:
    return f"bounces+{tokens.make(Purpose.BOUNCE, subscriber_id, mailing_id)}@news.example.org"


def report(
    to: str,
    recipient: str,
    *,
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 no such user",
    action: str = "failed",
    returned: str = "",
    number: int = 0,
) -> bytes:
    """Return a delivery report as Postfix writes it; `number` makes it a different message."""
    return f"""Return-Path: <>
From: MAILER-DAEMON@mx.relay.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-Id: <{number}@mx.relay.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

This is the mail system.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.relay.example

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}

--b
Content-Type: text/rfc822-headers

{returned}
--b--
""".encode()


def message_header(subscriber_id: int, mailing_id: int, tokens: Tokens = TOKENS) -> str:
    """Return the part of our own header that identifies the subscriber."""
    return f"Message-ID: {tokens.message_id(mailing_id, subscriber_id, 'news.example.org')}\n"


def complaint(returned: str, *, kind: str = "abuse", number: int = 0) -> bytes:
    """Return a feedback report."""
    return f"""From: complaints@fbl.example
To: abuse@news.example.org
Subject: complaint {number}
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
Version: 1

--b
Content-Type: text/rfc822-headers

{returned}
--b--
""".encode()
