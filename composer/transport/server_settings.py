"""The settings of a mail server, with the credentials. Guarantees: a secret is never shown by accident."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Security(StrEnum):
    """How the connection is encrypted (RFC 8314)."""

    #: from the first byte, usually port 465
    TLS = "tls"
    #: after STARTTLS, usually port 587; never falls back to plain
    STARTTLS = "starttls"
    #: not at all: only for this computer, unless the caller allows others
    NONE = "none"


class Secret:
    """A password or token. Printing or formatting it, or a traceback, does not show it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret text."""
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
    """How long to wait, in seconds, and how much to send over one connection."""

    connect: float = 30
    #: For each complete reply before the final dot, and for each 64 KB of a message.
    reply: float = 30
    #: For the reply to the final dot: a short time leads to duplicates (RFC 1047, RFC 5321 section 4.5.3.2.6).
    dot: float = 600
    #: Messages before a new connection is opened; fewer if the server accepts fewer.
    messages: int = 100
    #: Some servers defer all messages after a limit of the connection, without saying so. After this number of deferred
    #: messages in a row, or after one and a wait of this many seconds, a new connection is opened.
    put_off: int = 5
    rest: float = 1
    #: After a longer idle time, a connection is tested with NOOP first.
    idle: float = 30
    #: For the answer to QUIT.
    quit: float = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The mail server that messages are sent to."""

    host: str
    port: int
    security: Security
    username: str | None = None
    secret: Secret | None = None
    #: Whether the secret is an access token (XOAUTH2) instead of a password.
    is_token: bool = False
    ca_file: Path | None = None
    #: Our name in EHLO; None for our IP address in brackets (RFC 5321 section 4.1.4).
    name: str | None = None
    #: Whether `none` is allowed for another computer. Secrets are never sent there unencrypted, even then.
    is_plain_allowed: bool = False
    limits: ServerLimits = field(default_factory=ServerLimits)
