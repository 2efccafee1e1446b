"""What mail servers say of a bounce, without whom they say it of.

Input: a text. Output: a text without names, and what equal texts have in common. Pure.
"""

import hashlib
import re

#: What names one message or one mailbox in a text: everything with a digit or a sign within it.
_NAMES = re.compile(r"\S*[\d@/:_=#<>\[\]\\]\S*|\S+\.\S+")
_EMAILS = re.compile(r"[^\W\d_]+")


def text_key(said: str) -> str:
    """Return by what equal texts are known, whatever addresses, numbers and ids are in them."""
    words = " ".join(_EMAILS.findall(_NAMES.sub(" ", said).lower()))
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def without_names(said: str, normal: str) -> str:
    """Return a text without addresses; some servers name the mailbox of `normal` without its domain."""
    local = re.escape(normal.rpartition("@")[0])
    named = rf"\S*@\S*|(?<![\w.+-]){local}(?![\w.+-])"
    return " ".join(re.sub(named, "…", said, flags=re.IGNORECASE).split())
