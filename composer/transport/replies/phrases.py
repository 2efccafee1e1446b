"""What a server's sentence is about, where no code tells and where a code says something else.

Input: a server's sentence, in its language. Output: a `Meaning`, or None. Guarantees: pure; never looks into an address or a
host name, so a mailbox named `spam` or a server named `mx.reputation.example` decides nothing. Sentences about us come first: a
subscriber is never held responsible for what may be our own fault.
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
#: Host names: by a top-level domain that is no word, or by two dots and a short one.
_HOST = re.compile(
    r"\b(?:[a-z0-9](?:[\w-]{0,62})\.)+(?:com|net|org|edu|gov|mil|info|biz|example|invalid|test|local|lan|io|eu|de|fr|es|nl|pl|ru|cn|jp|kr|ch"
    r"|se|dk|cz|uk|ca|au|br)\b(?!\.\w)|\b(?:[a-z0-9](?:[\w-]{0,62})\.){2,}[a-z]{2}\b(?!\.\w)",
    re.IGNORECASE,
)
#: What may be a host name: it is looked for in nothing else.
_DOTTED = re.compile(r"(?<![\w-])[\w-]++\.[\w.-]+")
_GONE = dict(BY_WORDS)[Meaning.GONE]
#: Names of block lists say why even where they are the name of a host.
_LISTS = re.compile(r"spamhaus|barracudacentral|spamcop|senderscore|cloudmark|sorbs|uceprotect|abusix", re.IGNORECASE)


def masked(text: str) -> str:
    """Take every address, link and host name out of a text; the names of well-known block lists stay."""
    if "@" in text or "<" in text:
        text = _ADDRESS.sub("<>", text)
    if "//" in text or "www" in text.lower():
        text = _LINK.sub(_name_of_list, text)
    return _DOTTED.sub(lambda found: _HOST.sub(_name_of_list, found[0]), text)


def _name_of_list(found: re.Match[str]) -> str:
    name = _LISTS.search(found[0])
    return name[0] if name else "<>"


def is_about_us(text: str) -> Meaning | None:
    """Return whether a masked sentence is about us: our address (SENDER), our standing or how often we send (STANDING)."""
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
    """Return what a masked sentence is about where that wins over any code; None where the code decides.

    A busy mailbox, one that is closed for now, and a message that expired are there (RECIPIENT, NETWORK); a closed account is
    gone, whatever code says so.
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
    """Return whether a masked sentence says in plain words that there is no such mailbox."""
    return NO_SUCH.search(text) is not None


@lru_cache(maxsize=256)
def meaning_in(text: str) -> Meaning | None:
    """Return what a masked sentence is about; None where it does not say."""
    return overrides(text) or next((meaning for meaning, pattern in BY_WORDS if pattern.search(text)), None)


def is_session_full(text: str) -> bool:
    """Return whether a masked sentence says that one session has had as much, or lasted as long, as it may."""
    if OLD_SESSION.search(text):
        return True
    return FULL_SESSION.search(text) is not None and not (BY_TIME.search(text) or BUSY.search(text))


def is_session_ended(text: str) -> bool:
    """Return whether a masked sentence ends the session, or counts messages, and names no trouble that lasts."""
    others = (BY_TIME, IN_TROUBLE, BUSY, FULL, SENDER, OUR_RATE, BLOCKED)
    return ENDED_SESSION.search(text) is not None and not any(each.search(text) for each in others)


def is_by_time(text: str) -> bool:
    """Return whether a masked sentence is about how much comes in a time."""
    return BY_TIME.search(text) is not None
