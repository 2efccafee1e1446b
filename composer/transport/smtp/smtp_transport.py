"""Sends messages to a mail server.

Input: a `MailServer`; then envelopes and messages. Output: an `Outcome` for each. Guarantees: never sends a message
twice.

A connection is reused, and tested after a pause. A new one is opened after a number of messages, or if the server
closed the connection or accepts no more messages in it. Then, if `before_dot` was not called yet, the same message is
sent over the new connection at once; otherwise the caller is asked to send it again.
"""

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from composer.mail.dot_stuffing import stuffed
from composer.transport.envelope import Envelope, addresses, commands
from composer.transport.outcome import Outcome, OutcomeState, Scope
from composer.transport.protocol import TransportError, go
from composer.transport.replies.reply_meaning import ends_session, is_throttle
from composer.transport.server_settings import MailServer
from composer.transport.smtp.session import SmtpSession, make_trust, open_session
from composer.transport.smtp.session_limit import SessionLimit
from composer.transport.smtp.transaction import After, Transaction
from composer.transport.smtp.wire import BrokenError, Fault


class SmtpTransport:
    """A transport to one server."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self._limit = SessionLimit()
        self._trust: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The host and the port."""
        return f"{self.server.host}:{self.server.port}"

    def connect(self) -> "SmtpConnection":
        """Connect to the server and sign in. Raises TransportError."""
        return SmtpConnection(self._open, self._limit)

    def _open(self) -> SmtpSession:
        return open_session(self.server, self._certificates)

    def _certificates(self) -> ssl.SSLContext:
        """Read the authorities only once, because it takes about 20 ms."""
        with self._lock:
            if self._trust is None:
                self._trust = make_trust(self.server)
            return self._trust


class SmtpConnection:
    """A connection to a server, for one thread at a time."""

    def __init__(self, opening: Callable[[], SmtpSession], limit: SessionLimit) -> None:
        self._opening, self._limit = opening, limit
        self._session: SmtpSession | None = opening()

    def hand_over(self, envelope: Envelope, message: bytes, before_dot: Callable[[], bool] = go) -> Outcome:
        """Send one message and return its outcome; see `Connection`."""
        body = stuffed(message)
        addressed = addresses(envelope)
        if isinstance(addressed, Outcome):
            return addressed
        while True:
            try:
                session = self._ready()
            except TransportError as error:
                return _no_connection(error)
            lines = commands(envelope, addressed, len(message), session.extensions)
            if isinstance(lines, Outcome):
                return lines
            transaction = Transaction(session, lines)
            outcome = self._run(session, transaction, body, before_dot)
            if not self._is_over(session, transaction, outcome):
                return outcome
            # The next session is new, so its length is not a reason to end: this loop repeats once.
            self.close()
            if transaction.is_asked:
                return replace(outcome, state=OutcomeState.DEFERRED, scope=Scope.SESSION)

    def _run(
        self, session: SmtpSession, transaction: Transaction, body: bytes, before_dot: Callable[[], bool]
    ) -> Outcome:
        session.messages += 1
        try:
            outcome = transaction.run(body, before_dot)
        except BaseException:
            # The dot was not sent: closing the connection cancels the message.
            self._drop()
            raise
        if outcome.state is OutcomeState.DEFERRED and outcome.reply is not None:
            session.put_off += 1
            if ends_session(outcome.reply):
                # At any stage and with any code, it is not about this recipient.
                outcome = replace(outcome, scope=Scope.SERVER)
        else:
            session.put_off = 0
        session.used = time.monotonic()
        session.is_to_be_reset = transaction.after is After.RESET
        if transaction.after is After.DROP:
            self._drop()
        return outcome

    def _is_over(self, session: SmtpSession, transaction: Transaction, outcome: Outcome) -> bool:
        """Return whether to send the message again in a new session; learn from the end of this one."""
        before = session.messages - 1
        if outcome.reply is not None and outcome.state in (OutcomeState.DEFERRED, OutcomeState.REFUSED):
            if ends_session(outcome.reply):
                return self._limit.ended(before, is_said=True)
            if outcome.state is OutcomeState.DEFERRED and is_throttle(outcome):
                self._limit.ended(before, is_said=False)
            elif session.put_off == session.limits.put_off:
                self._limit.ended(session.messages - session.put_off, is_said=False)
        elif transaction.fault is Fault.LOST and before:
            self._limit.ended(before, is_said=False)
            return outcome.state is OutcomeState.DEFERRED
        return False

    def close(self) -> None:
        """Send QUIT and close the connection. Never raises."""
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

    def _ready(self) -> SmtpSession:
        """Return a session that is ready for a message. Raises TransportError."""
        session = self._session
        if session is not None and self._is_used_up(session):
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

    def _is_used_up(self, session: SmtpSession) -> bool:
        limits, rested = session.limits, time.monotonic() - session.used
        is_put_off = session.put_off >= limits.put_off or (session.put_off and rested > limits.rest)
        return bool(is_put_off) or session.messages >= self._limit.most(limits.messages)

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.wire.close()


def _is_good(session: SmtpSession) -> bool:
    """Return whether a session is still open, and ready for a message."""
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
    return Outcome(state=OutcomeState.DEFERRED, stage=error.stage, reply=error.reply, reason=reason, scope=Scope.SERVER)
