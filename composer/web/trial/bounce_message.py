"""A bounce, as mail servers send it when they cannot deliver a message that they have accepted (RFC 3464).

Input: the message with its envelope, the time. Output: the bounce as bytes. Guarantees: pure.
"""

from datetime import datetime
from email.utils import format_datetime

from composer.web.trial.received_mail import MAIL_HOST, ReceivedMail

_BOUNCE = """\
From: Mail server of the trial <MAILER-DAEMON@{host}>
To: {sender}
Subject: Undelivered Mail Returned to Sender
Date: {date}
Message-ID: <bounce-{number}@{host}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="trial"

--trial
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered to this address:

<{recipient}>: 550 5.1.1 no such mailbox

--trial
Content-Type: message/delivery-status

Reporting-MTA: dns; {host}

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such mailbox

--trial
Content-Type: text/rfc822-headers

"""


def bounce_of(mail: ReceivedMail, now: datetime) -> bytes:
    """Return the bounce of a message: a text, the delivery status, and the headers of the message."""
    head = _BOUNCE.format(
        host=MAIL_HOST, sender=mail.sender, recipient=mail.recipient, number=mail.number, date=format_datetime(now)
    )
    original = mail.data.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return (head.encode() + original + b"\n\n--trial--\n").replace(b"\n", b"\r\n")
