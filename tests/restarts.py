"""`compose serve` restarts while a real proxy in front of it forwards unsubscribe requests: no request may be lost.

The long form, 2,000 requests and five restarts with each proxy: python -m tests.restarts
"""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from composer.audience.changes import add_subscriber
from composer.audience.identity.tokens import Purpose, Tokens
from composer.core.addresses import Address
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.subscriber_tables import subscribers
from tests.factories import ROOT, sample
from tests.proxies import Proxy, caddy, in_front, nginx, written
from tests.web.public.running import NOW

KEY = "k" * 64
HOST = "news.example.org"
#: Concurrent requests, as from several providers.
_TOGETHER = 12
_MAX_WAIT = 90
#: What systemd does between fork and exec: the sockets are for this process.
_AS_SYSTEMD = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ['LISTEN_PID'] = str(os.getpid()); "
    "os.execv(sys.executable, [sys.executable, '-m', 'composer', 'serve'])"
)


@dataclass(slots=True, kw_only=True)
class Unit:
    """A service with a socket, as systemd runs compose-serve.service with compose-serve.socket."""

    folder: Path
    log: Path
    listener: socket.socket
    process: "subprocess.Popen[bytes]"

    @property
    def port(self) -> int:
        """The port of the socket."""
        port: int = self.listener.getsockname()[1]
        return port

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the process; the socket stays open. Return its exit code."""
        self.process.send_signal(how)
        return self.process.wait(timeout=_MAX_WAIT)

    def start(self) -> None:
        """Start the process."""
        self.process = _started(self.folder, self.log, self.listener)

    def said(self) -> str:
        """Return the log of the process."""
        return self.log.read_text(encoding="utf-8")


@contextlib.contextmanager
def unit(folder: Path, log: Path, backlog: int = 4096) -> Iterator[Unit]:
    """Hold the socket and run the pages of the publication in a folder."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(backlog)
        made = Unit(folder=folder, log=log, listener=listener, process=_started(folder, log, listener))
        try:
            yield made
        finally:
            made.process.kill()
            made.process.wait(timeout=_MAX_WAIT)


def _started(folder: Path, log: Path, listener: socket.socket) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "COMPOSE_SECRET_KEY": KEY, "COMPOSE_SMTP_URL": "",
        "COMPOSE_DATABASE_URL": "", "XDG_CONFIG_HOME": str(folder / ".config"), "HOME": str(folder), "LISTEN_FDS": "1",
    }  # fmt: skip
    command = [sys.executable, "-c", _AS_SYSTEMD, str(listener.fileno())]
    with log.open("ab") as said:
        return subprocess.Popen(
            command, cwd=folder, env=environment, pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL, stdout=said, stderr=said,
        )  # fmt: skip


def publication(folder: Path, count: int) -> list[str]:
    """Create the sample with this many active subscribers; return the token of each unsubscribe link."""
    sample(folder)
    tokens = Tokens((KEY.encode(),))
    with open_database(Location(path=folder / "newsletter.db")) as database, database.write() as connection:
        made = [
            add_subscriber(
                connection, Address(address=f"r{number}@example.net"), {}, source="test", now=NOW, consent="a card"
            )
            for number in range(count)
        ]
    return [tokens.make(Purpose.UNSUBSCRIBE, subscriber.id) for subscriber in made]


def active(folder: Path) -> int:
    """Return how many subscribers are still active."""
    with open_database(Location(path=folder / "newsletter.db")) as database, database.read() as connection:
        query = select(func.count()).select_from(subscribers).where(subscribers.c.status == "active")
        return connection.scalar(query) or 0


def one_click(port: int, token: str) -> str:
    """Send a provider's request once, without a retry; return the status, or the error."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_MAX_WAIT)
    with contextlib.closing(connection):
        headers = {"Host": HOST, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request("POST", f"/n/unsubscribe/{token}", "List-Unsubscribe=One-Click", headers)
            return str(connection.getresponse().status)
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__


@dataclass(slots=True)
class Load:
    """One-click requests from several threads, and their results."""

    port: int
    tokens: list[str]
    answers: "Counter[str]" = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def done(self) -> int:
        """The number of answered requests."""
        with self._lock:
            return self.answers.total()

    def run(self) -> None:
        """Send all requests."""
        while True:
            with self._lock:
                if not self.tokens:
                    return
                token = self.tokens.pop()
            answer = one_click(self.port, token)
            with self._lock:
                self.answers[answer] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of a run."""

    answers: "Counter[str]"
    still_active: int
    tokens_in_logs: int
    seconds: float


def restarts(proxy: Proxy, folder: Path, *, requests: int, times: int, how: signal.Signals = signal.SIGTERM) -> Result:
    """Send one-click requests through a proxy while the pages restart this many times."""
    pages, logs = folder / "pages", folder / "logs"
    pages.mkdir()
    logs.mkdir()
    tokens = publication(pages, requests)
    begun = time.monotonic()
    with unit(pages, logs / "serve") as running, in_front(proxy, logs / "proxy", running.port) as port:
        load = Load(port, list(tokens))
        threads = [threading.Thread(target=load.run, daemon=True) for _ in range(_TOGETHER)]
        for thread in threads:
            thread.start()
        for number in range(1, times + 1):
            while load.done < number * requests // (times + 1):
                assert running.process.poll() is None, running.said()
                time.sleep(0.002)
            running.stop(how)
            running.start()
        for thread in threads:
            thread.join()
        running.stop()
    said = written(logs)
    return Result(
        answers=load.answers,
        still_active=active(pages),
        tokens_in_logs=sum(token in said for token in tokens),
        seconds=time.monotonic() - begun,
    )


def main() -> int:
    """Run the long form."""
    is_well = True
    for proxy, how in ((nginx, signal.SIGTERM), (caddy, signal.SIGTERM), (nginx, signal.SIGKILL)):
        with tempfile.TemporaryDirectory() as folder:
            result = restarts(proxy, Path(folder), requests=2000, times=5, how=how)
        print(f"{proxy.__name__}, five times {how.name}: {result}", flush=True)
        is_well &= result.answers == {"200": 2000} and not result.still_active and not result.tokens_in_logs
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
