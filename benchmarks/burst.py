"""Posts ten thousand bounces at once, like a provider after an outage, half of them repeated.

Input: how many calls, and over how many connections. Output: for each provider the answers, the recorded events, and
the memory of the server. The calls come from a separate process: `python -m benchmarks.burst`.
"""

import asyncio
import pickle
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, insert, select

from composer.audience.identity.tokens import Purpose
from composer.bounces.record.bounce_settings import Webhooks
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.bounce_tables import returned
from composer.database.tables.subscriber_tables import subscribers
from composer.web.public.http.webhook_callers import Callers
from tests.bounces.webhooks.test_providers import SECRETS
from tests.factories import sample
from tests.web.public.running import HOST, NOW, PREFIX, running
from tests.web.public.test_webhook_endpoints import PROVIDERS, told_by

#: How often a call without a 200 is repeated, and the seconds before the first repetition; doubled each time.
_TRIES, _BETWEEN = 10, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """The result of one provider's burst."""

    #: How many answers there were of each kind, including repeated calls; 0: no answer.
    statuses: dict[int, int]
    seconds: float
    #: Recorded events, and how many there should be.
    recorded: int
    told: int
    #: Subscribers by status.
    by_status: dict[str, int]
    #: Megabytes that the server's process needed more than before, at most.
    memory: float

    @property
    def is_met(self) -> bool:
        """Whether every call was accepted in the end, and every event recorded once."""
        return self.statuses.get(200) == 2 * self.told and self.recorded == self.by_status.get("bounced") == self.told


def bursts(count: int, connections: int, providers: tuple[str, ...] = PROVIDERS) -> dict[str, Burst]:
    """Post a burst for each provider."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "newsletter").mkdir()
        workspace = sample(Path(folder) / "newsletter")
        callers = Callers(webhooks=Webhooks(secrets=SECRETS))
        found = {}
        for name in providers:
            location = Location(path=Path(folder) / f"{name}.db")
            with open_database(location) as database, running(workspace, database, callers=callers) as pages:
                rows = [
                    {"address": f"r{n}@reader.example", "normal": f"r{n}@reader.example", "status": "active", "created": NOW,
                     "changed": NOW}
                    for n in range(count // 2)
                ]  # fmt: skip
                with database.write() as connection:
                    connection.execute(insert(subscribers), rows)
                tokens = [pages.tokens.make(Purpose.MESSAGE, number + 1, number + 1) for number in range(count // 2)]
                calls = [
                    _request(name, *told_by(name, tokens[n], NOW, n, address=f"r{n}@reader.example"))
                    for _ in range(2)
                    for n in range(count // 2)
                ]
                path = Path(folder) / "calls"
                path.write_bytes(pickle.dumps((pages.port, connections, calls)))
                del calls
                with _Memory() as memory:
                    begin = time.perf_counter()
                    command = [sys.executable, "-m", __name__, str(path)]
                    ran = subprocess.run(command, capture_output=True, check=True)
                    seconds = time.perf_counter() - begin
                with database.read() as connection:
                    recorded = connection.scalar(select(func.count()).select_from(returned)) or 0
                    statement = select(subscribers.c.status, func.count()).group_by(subscribers.c.status)
                    by_status = {str(status): number for status, number in connection.execute(statement)}
            found[name] = Burst(
                statuses=pickle.loads(ran.stdout),  # from the process that this one started
                seconds=seconds,
                recorded=recorded,
                told=count // 2,
                by_status=by_status,
                memory=memory.most,
            )
    return found


class _Memory:
    """Measures the memory of this process, ten times a second."""

    def __init__(self) -> None:
        self.most = 0.0
        self._first = _megabytes()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "_Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(0.1):
            self.most = max(self.most, _megabytes() - self._first)


def _megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1_048_576


def _request(name: str, body: bytes, headers: dict[str, str]) -> bytes:
    given = {"Host": HOST, "Connection": "close", "Content-Length": str(len(body)), **headers}
    head = "".join(f"{key}: {value}\r\n" for key, value in given.items())
    return f"POST {PREFIX}/hooks/{name} HTTP/1.1\r\n{head}\r\n".encode() + body


async def _post(port: int, connections: int, calls: list[bytes]) -> Counter[int]:
    statuses: Counter[int] = Counter()
    gate = asyncio.Semaphore(connections)

    async def one(call: bytes) -> None:
        async with gate:
            status, tries = 0, 0
            # Providers repeat calls without a 200.
            while status != 200 and tries < _TRIES:
                status, tries = 0, tries + 1
                with suppress(OSError, ValueError, IndexError):
                    subscriber, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.write(call)
                    status = int((await subscriber.read()).split(b" ")[1])
                    writer.close()
                statuses[status] += 1
                if status != 200:
                    await asyncio.sleep(_BETWEEN * 2 ** (tries - 1))

    await asyncio.gather(*map(one, calls))
    return statuses


if __name__ == "__main__":
    sys.stdout.buffer.write(pickle.dumps(asyncio.run(_post(*pickle.loads(Path(sys.argv[1]).read_bytes())))))
