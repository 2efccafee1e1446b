"""Events of providers in one vocabulary: the module of each provider maps its own events to this table.

Input: an event in these terms. Output: an `Event` for `recorder.record`. Guarantees: pure; the server's own answer is
judged as everywhere else, and the provider's type can only make the result milder.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from composer.bounces.parse.bounce_classes import class_of, judge, why
from composer.bounces.parse.candidates import candidates_in
from composer.bounces.parse.delivery_report import address_in
from composer.bounces.parse.server_replies import reply_in, status_in
from composer.bounces.parse.vocabulary import BounceFinding, Class, Format, Returned, ReturnedKind
from composer.bounces.webhooks.webhook_calls import Event, hash_of
from composer.transport.replies.meanings import Meaning


class WebhookEventKind(StrEnum):
    """The type of a provider's event."""

    #: the message was not delivered, and the provider stops sending to the address
    HARD_BOUNCE = "hard_bounce"
    #: the message was not delivered; the next one may be
    SOFT_BOUNCE = "soft_bounce"
    #: the message was rejected because of the sender or the content
    BLOCKED = "blocked"
    #: the provider is still retrying
    DELAY = "delay"
    COMPLAINT = "complaint"
    #: the person unsubscribed at the provider
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEvent:
    """One event of a provider."""

    provider: str
    kind: WebhookEventKind
    #: The id by which the provider's event is recognised.
    number: str
    recipient: str = ""
    #: The server's own answer.
    said: str = ""
    status: str | None = None
    #: The meaning according to the provider, if the answer does not tell.
    meaning: Meaning | None = None
    #: Our Message-ID, with or without its angle brackets, and the value of our X-Compose-ID.
    message_id: str = ""
    compose_id: str = ""


def event_of(told: WebhookEvent) -> Event:
    """Return an event in the form that is recorded."""
    finding = _finding(told)
    message_id = told.message_id.strip()
    header = [("message-id", message_id if message_id.startswith("<") else f"<{message_id}>")] if message_id else []
    header.append(("x-compose-id", told.compose_id))
    returned = Returned(
        kind=finding.kind,
        why=finding.why,
        format=Format.WEBHOOK,
        findings=(finding,),
        traces=candidates_in(header, ""),
        sender=told.provider,
    )
    return Event(hash=hash_of(told.provider, f"{told.kind} {told.number}"), returned=returned)


def _finding(told: WebhookEvent) -> BounceFinding:
    recipient = address_in(told.recipient)
    match told.kind:
        case WebhookEventKind.DELAY:
            return BounceFinding(recipient=recipient, kind=ReturnedKind.DELAY, why="the server is still retrying")
        case WebhookEventKind.COMPLAINT:
            return BounceFinding(
                recipient=recipient, kind=ReturnedKind.COMPLAINT, why="a subscriber reported the message as spam"
            )
        case WebhookEventKind.UNSUBSCRIBE:
            return BounceFinding(
                recipient=recipient, kind=ReturnedKind.UNSUBSCRIBE, why="the subscriber unsubscribed at the provider"
            )
        case WebhookEventKind.HARD_BOUNCE | WebhookEventKind.SOFT_BOUNCE | WebhookEventKind.BLOCKED:
            return _bounce(told, recipient)
        case _:
            assert_never(told.kind)


def _bounce(told: WebhookEvent, recipient: str) -> BounceFinding:
    reply = reply_in(told.said)
    status = told.status or (reply.enhanced if reply else None) or status_in(told.said)
    bounce, meaning = judge(status, reply, told.said)
    if meaning is Meaning.UNSAID:
        meaning = told.meaning or _SILENT[told.kind]
        bounce = class_of(meaning)
    if told.kind is not WebhookEventKind.HARD_BOUNCE and bounce in (Class.HARD, Class.BAD_DOMAIN):
        bounce, meaning = Class.SOFT, Meaning.RECIPIENT
    return BounceFinding(
        recipient=recipient, bounce=bounce, meaning=meaning, status=status, reply=reply, why=why(meaning)
    )


#: The meaning of a bounce without a reason.
_SILENT = {
    WebhookEventKind.HARD_BOUNCE: Meaning.GONE,
    WebhookEventKind.SOFT_BOUNCE: Meaning.UNSAID,
    WebhookEventKind.BLOCKED: Meaning.STANDING,
}
