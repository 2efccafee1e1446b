"""The mail that the server of a trial has received, as its mailbox pages show it.

Input: messages as bytes. Output: `ReceivedMail`, and a `TrialMailbox` that keeps them in the order of their arrival.
Guarantees: links to the newsletter's pages lead to this computer, as its name server and its reverse proxy would arrange
on the web. A message is parsed only when it is shown.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cached_property

#: Domains that end with .invalid do not exist and never will (RFC 6761).
NEWS_HOST, MAIL_HOST = "newsletter.invalid", "mail.newsletter.invalid"
#: The address of the public pages in messages and in newsletter.yaml. Mail programs need https.
PUBLIC_ORIGIN = f"https://{NEWS_HOST}"
_LINK = re.compile(r"(https?://[^\s<>\"]*[^\s<>\".,;:!?)\]])")
_HTTPS = re.compile(r"<(https://[^<>]+)>")


def to_this_computer(text: str, origin: str) -> str:
    """Return a text in which links to the newsletter's pages lead to an address on this computer."""
    return text.replace(PUBLIC_ORIGIN, origin)


def linked(text: str, origin: str) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a text, each with the address that it links to, or an empty text."""
    for number, piece in enumerate(_LINK.split(text)):
        yield piece, to_this_computer(piece, origin) if number % 2 else ""


@dataclass(frozen=True, kw_only=True)
class ReceivedMail:
    """A message with its envelope."""

    number: int
    sender: str
    recipient: str
    at: datetime
    data: bytes = field(repr=False)
    is_returned: bool = False

    @cached_property
    def message(self) -> EmailMessage:
        """The parsed message."""
        return message_from_bytes(self.data, policy=default)

    @property
    def subject(self) -> str:
        """The subject."""
        return str(self.message["Subject"] or "")

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """All headers in their order."""
        return tuple((name, str(value)) for name, value in self.message.items())

    @property
    def html(self) -> str:
        """The HTML part, or an empty text."""
        return self._text("html")

    @property
    def plain(self) -> str:
        """The plain-text part, or an empty text."""
        return self._text("plain")

    @property
    def one_click_url(self) -> str | None:
        """The address that a mail program posts to if somebody unsubscribes with its own button (RFC 8058)."""
        if self.message["List-Unsubscribe-Post"] is None:
            return None
        found = _HTTPS.search(str(self.message["List-Unsubscribe"] or ""))
        return found[1] if found and found[1].startswith(f"{PUBLIC_ORIGIN}/") else None

    def picture(self, content_id: str) -> tuple[str, bytes] | None:
        """Return the type and the bytes of a picture inside the message."""
        for part in self.message.walk():
            if part.get_content_maintype() == "image" and str(part["Content-ID"] or "").strip("<> ") == content_id:
                payload = part.get_payload(decode=True)
                return (part.get_content_type(), payload) if isinstance(payload, bytes) else None
        return None

    def _text(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()).replace("\r\n", "\n") if isinstance(part, EmailMessage) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAnswer:
    """What the mail server answered to a message for one recipient."""

    at: datetime
    recipient: str
    reply: str


class TrialMailbox:
    """The received messages and the server's answers. Safe in any thread."""

    def __init__(self) -> None:
        """Begin empty."""
        self._lock = threading.Lock()
        self._mail: list[ReceivedMail] = []
        self._answers: list[ServerAnswer] = []
        self._deferred: set[tuple[str, str]] = set()

    def add(self, sender: str, recipient: str, data: bytes, at: datetime, *, is_returned: bool = False) -> ReceivedMail:
        """Keep a message."""
        with self._lock:
            mail = ReceivedMail(
                number=len(self._mail) + 1,
                sender=sender,
                recipient=recipient,
                at=at,
                data=data,
                is_returned=is_returned,
            )
            self._mail.append(mail)
            return mail

    def answered(self, recipient: str, reply: str, at: datetime) -> None:
        """Record an answer of the server."""
        with self._lock:
            self._answers.append(ServerAnswer(at=at, recipient=recipient, reply=reply))

    def is_first_try(self, sender: str, recipient: str) -> bool:
        """Return whether this is the first time that a message from a sender to a recipient is tried."""
        with self._lock:
            is_new = (sender, recipient) not in self._deferred
            self._deferred.add((sender, recipient))
            return is_new

    def mail(self, number: int) -> ReceivedMail | None:
        """Return a message by its number."""
        with self._lock:
            return self._mail[number - 1] if 0 < number <= len(self._mail) else None

    def newest_first(self) -> Iterator[ReceivedMail]:
        """Yield the messages, the newest first."""
        with self._lock:
            found = tuple(self._mail)
        return reversed(found)

    @property
    def answers(self) -> tuple[ServerAnswer, ...]:
        """The server's answers, the newest first."""
        with self._lock:
            return tuple(reversed(self._answers))

    @property
    def state(self) -> str:
        """A text that changes whenever something arrives."""
        with self._lock:
            return f"{len(self._mail)}-{len(self._answers)}"
