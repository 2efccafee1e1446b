"""The outcome of a message: a fixed set of states, with the server's reply.

Input: nothing. Output: values. Guarantees: one outcome is about one recipient.
"""

from dataclasses import dataclass
from enum import StrEnum


class OutcomeState(StrEnum):
    """The state of one message after an attempt."""

    #: the server answered 250 to the final dot: it has the message
    ACCEPTED = "accepted"
    #: not accepted this time (4xx, or the connection was lost before the dot): try again later
    DEFERRED = "deferred"
    #: rejected permanently (5xx)
    REFUSED = "refused"
    #: unconfirmed: the dot was sent, and no answer came. Only a person may decide to send it again
    UNKNOWN = "unknown"
    #: nothing was sent, or it was canceled before the dot
    NOT_ATTEMPTED = "not_attempted"
    #: written to a file: nothing was sent
    WRITTEN = "written"


class Stage(StrEnum):
    """The step that an attempt had reached (RFC 5321 section 3)."""

    #: looking up the name and connecting
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
    #: the message itself, before its final dot
    BODY = "body"
    #: the final dot was sent, or perhaps was sent: only at this stage is a message unconfirmed
    DOT = "dot"
    #: a file
    FILE = "file"


class Scope(StrEnum):
    """What a failure is about."""

    RECIPIENT = "recipient"
    #: this message, for any recipient
    MESSAGE = "message"
    #: the session, which has reached a limit: another session accepts the same message at once
    SESSION = "session"
    #: the server or the account: every other message will fail, too
    SERVER = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerReply:
    """A reply from a server."""

    code: int
    #: RFC 3463, such as "5.1.1".
    enhanced: str | None = None
    #: One printable line that starts with the enhanced code; several lines are joined with " / ".
    text: str = ""

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of one message."""

    state: OutcomeState
    stage: Stage
    reply: ServerReply | None = None
    #: The server's name for the message in its log.
    queue_id: str | None = None
    #: The reason as text, if there is no reply.
    reason: str = ""
    #: Of a failure; it has no meaning without one.
    scope: Scope = Scope.RECIPIENT


def is_about_us(outcome: Outcome) -> bool:
    """Return whether a server did not accept a message for a reason that is not the recipient."""
    return outcome.state in (OutcomeState.DEFERRED, OutcomeState.REFUSED) and outcome.scope is not Scope.RECIPIENT
