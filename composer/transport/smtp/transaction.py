"""Sends one message over an open session: MAIL, RCPT, DATA, the message, the dot (RFC 5321, section 3.3).

Input: a session, the opening lines, the message, a function to call before the dot. Output: an `Outcome`, and whether
the session can be used again. Guarantees: never sends a message twice, and claims only what is known: before the dot
the server cannot have accepted the message, so a failure is DEFERRED; after the dot it is UNKNOWN, unless the server
has answered.
"""

from collections.abc import Callable
from enum import StrEnum

from composer.transport.envelope import Commands
from composer.transport.outcome import Outcome, OutcomeState, Scope, ServerReply, Stage
from composer.transport.replies.reply_meaning import queue_id_of, scope_of
from composer.transport.smtp.reply_parser import Lines, make_reply
from composer.transport.smtp.session import SmtpSession
from composer.transport.smtp.wire import BrokenError, Fault

#: Seconds to wait for the last reply of a server that closed the connection: it has arrived already, or never will.
_LAST_WORDS = 0.1
_NOT_TAKEN = "the message was not complete, so the server does not have it"
_MAYBE_TAKEN = "the message was complete, but it is not known whether the server has accepted it"


class After(StrEnum):
    """What to do with a session after a transaction."""

    #: use it for the next message
    KEEP = "keep"
    #: use it for the next message, after RSET
    RESET = "reset"
    #: close it
    DROP = "drop"


class Transaction:
    """One transaction. If `run` raises, the session must be closed."""

    def __init__(self, session: SmtpSession, commands: Commands) -> None:
        self._wire, self._limits, self._commands = session.wire, session.limits, commands
        self._is_pipelined = "PIPELINING" in session.extensions
        self._stage = Stage.MAIL
        self.after = After.KEEP
        #: Whether `before_dot` was called: from then on, the message counts as attempted.
        self.is_asked = False
        #: Why the connection failed, if it did.
        self.fault: Fault | None = None

    def run(self, stuffed: bytes, before_dot: Callable[[], bool]) -> Outcome:
        """Send a message whose dots are doubled."""
        try:
            return self._open() or self._send(stuffed, before_dot)
        except BrokenError as error:
            return self._cannot_tell(error.fault)

    def _open(self) -> Outcome | None:
        """Send the lines before the message; return None if the server accepted them."""
        lines = ((Stage.MAIL, self._commands.mail), (Stage.RCPT, self._commands.rcpt), (Stage.DATA, b"DATA\r\n"))
        if self._is_pipelined:
            # All lines in one group, and every reply is checked (RFC 2920, section 3.1).
            self._wire.send(b"".join(line for _, line in lines), self._limits.reply)
        failed: Outcome | None = None
        is_recipient_refused = False
        for self._stage, line in lines:
            try:
                if not self._is_pipelined:
                    self._wire.send(line, self._limits.reply)
                code, said = self._read()
            except BrokenError:
                if failed is None:
                    raise
                self.after = After.DROP
                return failed
            if self._stage is Stage.DATA and code == 354:
                return failed and self._withdraw(failed, is_recipient_refused)
            if self._stage is Stage.DATA or not 250 <= code < 260:
                answered = self._failed(make_reply((code, said)))
                failed = failed or answered
                if self.after is After.DROP or not self._is_pipelined:
                    return failed
            is_recipient_refused |= self._stage is Stage.RCPT and code >= 400
        return failed

    def _withdraw(self, failed: Outcome, is_recipient_refused: bool) -> Outcome:
        """End the DATA that a server started although it rejected the recipient: send only a dot (RFC 2920, section 3.1)."""
        if not is_recipient_refused:
            # The server has accepted the recipient, who would get an empty message.
            self.after = After.DROP
            return failed
        try:
            self._wire.send(b".\r\n", self._limits.reply)
            if self._read()[0] == 421:
                self.after = After.DROP
        except BrokenError:
            self.after = After.DROP
        return failed

    def _send(self, stuffed: bytes, before_dot: Callable[[], bool]) -> Outcome:
        self._stage = Stage.BODY
        body = memoryview(stuffed)
        try:
            self._wire.send(body[:-2] if stuffed.endswith(b"\r\n") else body, self._limits.reply)
        except BrokenError as error:
            return self._interrupted(error.fault)
        self.is_asked = True
        if not before_dot():
            self.after = After.DROP
            reason = "canceled before the message was complete; the server does not have it"
            return Outcome(state=OutcomeState.NOT_ATTEMPTED, stage=self._stage, reason=reason)
        if not self._wire.is_silent:
            return self._interrupted(Fault.GARBLED)
        # After the dot is sent, only an answer tells the result.
        self._stage = Stage.DOT
        self._wire.send(b"\r\n.\r\n", self._limits.reply)
        reply = make_reply(self._read(self._limits.dot))
        if 250 <= reply.code < 260:
            queue_id = queue_id_of(reply)
            return Outcome(state=OutcomeState.ACCEPTED, stage=self._stage, reply=reply, queue_id=queue_id)
        return self._failed(reply)

    def _interrupted(self, fault: Fault) -> Outcome:
        """Return the outcome if the connection failed, or the server answered, before the message was complete."""
        self.after = After.DROP
        try:
            reply = make_reply(self._read(_LAST_WORDS))
        except BrokenError as error:
            return self._cannot_tell(error.fault if fault is Fault.GARBLED else fault)
        return self._failed(reply) if reply.code >= 400 else self._cannot_tell(Fault.GARBLED)

    def _read(self, seconds: float | None = None) -> Lines:
        return self._wire.read(self._limits.reply if seconds is None else seconds)

    def _failed(self, reply: ServerReply) -> Outcome:
        """Return the outcome of a negative reply."""
        if reply.code == 421:
            # The server closes the session (RFC 5321, section 3.8).
            self.after = After.DROP
            return Outcome(state=OutcomeState.DEFERRED, stage=self._stage, reply=reply, scope=Scope.SERVER)
        if reply.code < 400:
            return self._cannot_tell(Fault.GARBLED, reply)
        if self.after is not After.DROP:
            self.after = After.RESET
        state = OutcomeState.DEFERRED if reply.code < 500 else OutcomeState.REFUSED
        return Outcome(state=state, stage=self._stage, reply=reply, scope=scope_of(reply, self._stage))

    def _cannot_tell(self, fault: Fault, reply: ServerReply | None = None) -> Outcome:
        """Return the outcome if the reply did not come, or could not be understood."""
        self.after, self.fault = After.DROP, fault
        is_sent = self._stage is Stage.DOT
        state = OutcomeState.UNKNOWN if is_sent else OutcomeState.DEFERRED
        reason = ": ".join((fault.in_words, _MAYBE_TAKEN if is_sent else _NOT_TAKEN))
        return Outcome(state=state, stage=self._stage, reply=reply, reason=reason, scope=Scope.SERVER)
