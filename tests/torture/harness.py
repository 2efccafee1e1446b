"""Kills runs and counts copies: real processes, real databases, a server that gives wrong answers.

Input: a database, the number of processes, connections and kills. Output: a `Tally`, after checking every restart: the
totals equal the frozen audience, no recipient has two copies, and no copy is forgotten. The server is the only witness:
it counts what it accepted, whatever it answered.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from sqlalchemy import select

from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries
from composer.delivery.core.mailing import Sums, sums_of
from composer.delivery.core.states import DeliveryState
from tests.delivery.factories import frozen
from tests.delivery.message_workers import ends
from tests.torture.liar import Liar
from tests.torture.nursery import STEPS, Order
from tests.torture.personal_mailing import Roll, frozen_personal

ROOT = Path(__file__).parent.parent.parent
#: Where processes are killed from outside, in addition to the steps at which they kill themselves.
_OUTSIDE = ("at the dot", "at random", "at random")
#: Messages from one start of a run to a kill "at random", at most.
_FEW = 60


class Prey(StrEnum):
    """What is killed: a run, first its message workers and then the run, or both at once."""

    RUN = "run"
    WORKERS_FIRST = "workers first"
    BOTH = "both"


@dataclass
class Tally:
    """The counts of a run."""

    kills: int = 0
    #: Message workers that were killed, not counting those that end with their run.
    workers: int = 0
    restarts: int = 0
    recipients: int = 0
    copies: int = 0
    #: Unconfirmed deliveries, and those of them that the server caused.
    unknown: int = 0
    silent: int = 0
    #: The maximum: connections times kills.
    bound: int = 0
    by_step: Counter[str] = field(default_factory=Counter)

    def __iadd__(self, other: "Tally") -> "Tally":
        for name in ("kills", "workers", "restarts", "recipients", "copies", "unknown", "silent", "bound"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.by_step += other.by_step
        return self


class Nursery:
    """Starts the runs."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def begin(self, order: Order) -> int:
        """Start a run, and return its process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


@contextlib.contextmanager
def nursery() -> Iterator[Nursery]:
    one = Nursery()
    try:
        yield one
    finally:
        one.close()


def torture(
    database: Database,
    births: Nursery,
    folder: Path,
    *,
    seed: int,
    processes: int,
    connections: int,
    kills: int,
    recipients: int,
    has_workers: bool = False,
    has_failover: bool = False,
) -> Tally:
    """Send one mailing to its end, with this number of kills. Raises AssertionError if a promise is broken.

    `has_workers`: the messages are made as in a large mailing, by message workers, which are killed, too. `has_failover`:
    there is a preferred mail server, which is down, throttles, rejects the sender and works, in turns.
    """
    dice = random.Random(seed)
    mailing = (frozen_personal if has_workers else frozen)(database, recipients)
    liar = Liar(seed, is_personal=has_workers)
    tally = Tally(recipients=recipients)
    location = database.location
    order = Order(
        path=str(location.path or ""),
        url=location.url,
        mailing=mailing.id,
        port=liar.office.port,
        connections=connections,
        preferred_port=liar.preferred.port if has_failover else 0,
    )
    with liar.office, liar.preferred:
        while True:
            step = dice.choice((*STEPS, *_OUTSIDE)) if tally.kills < kills else ""
            prey = dice.choice(list(Prey)) if has_workers else Prey.RUN
            life = _Life(folder / f"{seed}-{tally.restarts}", liar, births, dice, prey, has_workers=has_workers)
            killed = life.live([order] * processes, step)
            tally.restarts += 1
            tally.kills += killed
            tally.workers += life.roll.killed
            tally.by_step[step] += killed
            tally.bound += connections * (1 + has_failover) * killed
            sums = _check(database, mailing.id, liar, tally)
            if not sums.open:
                break
    tally.copies, tally.unknown, tally.silent = sum(liar.copies.values()), sums[DeliveryState.UNKNOWN], liar.silent
    assert sums[DeliveryState.ACCEPTED] + sums[DeliveryState.UNKNOWN] == recipients, sums
    assert tally.unknown - tally.silent <= tally.bound, tally
    return tally


class _Life:
    """Processes that send a mailing, from their start until all of them have ended."""

    def __init__(
        self, path: Path, liar: Liar, births: Nursery, dice: random.Random, prey: Prey, *, has_workers: bool
    ) -> None:
        self._liar, self._births, self._dice, self._prey = liar, births, dice, prey
        self._witness, self.roll = path.with_suffix(".witness"), Roll(path.with_suffix(".roll"))
        self._has_workers = has_workers
        self._running: list[int] = []

    def live(self, orders: list[Order], step: str) -> int:
        """Start the processes, kill at this step, wait for the end; return how many were killed."""
        self._liar.kill = self._kill_any
        self._running = [self._births.begin(each) for each in self._prepared(orders, step)]
        killed = 0
        if step == "at the dot":
            self._liar.killed.clear()
            self._liar.kill_at_dot.set()
            killed = wait_until_gone(self._running, 60, self._liar.killed)
            self._liar.kill_at_dot.clear()
            killed += self._liar.killed.is_set()
        elif step == "at random":
            if self._has_workers and self._is_warm:
                while not self.roll.is_ready and any(map(_is_alive, self._running)):
                    time.sleep(0.003)
            time.sleep(self._dice.uniform(0.0, 0.25))
            killed = self._kill_any()
            self._liar.most = None
            self._liar.free.set()
        elif step:
            killed = wait_until_gone(self._running, 60)
            killed += self._witness.stat().st_size if self._witness.exists() else 0
        if step and self._dice.random() < 0.5:
            # All others at the same time, as in a power failure.
            killed += sum(map(_kill, self._running))
        # The last life sends the rest, however long a busy machine takes.
        killed += wait_until_gone(self._running, 60 if step else 600)
        for pid in self.roll.pids:
            assert ends(pid), f"message worker {pid} is alive without its run"
        return killed

    def _prepared(self, orders: list[Order], step: str) -> list[Order]:
        number = self._dice.randint(1, 20 if self._has_workers else 12)
        self._is_warm = self._dice.random() < 0.5
        if self._has_workers:
            orders = [replace(each, roll=str(self.roll.path), is_warm=self._is_warm) for each in orders]
        if step == "at random":
            # Even on a slow machine, the kill comes before everything is sent.
            self._liar.free.clear()
            self._liar.most = self._dice.randint(1, _FEW)
        if step not in STEPS:
            return orders
        before = {Prey.RUN: 0, Prey.WORKERS_FIRST: self._dice.randint(1, number), Prey.BOTH: number}[self._prey]
        # In every process: each dies when it reaches this point, so that many die together.
        return [
            replace(each, step=step, number=number, witness=str(self._witness), workers_number=before)
            for each in orders
        ]

    def _kill_any(self) -> bool:
        """Kill one run that is alive, or its message workers first; on SQLite, the others have exited."""
        if self._prey is not Prey.RUN:
            self.roll.kill()
        if self._prey is Prey.WORKERS_FIRST:
            time.sleep(self._dice.uniform(0.0, 0.1))
        return any(map(_kill, self._dice.sample(self._running, len(self._running))))


def _check(database: Database, mailing_id: int, liar: Liar, tally: Tally) -> Sums:
    """Compare the ledger with the server's own counts."""
    with database.read() as connection:
        sums = sums_of(connection, mailing_id)
        rows = connection.execute(
            select(deliveries.c.subscriber_id, deliveries.c.state).where(deliveries.c.mailing_id == mailing_id)
        ).all()
    assert sums.is_even, sums
    assert not liar.wrong, f"messages of others, or without a signature: {liar.wrong}"
    for subscriber_id, state in rows:
        copies = liar.copies[subscriber_id]
        assert copies <= 1, f"subscriber {subscriber_id} has {copies} copies ({tally})"
        if copies:
            # `sending`: its process is dead, and no other process has checked yet.
            known = (DeliveryState.ACCEPTED, DeliveryState.UNKNOWN, DeliveryState.SENDING)
            assert state in known, f"subscriber {subscriber_id} has a copy and is {state} ({tally})"
        if state == DeliveryState.ACCEPTED:
            assert copies == 1, f"subscriber {subscriber_id} is accepted and has no copy ({tally})"
    return sums


def _kill(process: int) -> bool:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(running: list[int], seconds: float, enough: threading.Event | None = None) -> int:
    """Wait until the processes are gone or the time is over, kill the remaining ones, and return their number."""
    end = time.monotonic() + seconds
    while running and time.monotonic() < end:
        if enough is not None and enough.is_set():
            return 0
        running = [each for each in running if _is_alive(each)]
        time.sleep(0.003)
    for each in running:
        _kill(each)
        while _is_alive(each):
            time.sleep(0.003)
    return len(running)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
