"""`python -m tests.torture.machines`: kills, cuts and freezes three machines of `compose work` that share one PostgreSQL.

Input: `--kills`, `--recipients`, `--seed`. Output: a table on stdout; it ends with a traceback if a promise is broken.
Each machine is a process of its own, and reaches the database and the mail server through proxies of its own, which delay
and cut its connections. One has a clock that is five minutes fast (if the package faketime is installed). In between, the
tables of the queue are emptied and dropped. The mail server is the only witness: it counts every copy that it accepted.
"""

import argparse
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, text

from composer.app.context import open_newsletter
from composer.app.mailings.mailing_proposal import propose
from composer.app.mailings.mailing_start import MailingWaits, send
from composer.app.mailings.send_options import SendOptions
from composer.app.mailings.send_target import target_of
from composer.app.work.cluster_engine import SCHEMA
from composer.core.environment import Environment
from composer.database.engine import Database, connect
from composer.database.schema_upgrade import upgrade
from composer.database.tables.mailing_tables import deliveries
from composer.delivery.config.delivery_settings import settings_of
from composer.delivery.core.mailing import sums_of
from composer.delivery.core.states import OPEN, DeliveryState
from tests.cli_harness import BODY, ISSUE, NEWSLETTER
from tests.databases import PostgresServer
from tests.delivery.factories import add_subscribers
from tests.fake_smtp import FakeSmtp, SmtpSession
from tests.torture.__main__ import postgres_server

ROOT = Path(__file__).parent.parent.parent
#: Messages that a machine sends at the same time: at most so many become unconfirmed by one kill or cut.
_CONNECTIONS = 4
_MACHINES = 3
#: The library of the package faketime.
_FAKE_TIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
S = DeliveryState


class Proxy:
    """Passes bytes between a machine and a server, with a delay; `cut` breaks every connection in the middle."""

    def __init__(self, listening: socket.socket, reach: Callable[[], socket.socket], delay: float) -> None:
        self._listening, self._reach, self._delay = listening, reach, delay
        self._open = set[socket.socket]()
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        """Break all connections at once."""
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        while True:
            near, _ = self._listening.accept()
            try:
                far = self._reach()
            except OSError:
                near.close()
                continue
            with self._lock:
                self._open |= {near, far}
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                time.sleep(self._delay)
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(source)
        source.close()


def _unix(path: str) -> socket.socket:
    far = socket.socket(socket.AF_UNIX)
    far.connect(path)
    return far


@dataclass
class Machine:
    """One process of `compose work`, started again whenever it has ended."""

    number: int
    folder: Path
    environment: dict[str, str]
    database: Proxy
    mail: Proxy
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        command = [sys.executable, "-m", "composer", "work", "--name", f"machine-{self.number}"]
        with (self.folder.parent / f"machine-{self.number}.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.start()

    def freeze(self, seconds: float) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        assert self.process is not None
        self.process.terminate()
        assert self.process.wait(120) == 0, (self.folder.parent / f"machine-{self.number}.log").read_text()[-2000:]


@dataclass
class Cluster:
    """Three machines, their server, and what was done to them."""

    machines: list[Machine]
    database: Database
    dice: random.Random
    done: Counter[str] = field(default_factory=Counter)

    def disturb(self) -> None:
        """Do one thing to one machine, or to the queue."""
        machine = self.dice.choice(self.machines)
        actions: dict[str, tuple[int, Callable[[], None]]] = {
            "kill": (70, machine.kill),
            "database cut": (10, machine.database.cut),
            "mail server cut": (10, machine.mail.cut),
            "frozen": (5, lambda: machine.freeze(1.0)),
            "queue emptied": (
                3,
                lambda: self._queue("TRUNCATE {0}.procrastinate_jobs, {0}.procrastinate_workers CASCADE"),
            ),
            "queue dropped": (2, lambda: self._queue("DROP SCHEMA IF EXISTS {0} CASCADE")),
        }
        (name,) = self.dice.choices(list(actions), [weight for weight, _ in actions.values()])
        actions[name][1]()
        self.done[name] += 1
        for each in self.machines:
            # One that was cut off may have ended with an error; systemd would start it again.
            if each.process is not None and each.process.poll() is not None:
                self.done["ended"] += 1
                each.start()

    def _queue(self, statement: str) -> None:
        with contextlib.suppress(Exception), self.database.write() as connection:
            connection.execute(text(statement.format(SCHEMA)))


def _freeze(folder: Path, environment: Environment, day: int) -> int:
    """Write the issue of a day, and freeze it to be sent now."""
    name = f"2031-03-{day:02}"
    issue = ISSUE.replace("{subject}", f"A letter for you, number {day}").replace("{body}", BODY)
    (folder / "issues" / f"{name}.yaml").write_text(issue.replace("2031-01-30", name), encoding="utf-8")

    def clock() -> datetime:
        return datetime.now(UTC)

    with open_newsletter(folder, environment) as context:
        options = SendOptions(allowed={"untested": "a test", "no-pages": "a test"})
        settings = settings_of(context.newsletter)
        proposed = propose(
            context, target_of(context, name, options), options, settings, clock, due=clock().replace(microsecond=0)
        )
        outcome = send(context, proposed)
    assert isinstance(outcome, MailingWaits), outcome
    return outcome.mailing.id


def _check(database: Database, mailing_id: int, copies: Counter[str], disturbances: int) -> Counter[DeliveryState]:
    """Compare the ledger with what the mail server has."""
    from composer.database.tables.subscriber_tables import subscribers

    with database.read() as connection:
        sums = sums_of(connection, mailing_id)
        rows = connection.execute(
            select(subscribers.c.address, deliveries.c.state)
            .join_from(deliveries, subscribers, deliveries.c.subscriber_id == subscribers.c.id)
            .where(deliveries.c.mailing_id == mailing_id)
        ).all()
    assert sums.is_even, sums
    assert not [address for address, count in copies.items() if count > 1], "second copies"
    for address, state in rows:
        assert state in (S.ACCEPTED, S.UNKNOWN), (address, state)
        assert copies[address] == 1 or state == S.UNKNOWN, f"{address} is lost"
    found = Counter(S(state) for _, state in rows)
    assert found[S.UNKNOWN] <= _CONNECTIONS * disturbances, found
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.torture.machines", description="Kill machines, count copies."
    )
    parser.add_argument("--kills", type=int, default=1000, metavar="N", help="disturbances in all  [default: 1000]")
    parser.add_argument("--recipients", type=int, default=2000, metavar="N", help="of a mailing  [default: 2000]")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the dice  [default: 1]")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, postgres_server(Path(name)) as server:
        _torture(Path(name), server, given.kills, given.recipients, given.seed)


def _torture(folder: Path, server: PostgresServer, kills: int, recipients: int, seed: int) -> None:
    dice = random.Random(seed)
    location = server.create()
    with connect(location) as database:
        upgrade(database)
        with database.write() as connection:
            add_subscribers(connection, recipients)
    copies: Counter[str] = Counter()

    def dot(session: SmtpSession) -> int:
        assert session.recipient is not None
        time.sleep(0.02)
        copies[session.recipient.decode().partition("<")[2].partition(">")[0]] += 1
        return session.say(b"250 2.0.0 Ok\r\n")

    with (
        FakeSmtp({"dot": dot}) as office,
        connect(location) as database,
        _cluster(folder, server, database, office, dice) as cluster,
    ):
        environment = Environment(environment=cluster.machines[0].environment, folder=folder / "config")
        print("mailing  recipients  copies  accepted  unconfirmed   bound  seconds", flush=True)
        for day in range(1, 29):
            begun, before = time.monotonic(), cluster.done.total()
            copies.clear()
            office.taken.clear()
            mailing_id = _freeze(folder / "news", environment, day)
            while _is_open(database, mailing_id):
                if cluster.done.total() < kills:
                    cluster.disturb()
                time.sleep(dice.uniform(0.2, 1.5))
            disturbances = cluster.done.total() - before
            found = _check(database, mailing_id, copies, disturbances + _MACHINES)
            print(
                f"{mailing_id:>7}{recipients:>12}{copies.total():>8}{found[S.ACCEPTED]:>10}{found[S.UNKNOWN]:>13}"
                f"{_CONNECTIONS * disturbances:>8}{time.monotonic() - begun:>9.0f}",
                flush=True,
            )
            if cluster.done.total() >= kills:
                break
        print(f"done to the machines: {dict(cluster.done.most_common())}")
        print(
            "No recipient has two copies, none is lost, the totals match, and unconfirmed deliveries are within the bound."
        )


def _is_open(database: Database, mailing_id: int) -> bool:
    with database.read() as connection:
        sums = sums_of(connection, mailing_id)
    return any(sums[state] for state in OPEN)


@contextlib.contextmanager
def _cluster(
    folder: Path, server: PostgresServer, opened: Database, office: FakeSmtp, dice: random.Random
) -> Iterator[Cluster]:
    news = folder / "news"
    (news / "issues").mkdir(parents=True)
    # Without public pages: the links lead to an address that is never opened.
    (news / "newsletter.yaml").write_text(NEWSLETTER + f"  connections: {_CONNECTIONS}\n", encoding="utf-8")
    machines, name = [], opened.location.name.rpartition("/")[2]
    for number in range(1, _MACHINES + 1):
        place = folder / f"socket-{number}"
        place.mkdir()
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(place / ".s.PGSQL.5432"))
        listening.listen(100)
        database = Proxy(listening, lambda: _unix(f"{server.socket}/.s.PGSQL.5432"), 0.002)
        port = socket.create_server(("127.0.0.1", 0))
        mail = Proxy(port, lambda: socket.create_connection(("127.0.0.1", office.port)), 0.005)
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder / f"home-{number}"),
            "XDG_STATE_HOME": str(folder / f"home-{number}" / "state"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "COMPOSE_DATABASE_URL": f"postgresql://postgres@/{name}?host={place}",
            "COMPOSE_SMTP_URL": f"smtp://127.0.0.1:{port.getsockname()[1]}",
            "COMPOSE_SECRET_KEY": "k" * 32,
        }
        if number == _MACHINES and _FAKE_TIME.exists():
            environment |= {"LD_PRELOAD": str(_FAKE_TIME), "FAKETIME": "+5m", "DONT_FAKE_MONOTONIC": "1"}
        machines.append(Machine(number=number, folder=news, environment=environment, database=database, mail=mail))
    for each in machines:
        each.start()
    try:
        yield Cluster(machines=machines, database=opened, dice=dice)
        for each in machines:
            each.end()
    finally:
        for each in machines:
            if each.process is not None and each.process.poll() is None:
                each.process.kill()


if __name__ == "__main__":
    main()
