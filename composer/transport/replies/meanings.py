"""What a failure is about: a fixed set of values, for replies in a session and for bounces.

Input: nothing. Output: `Meaning`.
"""

from enum import StrEnum


class Meaning(StrEnum):
    """What a failure is about."""

    #: the mailbox does not exist, or no longer exists
    GONE = "gone"
    #: the domain does not exist, or cannot be reached
    NO_DOMAIN = "no_domain"
    FULL = "full"
    #: something else about this recipient
    RECIPIENT = "recipient"
    TOO_LARGE = "too_large"
    CONTENT = "content"
    #: a policy of the server; the code does not say which
    POLICY = "policy"
    #: about the sender: sign-in, permission, SPF, DKIM, DMARC, reputation
    STANDING = "standing"
    #: the sender's address
    SENDER = "sender"
    #: the server did not understand a command: a bug
    PROTOCOL = "protocol"
    #: the state of the server: busy, disk full, throttling
    SYSTEM = "system"
    NETWORK = "network"
    #: only the first digit of the reply is known
    UNSAID = "unsaid"
