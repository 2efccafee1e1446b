"""Sends the mails of the public pages in a thread of its own, so that no request waits for a mail server.

Input: requests from the database. Output: messages, one at a time, and their outcomes. Guarantees: as in a mailing, the
process holds a lock while it sends (delivery/ledger/workers.py), and the intent is committed before the final dot, so that
no mail is sent twice. A mail without a reply is not retried: its recipient can request another one.
"""

import logging
import secrets
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from composer.audience.identity.tokens import Purpose, Tokens
from composer.core.addresses import Address
from composer.core.errors import ComposeError, DatabaseError
from composer.core.event_log import emit, emit_bug
from composer.database.engine import Database
from composer.delivery.core.events import EventKind, StateReason
from composer.delivery.database_guard.age_counter import DatabaseLostError
from composer.delivery.database_guard.sending_lock import BusyError
from composer.delivery.ledger.claims import PAGE_EMAILS, reap
from composer.delivery.ledger.workers import HEARTBEAT_INTERVAL, Worker, mark_ended, register_page_worker
from composer.delivery.worker.delivery_log import log_outcome
from composer.transport.envelope import Envelope
from composer.transport.outcome import Outcome, OutcomeState, Scope, Stage
from composer.transport.protocol import Connection as Way
from composer.transport.protocol import TransportError
from composer.web.public.http.write_executor import WriteExecutor
from composer.web.public.site.email_renderer import EmailText
from composer.web.public.site.public_settings import Mailer
from composer.web.public.transactional import queue
from composer.web.public.transactional.mail_requests import CONFIRM_FOR, LINK_FOR
from composer.web.public.transactional.queue import EmailOrder

#: Seconds between two checks of the queue without a wake-up; an idle connection is closed after the same time.
_LOOK = 5.0
#: How often finished mails are deleted, and how often the alert about held mails is repeated.
_TIDY, _TELL_AGAIN = timedelta(minutes=1), timedelta(hours=1)


class TransactionalWorker:
    """The sending thread, from `start` to `stop`."""

    def __init__(
        self,
        *,
        database: Database,
        executor: WriteExecutor,
        mailer: Mailer,
        tokens: Tokens,
        clock: Callable[[], datetime],
        log: logging.Logger,
    ) -> None:
        self._database, self._executor, self._mailer, self._tokens = database, executor, mailer, tokens
        self._clock, self._log = clock, log
        self._worker: Worker | None = None
        self._beaten = float("-inf")
        self._is_elsewhere = False
        self._way: Way | None = None
        self._woken, self._is_ending, self._is_new = threading.Event(), False, False
        self._held_since: datetime | None = None
        self._held_told: datetime | None = None
        self._tidied: datetime | None = None
        self._thread = threading.Thread(target=self._run, name="post", daemon=True)

    def use(self, mailer: Mailer, tokens: Tokens) -> None:
        """Use other settings from the next mail on."""
        self._mailer, self._tokens, self._is_new = mailer, tokens, True
        self._woken.set()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Notify the thread that a mail is queued."""
        self._woken.set()

    @property
    def is_alive(self) -> bool:
        """Return whether the thread is running."""
        return self._thread.is_alive()

    @property
    def is_holding(self) -> bool:
        """Return whether mails wait because the hourly limit is reached."""
        return self._held_since is not None

    def stop(self, seconds: float) -> None:
        """Stop after the mail in progress. One that takes longer than `seconds` is handled at the next start."""
        self._is_ending = True
        self._woken.set()
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._is_ending:
            self._woken.clear()
            if self._is_new:
                self._is_new = False
                self._close()
            pause = _LOOK
            try:
                pause = self._one()
            except (DatabaseError, DatabaseLostError) as error:
                # Register again, because the lock may be gone with the connection.
                self._failed(error)
                self._abandon()
            except ComposeError as error:
                self._failed(error)
            except Exception as error:
                # One mail that fails must not block the others. Log only the traceback, without personal data.
                said = f"mail: bug: {type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"
                emit_bug(self._log, "mail.bug", error, said=said)
            if pause and not self._woken.wait(pause):
                self._close()
        self._close()
        self._leave()

    def _one(self) -> float:
        """Send the next mail; return the seconds to wait for the next step or a wake-up."""
        if (worker := self._worker or self._register()) is None:
            return _LOOK
        now, per_hour = self._clock(), self._mailer.per_hour
        if self._tidied is None or abs(now - self._tidied) >= _TIDY:
            self._tidied = now
            if cleared := self._executor.put(lambda connection: queue.tidy(connection, per_hour, now)).result():
                said = f"alert: {cleared} sign-up requests dropped: the queue holds what can be sent in 24 hours"
                emit(self._log, "mail.dropped", level=logging.WARNING, said=said, count=cleared)
        worker.check()
        found = self._executor.put(lambda connection: self._next(connection, worker, per_hour, now)).result()
        self._watch(found.held_until is not None, now)
        if found.order is not None:
            try:
                self._send(found.order, worker, now)
            except Exception:
                work = partial(queue.put_off, email=found.order.email, worker_id=worker.id, now=self._clock())
                with suppress(ComposeError):
                    self._executor.put(work).result()
                raise
        if found.is_more:
            return 0
        return _LOOK if found.held_until is None else min(_LOOK, max(0.05, (found.held_until - now).total_seconds()))

    def _register(self) -> Worker | None:
        """Become the process that sends; None while another one is, on SQLite."""
        try:
            self._worker = register_page_worker(
                self._database, self._clock(), lambda work: self._executor.put(work).result()
            )
        except BusyError as error:
            if not self._is_elsewhere:
                self._is_elsewhere = True
                emit(self._log, "mail.elsewhere", said=f"mail: {error.message}")
            return None
        self._is_elsewhere, self._beaten = False, time.monotonic()
        return self._worker

    def _next(self, connection: Connection, worker: Worker, per_hour: int, now: datetime) -> queue.NextEmail:
        """Take over what dead processes had, and claim the next mail."""
        clock = time.monotonic()
        if not worker.is_alone and clock - self._beaten > HEARTBEAT_INTERVAL / timedelta(seconds=1):
            worker.heartbeat(connection, now)
            self._beaten = clock
        if dead := worker.dead(connection):
            reap(connection, PAGE_EMAILS, dead, now, StateReason.RUN_DIED)
            mark_ended(connection, dead, now)
        return queue.next_email(connection, worker.id, per_hour, now)

    def _abandon(self) -> None:
        """Release the lock; what this process had is taken over by the next worker."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.leave()

    def _leave(self) -> None:
        """Record the end of this worker, and release its lock."""
        if (worker := self._worker) is not None:
            with suppress(ComposeError):
                self._executor.put(lambda connection: mark_ended(connection, (worker.id,), self._clock())).result()
            self._abandon()

    def _watch(self, is_held: bool, now: datetime) -> None:
        """Log an alert when mails are first held back, repeat it every hour, and log when it is over."""
        if not is_held:
            # One sent mail may be one of many that are held back; only an empty queue ends the alert.
            if self._held_since is not None and not self._count_waiting():
                self._held_since = self._held_told = None
                emit(
                    self._log,
                    "mail.limit_over",
                    said="sign-up mail is below the hourly limit again: the queue is empty",
                )
            return
        self._held_since = self._held_since or now
        if self._held_told is None or now - self._held_told >= _TELL_AGAIN:
            self._held_told = now
            count, per_hour = self._count_waiting(), self._mailer.per_hour
            said = (
                f"alert: sign-up mail is over its hourly limit: {count} messages are queued "
                f"(delivery.signup_mail_per_hour: {per_hour})"
            )
            emit(self._log, "mail.limit", level=logging.WARNING, said=said, queued=count, per_hour=per_hour)

    def _count_waiting(self) -> int:
        return self._executor.put(lambda connection: queue.waiting(connection)[0]).result()

    def _send(self, order: EmailOrder, worker: Worker, now: datetime) -> None:
        email = order.email

        def record(outcome: Outcome) -> EventKind:
            work = partial(queue.record, email=email, worker_id=worker.id, outcome=outcome, now=self._clock())
            return self._executor.put(work).result()

        def intend() -> bool:
            work = partial(queue.intend, email=email, worker_id=worker.id, now=self._clock())
            return self._executor.put(work).result()

        try:
            if self._way is None:
                self._way = self._mailer.transport().connect()
        except ComposeError as error:
            self._failed(error)
            lost = Outcome(state=OutcomeState.DEFERRED, stage=Stage.CONNECT, reason=error.message, scope=Scope.SERVER)
            record(lost)
            return
        envelope, message = self._written(order, now)
        try:
            outcome = self._way.hand_over(envelope, message, intend)
        except TransportError as error:
            outcome = Outcome(state=OutcomeState.DEFERRED, stage=error.stage, reason=error.message, scope=Scope.SERVER)
        kind = record(outcome)
        said = f"mail {order.said} {kind}"
        log_outcome(self._log, kind, outcome, said=said, mail=order.said, request=email.id)
        if outcome.scope is Scope.SERVER:
            self._close()

    def _failed(self, error: ComposeError) -> None:
        emit(
            self._log,
            "mail.failed",
            level=logging.ERROR,
            said=f"mail: {error.message}",
            error=type(error).__name__,
        )

    def _written(self, order: EmailOrder, now: datetime) -> tuple[Envelope, bytes]:
        mailer, email = self._mailer, order.email
        publication = mailer.renderer.publication
        purpose, path, lasts = (
            (Purpose.CONFIRM, "confirm", email.asked + CONFIRM_FOR)
            if order.said is EmailText.CONFIRM
            else (Purpose.PREFERENCES, "preferences", now + LINK_FOR)
        )
        token = self._tokens.make(purpose, order.subject, expires=lasts)
        link = f"{publication.address.url}/{path}/{token}"
        to = Address(address=order.to)
        identity = f"letter.{email.id}.{secrets.token_hex(8)}"
        words = publication.translations.choose((email.language,))
        message = mailer.renderer.write(order.said, words, to, link, message_id=identity, now=now)
        sender = publication.newsletter(email.language).sender.wire
        return Envelope(sender=sender, recipient=to.wire, id=identity), mailer.sign(message, now)

    def _close(self) -> None:
        way, self._way = self._way, None
        if way is not None:
            way.close()
