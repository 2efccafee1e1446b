"""The class table: what a failure that came back means for the reader.

Input: a status, a reply, a sentence. Output: a class, a meaning, and why in an editor's words. Guarantees: code and sentence are
weighed as for the replies in a mail session (transport/status.py); what is added here is what arrives later, and was written for
people. 5.7.x (RFC 3463, section 3.8) is about us, unless it says in plain words that there is no such mailbox.
"""

import re

from composer.bounces.vocabulary import Class
from composer.transport.meanings import Meaning
from composer.transport.outcome import Reply, Stage
from composer.transport.phrases import is_about_us, masked, meaning_in, overrides
from composer.transport.status import code_meaning, judged

_CLASSES = {
    Meaning.GONE: Class.HARD,
    Meaning.NO_DOMAIN: Class.BAD_DOMAIN,
    Meaning.FULL: Class.FULL,
    Meaning.RECIPIENT: Class.SOFT,
    Meaning.SYSTEM: Class.SOFT,
    Meaning.NETWORK: Class.SOFT,
    Meaning.UNSAID: Class.SOFT,
    Meaning.TOO_LARGE: Class.OURS,
    Meaning.CONTENT: Class.OURS,
    Meaning.POLICY: Class.OURS,
    Meaning.STANDING: Class.OURS,
    Meaning.SENDER: Class.OURS,
    Meaning.PROTOCOL: Class.OURS,
}
_WHY = {
    Meaning.GONE: "there is no such mailbox, or no longer",
    Meaning.NO_DOMAIN: "there is no such domain, or no way to it",
    Meaning.FULL: "the mailbox is full",
    Meaning.RECIPIENT: "something about this mailbox",
    Meaning.SYSTEM: "their server is not well",
    Meaning.NETWORK: "no way to their server",
    Meaning.UNSAID: "they do not say why",
    Meaning.TOO_LARGE: "the message is too large for them",
    Meaning.CONTENT: "they cannot take what is in the message",
    Meaning.POLICY: "a rule of theirs",
    Meaning.STANDING: "they refuse us: signing, reputation, or a block list",
    Meaning.SENDER: "they refuse our sender's address",
    Meaning.PROTOCOL: "they did not understand us",
}
#: Meanings so general that a sentence beside them tells more.
VAGUE = frozenset({Meaning.RECIPIENT, Meaning.SYSTEM, Meaning.NETWORK, Meaning.UNSAID, Meaning.PROTOCOL})
#: As much of a text is looked at.
_MOST = 4096
#: What Microsoft says of mailboxes that are not there, under codes that mean something else (directory-based blocking at
#: Exchange Online; outlook.com).
_MICROSOFT = (
    ("4.1", re.compile(r"recipient address rejected: access denied", re.IGNORECASE)),
    ("5.0", re.compile(r"requested action not taken: mailbox unavailable", re.IGNORECASE)),
)

#: Cisco's gateways put this around any refusal of a recipient: what is inside was not written for this mailbox alone.
_WRAPPED = re.compile(r"unknown address error", re.IGNORECASE)


def judge(status: str | None, reply: Reply | None, text: str = "") -> tuple[Class, Meaning]:
    """Tell what a failure is: from the status of a report, from the server's reply in it, from a sentence."""
    codes = [each for each in (status, reply.enhanced if reply else None) if each]
    said = masked(f"{reply.text if reply else ''} {text[:_MOST]}")
    if _WRAPPED.search(said):
        meaning = is_about_us(said) or (Meaning.FULL if overrides(said) is Meaning.FULL else Meaning.RECIPIENT)
        return class_of(meaning), meaning
    by_code = _by_code(codes, reply, said)
    is_policy = any(each.split(".")[1] == "7" for each in codes)
    if is_policy and class_of(by_code) is not Class.OURS:
        by_code = Meaning.STANDING
    meaning = judged(by_code, _is_final(codes, reply), said)
    return class_of(meaning), meaning


def _is_final(codes: list[str], reply: Reply | None) -> bool:
    """Tell whether the failure is for good by its codes; where there are none a report or a sentence says so by itself."""
    if telling := [each for each in codes if not each.endswith(".0.0")]:
        return not any(each.startswith("4") for each in telling)
    return reply is None or reply.code >= 500


def _by_code(codes: list[str], reply: Reply | None, said: str) -> Meaning:
    if policy := next((each for each in codes if each.split(".")[1] == "7"), None):
        return code_meaning(Reply(code=550, enhanced=policy), Stage.RCPT)
    if any(code in (each.partition(".")[2] for each in codes) and words.search(said) for code, words in _MICROSOFT):
        return Meaning.GONE
    # A status that a relay made up itself ("5.0.0", "4.4.7": given up) says less than the reply it quotes.
    found = [code_meaning(Reply(code=500, enhanced=each), Stage.RCPT) for each in codes if not each.endswith(".0.0")]
    if clear := next((each for each in found if each not in VAGUE), None):
        return clear
    if told := meaning_in(said):
        return told
    if reply is not None and not reply.enhanced:
        found.append(code_meaning(reply, Stage.DOT if "end of DATA" in said else Stage.RCPT))
    return next((each for each in found if each not in VAGUE), next(iter(found), Meaning.UNSAID))


def class_of(meaning: Meaning) -> Class:
    """Tell what a meaning is for the reader."""
    return _CLASSES[meaning]


def why(meaning: Meaning) -> str:
    """Say a meaning in an editor's words."""
    return _WHY[meaning]
