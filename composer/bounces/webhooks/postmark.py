"""Postmark posts bounces and complaints as JSON, with a name and a password.

Input: the body of a request and its Authorization header. Output: an `Event`, or None if it is not relevant.
Guarantees: pure. Its types of bounces: https://postmarkapp.com/developer/api/bounce-api, "Bounce types". The subscriber
is identified by the bounce itself, so the webhook's "Include bounce content" must be on.
"""

from collections.abc import Mapping
from typing import Any

from composer.bounces.parse.bounce_classes import class_of, judge, why
from composer.bounces.parse.candidates import candidates_of
from composer.bounces.parse.delivery_report import address_in
from composer.bounces.parse.mime import parse
from composer.bounces.parse.server_replies import reply_in, status_in
from composer.bounces.parse.vocabulary import BounceFinding, Class, Format, Returned, ReturnedKind
from composer.bounces.webhooks import webhook_calls
from composer.bounces.webhooks.webhook_calls import CallError, Event
from composer.transport.replies.meanings import Meaning
from composer.transport.server_settings import Secret

#: The meaning if the server's own answer does not tell.
_MEANINGS = {
    "HardBounce": Meaning.GONE,
    "BadEmailAddress": Meaning.GONE,
    "SoftBounce": Meaning.UNSAID,
    "DnsError": Meaning.NO_DOMAIN,
    "Undeliverable": Meaning.UNSAID,
    "Unknown": Meaning.UNSAID,
}
#: About the sender, whatever the answer says.
_OURS = frozenset({"Blocked", "SpamNotification", "DMARCPolicy", "VirusNotification", "OpenRelayTest", "SMTPApiError"})
_OTHERS = {
    "Transient": (ReturnedKind.DELAY, "the server is still retrying"),
    "AutoResponder": (ReturnedKind.OUT_OF_OFFICE, "an automatic reply"),
    "AddressChange": (ReturnedKind.OUT_OF_OFFICE, "an automatic reply: the address has changed"),
    "ChallengeVerification": (ReturnedKind.CHALLENGE, "a program asks whether the sender is a person"),
    "SpamComplaint": (ReturnedKind.COMPLAINT, "a subscriber reported the message as spam"),
}


def read_postmark(body: bytes, *, authorization: str | None, secret: Secret) -> Event | None:
    """Read what Postmark posts. Raises CallError."""
    if not webhook_calls.is_authorized(authorization, secret):
        raise CallError("the name or the password is wrong")
    told = webhook_calls.read_object(body)
    if webhook_calls.text(told, "RecordType") not in ("Bounce", "SpamComplaint"):
        return None
    kind = (
        "SpamComplaint"
        if webhook_calls.text(told, "RecordType") == "SpamComplaint"
        else webhook_calls.text(told, "Type")
    )
    finding = _finding(told, kind)
    if finding is None:
        return None
    content = parse(webhook_calls.text(told, "Content", webhook_calls.LARGEST).encode("utf-8", "replace"))
    number = told.get("ID")
    returned = Returned(
        kind=finding.kind,
        why=finding.why,
        format=Format.WEBHOOK,
        findings=(finding,),
        traces=candidates_of(content),
        sender="Postmark",
    )
    return Event(hash=webhook_calls.hash_of("postmark", f"{kind} {number}"), returned=returned)


def _finding(told: Mapping[str, Any], kind: str) -> BounceFinding | None:
    recipient = address_in(webhook_calls.text(told, "Email"))
    if other := _OTHERS.get(kind):
        return BounceFinding(recipient=recipient, kind=other[0], why=other[1])
    if kind not in _MEANINGS and kind not in _OURS:
        return None
    details = f"{webhook_calls.text(told, 'Details')} {webhook_calls.text(told, 'Description') if kind not in _MEANINGS else ''}"
    reply = reply_in(webhook_calls.text(told, "Details"))
    bounce, meaning = judge(status_in(details), reply, details)
    if kind in _OURS:
        bounce, meaning = Class.OURS, meaning if bounce is Class.OURS else Meaning.STANDING
    elif meaning is Meaning.UNSAID:
        meaning = _MEANINGS[kind]
        bounce = class_of(meaning)
    status = reply.enhanced if reply and reply.enhanced else status_in(details)
    return BounceFinding(
        recipient=recipient, bounce=bounce, meaning=meaning, status=status, reply=reply, why=why(meaning)
    )
