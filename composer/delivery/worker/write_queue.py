"""Where the threads of a run leave what is to be written, and how long the recorder waits for more of it.

Input: questions, outcomes and tasks, from any thread. Output: a `Batch`, all that is there. A thread's outcome is there
before its next question, and a batch takes all: so when a question is answered, how the thread's last one ended is written.

Whoever waits sleeps through: to be woken for each thing that comes costs as much as to write it down.
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
from composer.transport.outcome import Outcome

#: How long outcomes wait for a question to be committed with, in seconds, beside the time for company. So long an answer is
#: at risk.
_LINGER = 0.004
#: How long questions wait for others of this run, in seconds: a commit is dear, a moment is not. Not where nobody is likely
#: to come, as from a server far away.
_COMPANY = 0.001
_LIKELY = 0.5
#: How much the last moments count in how many questions there are.
_FRESH = 0.2

T = TypeVar("T")


class WriteAnswer(Enum):
    """What a thread at its final dot is told."""

    #: the intent is on disk
    GO = "go"
    #: they left meanwhile, somebody said stop, the run is to stop, or another process has the delivery: no dot
    NO = "no"
    #: the ledger cannot be written: no dot
    BROKEN = "broken"


@dataclass(slots=True)
class WriteRequest:
    """A question for the final dot of a delivery."""

    subscriber_id: int
    reply: "SimpleQueue[WriteAnswer]"


@dataclass(slots=True)
class Report:
    """What became of a delivery, and when."""

    due: Due
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
    """What is to be written in one transaction."""

    asks: list[WriteRequest] = field(default_factory=list)
    told: list[Report] = field(default_factory=list)
    tasks: list[Task[Any]] = field(default_factory=list)
    #: Nothing comes after it.
    is_last: bool = False


class WriteQueue:
    """Filled by many threads, emptied by one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batch = Batch()
        self._something, self._enough = threading.Event(), threading.Event()
        self._is_one_enough = False
        #: Of late: questions in a batch, seconds from one to the next, and when the last was taken.
        self._usual, self._apart, self._taken = 0.0, 1.0, time.monotonic()
        #: How many hand-overs are under way: so many questions there can be at most.
        self.under_way: Callable[[], int] = lambda: 1

    def ask(self, item: WriteRequest) -> None:
        """Leave a question."""
        most = self.under_way()
        with self._lock:
            self._batch.asks.append(item)
            self._note(is_enough=self._is_one_enough or len(self._batch.asks) >= most)

    def tell(self, item: Report) -> None:
        """Leave an outcome."""
        with self._lock:
            self._batch.told.append(item)
            self._note(is_enough=False)

    def do(self, item: Task[Any]) -> None:
        """Leave a task."""
        with self._lock:
            self._batch.tasks.append(item)
            self._note(is_enough=True)

    def close(self) -> None:
        """Say that nothing more comes."""
        with self._lock:
            self._batch.is_last = True
            self._note(is_enough=True)

    def take(self) -> Batch:
        """Wait for something, and a moment for what may come with it; take all that is there."""
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
