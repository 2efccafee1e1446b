"""Readers leave by one click, 200 a second, while a mailing writes into the same SQLite database from another process.

Comes in: a pace and a time. Goes out: how long answers took. The pages are `compose serve` itself, in a process of its own;
requests begin when they are due, whether or not the one before was answered, and a wait is counted from then.
"""

import argparse
import asyncio
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks import ROOT
from composer.audience.changing import add
from composer.audience.tokens import Purpose, Tokens
from composer.content.addresses import Address
from composer.database.engine import open_database
from composer.database.location import Location

KEY = "0123456789abcdef" * 4
BODY = b"List-Unsubscribe=One-Click"
PACE, SECONDS = 200, 30
CONNECTIONS = 16
#: What the writer of a mailing commits at once: the connections of a run, twice for each group (before the dot, behind it).
GROUP = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What came of it; waits in seconds."""

    waits: tuple[float, ...]
    statuses: Counter[int]
    #: Rows that the mailing wrote meanwhile, each committed twice.
    written: int
    left: int
    #: What one commit took by itself, before the rest began: a disk that others use makes everything here slower.
    commit: float

    def at(self, share: float) -> float:
        """Give the wait that so large a share did not exceed."""
        return sorted(self.waits)[min(len(self.waits) - 1, int(len(self.waits) * share))]


def leaving(pace: int = PACE, seconds: int = SECONDS) -> Load:
    """Run the pages, a mailing, and readers who leave."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tokens = _publication(folder, pace * seconds)
        commit = _one_commit(folder / "newsletter.db")
        port = _free_port()
        environment = {**os.environ, "COMPOSE_SECRET_KEY": KEY, "XDG_CONFIG_HOME": name, "COMPOSE_DATABASE_URL": ""}
        command = [sys.executable, "-m", "composer", "serve", "--port", str(port)]
        with (
            subprocess.Popen(
                command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            ) as pages,
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.leaving", "--mailing", str(folder / "newsletter.db")],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
            ) as mailing,
        ):
            try:
                assert pages.stdout is not None
                assert pages.stdout.readline(), "the pages did not start"
                waits, statuses = asyncio.run(_leave(port, tokens, pace))
                mailing.terminate()
                written, _ = mailing.communicate()
            finally:
                pages.terminate()
                mailing.kill()
        with sqlite3.connect(folder / "newsletter.db") as connection:
            query = "SELECT count(*) FROM readers WHERE status = 'unsubscribed'"
            [left] = connection.execute(query).fetchone()
        connection.close()
        return Load(waits=tuple(waits), statuses=statuses, written=int(written), left=left, commit=commit)


def _publication(folder: Path, readers: int) -> list[str]:
    text = (ROOT / "newsletter.yaml").read_text(encoding="utf-8")
    (folder / "newsletter.yaml").write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "assets", folder / "assets")
    tokens, now = Tokens((KEY.encode(),)), datetime.now(UTC)
    with open_database(Location(path=folder / "newsletter.db")) as database, database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE standing_in (id INTEGER PRIMARY KEY, state TEXT, at INTEGER)")
        ids = [
            add(connection, Address(address=f"r{number}@example.net"), {}, source="bench", now=now, consent="a").id
            for number in range(readers)
        ]
    return [tokens.make(Purpose.UNSUBSCRIBE, each, 1) for each in ids]


def _one_commit(path: Path) -> float:
    """Time commits with nobody else on the database; give the median."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    times = []
    for number in range(50):
        begun = time.perf_counter()
        connection.execute("REPLACE INTO standing_in VALUES (?, 'alone', 0)", (-number,))
        times.append(time.perf_counter() - begun)
    connection.close()
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
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (given := await due.get()) is not None:
            at, token = given
            head = (
                f"POST /n/unsubscribe/{token} HTTP/1.1\r\nHost: news.example.org\r\nContent-Length: {len(BODY)}\r\n\r\n"
            )
            writer.write(head.encode() + BODY)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
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


def _mailing(path: Path) -> None:
    """Write as a run's recorder does, as fast as it can, until told to stop: claims and outcomes in groups."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("PRAGMA synchronous=FULL")
    written = 0
    is_over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: is_over.set())
    while not is_over.is_set():
        numbers = range(written, written + GROUP)
        for state in ("sending", "accepted"):
            connection.execute("BEGIN IMMEDIATE")
            rows = [(number, state, time.time_ns()) for number in numbers]
            connection.executemany("REPLACE INTO standing_in VALUES (?, ?, ?)", rows)
            connection.execute("COMMIT")
            # Between two commits messages are made, signed and handed over.
            time.sleep(0.001)
        written += GROUP
    print(written)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.leaving", description="Measure one-click unsubscribing."
    )
    parser.add_argument("--pace", type=int, default=PACE, metavar="N", help=f"readers a second  [default: {PACE}]")
    parser.add_argument("--seconds", type=int, default=SECONDS, metavar="N", help=f"for so long  [default: {SECONDS}]")
    parser.add_argument("--mailing", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.mailing is not None:
        _mailing(given.mailing)
        return 0
    load = leaving(given.pace, given.seconds)
    print(f"One click, {given.pace} a second for {given.seconds} s, on SQLite")
    print(f"  one commit by itself {load.commit * 1000:.1f} ms")
    print(f"  beside a mailing that writes {load.written / given.seconds:,.0f} rows a second, each twice")
    for name, share in (("median", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("longest", 1.0)):
        print(f"  {name:<10}{load.at(share) * 1000:8.1f} ms")
    print(f"  answers {dict(load.statuses)}, readers who left {load.left}, median {median(load.waits) * 1000:.1f} ms")
    return 0 if load.at(0.99) < 0.1 and set(load.statuses) == {200} else 1


if __name__ == "__main__":
    sys.exit(main())
