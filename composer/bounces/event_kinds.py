"""What providers tell over the web, in one vocabulary: each provider's file maps its own events to this table.

Input: an event in these terms. Output: an `Event` for `recording.record`. Guarantees: pure; where the server's own words are
told, they are judged as everywhere else, and a provider's kind can only make the result milder.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from composer.bounces.answers import reply_in, status_in
from composer.bounces.calls import Event, hash_of
from composer.bounces.classes import class_of, judge, why
from composer.bounces.report import address_in
from composer.bounces.traces import traces_in
from composer.bounces.vocabulary import Class, Finding, Format, Kind, Returned
from composer.transport.meanings import Meaning


class EventKind(StrEnum):
    """What a provider tells of one message."""

    #: it was not delivered, and the provider stops sending to the address
    HARD_BOUNCE = "hard_bounce"
    #: it was not delivered; the next one may be
    SOFT_BOUNCE = "soft_bounce"
    #: it was rejected because of the sender or the content
    BLOCKED = "blocked"
    #: they are trying again
    DELAY = "delay"
    COMPLAINT = "complaint"
    #: the person unsubscribed at the provider
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event of a provider."""

    provider: str
    kind: EventKind
    #: By what the provider's event is known again.
    number: str
    recipient: str = ""
    #: The server's own words.
    said: str = ""
    status: str | None = None
    #: What the provider says it is about, where the words do not tell.
    meaning: Meaning | None = None
    #: Our Message-ID, with or without its angle brackets, and the value of our X-Compose-ID.
    message_id: str = ""
    compose_id: str = ""


def event_of(told: Told) -> Event:
    """Return an event as it is recorded."""
    finding = _finding(told)
    message_id = told.message_id.strip()
    header = [("message-id", message_id if message_id.startswith("<") else f"<{message_id}>")] if message_id else []
    header.append(("x-compose-id", told.compose_id))
    returned = Returned(
        kind=finding.kind,
        why=finding.why,
        format=Format.WEBHOOK,
        findings=(finding,),
        traces=traces_in(header, ""),
        sender=told.provider,
    )
    return Event(hash=hash_of(told.provider, f"{told.kind} {told.number}"), returned=returned)


def _finding(told: Told) -> Finding:
    recipient = address_in(told.recipient)
    match told.kind:
        case EventKind.DELAY:
            return Finding(recipient=recipient, kind=Kind.DELAY, why="they are trying again")
        case EventKind.COMPLAINT:
            return Finding(recipient=recipient, kind=Kind.COMPLAINT, why="a reader pressed “this is spam”")
        case EventKind.UNSUBSCRIBE:
            return Finding(recipient=recipient, kind=Kind.UNSUBSCRIBE, why="they unsubscribed at the provider")
        case EventKind.HARD_BOUNCE | EventKind.SOFT_BOUNCE | EventKind.BLOCKED:
            return _bounce(told, recipient)
        case _:
            assert_never(told.kind)


def _bounce(told: Told, recipient: str) -> Finding:
    reply = reply_in(told.said)
    status = told.status or (reply.enhanced if reply else None) or status_in(told.said)
    bounce, meaning = judge(status, reply, told.said)
    if meaning is Meaning.UNSAID:
        meaning = told.meaning or _SILENT[told.kind]
        bounce = class_of(meaning)
    if told.kind is not EventKind.HARD_BOUNCE and bounce in (Class.HARD, Class.BAD_DOMAIN):
        bounce, meaning = Class.SOFT, Meaning.RECIPIENT
    return Finding(recipient=recipient, bounce=bounce, meaning=meaning, status=status, reply=reply, why=why(meaning))


#: What a bounce is about where nobody says why.
_SILENT = {
    EventKind.HARD_BOUNCE: Meaning.GONE,
    EventKind.SOFT_BOUNCE: Meaning.UNSAID,
    EventKind.BLOCKED: Meaning.STANDING,
}
