"""What a server means by a reply: whom it concerns, and what it calls a message it took.

Comes in: a reply and the stage it came at. Goes out: a meaning, a scope, a queue id. Pure. Enhanced codes (RFC 3463, the
IANA registry of SMTP enhanced status codes) say more than the three digits (RFC 5321, section 4.2), so they come first.
"""

import re

from composer.transport.meanings import Meaning
from composer.transport.outcome import Reply, Scope, Stage
from composer.transport.phrases import is_unmistakably_gone, masked, overrides

#: "subject.detail", then "subject", of an enhanced code.
_ENHANCED = {
    "1.1": Meaning.GONE,
    "1.2": Meaning.NO_DOMAIN,
    "1.6": Meaning.GONE,  # moved, no forwarding
    "1.7": Meaning.SENDER,  # bad syntax
    "1.8": Meaning.SENDER,  # no such domain
    "1.10": Meaning.GONE,  # the domain takes no mail (RFC 7505)
    "1": Meaning.RECIPIENT,
    "2.1": Meaning.GONE,  # disabled
    "2.2": Meaning.FULL,
    "2.3": Meaning.TOO_LARGE,
    "2": Meaning.RECIPIENT,
    "3.4": Meaning.TOO_LARGE,
    "3": Meaning.SYSTEM,
    "4.4": Meaning.NO_DOMAIN,  # unable to route
    "4": Meaning.NETWORK,
    "5": Meaning.PROTOCOL,
    "6": Meaning.CONTENT,
    "7.0": Meaning.POLICY,
    "7.1": Meaning.POLICY,
    "7.2": Meaning.RECIPIENT,  # may not write to this list
    "7.13": Meaning.RECIPIENT,  # the account is disabled
    "7.17": Meaning.RECIPIENT,  # the mailbox changed hands (RFC 7293)
    "7.18": Meaning.RECIPIENT,  # the domain changed hands
    "7": Meaning.STANDING,
}
_BARE = {
    421: Meaning.SYSTEM,
    452: Meaning.SYSTEM,
    454: Meaning.SYSTEM,
    500: Meaning.PROTOCOL,
    501: Meaning.PROTOCOL,
    502: Meaning.PROTOCOL,
    503: Meaning.PROTOCOL,
    504: Meaning.PROTOCOL,
    530: Meaning.STANDING,
    534: Meaning.STANDING,
    535: Meaning.STANDING,
    538: Meaning.STANDING,
    555: Meaning.PROTOCOL,
    556: Meaning.NO_DOMAIN,  # RFC 7504
}
_SCOPES = {
    Meaning.GONE: Scope.RECIPIENT,
    Meaning.NO_DOMAIN: Scope.RECIPIENT,
    Meaning.FULL: Scope.RECIPIENT,
    Meaning.RECIPIENT: Scope.RECIPIENT,
    Meaning.TOO_LARGE: Scope.MESSAGE,
    Meaning.CONTENT: Scope.MESSAGE,
    Meaning.STANDING: Scope.SERVER,
    Meaning.SENDER: Scope.SERVER,
    Meaning.PROTOCOL: Scope.SERVER,
    Meaning.SYSTEM: Scope.SERVER,
}
#: How servers name the message that they have taken, in a reply of 250.
_QUEUE_IDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bqueued as <?([\w.+/=-]+)",  # Postfix, SendGrid, Mandrill, Mailjet, Brevo
        r"\bid=([\w-]+)",  # Exim
        r"\bInternalId=(\d+)",  # Exchange
        r"\bMessage Queued \(([\w.-]+)\)",  # Haraka
        r"^(?:2\.\d\.\d )?([\w-]{6,}) Message accepted for delivery",  # sendmail, OpenSMTPD
        r"^(?:2\.\d\.\d )?OK +(\d{9,} [\w.-]+) - gsmtp",  # Google
        r"^(?:2\.\d\.\d )?Ok:? +([0-9a-f]{16}-[0-9a-f-]{20,})",  # Amazon SES
        r"\bqp (\d+)",  # qmail
    )
)


def meaning_of(reply: Reply, stage: Stage) -> Meaning:
    """Read what a reply of 4xx or 5xx is about: by its code, unless a refusal says something else in plain words."""
    by_code = code_meaning(reply, stage)
    return judged(by_code, True, masked(reply.text)) if reply.code >= 500 else by_code


def judged(by_code: Meaning, is_final: bool, said: str) -> Meaning:
    """Weigh a code against a masked sentence; where they disagree, the one that is kinder to the subscriber holds.

    Nothing temporary is ever `GONE` (RFC 3463 section 2: 4.x.x persists for now). "No such user" under a code of policy counts
    like a domain that cannot be found: at the second mailing.
    """
    meaning = overrides(said) or by_code
    if by_code in (Meaning.POLICY, Meaning.STANDING) and (
        meaning is Meaning.GONE or (meaning is by_code and is_unmistakably_gone(said))
    ):
        meaning = Meaning.NO_DOMAIN
    return Meaning.RECIPIENT if meaning is Meaning.GONE and not is_final else meaning


def code_meaning(reply: Reply, stage: Stage) -> Meaning:
    """Read what the codes of a reply are about."""
    if reply.enhanced:
        _, subject, detail = reply.enhanced.split(".")
        if found := _ENHANCED.get(f"{subject}.{detail}") or _ENHANCED.get(subject):
            return found
    match reply.code:
        case 552:  # "exceeded storage allocation": a mailbox is full, or a message is too large (RFC 1870, section 6)
            return Meaning.FULL if stage is Stage.RCPT else Meaning.TOO_LARGE
        case 554 if stage is Stage.RCPT:
            return Meaning.POLICY
        case _:
            return _BARE.get(reply.code, Meaning.UNSAID)


def scope_of(reply: Reply, stage: Stage) -> Scope:
    """Tell whom a failure concerns; where in doubt everybody, so that nothing is held against a reader."""
    meaning = meaning_of(reply, stage)
    if meaning in _SCOPES:
        return _SCOPES[meaning]
    is_at_end = stage in (Stage.BODY, Stage.DOT)
    match meaning:
        case Meaning.NETWORK | Meaning.UNSAID if stage is Stage.RCPT:
            return Scope.RECIPIENT
        case Meaning.POLICY | Meaning.UNSAID if is_at_end and reply.code >= 500:
            return Scope.MESSAGE
        case _:
            return Scope.SERVER


def queue_id_of(reply: Reply) -> str | None:
    """Find what the server calls the message in its log."""
    for pattern in _QUEUE_IDS:
        if found := pattern.search(reply.text):
            return found[1].rstrip(".>")
    return None
