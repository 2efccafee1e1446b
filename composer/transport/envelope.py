"""What is told to a server beside the message: sender and recipient of the envelope (RFC 5321 section 2.3.1)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An envelope for one recipient; addresses as they go over the wire."""

    #: Where bounces go; empty for a message that may not bounce.
    sender: str
    recipient: str
    #: What a notice of failure names (DSN's ENVID).
    id: str = ""
