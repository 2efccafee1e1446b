"""Subscribers unsubscribe with one click, 200 per second, while a mailing runs on the same SQLite database in another
process.

Input: a pace and a time. Output: how long answers took. The pages are `compose serve` itself, the mailing is a real run
with signed messages of 90 KB to smtp-sink, each in its own process. Requests start when they are due, even if the
previous one was not answered, and the wait is counted from then.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import ROOT, handover, mailing
from composer.audience.identity.tokens import Purpose, Tokens
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.delivery.core.states import DeliveryState
from composer.delivery.worker.run_loop import send
from composer.delivery.worker.stop_request import Stop

KEY = "0123456789abcdef" * 4
BODY = b"List-Unsubscribe=One-Click"
PACE, SECONDS = 200, 30
CONNECTIONS = 16
#: Messages of the mailing per minute: 100 per second, like a large account at a provider.
RATE = 6000


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The result; waits in seconds."""

    waits: tuple[float, ...]
    statuses: Counter[int]
    #: Messages that the mailing's server accepted during the test.
    sent: int
    left: int
    #: The time of one commit alone, before the start: a busy disk makes everything here slower.
    commit: float

    def at(self, share: float) -> float:
        """Return the wait that this share did not exceed."""
        return sorted(self.waits)[min(len(self.waits) - 1, int(len(self.waits) * share))]


def leaving(pace: int = PACE, seconds: int = SECONDS) -> Load:
    """Run the pages, a mailing, and subscribers who unsubscribe."""
    with tempfile.TemporaryDirectory() as name, handover.smtp_sink() as sink:
        folder = Path(name)
        tokens = _publication(folder, pace * seconds)
        commit, port = _one_commit(folder), _free_port()
        environment = {**os.environ, "COMPOSE_SECRET_KEY": KEY, "XDG_CONFIG_HOME": name, "COMPOSE_DATABASE_URL": ""}
        serve = [sys.executable, "-m", "composer", "serve", "--port", str(port)]
        mail = [sys.executable, "-m", "benchmarks.leaving", "--mailing", name, "--sink", str(sink)]
        with (
            subprocess.Popen(
                serve, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            ) as pages,
            subprocess.Popen(mail, cwd=ROOT, stdout=subprocess.PIPE) as run,
        ):
            try:
                assert pages.stdout is not None
                assert run.stdout is not None
                assert pages.stdout.readline(), "the pages did not start"
                assert run.stdout.readline(), "the mailing did not start"
                waits, statuses = asyncio.run(_leave(port, tokens, pace))
                run.terminate()
                sent = int(run.stdout.readline())
            finally:
                pages.terminate()
                run.terminate()
        with contextlib.closing(sqlite3.connect(folder / "newsletter.db")) as connection:
            query = "SELECT count(*) FROM subscribers WHERE status = 'unsubscribed'"
            [left] = connection.execute(query).fetchone()
        return Load(waits=tuple(waits), statuses=statuses, sent=sent, left=left, commit=commit)


def _publication(folder: Path, leaving: int) -> list[str]:
    """Create a newsletter with subscribers; return the tokens of the half that unsubscribes."""
    shutil.copy(ROOT / "newsletter.yaml", folder / "newsletter.yaml")
    shutil.copytree(ROOT / "assets", folder / "assets")
    with open_database(Location(path=folder / "newsletter.db")) as database:
        mailing.fill(database, 2 * leaving)
    tokens = Tokens((KEY.encode(),))
    return [tokens.make(Purpose.UNSUBSCRIBE, leaving + number + 1, 1) for number in range(leaving)]


def _one_commit(folder: Path) -> float:
    """Time commits of a database that nothing else uses; return the median."""
    times = []
    with contextlib.closing(sqlite3.connect(folder / "alone.db", isolation_level=None)) as connection:
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE alone (id INTEGER)"):
            connection.execute(statement)
        for number in range(50):
            begun = time.perf_counter()
            connection.execute("INSERT INTO alone VALUES (?)", (number,))
            times.append(time.perf_counter() - begun)
    return median(times)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


async def _leave(port: int, tokens: list[str], pace: int) -> tuple[list[float], Counter[int]]:
    """Send a POST for each token when it is due, over connections that are kept."""
    waits: list[float] = []
    statuses: Counter[int] = Counter()
    due: asyncio.Queue[tuple[float, str] | None] = asyncio.Queue()

    async def connection() -> None:
        subscriber, writer = await asyncio.open_connection("127.0.0.1", port)
        while (given := await due.get()) is not None:
            at, token = given
            head = (
                f"POST /n/unsubscribe/{token} HTTP/1.1\r\nHost: news.example.org\r\nContent-Length: {len(BODY)}\r\n\r\n"
            )
            writer.write(head.encode() + BODY)
            answer = await subscriber.readuntil(b"\r\n\r\n")
            length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await subscriber.readexactly(length)
            waits.append(time.perf_counter() - at)
            statuses[int(answer[9:12])] += 1
        writer.close()

    workers = [asyncio.create_task(connection()) for _ in range(CONNECTIONS)]
    begun = time.perf_counter() + 0.2
    for number, token in enumerate(tokens):
        at = begun + number / pace
        await asyncio.sleep(max(0, at - time.perf_counter()))
        due.put_nowait((at, token))
    for _ in workers:
        due.put_nowait(None)
    await asyncio.gather(*workers)
    return waits, statuses


def _mail(folder: Path, port: int) -> None:
    """Run a mailing to everybody until told to stop; report its start, and how many messages were accepted."""
    stop = Stop()
    signal.signal(signal.SIGTERM, lambda *_: stop.say())
    with open_database(Location(path=folder / "newsletter.db")) as database:
        frozen = mailing.frozen(database, "2025-01-30")
        job = mailing.job(database, frozen, port, connections=4, rate=RATE)
        print("begins", flush=True)
        print(send(job, stop).came_to.get(DeliveryState.ACCEPTED, 0), flush=True)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.leaving", description="Measure one-click unsubscribing."
    )
    parser.add_argument("--pace", type=int, default=PACE, metavar="N", help=f"subscribers a second  [default: {PACE}]")
    parser.add_argument("--seconds", type=int, default=SECONDS, metavar="N", help=f"for so long  [default: {SECONDS}]")
    parser.add_argument("--mailing", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--sink", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.mailing is not None:
        _mail(given.mailing, given.sink)
        return 0
    load = leaving(given.pace, given.seconds)
    print(f"One click, {given.pace} subscribers a second for {given.seconds} s, on SQLite")
    print(f"  one commit by itself {load.commit * 1000:.1f} ms")
    print(f"  beside a mailing that sends {load.sent / given.seconds:,.0f} signed messages a second")
    for name, share in (("median", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("longest", 1.0)):
        print(f"  {name:<10}{load.at(share) * 1000:8.1f} ms")
    print(f"  answers {dict(load.statuses)}, subscribers who left {load.left}")
    return 0 if load.at(0.99) < 0.1 and set(load.statuses) == {200} else 1


if __name__ == "__main__":
    sys.exit(main())
