"""The content of a returned message: a closed vocabulary, and the server's answer.

Input: nothing. Output: values. Guarantees: nothing here has an effect. `Candidates` may identify the subscriber, and only one
with a valid key counts.
"""

from dataclasses import dataclass
from enum import StrEnum

from composer.database.tables.bounce_tables import BounceClass
from composer.transport.outcome import ServerReply
from composer.transport.replies.meanings import Meaning


class ReturnedKind(StrEnum):
    """The kind of a message."""

    #: a message of ours was not delivered, and the server has given up
    BOUNCE = "bounce"
    #: the message is not delivered yet; the server is still retrying
    DELAY = "delay"
    #: the message was delivered, or read
    RECEIPT = "receipt"
    #: a program answered for an absent person, or to confirm that something arrived
    OUT_OF_OFFICE = "out_of_office"
    #: a program asks the sender to prove that they are a person
    CHALLENGE = "challenge"
    #: a subscriber reported the message as spam
    COMPLAINT = "complaint"
    #: a subscriber wrote to the unsubscribe address
    UNSUBSCRIBE = "unsubscribe"
    #: none of these; a person should review the message
    NOT_UNDERSTOOD = "not_understood"


#: What a failure means for the subscriber.
Class = BounceClass


class Format(StrEnum):
    """How the message was understood: a code."""

    #: RFC 3464, 6522, 6533
    REPORT = "delivery_report"
    #: RFC 5965
    FEEDBACK = "feedback_report"
    #: Microsoft's Junk Mail Reporting Program: the message itself, with a header at the top
    JUNK_MAIL = "junk_mail_report"
    #: the program's own sentences
    FREE_TEXT = "sentences"
    #: header fields
    HEADERS = "headers"
    #: a provider's webhook
    WEBHOOK = "webhook"
    NONE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceFinding:
    """A statement about one recipient."""

    #: The recipient's address as given in the message, or empty. It can be forged, so it is recorded but never acted on.
    recipient: str = ""
    #: The address that our message was sent to, if known (RFC 3464, section 2.3.1).
    original: str = ""
    kind: ReturnedKind = ReturnedKind.BOUNCE
    #: Only for bounces.
    bounce: Class | None = None
    meaning: Meaning | None = None
    #: RFC 3463, such as "5.1.1".
    status: str | None = None
    #: The server's own answer.
    reply: ServerReply | None = None
    #: As text for an editor.
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What may identify the subscriber: unproven candidates, most certain first."""

    #: From the addresses it was sent to, and from the returned part: `bounces+TOKEN@…`.
    tokens: tuple[str, ...] = ()
    #: Those of them inside the message, not only in the addresses of its own header.
    quoted: tuple[str, ...] = ()
    #: From the subject and the address of a message to the unsubscribe address.
    leaving: tuple[str, ...] = ()
    #: From the unsubscribe links in the returned part.
    links: tuple[str, ...] = ()
    #: Message-IDs in the returned part, with their angle brackets.
    message_ids: tuple[str, ...] = ()
    #: Their left sides, and our own header that repeats them: the name of a message of ours.
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A returned message, classified."""

    kind: ReturnedKind
    #: Why it is of this kind, as text for an editor.
    why: str
    format: Format = Format.NONE
    findings: tuple[BounceFinding, ...] = ()
    traces: Candidates = Candidates()
    #: Its sender and its subject: printable, one line each.
    sender: str = ""
    subject: str = ""
