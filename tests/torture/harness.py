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
from pathlib import Path

from sqlalchemy import select

from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries
from composer.delivery.core.mailing import Sums, sums_of
from composer.delivery.core.states import DeliveryState
from tests.delivery.factories import frozen
from tests.fake_smtp import FakeSmtp, HangUp, SmtpSession
from tests.torture.nursery import STEPS, Order

ROOT = Path(__file__).parent.parent.parent
_GOOD = b"250 2.1.5 Ok\r\n"


class Liar:
    """A server that misbehaves randomly in all important ways, and kills the processes that use it."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self._lock = threading.Lock()
        self._recipients = 0
        self.copies: Counter[int] = Counter()
        #: Messages without an answer after the dot, although no process was killed.
        self.silent = 0
        #: Kills a process when its dot has arrived; set by the harness.
        self.kill_at_dot = threading.Event()
        self.killed = threading.Event()
        self.victims: list[int] = []
        #: The number of messages after which the next one waits for `free`; None for no limit.
        self.most: int | None = None
        self.free = threading.Event()
        self.office = FakeSmtp({"rcpt": self.rcpt, "dot": self.dot, "mail": self.mail, "greeting": self.greeting})

    def _roll(self) -> float:
        with self._lock:
            return self.dice.random()

    def greeting(self, visit: SmtpSession) -> int:
        if self._roll() < 0.02:
            visit.say(b"421 4.3.2 too busy\r\n")
            raise HangUp
        return visit.say(b"220 liar.example ESMTP\r\n")

    def mail(self, visit: SmtpSession) -> int:
        with self._lock:
            is_too_much = self.most is not None and self.most <= 0
            self.most = None if self.most is None else self.most - 1
        if is_too_much:
            self.free.wait(20)
        if self._roll() < 0.01:
            visit.say(b"421 4.3.2 closing\r\n")
            raise HangUp
        return visit.say(b"250 2.1.0 Ok\r\n")

    def rcpt(self, visit: SmtpSession) -> int:
        with self._lock:
            self._recipients += 1
            is_third = self._recipients % 3 == 0
        return visit.say(b"451 try later\r\n") if is_third else visit.say(_GOOD)

    def dot(self, visit: SmtpSession) -> int:
        """Accept the message or not, answer or not, slowly or not."""
        fate = self._roll()
        if self.kill_at_dot.is_set():
            with self._lock:
                if self.kill_at_dot.is_set():
                    self.kill_at_dot.clear()
                    # On SQLite, only one of several processes is sending; the others have exited.
                    if any(map(_kill, self.victims)):
                        self.killed.set()
        if fate < 0.10:
            self._take(visit)
            self.silent += 1
            raise HangUp
        if fate < 0.14:
            self.silent += 1
            raise HangUp
        if fate < 0.17:
            return visit.say(b"452 4.3.1 disk full\r\n")
        if fate < 0.19:
            visit.say(b"421 4.3.2 closing\r\n")
            raise HangUp
        self._take(visit)
        if fate < 0.35:
            time.sleep(0.03)
        visit.say(b"250 2.0.0 Ok: queued as Q1\r\n")
        return 0

    def _take(self, visit: SmtpSession) -> None:
        assert visit.recipient is not None
        number = int(visit.recipient.partition(b"<Reader")[2].partition(b"@")[0])
        with self._lock:
            self.copies[number] += 1


@dataclass
class Tally:
    """The counts of a run."""

    kills: int = 0
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
        for name in ("kills", "restarts", "recipients", "copies", "unknown", "silent", "bound"):
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
) -> Tally:
    """Send one mailing to its end, with this number of kills. Raises AssertionError if a promise is broken."""
    dice = random.Random(seed)
    mailing = frozen(database, recipients)
    liar = Liar(seed)
    tally = Tally(recipients=recipients)
    location, witness = database.location, folder / f"witness-{seed}"
    order = Order(
        path=str(location.path or ""),
        url=location.url,
        mailing=mailing.id,
        port=liar.office.port,
        connections=connections,
    )
    with liar.office:
        while True:
            is_killing = tally.kills < kills
            step = dice.choice((*STEPS, "at the dot", "at random", "at random")) if is_killing else ""
            number = dice.randint(1, 12)
            orders = [order] * processes
            if step in STEPS:
                # In every process: each dies when it reaches this point, so that many die together.
                orders = [replace(order, step=step, number=number, witness=str(witness))] * processes
            if step == "at random":
                # Even on a slow machine, the kill comes before everything is sent.
                liar.free.clear()
                liar.most = random.Random(f"{seed} {tally.restarts}").randint(1, recipients // 2)
            running = [births.begin(each) for each in orders]
            tally.restarts += 1
            before = witness.stat().st_size if witness.exists() else 0
            liar.victims = running
            killed = late = 0
            if step == "at the dot":
                liar.killed.clear()
                liar.kill_at_dot.set()
                late = _wait(running, 60, liar.killed)
                liar.kill_at_dot.clear()
                killed = liar.killed.is_set()
            elif step == "at random":
                time.sleep(dice.uniform(0.0, 0.25))
                living = [each for each in running if _is_alive(each)]
                killed = bool(living) and _kill(dice.choice(living))
                liar.most = None
                liar.free.set()
            elif step:
                late = _wait(running, 60)
                killed = (witness.stat().st_size if witness.exists() else 0) - before
            tally.by_step[step] += int(killed)
            killed += late
            if dice.random() < 0.5 and step:
                # All others at the same time, as in a power failure.
                killed += sum(map(_kill, running))
            killed += _wait(running, 60)
            tally.kills += killed
            tally.bound += connections * killed
            sums = _check(database, mailing.id, liar, tally)
            if not sums.open:
                break
    tally.copies, tally.unknown, tally.silent = sum(liar.copies.values()), sums[DeliveryState.UNKNOWN], liar.silent
    assert sums[DeliveryState.ACCEPTED] + sums[DeliveryState.UNKNOWN] == recipients, sums
    assert tally.unknown - tally.silent <= tally.bound, tally
    return tally


def _check(database: Database, mailing_id: int, liar: Liar, tally: Tally) -> Sums:
    """Compare the ledger with the server's own counts."""
    with database.read() as connection:
        sums = sums_of(connection, mailing_id)
        rows = connection.execute(
            select(deliveries.c.subscriber_id, deliveries.c.state).where(deliveries.c.mailing_id == mailing_id)
        ).all()
    assert sums.is_even, sums
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


def _wait(running: list[int], seconds: float, enough: threading.Event | None = None) -> int:
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
