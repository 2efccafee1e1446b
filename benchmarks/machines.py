"""Sends a mailing with one machine and with two: each is a process of `compose work`, all share one PostgreSQL.

Input: nothing. Output: messages per second to a server that is 200 ms away, and the share of a configured rate that two
machines keep together, by the server's own clock. The mailing is scheduled for a full minute, and the machines wait for it.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import ROOT
from benchmarks.audience import NEWSLETTER
from benchmarks.handover import quick_sink
from benchmarks.mailing import draft, fill
from benchmarks.steady import postgres
from composer.database.engine import Database, connect
from composer.database.location import Location
from composer.database.schema_upgrade import upgrade
from composer.delivery.core.mailing import Mailing, sums_of
from composer.delivery.core.states import DeliveryState
from composer.delivery.selection.freeze import freeze

#: Seconds until an answer of the server, connections of each machine, and messages per minute.
LATE, CONNECTIONS, RATE = 0.2, 16, 1_200
#: One machine needs a good minute for the first mailing, two machines for the second one.
_FREE_MESSAGES, _LIMITED_MESSAGES = 3_000, 1_500
#: The longest time that a machine may need to start, and a mailing to be sent, in seconds.
_LONGEST = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Messages per second, from the first message to the last one."""

    one: float
    two: float
    #: With a rate, by two machines: the share of the rate.
    of_rate: float


def machines() -> Shared:
    """Measure all three, one after the other."""
    with tempfile.TemporaryDirectory() as name, postgres(Path(name)) as location, connect(location) as database:
        upgrade(database)
        fill(database, _FREE_MESSAGES)
        one, two = (_sent(database, Path(name), f"free-{count}", count) for count in (1, 2))
    with tempfile.TemporaryDirectory() as name, postgres(Path(name)) as location, connect(location) as database:
        upgrade(database)
        fill(database, _LIMITED_MESSAGES)
        limited = _sent(database, Path(name), "limited", 2, rate=RATE)
    return Shared(one=one, two=two, of_rate=limited / (RATE / 60))


def _sent(database: Database, folder: Path, issue: str, count: int, *, rate: int | None = None) -> float:
    """Send a mailing with this number of machines; return messages per second."""
    log, news = folder / f"{issue}.log", folder / issue
    news.mkdir()
    limit = "" if rate is None else f"  rate: {rate}/min\n"
    settings = (
        f"{NEWSLETTER}delivery:\n  unsubscribe_url: https://leave.example.org/{{token}}\n  connections: {CONNECTIONS}\n"
    )
    (news / "newsletter.yaml").write_text(settings + limit, encoding="utf-8")
    with quick_sink("--late", str(LATE), "--log", str(log)) as port, ExitStack() as running:
        for number in range(1, count + 1):
            running.enter_context(_machine(news, database.location, port, f"machine-{number}"))
        mailing, end = _scheduled(database, issue), time.monotonic() + _LONGEST
        while time.monotonic() < end:
            with database.read() as connection:
                sums = sums_of(connection, mailing.id)
            if sums[DeliveryState.ACCEPTED] == sums.frozen:
                break
            time.sleep(0.5)
    moments = sorted(float(line) for line in log.read_text(encoding="utf-8").split())
    assert len(moments) == mailing.frozen, f"{len(moments)} of {mailing.frozen} messages arrived"
    return (len(moments) - 1) / (moments[-1] - moments[0])


def _scheduled(database: Database, issue: str) -> Mailing:
    """Freeze a mailing for the next full minute that is not too close."""
    due = (datetime.now(UTC) + timedelta(seconds=70)).replace(second=0, microsecond=0)
    with database.write() as connection:
        return freeze(connection, replace(draft(issue), due=due), datetime.now(UTC))


@contextmanager
def _machine(news: Path, location: Location, port: int, name: str) -> Iterator[None]:
    """Run a machine inside the block."""
    home = news / name
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "COMPOSE_DATABASE_URL": location.url,
        "COMPOSE_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "COMPOSE_SECRET_KEY": "k" * 32,
    }
    command = [sys.executable, "-m", "composer", "work", "--name", name]
    process = subprocess.Popen(command, cwd=news, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        # Its jobs, as soon as it has started.
        assert process.stdout is not None
        assert process.stdout.readline().startswith(name)
        yield
    finally:
        process.terminate()
        process.communicate()
