"""What became of a message: a closed vocabulary, with the server's own words beside it.

Input: nothing. Output: values. One recipient, one outcome: nothing here stands for several.
"""

from dataclasses import dataclass
from enum import StrEnum


class OutcomeState(StrEnum):
    """What became of one message, in one word."""

    #: the server answered 250 to the final dot: it is theirs now
    ACCEPTED = "accepted"
    #: not taken this time (4xx, or the connection was lost before the dot): try again later
    DEFERRED = "deferred"
    #: not taken, and not later either (5xx)
    REFUSED = "refused"
    #: the dot had gone, and no answer came: it may have been taken. Never to be sent again without a person's word
    UNKNOWN = "unknown"
    #: nothing of it was sent, or it was taken back before the dot
    NOT_ATTEMPTED = "not_attempted"
    #: written to a file: nothing left this computer
    WRITTEN = "written"


class Stage(StrEnum):
    """How far it had come (RFC 5321 section 3)."""

    #: the name was looked up, the server was called
    CONNECT = "connect"
    #: the handshake, from the first byte or after STARTTLS
    TLS = "tls"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    #: the message itself, up to its final dot
    BODY = "body"
    #: the final dot was sent, or may have been: only here is there an unknown
    DOT = "dot"
    #: a file
    FILE = "file"


class Scope(StrEnum):
    """Whom a failure concerns."""

    RECIPIENT = "recipient"
    #: this message, whoever gets it
    MESSAGE = "message"
    #: the session, which has had enough: another takes the same message at once
    SESSION = "session"
    #: the server or the account: every other message will meet it, too
    SERVER = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerReply:
    """A server's answer."""

    code: int
    #: RFC 3463, such as "5.1.1".
    enhanced: str | None = None
    #: One printable line, the enhanced code at its beginning; what came in several lines has " / " between them.
    text: str = ""

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one message."""

    state: OutcomeState
    stage: Stage
    reply: ServerReply | None = None
    #: What the server calls it in its log.
    queue_id: str | None = None
    #: Plain words, where there is no reply.
    reason: str = ""
    #: Of a failure; it says nothing where there is none.
    scope: Scope = Scope.RECIPIENT
