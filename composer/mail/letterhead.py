"""The headers at the top of a message: those that all messages have, and those of one subscriber.

Input: a `Letterhead`, an `Addressing`. Output: finished header lines. Guarantees: never writes Bcc or Return-Path,
writes no header twice, invents no date or id.
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
    """The headers that every subscriber's message has."""

    sender: Address
    reply_to: Address | None = None
    #: With merge fields as tokens.
    subject: str
    #: BCP 47.
    language: str
    #: A stable name such as `briefing.news.example.org`, and its display name; None for no List-Id.
    list_id: str | None = None
    list_name: str = ""
    #: The sender's id in Feedback-ID; None for no Feedback-ID.
    feedback_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressing:
    """The headers of one message, besides its subscriber's values."""

    #: None if there is no addressee: `To: undisclosed-recipients:;`.
    to: Address | None
    #: With a time zone.
    date: datetime
    #: With angle brackets. Its left side is also in X-Compose-ID, because some relays write their own Message-ID.
    message_id: str
    #: The subscriber's own addresses to unsubscribe: with one click (https), and by email (mailto:).
    unsubscribe: str | None = None
    unsubscribe_mailto: str | None = None
    #: Up to three identifiers before the sender's id in Feedback-ID; empty for no Feedback-ID.
    feedback: tuple[str, ...] = ()
    #: The id of the message that this one corrects.
    in_reply_to: str | None = None
    #: Before the subject: `[Test] `.
    prefix: str = ""
    #: The header that the relay's webhook returns, and its value with {} for the id in X-Compose-ID (relays.py).
    echoes: tuple[tuple[str, str], ...] = ()


def opening_lines(letterhead: Letterhead) -> bytes:
    """Return From and Reply-To. Raises HeaderError."""
    lines = write.mailbox("From", letterhead.sender)
    # Only if it differs from From (RFC 5322 section 3.6.2).
    if letterhead.reply_to and letterhead.reply_to.wire != letterhead.sender.wire:
        lines += write.mailbox("Reply-To", letterhead.reply_to)
    return lines


def closing_lines(letterhead: Letterhead) -> bytes:
    """Return the headers after a subscriber's own, up to MIME-Version. Raises HeaderError."""
    if not _LANGUAGE.fullmatch(letterhead.language):
        raise HeaderError(f"{letterhead.language!r} is not a language tag such as en or zh-Hans")
    return (
        standing_lines(letterhead.list_id, letterhead.list_name)
        + write.verbatim("Content-Language", letterhead.language)
        + write.verbatim("MIME-Version", "1.0")
    )


def own_lines(addressing: Addressing, subject: str, feedback_id: str | None) -> bytes:
    """Return one message's own headers. Raises HeaderError or AddressError."""
    own, name = addressing, addressing.message_id[1:].partition("@")[0]
    lines = [
        write.mailbox("To", own.to) if own.to else b"To: undisclosed-recipients:;\r\n",
        write.unstructured("Subject", own.prefix + subject),
        write.date("Date", own.date),
        write.message_id("Message-ID", own.message_id),
        write.verbatim("X-Compose-ID", name),
    ]
    lines += [write.verbatim(header, value.format(name)) for header, value in own.echoes]
    if own.in_reply_to is not None:
        lines.append(write.message_id("In-Reply-To", own.in_reply_to))
        lines.append(write.message_id("References", own.in_reply_to))
    if own.unsubscribe is not None:
        lines.append(leaving_lines(own.unsubscribe, own.unsubscribe_mailto))
    if feedback_id is not None and own.feedback:
        lines.append(feedback_line(own.feedback, feedback_id))
    return b"".join(lines)
