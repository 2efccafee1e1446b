"""What stands above the parts of a message: what all subscribers' messages have, and what is one subscriber's own.

Input: a `Letterhead`, an `Addressing`. Output: finished header lines. Never writes Bcc or Return-Path, never writes a
header twice, never makes up a date or an id.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from composer.core.addresses import Address
from composer.mail import headers as write
from composer.mail.bulk_headers import feedback_line, leaving_lines, standing_lines
from composer.mail.headers import HeaderError

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What every subscriber's message says at its top."""

    sender: Address
    reply_to: Address | None = None
    #: With merge fields as tokens.
    subject: str
    #: BCP 47.
    language: str
    #: A stable name such as `briefing.news.example.org`, and the words before it; None for no List-Id.
    list_id: str | None = None
    list_name: str = ""
    #: The sender's id in Feedback-ID; None for no such header.
    feedback_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressing:
    """What is one message's own, beside its subscriber's values."""

    #: None where there is no addressee: `To: undisclosed-recipients:;`.
    to: Address | None
    #: With a time zone.
    date: datetime
    #: With its angle brackets. Its left side stands in X-Compose-ID too: some relays write a Message-ID of their own.
    message_id: str
    #: The subscriber's own address to leave by with one click (https), and one to write to (mailto:).
    unsubscribe: str | None = None
    unsubscribe_mailto: str | None = None
    #: Up to three words before the sender's id in Feedback-ID; none for no such header.
    feedback: tuple[str, ...] = ()
    #: The id of the message that this one corrects.
    in_reply_to: str | None = None
    #: Before the subject: `[Test] `.
    prefix: str = ""
    #: The header that the relay's webhook gives back, and its value with {} for the id in X-Compose-ID (relays.py).
    echo: tuple[str, str] = ("", "")


def opening_lines(letterhead: Letterhead) -> bytes:
    """Write From and Reply-To. Raises HeaderError."""
    lines = write.mailbox("From", letterhead.sender)
    # Only where it says something new (RFC 5322 section 3.6.2).
    if letterhead.reply_to and letterhead.reply_to.wire != letterhead.sender.wire:
        lines += write.mailbox("Reply-To", letterhead.reply_to)
    return lines


def closing_lines(letterhead: Letterhead) -> bytes:
    """Write what stands below a subscriber's own headers, as far as MIME-Version. Raises HeaderError."""
    if not _LANGUAGE.fullmatch(letterhead.language):
        raise HeaderError(f"{letterhead.language!r} is not a language tag such as en or zh-Hans")
    return (
        standing_lines(letterhead.list_id, letterhead.list_name)
        + write.verbatim("Content-Language", letterhead.language)
        + write.verbatim("MIME-Version", "1.0")
    )


def own_lines(addressing: Addressing, subject: str, feedback_id: str | None) -> bytes:
    """Write one message's own headers. Raises HeaderError or AddressError."""
    own, name = addressing, addressing.message_id[1:].partition("@")[0]
    lines = [
        write.mailbox("To", own.to) if own.to else b"To: undisclosed-recipients:;\r\n",
        write.unstructured("Subject", own.prefix + subject),
        write.date("Date", own.date),
        write.message_id("Message-ID", own.message_id),
        write.verbatim("X-Compose-ID", name),
    ]
    if own.echo[0]:
        lines.append(write.verbatim(own.echo[0], own.echo[1].format(name)))
    if own.in_reply_to is not None:
        lines.append(write.message_id("In-Reply-To", own.in_reply_to))
        lines.append(write.message_id("References", own.in_reply_to))
    if own.unsubscribe is not None:
        lines.append(leaving_lines(own.unsubscribe, own.unsubscribe_mailto))
    if feedback_id is not None and own.feedback:
        lines.append(feedback_line(own.feedback, feedback_id))
    return b"".join(lines)
