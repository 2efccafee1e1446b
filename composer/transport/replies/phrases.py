"""The meaning of a server's sentence, if there is no code or the code is misleading.

Input: a server's sentence, in any language. Output: a `Meaning`, or None. Guarantees: pure; ignores addresses and host
names, so a mailbox named `spam` or a server named `mx.reputation.example` decides nothing. Sentences about the sender
come first, so a subscriber is never suppressed for a problem of the sender.
"""

import re
from functools import lru_cache

from composer.transport.replies.meanings import Meaning
from composer.transport.replies.phrase_patterns import (
    ABOUT_MESSAGE,
    BLOCKED,
    BUSY,
    BY_WORDS,
    CLOSED,
    EXPIRED,
    FOR_NOW,
    FULL,
    MESSAGE_SIZE,
    NO_SUCH,
    OUR_RATE,
    SENDER,
    TOO_OFTEN,
)
from composer.transport.replies.session_patterns import BY_TIME, ENDED_SESSION, FULL_SESSION, IN_TROUBLE, OLD_SESSION

#: Addresses, and single words in angle brackets.
_ADDRESS = re.compile(r"<[^<>\s]*>|\"[^\"\s]{1,64}\"@[\w.-]+|[^\s<>()\[\]\"',;:]+@[\w.-]+")
_LINK = re.compile(r"\b(?:https?://|www\.)[^\s<>]+", re.IGNORECASE)
#: Host names: with a top-level domain that is not a word, or with two dots and a short top-level domain.
_HOST = re.compile(
    r"\b(?:[a-z0-9](?:[\w-]{0,62})\.)+(?:com|net|org|edu|gov|mil|info|biz|example|invalid|test|local|lan|io|eu|de|fr|es|nl|pl|ru|cn|jp|kr|ch"
    r"|se|dk|cz|uk|ca|au|br)\b(?!\.\w)|\b(?:[a-z0-9](?:[\w-]{0,62})\.){2,}[a-z]{2}\b(?!\.\w)",
    re.IGNORECASE,
)
#: Possible host names: only these are searched for host names.
_DOTTED = re.compile(r"(?<![\w-])[\w-]++\.[\w.-]+")
_GONE = dict(BY_WORDS)[Meaning.GONE]
#: Names of block lists tell the reason, even as part of a host name.
_LISTS = re.compile(r"spamhaus|barracudacentral|spamcop|senderscore|cloudmark|sorbs|uceprotect|abusix", re.IGNORECASE)


def masked(text: str) -> str:
    """Return a text without addresses, links and host names; the names of well-known block lists stay."""
    if "@" in text or "<" in text:
        text = _ADDRESS.sub("<>", text)
    if "//" in text or "www" in text.lower():
        text = _LINK.sub(_name_of_list, text)
    return _DOTTED.sub(lambda found: _HOST.sub(_name_of_list, found[0]), text)


def _name_of_list(found: re.Match[str]) -> str:
    name = _LISTS.search(found[0])
    return name[0] if name else "<>"


def is_about_us(text: str) -> Meaning | None:
    """Return SENDER or STANDING if a masked sentence is about our address, our reputation or how often we send."""
    if SENDER.search(text):
        return Meaning.SENDER
    if BLOCKED.search(CLOSED.sub(" ", text)):
        return Meaning.STANDING
    if BUSY.search(text):
        return None
    if OUR_RATE.search(text):
        return Meaning.STANDING
    if FULL.search(text):
        return None
    if TOO_OFTEN.search(text):
        return Meaning.STANDING
    is_mailbox = CLOSED.search(text) or _GONE.search(text)
    return Meaning.STANDING if ABOUT_MESSAGE.search(text) and not is_mailbox else None


@lru_cache(maxsize=256)
def overrides(text: str) -> Meaning | None:
    """Return the meaning of a masked sentence if it overrides any code; None if the code decides.

    The mailbox exists if it is busy or closed for now, or if a message expired (RECIPIENT, NETWORK); a closed account
    is gone, with any code.
    """
    if ours := is_about_us(text):
        return ours
    if BUSY.search(text):
        return Meaning.RECIPIENT
    if MESSAGE_SIZE.search(text):
        return Meaning.TOO_LARGE
    if FULL.search(text):
        return Meaning.FULL
    if EXPIRED.search(text):
        return Meaning.NETWORK
    if FOR_NOW.search(text):
        return Meaning.RECIPIENT
    return Meaning.GONE if CLOSED.search(text) else None


def is_unmistakably_gone(text: str) -> bool:
    """Return whether a masked sentence clearly says that the mailbox does not exist."""
    return NO_SUCH.search(text) is not None


@lru_cache(maxsize=256)
def meaning_in(text: str) -> Meaning | None:
    """Return the meaning of a masked sentence; None if it is not known."""
    return overrides(text) or next((meaning for meaning, pattern in BY_WORDS if pattern.search(text)), None)


def is_session_full(text: str) -> bool:
    """Return whether a masked sentence says that the session has reached its limit of messages or time."""
    if OLD_SESSION.search(text):
        return True
    return FULL_SESSION.search(text) is not None and not (BY_TIME.search(text) or BUSY.search(text))


def is_session_ended(text: str) -> bool:
    """Return whether a masked sentence ends the session or counts messages, and names no lasting problem."""
    others = (BY_TIME, IN_TROUBLE, BUSY, FULL, SENDER, OUR_RATE, BLOCKED)
    return ENDED_SESSION.search(text) is not None and not any(each.search(text) for each in others)


def is_by_time(text: str) -> bool:
    """Return whether a masked sentence is about the number of messages in a period."""
    return BY_TIME.search(text) is not None
