"""The database's work, away from the loop that answers: what changes something in one queue, what reads side by side.

Input: deeds, functions of a connection. Output: what they give. On SQLite only one writes at a time, in all processes;
so whatever waits in the queue shares one transaction: two hundred subscribers who leave in one second need a few, and
a mailing that
runs beside them waits for few. A deed may be done twice, the first time for nothing: it touches the database and nothing else.
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
#: Deeds of one transaction: a few milliseconds' worth.
_TOGETHER = 50
_SUBSCRIBERS = 4


class WriteExecutor:
    """A queue of writers and a few subscribers; threads that end with `close`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: queue.SimpleQueue[_Operation | None] = queue.SimpleQueue()
        self._subscribers = ThreadPoolExecutor(_SUBSCRIBERS, thread_name_prefix="reading")
        self._writer = threading.Thread(target=self._run, name="writing", daemon=True)
        self._writer.start()

    async def write(self, operation: Callable[[Connection], T]) -> T:
        """Do what changes something; it is kept on disk when this returns. Raises what the deed raises, DatabaseError."""
        return await asyncio.shield(asyncio.wrap_future(self.put(operation)))

    async def read(self, operation: Callable[[Connection], T]) -> T:
        """Do what only looks. Raises what the deed raises, DatabaseError."""
        return await asyncio.get_running_loop().run_in_executor(self._subscribers, self._read, operation)

    def put(self, operation: Callable[[Connection], T]) -> "Future[T]":
        """Queue what changes something, from any thread."""
        future: Future[T] = Future()
        self._waiting.put((operation, future))
        return future

    def settle(self) -> None:
        """Have what was deleted leave SQLite's files, too, as soon as nobody reads them; nobody waits for it."""
        self._subscribers.submit(self._database.settle)

    def close(self) -> None:
        """End when all that waits is done."""
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
        """Do deeds in one transaction; where one fails nothing of it is kept, and each has another by itself."""
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
