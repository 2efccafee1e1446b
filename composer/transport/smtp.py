"""Hands messages over to a mail server.

Comes in: a `Server`; then envelopes and messages. Goes out: an `Outcome` for each. A connection is kept, tried after a
pause, made anew after so many messages, and made anew unasked where the server closed it between two messages: nothing of
the next has been sent then. Never hands a message over twice.
"""

import ssl
import threading
import time
from collections.abc import Callable

from composer.mail.transparency import stuffed
from composer.transport.envelope import Envelope, addresses, commands
from composer.transport.opening import Session, make_trust, open_session
from composer.transport.outcome import Outcome, Scope, State
from composer.transport.server import Server
from composer.transport.transaction import After, Transaction
from composer.transport.transport import TransportError, go
from composer.transport.wire import BrokenError


class SmtpTransport:
    """Leads to one server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._trust: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Host and port."""
        return f"{self.server.host}:{self.server.port}"

    def connect(self) -> "SmtpConnection":
        """Call the server, and sign in. Raises TransportError."""
        return SmtpConnection(self._open)

    def _open(self) -> Session:
        return open_session(self.server, self._certificates)

    def _certificates(self) -> ssl.SSLContext:
        """Read the authorities once: it takes some 20 ms."""
        with self._lock:
            if self._trust is None:
                self._trust = make_trust(self.server)
            return self._trust


class SmtpConnection:
    """A connection to a server, for one thread at a time."""

    def __init__(self, opening: Callable[[], Session]) -> None:
        self._opening = opening
        self._session: Session | None = opening()

    def hand_over(self, envelope: Envelope, message: bytes, before_dot: Callable[[], bool] = go) -> Outcome:
        """Hand one message over, and say what became of it; see `Connection`."""
        body = stuffed(message)
        addressed = addresses(envelope)
        if isinstance(addressed, Outcome):
            return addressed
        try:
            session = self._ready()
        except TransportError as error:
            return _no_connection(error)
        lines = commands(envelope, addressed, len(message), session.extensions)
        if isinstance(lines, Outcome):
            return lines
        transaction = Transaction(session, lines)
        session.messages += 1
        try:
            outcome = transaction.run(body, before_dot)
        except BaseException:
            # Whatever it was, the dot is not sent: hanging up is what takes the message back.
            self._drop()
            raise
        session.used = time.monotonic()
        session.is_to_be_reset = transaction.after is After.RESET
        if transaction.after is After.DROP:
            self._drop()
        return outcome

    def close(self) -> None:
        """Say QUIT, and hang up. Never raises."""
        session, self._session = self._session, None
        if session is None:
            return
        try:
            session.wire.send(b"QUIT\r\n", session.limits.quit)
            session.wire.read(session.limits.quit)
        except BrokenError:
            pass
        finally:
            session.wire.close()

    def _ready(self) -> Session:
        """Give a session that takes a message; nothing of one has been sent. Raises TransportError."""
        session = self._session
        if session is not None and session.messages >= session.limits.messages:
            self.close()
        elif session is not None:
            try:
                is_good = _is_good(session)
            except BaseException:
                self._drop()
                raise
            if is_good:
                return session
            self._drop()
        self._session = self._opening()
        return self._session

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.wire.close()


def _is_good(session: Session) -> bool:
    """Tell whether a session is still there, and between messages."""
    if not session.wire.is_silent:
        return False
    if session.is_to_be_reset:
        question = b"RSET\r\n"
    elif time.monotonic() - session.used > session.limits.idle:
        question = b"NOOP\r\n"
    else:
        return True
    try:
        session.wire.send(question, session.limits.reply)
        code, _ = session.wire.read(session.limits.reply)
    except BrokenError:
        return False
    session.is_to_be_reset = False
    return code == 250


def _no_connection(error: TransportError) -> Outcome:
    reason = f"{error.message}; nothing of this message was sent"
    return Outcome(state=State.DEFERRED, stage=error.stage, reply=error.reply, reason=reason, scope=Scope.SERVER)
