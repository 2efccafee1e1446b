"""A mail server to hand over to, and how to sign in there. A secret is never shown by accident."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Security(StrEnum):
    """How the connection is encrypted (RFC 8314)."""

    #: from the first byte, usually port 465
    TLS = "tls"
    #: after STARTTLS, usually port 587; never falls back to plain
    STARTTLS = "starttls"
    #: not at all: this computer only, unless the caller allows more
    NONE = "none"


class Secret:
    """A password or token. Printing it, formatting it, or a traceback that shows it, shows nothing."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return it, where it is needed."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """How long to wait, in seconds, and how much to put on one connection."""

    connect: float = 30
    #: For each reply before the final dot, however slowly it drips in, and for each 64 KB of a message to be taken.
    reply: float = 30
    #: For the reply to the final dot: short means duplicates (RFC 1047, RFC 5321 section 4.5.3.2.6).
    dot: float = 600
    #: Messages before the connection is made anew; fewer, where the server has shown that it takes fewer.
    messages: int = 100
    #: Some servers put off everything that comes over a connection that they have had enough of, and do not say so: after so many
    #: messages running, or one and a wait of so many seconds, it is made anew.
    put_off: int = 5
    rest: float = 1
    #: Idle for longer, a connection is tried with NOOP first.
    idle: float = 30
    #: For the answer to QUIT.
    quit: float = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where messages are handed over."""

    host: str
    port: int
    security: Security
    username: str | None = None
    secret: Secret | None = None
    #: Whether the secret is an access token (XOAUTH2), not a password.
    is_token: bool = False
    ca_file: Path | None = None
    #: What we call ourselves in EHLO; None: the address we come from, in brackets (RFC 5321 section 4.1.4).
    name: str | None = None
    #: Whether `none` may lead to another computer. Secrets never go there unencrypted, whatever this says.
    is_plain_allowed: bool = False
    limits: ServerLimits = field(default_factory=ServerLimits)
