"""The server's reply in a bounce, without the names of people.

Input: a text. Output: a text without names, and a key that is the same for equal texts. Guarantees: pure.
"""

import hashlib
import re

#: What identifies a message or a mailbox in a text: every word with a digit or a sign inside.
_NAMES = re.compile(r"\S*[\d@/:_=#<>\[\]\\]\S*|\S+\.\S+")
_EMAILS = re.compile(r"[^\W\d_]+")


def text_key(said: str) -> str:
    """Return the key of a text: the same for different addresses, numbers and ids in it."""
    words = " ".join(_EMAILS.findall(_NAMES.sub(" ", said).lower()))
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def without_names(said: str, normal: str) -> str:
    """Return a text without addresses; some servers name the mailbox of `normal` without its domain."""
    local = re.escape(normal.rpartition("@")[0])
    named = rf"\S*@\S*|(?<![\w.+-]){local}(?![\w.+-])"
    return " ".join(re.sub(named, "…", said, flags=re.IGNORECASE).split())
