"""What a failure is about: a closed vocabulary, for replies in a session and for reports that come later.

Input: nothing. Output: `Meaning`.
"""

from enum import StrEnum


class Meaning(StrEnum):
    """What a failure is about."""

    #: there is no such mailbox, or no longer
    GONE = "gone"
    #: there is no such domain, or no way to it
    NO_DOMAIN = "no_domain"
    FULL = "full"
    #: something else about this recipient
    RECIPIENT = "recipient"
    TOO_LARGE = "too_large"
    CONTENT = "content"
    #: a rule of theirs; the code does not say which
    POLICY = "policy"
    #: who we are: signing in, permission, SPF, DKIM, DMARC, reputation
    STANDING = "standing"
    #: our sender's address
    SENDER = "sender"
    #: they did not understand us: a bug
    PROTOCOL = "protocol"
    #: their own state: busy, disk full, throttling
    SYSTEM = "system"
    NETWORK = "network"
    #: the reply says nothing beyond its first digit
    UNSAID = "unsaid"
