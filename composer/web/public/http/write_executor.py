"""Runs database work outside the event loop: writes in one queue, reads in parallel.

Input: operations, which are functions of a connection. Output: their results. SQLite allows one writer at a time among all
processes, so the operations in the queue share a transaction: two hundred subscribers who unsubscribe in one second need only a
few transactions, and a mailing that runs at the same time rarely waits. An operation can run twice, the first time without
effect, so it may only touch the database.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Connection

from composer.database.engine import Database

T = TypeVar("T")
_Operation = tuple[Callable[[Connection], Any], "Future[Any]"]
#: Most operations of one transaction, which takes a few milliseconds.
_TOGETHER = 50
_SUBSCRIBERS = 4


class WriteExecutor:
    """One writer thread with a queue, and a few reader threads, until `close`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: queue.SimpleQueue[_Operation | None] = queue.SimpleQueue()
        self._subscribers = ThreadPoolExecutor(_SUBSCRIBERS, thread_name_prefix="reading")
        self._writer = threading.Thread(target=self._run, name="writing", daemon=True)
        self._writer.start()

    async def write(self, operation: Callable[[Connection], T]) -> T:
        """Run an operation that writes; the result is on disk when this returns. Raises its errors and DatabaseError."""
        return await asyncio.shield(asyncio.wrap_future(self.put(operation)))

    async def read(self, operation: Callable[[Connection], T]) -> T:
        """Run an operation that only reads. Raises its errors and DatabaseError."""
        return await asyncio.get_running_loop().run_in_executor(self._subscribers, self._read, operation)

    def put(self, operation: Callable[[Connection], T]) -> "Future[T]":
        """Queue an operation that writes, from any thread."""
        future: Future[T] = Future()
        self._waiting.put((operation, future))
        return future

    def settle(self) -> None:
        """Have deleted data removed from SQLite's files as soon as no reader uses them; does not wait for it."""
        self._subscribers.submit(self._database.settle)

    def close(self) -> None:
        """Finish all queued operations, then end the threads."""
        self._waiting.put(None)
        self._writer.join()
        self._subscribers.shutdown()

    def _read(self, operation: Callable[[Connection], T]) -> T:
        with self._database.read() as connection:
            return operation(connection)

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            together = [first]
            is_last = False
            while len(together) < _TOGETHER and not self._waiting.empty():
                if (another := self._waiting.get()) is None:
                    is_last = True
                    break
                together.append(another)
            self._do(together)
            if is_last:
                return

    def _do(self, together: list[_Operation]) -> None:
        """Run operations in one transaction. If one fails, roll back and run each in a transaction of its own."""
        try:
            with self._database.write() as connection:
                results = [operation(connection) for operation, _ in together]
        except Exception as error:
            if len(together) > 1:
                for each in together:
                    self._do([each])
            else:
                together[0][1].set_exception(error)
            return
        for (_, future), result in zip(together, results, strict=True):
            future.set_result(result)
