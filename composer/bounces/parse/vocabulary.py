"""What a message that came back says: a closed vocabulary, with the other side's own words beside it.

Input: nothing. Output: values. Nothing here acts: who is meant is told by `Candidates`, and only a keyed one counts.
"""

from dataclasses import dataclass
from enum import StrEnum

from composer.database.tables.bounce_tables import BounceClass
from composer.transport.outcome import ServerReply
from composer.transport.replies.meanings import Meaning


class ReturnedKind(StrEnum):
    """What a message is, in one word."""

    #: a message of ours was not delivered, and nobody tries again
    BOUNCE = "bounce"
    #: it was not delivered yet; they are trying again
    DELAY = "delay"
    #: it was delivered, or read
    RECEIPT = "receipt"
    #: a program answered for an absent person, or to say that something arrived
    OUT_OF_OFFICE = "out_of_office"
    #: a program wants the sender to prove that he is a person
    CHALLENGE = "challenge"
    #: a subscriber pressed "this is spam"
    COMPLAINT = "complaint"
    #: a subscriber wrote to the address for leaving
    UNSUBSCRIBE = "unsubscribe"
    #: none of these: a person should look at it
    NOT_UNDERSTOOD = "not_understood"


#: What a failure means for the subscriber.
Class = BounceClass


class Format(StrEnum):
    """How it was understood: a code."""

    #: RFC 3464, 6522, 6533
    REPORT = "delivery_report"
    #: RFC 5965
    FEEDBACK = "feedback_report"
    #: Microsoft's Junk Mail Reporting Program: the message itself, with a header on top
    JUNK_MAIL = "junk_mail_report"
    #: the program's own sentences
    FREE_TEXT = "sentences"
    #: header fields
    HEADERS = "headers"
    #: a provider's call over the web
    WEBHOOK = "webhook"
    NONE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceFinding:
    """What is said of one recipient."""

    #: As it is named there; empty where nobody is named. Anyone can write this: it is recorded, never acted upon.
    recipient: str = ""
    #: The address that we had sent to, where it is told (RFC 3464, section 2.3.1).
    original: str = ""
    kind: ReturnedKind = ReturnedKind.BOUNCE
    #: Of a bounce only.
    bounce: Class | None = None
    meaning: Meaning | None = None
    #: RFC 3463, such as "5.1.1".
    status: str | None = None
    #: The server's own answer.
    reply: ServerReply | None = None
    #: In an editor's words.
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What may name the subscriber: candidates, as yet unproven. Order: the surest first."""

    #: From the addresses it was sent to, and from the returned part: `bounces+TOKEN@…`.
    tokens: tuple[str, ...] = ()
    #: Those of them that stand inside the message, not only in the addresses of its own header.
    quoted: tuple[str, ...] = ()
    #: From the subject and the address of a message to the leaving address.
    leaving: tuple[str, ...] = ()
    #: From the links in the returned part by which the subscriber leaves.
    links: tuple[str, ...] = ()
    #: Message-IDs in the returned part, with their angle brackets.
    message_ids: tuple[str, ...] = ()
    #: Their left sides, and our own header that repeats it: what a message of ours is called.
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One message that came back, understood."""

    kind: ReturnedKind
    #: Why it is this kind, in an editor's words.
    why: str
    format: Format = Format.NONE
    findings: tuple[BounceFinding, ...] = ()
    traces: Candidates = Candidates()
    #: Who wrote it, and its subject: printable, one line each.
    sender: str = ""
    subject: str = ""
