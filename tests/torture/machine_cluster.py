"""Three machines of `compose work` that share one PostgreSQL, and what is done to them.

Input: a folder, a server, a fake mail server, dice. Output: a `Cluster`. Guarantees: each machine is a process of its own, and
reaches both servers only through proxies of its own, which delay and cut its connections, or stop passing anything on.
"""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from composer.app.work.cluster_engine import SCHEMA
from composer.database.engine import Database
from tests.cli_harness import NEWSLETTER
from tests.databases import PostgresServer
from tests.fake_smtp import FakeSmtp
from tests.torture.network_proxy import Proxy

ROOT = Path(__file__).parent.parent.parent
#: Messages that a machine sends at the same time: at most so many become unconfirmed by one kill or cut.
CONNECTIONS = 4
MACHINES = 3
#: The library of the package faketime.
_FAKE_TIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
#: Seconds until a machine that is plugged in again must have had a heartbeat.
_BACK = 120.0
_HELD = """
    SELECT count(*) FROM deliveries JOIN workers ON workers.id = deliveries.worker_id
    WHERE deliveries.mailing_id = :id AND deliveries.state IN ('claimed', 'sending') AND workers.process = :process
"""
_SEEN = "SELECT coalesce(max(seen), 0) FROM machines WHERE process = :process"


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

    def unplug(self) -> None:
        """Stop the process and its connections, without an end that a server could notice."""
        assert self.process is not None
        for each in (self.database, self.mail):
            each.unplug()
        self.process.send_signal(signal.SIGSTOP)

    def plug_in(self) -> None:
        """Continue the process where it stopped, and pass on what was held back."""
        assert self.process is not None
        for each in (self.database, self.mail):
            each.plug_in()
        self.process.send_signal(signal.SIGCONT)

    @property
    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

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
    unplugged: Machine | None = None

    def disturb(self) -> None:
        """Do one thing to one machine that is plugged in, or to the queue."""
        machine = self.dice.choice([each for each in self.machines if each is not self.unplugged])
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
            if each.has_ended:
                self.done["ended"] += 1
                each.start()

    def unplug(self, mailing_id: int) -> int:
        """Unplug a machine that has claimed deliveries; return how many. 0 if none has, and then nothing is done."""
        machines = list(self.machines)
        self.dice.shuffle(machines)
        for machine in machines:
            machine.unplug()
            # One that had just ended is started again later.
            if machine.has_ended:
                machine.plug_in()
                continue
            if held := self.held(mailing_id, machine):
                self.unplugged = machine
                self.done["unplugged"] += 1
                return held
            machine.plug_in()
        return 0

    def held(self, mailing_id: int, machine: Machine) -> int:
        """Return how many deliveries a machine has claimed or is sending."""
        assert machine.process is not None
        with self.database.read() as connection:
            found: int = connection.execute(
                text(_HELD), {"id": mailing_id, "process": machine.process.pid}
            ).scalar_one()
        return found

    def plug_in(self) -> None:
        """Plug the machine in again. After two heartbeats, end it, so that it can send no more, and start it anew."""
        machine = self.unplugged
        assert machine is not None
        before = self._seen(machine)
        machine.plug_in()
        self._wait_for_heartbeat(machine, before)
        self._wait_for_heartbeat(machine, self._seen(machine))
        if not machine.has_ended:
            machine.end()
        machine.start()
        self._wait_for_heartbeat(machine, 0)
        self.unplugged = None

    def _seen(self, machine: Machine) -> int:
        """Return the time of a process's last heartbeat; 0 before the first one."""
        assert machine.process is not None
        with self.database.read() as connection:
            found: int = connection.execute(text(_SEEN), {"process": machine.process.pid}).scalar_one()
        return found

    def _wait_for_heartbeat(self, machine: Machine, before: int) -> None:
        """Wait until a machine has had another heartbeat, or has ended."""
        until = time.monotonic() + _BACK
        while not machine.has_ended and self._seen(machine) <= before:
            assert time.monotonic() < until, "the unplugged machine does not work again"
            time.sleep(0.2)

    def _queue(self, statement: str) -> None:
        with contextlib.suppress(Exception), self.database.write() as connection:
            connection.execute(text(statement.format(SCHEMA)))


@contextlib.contextmanager
def clustered(
    folder: Path, server: PostgresServer, opened: Database, office: FakeSmtp, dice: random.Random
) -> Iterator[Cluster]:
    news = folder / "news"
    (news / "issues").mkdir(parents=True)
    # Without public pages: the links lead to an address that is never opened.
    (news / "newsletter.yaml").write_text(NEWSLETTER + f"  connections: {CONNECTIONS}\n", encoding="utf-8")
    machines, name = [], opened.location.name.rpartition("/")[2]
    for number in range(1, MACHINES + 1):
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
        if number == MACHINES and _FAKE_TIME.exists():
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
