"""What a large list needs on PostgreSQL: bytes and seconds of the ledger, and deliveries per second by number of workers.

Input: how many recipients, seconds for each number of workers. Output: a report. Workers are simulated: processes that
claim, record intents and record acceptances in groups, as a run does (delivery/worker/ledger_writer.py), and send nothing.
Each is a process: `python -m benchmarks.sizing client URL MAILING SECONDS`.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from benchmarks import ROOT
from benchmarks.mailing import fill, frozen
from benchmarks.steady import postgres
from composer.database.engine import Database, connect
from composer.database.location import Location
from composer.database.schema_upgrade import upgrade
from composer.delivery.core.mailing import Mailing, sums_of
from composer.delivery.core.retry_policy import Accept, OutcomeDecision, ServerCondition
from composer.delivery.core.states import DeliveryState
from composer.delivery.ledger import ledger
from composer.delivery.ledger.ledger import Result
from composer.delivery.ledger.workers import register_worker

WORKERS = (1, 2, 4, 8, 16)
RECIPIENTS, SECONDS = 1_000_000, 20.0
#: The connections of a simulated worker: so many intents and results are in each transaction.
_CONNECTIONS = 16
_CLAIM = 8 * _CONNECTIONS
_TABLES = ("subscribers", "recipients", "deliveries", "delivery_events")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Megabytes of the tables, and of the indexes of each."""

    tables: Mapping[str, float]
    indexes: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a number of workers reached."""

    #: Deliveries per second.
    deliveries: float
    #: Processor time of one delivery, in microseconds: of the server, and of the workers.
    server: float
    client: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """What was measured."""

    recipients: int
    #: Seconds to freeze the mailing, and of a VACUUM when it was sent.
    frozen: float
    vacuum: float
    #: After the mailing was frozen, when everything was sent, and after a VACUUM.
    fresh: Sizes
    sent: Sizes
    vacuumed: Sizes
    rates: Mapping[int, Rate]


def sizing(recipients: int = RECIPIENTS, seconds: float = SECONDS) -> Sizing:
    """Measure with a new server."""
    with tempfile.TemporaryDirectory() as name, postgres(Path(name)) as location, connect(location) as database:
        upgrade(database)
        fill(database, recipients)
        begin = time.perf_counter()
        mailing = frozen(database, "sizing")
        took = time.perf_counter() - begin
        fresh = _sizes(database)
        rates = {count: _rate(location, Path(name), database, mailing, count, seconds) for count in WORKERS}
        # The rest, so that all rows have the size that they end with.
        _rate(location, Path(name), database, mailing, 4, 86_400)
        sent, begin = _sizes(database), time.perf_counter()
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM (ANALYZE)"))
        vacuum = time.perf_counter() - begin
        return Sizing(
            recipients=recipients,
            frozen=took,
            vacuum=vacuum,
            fresh=fresh,
            sent=sent,
            vacuumed=_sizes(database),
            rates=rates,
        )


def _sizes(database: Database) -> Sizes:
    with database.read() as connection:

        def size(function: str, table: str) -> float:
            return float(connection.execute(text(f"SELECT {function}('{table}')")).scalar_one()) / 1e6

        return Sizes(
            tables={each: size("pg_table_size", each) for each in _TABLES},
            indexes={each: size("pg_indexes_size", each) for each in _TABLES},
        )


def _rate(location: Location, folder: Path, database: Database, mailing: Mailing, count: int, seconds: float) -> Rate:
    """Run workers for some seconds, or until nothing is left."""
    command = [sys.executable, "-m", "benchmarks.sizing", "client", location.url, str(mailing.id), str(seconds)]
    before, server, used = _accepted(database, mailing), _server_seconds(folder), os.times()
    clients = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    spans = [tuple(map(float, client.communicate()[0].split())) for client in clients]
    took = max(end for _, end in spans) - min(start for start, _ in spans)
    done, client = _accepted(database, mailing) - before, os.times()
    return Rate(
        deliveries=done / took,
        server=(_server_seconds(folder) - server) / done * 1e6,
        client=(client.children_user + client.children_system - used.children_user - used.children_system) / done * 1e6,
    )


def _accepted(database: Database, mailing: Mailing) -> int:
    with database.read() as connection:
        return sums_of(connection, mailing.id)[DeliveryState.ACCEPTED]


def _server_seconds(folder: Path) -> float:
    """Return the processor time of the server's sessions that have ended, and of its first process."""
    process = (folder / "pg" / "postmaster.pid").read_text(encoding="utf-8").split()[0]
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _client(url: str, mailing_id: int, seconds: float) -> None:
    """Claim, record intents and record acceptances for some seconds; print when it began and ended."""
    decision = OutcomeDecision(
        step=Accept(), server_condition=ServerCondition(is_accepting=True), reason="250 2.0.0 Ok"
    )
    with connect(Location(url=url)) as database, register_worker(database, mailing_id, datetime.now(UTC)) as worker:
        begin = now = time.time()
        with database.keep() as connection:
            while now < begin + seconds:
                with connection.begin():
                    due = ledger.claim(connection, mailing_id, worker.id, _CLAIM, datetime.now(UTC)).due
                results: list[Result] = []
                for first in range(0, len(due) + 1, _CONNECTIONS):
                    ids = [each.tried.subscriber_id for each in due[first : first + _CONNECTIONS]]
                    with connection.begin():
                        ledger.record(connection, mailing_id, worker.id, results, datetime.now(UTC))
                        if ids:
                            ledger.intend(connection, mailing_id, worker.id, ids, datetime.now(UTC))
                    results = [
                        Result(subscriber_id=each, decision=decision, queue_id="4XyZabc123", words=decision.reason)
                        for each in ids
                    ]
                now = time.time()
                if not due:
                    break
    print(begin, now)


if __name__ == "__main__":
    _client(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
