"""The meaning of a server's reply: what it is about, and the queue id of an accepted message.

Input: a reply and its stage. Output: a meaning, a scope, a queue id. Guarantees: pure. Enhanced codes (RFC 3463, the
IANA registry of SMTP enhanced status codes) are more precise than the three digits (RFC 5321, section 4.2), so they
come first.
"""

import re

from composer.transport.outcome import Outcome, Scope, ServerReply, Stage
from composer.transport.replies.meanings import Meaning
from composer.transport.replies.phrases import (
    is_about_us,
    is_by_time,
    is_session_ended,
    is_session_full,
    is_unmistakably_gone,
    masked,
    meaning_in,
    overrides,
)

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
#: The scope of a meaning, at any stage.
_SCOPES = {
    Meaning.GONE: Scope.RECIPIENT,
    Meaning.NO_DOMAIN: Scope.RECIPIENT,
    Meaning.FULL: Scope.RECIPIENT,
    Meaning.RECIPIENT: Scope.RECIPIENT,
    Meaning.TOO_LARGE: Scope.MESSAGE,
    Meaning.CONTENT: Scope.MESSAGE,
}
#: Meanings about a recipient; at MAIL FROM they are about our own address.
_RECIPIENTS = frozenset({Meaning.GONE, Meaning.NO_DOMAIN, Meaning.FULL, Meaning.RECIPIENT})
#: Meanings so general that the sentence of the reply tells more.
VAGUE = frozenset({Meaning.RECIPIENT, Meaning.SYSTEM, Meaning.NETWORK, Meaning.UNSAID, Meaning.PROTOCOL})
#: Microsoft's sentences for mailboxes that do not exist, with codes that mean something else (directory-based blocking
#: at Exchange Online; outlook.com).
_MICROSOFT = (
    ("4.1", re.compile(r"recipient address rejected: access denied", re.IGNORECASE)),
    ("5.0", re.compile(r"requested action not taken: mailbox unavailable", re.IGNORECASE)),
)
#: Cisco's gateways add this to any rejection of a recipient, so it does not say that the mailbox does not exist.
_WRAPPED = re.compile(r"unknown address error", re.IGNORECASE)
#: A temporary reply that a final one quotes: Microsoft's `Remote server returned … -> 450 …`.
_QUOTES_TEMPORARY = re.compile(r"(?:->|returned|response was:?|said:?|error:?)[ \"'-]*4\d\d[ -]", re.IGNORECASE)
#: Before a session is open, a failure is not about a recipient.
OPENING = frozenset({Stage.CONNECT, Stage.TLS, Stage.GREETING, Stage.EHLO, Stage.STARTTLS, Stage.AUTH})
_AT_THE_END = re.compile(r"end of DATA")
#: The queue id of an accepted message in a 250 reply.
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


def meaning_of(reply: ServerReply, stage: Stage) -> Meaning:
    """Return the meaning of a 4xx or 5xx reply; a rejection is judged by code and sentence, like a bounce.

    Before RCPT, a reply cannot be about the recipient.
    """
    if reply.code < 500:
        return code_meaning(reply, stage)
    meaning = weigh([reply.enhanced] if reply.enhanced else [], reply, masked(reply.text), stage)
    return Meaning.SENDER if stage is Stage.MAIL and meaning in _RECIPIENTS else meaning


def weigh(codes: list[str], reply: ServerReply | None, said: str, stage: Stage = Stage.RCPT) -> Meaning:
    """Return the meaning from codes and a masked sentence; if they disagree, the one in favor of the subscriber wins.

    A temporary code never means a dead mailbox or domain (RFC 3463 section 2: 4.x.x is temporary). "No such user" with
    a policy code counts like a domain that cannot be found: only at the second mailing.
    """
    if _WRAPPED.search(said):
        return is_about_us(said) or (Meaning.FULL if overrides(said) is Meaning.FULL else Meaning.RECIPIENT)
    by_code = _by_codes(codes, reply, said, stage)
    meaning = overrides(said) or by_code
    if by_code in (Meaning.POLICY, Meaning.STANDING) and (
        meaning is Meaning.GONE or (meaning is by_code and is_unmistakably_gone(said))
    ):
        meaning = Meaning.NO_DOMAIN
    is_lasting = meaning in (Meaning.GONE, Meaning.NO_DOMAIN)
    return Meaning.RECIPIENT if is_lasting and not _is_final(codes, reply, said) else meaning


def _is_final(codes: list[str], reply: ServerReply | None, said: str) -> bool:
    """Return whether the failure is permanent: neither its codes nor a quoted code are temporary."""
    telling = [each for each in codes if not each.endswith(".0.0")]
    if any(each.startswith("4") for each in telling) or _QUOTES_TEMPORARY.search(said):
        return False
    return reply is None or reply.code >= 500


def _by_codes(codes: list[str], reply: ServerReply | None, said: str, stage: Stage) -> Meaning:
    if policy := next((each for each in codes if each.split(".")[1] == "7"), None):
        return _by_code(policy)
    if any(code in (each.partition(".")[2] for each in codes) and words.search(said) for code, words in _MICROSOFT):
        return Meaning.GONE
    # A status that a relay generated itself ("5.0.0", "4.4.7": expired) says less than the reply that it quotes.
    found = [_by_code(each) for each in codes if not each.endswith(".0.0")]
    if clear := next((each for each in found if each not in VAGUE), None):
        return clear
    if told := meaning_in(said):
        return told
    if reply is not None and not reply.enhanced:
        found.append(code_meaning(reply, Stage.DOT if _AT_THE_END.search(said) else stage))
    return next((each for each in found if each not in VAGUE), next(iter(found), Meaning.UNSAID))


def _by_code(enhanced: str) -> Meaning:
    _, subject, detail = enhanced.split(".")
    return _ENHANCED.get(f"{subject}.{detail}") or _ENHANCED.get(subject) or Meaning.UNSAID


def code_meaning(reply: ServerReply, stage: Stage) -> Meaning:
    """Return the meaning of a reply's codes."""
    if reply.enhanced and (found := _by_code(reply.enhanced)) is not Meaning.UNSAID:
        return found
    match reply.code:
        case 552:  # "exceeded storage allocation": a mailbox is full, or a message is too large (RFC 1870, section 6)
            return Meaning.FULL if stage is Stage.RCPT else Meaning.TOO_LARGE
        case 554 if stage is Stage.RCPT:
            return Meaning.POLICY
        case _:
            return _BARE.get(reply.code, Meaning.UNSAID)


def scope_of(reply: ServerReply, stage: Stage) -> Scope:
    """Return the scope of a failure; SERVER in case of doubt, so that it never counts against a subscriber."""
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


def is_throttle(outcome: Outcome) -> bool:
    """Return whether a temporary failure is about all messages: 421, 454, 450 unless for one mailbox, or no connection."""
    if outcome.stage in OPENING:
        return True
    if outcome.reply is None:
        # Lost before the dot: about this message only, unless the next one cannot connect.
        return False
    meaning = meaning_of(outcome.reply, outcome.stage)
    if outcome.reply.code in (421, 454):
        return True
    if meaning in _RECIPIENTS:
        return False
    if outcome.reply.code == 450:
        return meaning is not Meaning.UNSAID or outcome.stage is not Stage.RCPT
    # Greylisting is 451 with a policy code, at the recipient: it is about this message.
    return outcome.scope is Scope.SERVER and not (outcome.stage is Stage.RCPT and meaning is Meaning.POLICY)


def ends_session(reply: ServerReply) -> bool:
    """Return whether a 4xx or 5xx reply is about this session, so that a new session may help at once.

    Sentences that say so clearly count with any code. A sentence that only ends the session or counts messages must be
    a temporary reply without a policy code (4.7.0 is not one). A message has one recipient, so "too many recipients"
    (4.5.3) is about the session.
    """
    said = masked(reply.text)
    if is_session_full(said):
        return True
    if reply.code >= 500 or (reply.enhanced or "").startswith("4.7.") and reply.enhanced != "4.7.0":
        return False
    return is_session_ended(said) or (reply.enhanced == "4.5.3" and not is_by_time(said))


def queue_id_of(reply: ServerReply) -> str | None:
    """Return the server's name for the message in its log."""
    for pattern in _QUEUE_IDS:
        if found := pattern.search(reply.text):
            return found[1].rstrip(".")
    return None
