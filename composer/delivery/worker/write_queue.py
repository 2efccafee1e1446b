"""The queue between the threads of a run and the ledger writer, and how long the writer waits for more entries.

Input: requests, outcomes and tasks, from any thread. Output: a `Batch` with all of them. Guarantees: a thread's outcome
is in the queue before its next request, and a batch takes everything. So when a request is answered, the thread's last
outcome is written.

The writer is not woken for each entry, because that costs as much as writing the entry.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from composer.delivery.ledger.ledger import Due
from composer.delivery.worker.route_work import RouteWork
from composer.transport.outcome import Outcome

#: How long outcomes wait for a request, in seconds, to be committed together with it. An outcome is not on disk during
#: this time.
_LINGER = 0.004
#: How long requests wait for other requests of this run, in seconds, because a commit is expensive. They do not wait if
#: other requests are unlikely, as with a distant server.
_COMPANY = 0.001
_LIKELY = 0.5
#: The weight of the latest batch in the average number of requests.
_FRESH = 0.2

T = TypeVar("T")


class WriteAnswer(Enum):
    """The answer to a thread before its final dot."""

    #: send the final dot, because the intent (the record that the message is about to be sent) is on disk
    GO = "go"
    #: do not send, because the subscriber unsubscribed, the mailing was stopped, the run must stop, or another process
    #: owns the delivery
    NO = "no"
    #: do not send, because the ledger cannot be written
    BROKEN = "broken"


@dataclass(slots=True)
class WriteRequest:
    """A request for permission to send the final dot of a delivery."""

    subscriber_id: int
    route: RouteWork
    reply: "SimpleQueue[WriteAnswer]"


@dataclass(slots=True)
class Report:
    """The outcome of a delivery by a route, and its time."""

    due: Due
    route: RouteWork
    outcome: Outcome
    is_sending: bool
    at: datetime


@dataclass(slots=True)
class Task(Generic[T]):
    """Other work for the database."""

    work: Callable[[Connection], T]
    reply: "SimpleQueue[T | BaseException]"


@dataclass(slots=True)
class Batch:
    """The entries to write in one transaction."""

    asks: list[WriteRequest] = field(default_factory=list)
    told: list[Report] = field(default_factory=list)
    tasks: list[Task[Any]] = field(default_factory=list)
    #: Whether it is the last batch.
    is_last: bool = False


class WriteQueue:
    """Filled by many threads, emptied by one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batch = Batch()
        self._something, self._enough = threading.Event(), threading.Event()
        self._is_one_enough = False
        #: Recent averages: requests in a batch, seconds from one batch to the next; and when the last was taken.
        self._usual, self._apart, self._taken = 0.0, 1.0, time.monotonic()
        #: How many deliveries are being sent: there can be no more requests than these.
        self.under_way: Callable[[], int] = lambda: 1

    def ask(self, item: WriteRequest) -> None:
        """Add a request."""
        most = self.under_way()
        with self._lock:
            self._batch.asks.append(item)
            self._note(is_enough=self._is_one_enough or len(self._batch.asks) >= most)

    def tell(self, item: Report) -> None:
        """Add an outcome."""
        with self._lock:
            self._batch.told.append(item)
            self._note(is_enough=False)

    def do(self, item: Task[Any]) -> None:
        """Add a task."""
        with self._lock:
            self._batch.tasks.append(item)
            self._note(is_enough=True)

    def close(self) -> None:
        """Mark the end of the queue."""
        with self._lock:
            self._batch.is_last = True
            self._note(is_enough=True)

    def take(self) -> Batch:
        """Wait for an entry, and a moment for further ones; return all entries."""
        self._something.wait()
        is_likely = self._usual / self._apart * _COMPANY >= _LIKELY
        if not is_likely or not self._enough.wait(_COMPANY):
            with self._lock:
                self._is_one_enough = True
                is_waiting = not (self._batch.asks or self._enough.is_set())
            if is_waiting:
                self._enough.wait(_LINGER)
        with self._lock:
            batch, self._batch = self._batch, Batch()
            self._is_one_enough = False
            self._something.clear()
            self._enough.clear()
        now = time.monotonic()
        self._usual += _FRESH * (len(batch.asks) - self._usual)
        self._apart += _FRESH * (now - self._taken - self._apart)
        self._taken = now
        return batch

    def _note(self, *, is_enough: bool) -> None:
        if not self._something.is_set():
            self._something.set()
        if is_enough and not self._enough.is_set():
            self._enough.set()
