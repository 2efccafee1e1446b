"""The class table: what a returned failure means for the subscriber.

Input: a status, a reply, a sentence. Output: a class, a meaning, and the reason as text for an editor. Guarantees:
weighs code and sentence like the replies in a mail session (transport/replies); this module adds what arrives later and
was written for people. 5.7.x (RFC 3463, section 3.8) is about the sender, unless the text clearly says that the mailbox
does not exist.
"""

from composer.bounces.parse.vocabulary import Class
from composer.transport.outcome import ServerReply
from composer.transport.replies.meanings import Meaning
from composer.transport.replies.phrases import masked, overrides
from composer.transport.replies.reply_meaning import weigh

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
    Meaning.GONE: "the mailbox does not exist, or no longer exists",
    Meaning.NO_DOMAIN: "the domain does not exist, or cannot be reached",
    Meaning.FULL: "the mailbox is full",
    Meaning.RECIPIENT: "a problem with this mailbox",
    Meaning.SYSTEM: "their server has a problem",
    Meaning.NETWORK: "their server cannot be reached",
    Meaning.UNSAID: "their server gives no reason",
    Meaning.TOO_LARGE: "the message is too large for their server",
    Meaning.CONTENT: "their server cannot process the content of the message",
    Meaning.POLICY: "a policy of their server",
    Meaning.STANDING: "their server rejects us: authentication, reputation or a block list",
    Meaning.SENDER: "their server rejects our sender address",
    Meaning.PROTOCOL: "their server did not understand ours",
}
#: How much of a text is read.
_MOST = 4096


def judge(status: str | None, reply: ServerReply | None, text: str = "") -> tuple[Class, Meaning]:
    """Return class and meaning of a failure: from the status in a report, the server's reply in it, and a sentence."""
    codes = [each for each in (status, reply.enhanced if reply else None) if each]
    said = masked(f"{reply.text if reply else ''} {text[:_MOST]}")
    meaning = weigh(codes, reply, said)
    if meaning is Meaning.RECIPIENT and any(each.split(".")[1] == "7" for each in codes) and overrides(said) is None:
        meaning = Meaning.STANDING
    return class_of(meaning), meaning


def class_of(meaning: Meaning) -> Class:
    """Return the class of a meaning."""
    return _CLASSES[meaning]


def why(meaning: Meaning) -> str:
    """Return a meaning as text for an editor."""
    return _WHY[meaning]
