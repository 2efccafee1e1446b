"""Freezes and sends to a million subscribers: time and memory. `python -m benchmarks.large FOLDER COUNT`.

Input: a folder, how many subscribers. Output: as JSON, the seconds to count recipients, to freeze, to claim and record
20,000 of them over the memory transport, and the peak memory of the process. Each count has its own process.
"""

import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import ROOT
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.transport.memory_transport import MemoryTransport, TakenMessage

_SENT = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Large:
    """The measurements of a large mailing."""

    count: int
    #: Seconds.
    counted: float
    frozen: float
    sent: float
    #: The peak, in megabytes.
    memory: float


def large(count: int) -> Large:
    """Measure in a separate process."""
    with tempfile.TemporaryDirectory() as folder:
        for what in ("fill", "send"):
            command = [sys.executable, "-m", "benchmarks.large", folder, str(count), what]
            ran = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
        return Large(**json.loads(ran.stdout))


class Forgetful(MemoryTransport):
    """Stores nothing, so that only the sender's memory is measured."""

    class _None(list[TakenMessage]):
        def append(self, each: TakenMessage) -> None:
            pass

    def __init__(self) -> None:
        super().__init__()
        self.taken = self._None()
        self.seen = type("None", (list,), {"append": lambda self, each: None})()


def _measure(folder: Path, count: int) -> Large:
    from benchmarks.mailing import draft, payload
    from composer.delivery.messages.message_factory import MailingMessages
    from composer.delivery.selection.freeze import freeze
    from composer.delivery.selection.selection import Selection
    from composer.delivery.selection.selection import count as counted
    from composer.delivery.worker.route_work import Route
    from composer.delivery.worker.run_loop import MailingJob, send
    from composer.delivery.worker.stop_request import Stop

    with open_database(Location(path=folder / "news.db")) as database:
        begin = time.perf_counter()
        with database.read() as connection:
            counted(connection, Selection(issue="large"))
        looked = time.perf_counter()
        with database.write() as connection:
            mailing = freeze(connection, draft("large"), datetime.now(UTC))
        done = time.perf_counter()
        job = MailingJob(
            database=database,
            mailing_id=mailing.id,
            routes=(Route(transport=Forgetful(), connections=16),),
            message_source=MailingMessages(payload(database, mailing)),
            limit=min(_SENT, count),
        )
        send(job, Stop())
        end = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Large(count=count, counted=looked - begin, frozen=done - looked, sent=end - done, memory=memory)


def main() -> None:
    folder, count, what = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    # As the program itself does (composer/cli/main.py).
    gc.set_threshold(50_000)
    if what == "fill":
        from benchmarks.mailing import fill

        with open_database(Location(path=folder / "news.db")) as database:
            fill(database, count)
    else:
        print(json.dumps(asdict(_measure(folder, count))))


if __name__ == "__main__":
    main()
