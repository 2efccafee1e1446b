"""The connections of a run to one mail server, each with its own thread.

Input: claimed deliveries. Output: an outcome for each, reported to the ledger writer. A delivery that was not started has
no outcome, and is released at the end. Guarantees: no thread sends the final dot of the SMTP DATA command before the
intent (the record that a message is about to be sent) is on disk, and none starts without permission from the admission.

    take one -> wait for permission -> make the message -> send all but the final dot -> intent -> final dot -> outcome
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue

from composer.core.errors import ComposeError
from composer.delivery.core.scheduler import StopLevel
from composer.delivery.ledger.ledger import Due
from composer.delivery.messages.outgoing import MessageSource
from composer.delivery.throttle.admission import Admittance
from composer.delivery.worker.ledger_writer import BrokenLedgerError, LedgerWriter
from composer.delivery.worker.route_work import RouteWork
from composer.delivery.worker.stop_request import Stop
from composer.delivery.worker.write_queue import WriteAnswer
from composer.transport.outcome import Outcome, OutcomeState, Scope, Stage, is_about_us
from composer.transport.protocol import Connection, TransportError

#: Called at every step of a run, with the name of the step: tests kill the process there.
ConnectionStep = Callable[[str], None]


def no_step(name: str) -> None:
    """Do nothing."""


class ConnectionPool:
    """Sends messages, several at a time."""

    def __init__(
        self,
        work: RouteWork,
        message_source: MessageSource,
        recorder: LedgerWriter,
        stop: Stop,
        on_want: Callable[[], None],
        step: ConnectionStep,
        *,
        away: float,
        is_only: bool = True,
    ) -> None:
        """`away`: the seconds to wait before reopening a connection that the server refused. `is_only`: no other route."""
        self._away, self._is_only = away, is_only
        self._route, self._gate, self._message_source, self._recorder = work, work.gate, message_source, recorder
        work.load = lambda: sum(self.load)
        self._stop, self._on_want, self._step = stop, on_want, step
        self._changed = threading.Condition()
        self._waiting: deque[Due] = deque()
        self._returned: list[Due] = []
        self._under_way = 0
        self._connected = 0
        self._is_closed = threading.Event()
        self._threads: list[threading.Thread] = []
        #: How many deliveries were denied. They do not count towards a limit.
        self.denied = 0
        #: Why no connection is possible, if trying again would not help.
        self.error: TransportError | None = None
        #: An unexpected exception.
        self.bug: BaseException | None = None

    def start(self, count: int, first: Connection | None) -> None:
        """Start this number of connections. `first` is open already; others are opened when they are needed."""
        for number in range(count):
            connection = first if number == 0 else None
            thread = threading.Thread(target=self._work, args=(connection,), name=f"hand {number + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()

    @property
    def load(self) -> tuple[int, int]:
        """How many wait for a connection, and how many are being sent."""
        with self._changed:
            return len(self._waiting) + len(self._returned), self._under_way

    def put(self, due: Sequence[Due]) -> None:
        """Queue these deliveries."""
        with self._changed:
            before = len(self._waiting)
            self._waiting.extend(due)
            self._changed.notify(len(self._waiting) - before)

    def recall(self) -> None:
        """Return the deliveries that only wait: another route may take them."""
        with self._changed:
            self._returned.extend(self._waiting)
            self._waiting.clear()
        self._gate.recall()

    def returned(self) -> list[Due]:
        """Hand out the deliveries that were returned."""
        if not self._returned:
            return []
        with self._changed:
            returned, self._returned = self._returned, []
            return returned

    def close(self) -> None:
        """Start nothing more; deliveries that were not started are still claimed, and the run loop releases them."""
        with self._changed:
            self._is_closed.set()
            self._waiting.clear()
            self._returned.clear()
            self._changed.notify_all()

    def join(self, is_enough: Callable[[], bool]) -> None:
        """Wait until open deliveries have finished, or until `is_enough` is true."""
        for thread in self._threads:
            while thread.is_alive() and not is_enough():
                thread.join(0.1)

    def _work(self, connection: Connection | None) -> None:
        # One queue for all answers to this thread.
        box: SimpleQueue[WriteAnswer] = SimpleQueue()
        try:
            if connection is not None:
                self._connect_count(1)
            while (due := self._take()) is not None:
                try:
                    admittance = self._gate.pass_through()
                    if admittance is Admittance.GO and self._stop.level is StopLevel.NONE:
                        connection = connection or self._open(due)
                        if connection is not None:
                            self._hand_over(due, connection, box)
                    elif admittance is Admittance.RETURN:
                        self._return(due)
                finally:
                    self._done()
                if connection is None and admittance is not Admittance.RETURN:
                    self._is_closed.wait(self._away if self._connected else 0)
        except BaseException as bug:
            self.bug = self.bug or bug
            self.close()
            self._stop.say()
        finally:
            if connection is not None:
                self._connect_count(-1)
                connection.close()
            self._on_want()

    def _take(self) -> Due | None:
        with self._changed:
            while not self._waiting:
                if self._is_closed.is_set():
                    return None
                self._changed.wait()
            self._under_way += 1
            due = self._waiting.popleft()
            if len(self._waiting) < len(self._threads):
                self._on_want()
            return due

    def _return(self, due: Due) -> None:
        with self._changed:
            if not self._is_closed.is_set():
                self._returned.append(due)
        self._on_want()

    def _done(self) -> None:
        with self._changed:
            self._under_way -= 1
            if not self._waiting:
                self._on_want()

    def _connect_count(self, change: int) -> None:
        with self._changed:
            self._connected += change

    def _open(self, due: Due) -> Connection | None:
        """Open this thread's connection; if that fails, another thread takes the delivery, or the server has a problem."""
        try:
            connection = self._route.route.transport.connect()
        except TransportError as error:
            with self._changed:
                is_alone = self._connected == 0
                if not is_alone:
                    # The server allows fewer connections; the other connections continue.
                    self._waiting.appendleft(due)
                    self._changed.notify()
                elif self._is_only and not error.is_temporary:
                    self.error = error
            if is_alone and self.error is None:
                outcome = Outcome(
                    state=OutcomeState.DEFERRED,
                    stage=error.stage,
                    reply=error.reply,
                    reason=error.message,
                    scope=Scope.SERVER,
                )
                self._recorder.tell(due, self._route, outcome, is_sending=False)
            self._on_want()
            return None
        self._connect_count(1)
        return connection

    def _hand_over(self, due: Due, connection: Connection, box: "SimpleQueue[WriteAnswer]") -> None:
        try:
            outgoing = self._message_source.outgoing(due.recipient)
        except ComposeError as error:
            outcome = Outcome(state=OutcomeState.REFUSED, stage=Stage.BODY, scope=Scope.MESSAGE, reason=error.message)
            self._recorder.tell(due, self._route, outcome, is_sending=False)
            return
        answer: WriteAnswer | None = None

        def before_dot() -> bool:
            nonlocal answer
            self._step("before intent")
            answer = self._recorder.ask(due.tried.subscriber_id, self._route, box)
            self._step("after intent")
            return answer is WriteAnswer.GO and self._stop.level is not StopLevel.NOW

        self._step("before handing over")
        try:
            outcome = connection.hand_over(outgoing.envelope, outgoing.message, before_dot)
        except ComposeError as error:
            # Nothing was sent, because a file could not be written.
            outcome = Outcome(
                state=OutcomeState.NOT_ATTEMPTED, stage=Stage.FILE, scope=Scope.SERVER, reason=error.message
            )
        except BaseException:
            if answer is WriteAnswer.GO:
                reason = "an unexpected error happened after the final dot, or just before it"
                outcome = Outcome(state=OutcomeState.UNKNOWN, stage=Stage.DOT, scope=Scope.SERVER, reason=reason)
                self._recorder.tell(due, self._route, outcome, is_sending=True)
            raise
        self._step("after answer")
        if answer in (WriteAnswer.NO, WriteAnswer.BROKEN):
            # The ledger writer knows the reason: the subscriber unsubscribed, the mailing was stopped, or it cannot write.
            with self._changed:
                self.denied += 1
            return
        self._recorder.tell(due, self._route, outcome, is_sending=answer is WriteAnswer.GO)
        if not self._is_only and is_about_us(outcome):
            # Until it is recorded, the route is not paused: the next message may have to go by another one.
            with suppress(BrokenLedgerError):
                self._recorder.do(lambda connection: None)
