"""`python -m tests.torture.machines`: kills, cuts and freezes three machines of `compose work` that share one PostgreSQL.

Input: `--kills`, `--recipients`, `--seed`. Output: a table on stdout; it ends with a traceback if a promise is broken.
Each machine is a process of its own, and reaches the database and the mail server through proxies of its own, which delay
and cut its connections. One has a clock that is five minutes fast (if the package faketime is installed). In between, the
tables of the queue are emptied and dropped. The mail server is the only witness: it counts every copy that it accepted.

In each mailing, one machine is unplugged while it has claimed deliveries: its process stops, and neither server learns of it.
The other two must finish the mailing. After 50 seconds, its connections to the database end on the side of the server, as
PostgreSQL ends those of a computer that does not answer. When the mailing is over, the
machine is plugged in again, and continues where it stopped: it must send nothing twice.
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from composer.app.context import open_newsletter
from composer.app.mailings.mailing_proposal import propose
from composer.app.mailings.mailing_start import MailingWaits, send
from composer.app.mailings.send_options import SendOptions
from composer.app.mailings.send_target import target_of
from composer.core.environment import Environment
from composer.database.engine import Database, connect
from composer.database.schema_upgrade import upgrade
from composer.database.tables.mailing_tables import deliveries
from composer.delivery.config.delivery_settings import settings_of
from composer.delivery.core.mailing import sums_of
from composer.delivery.core.states import OPEN, DeliveryState
from tests.cli_harness import BODY, ISSUE
from tests.databases import PostgresServer
from tests.delivery.factories import add_subscribers
from tests.fake_smtp import FakeSmtp, SmtpSession
from tests.torture.__main__ import postgres_server
from tests.torture.machine_cluster import CONNECTIONS, MACHINES, Cluster, clustered

S = DeliveryState
#: Seconds after which PostgreSQL ends the connections of a computer that does not answer (database/engine.py).
_KEEPALIVE = 50.0
#: The most copies between two disturbances, and the most seconds.
_COPIES, _START = 12, 10.0


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
    assert found[S.UNKNOWN] <= CONNECTIONS * disturbances, found
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
        clustered(folder, server, database, office, dice) as cluster,
    ):
        environment = Environment(environment=cluster.machines[0].environment, folder=folder / "config")
        print("mailing  recipients  copies  accepted  unconfirmed   bound  unplugged with  seconds", flush=True)
        for day in range(1, 29):
            begun, before = time.monotonic(), cluster.done.total()
            copies.clear()
            office.taken.clear()
            mailing_id = _freeze(folder / "news", environment, day)
            held = _finish(cluster, mailing_id, copies, kills, dice.uniform(0.02, 0.3) * recipients)
            disturbances = cluster.done.total() - before
            _check(database, mailing_id, copies, disturbances + MACHINES)
            cluster.plug_in()
            found = _check(database, mailing_id, copies, disturbances + MACHINES)
            print(
                f"{mailing_id:>7}{recipients:>12}{copies.total():>8}{found[S.ACCEPTED]:>10}{found[S.UNKNOWN]:>13}"
                f"{CONNECTIONS * disturbances:>8}{held:>16}{time.monotonic() - begun:>9.0f}",
                flush=True,
            )
            if cluster.done.total() >= kills:
                break
        print(f"done to the machines: {dict(cluster.done.most_common())}")
        print(
            "No recipient has two copies, none is lost, the totals match, and unconfirmed deliveries are within the bound."
        )


def _finish(cluster: Cluster, mailing_id: int, copies: Counter[str], kills: int, moment: float) -> int:
    """Disturb the machines until the mailing is over, and unplug one once there are so many copies.

    Returns how many deliveries it had claimed.
    """
    held, silent = 0, 0.0
    while _is_open(cluster.database, mailing_id):
        if cluster.unplugged is None:
            if copies.total() >= moment:
                held = cluster.unplug(mailing_id)
                silent = time.monotonic()
        elif time.monotonic() > silent + _KEEPALIVE:
            cluster.unplugged.database.drop_server_side()
        if cluster.done.total() < kills:
            cluster.disturb()
        _wait_for_copies(copies, copies.total() + cluster.dice.randint(0, _COPIES))
    return held


def _wait_for_copies(copies: Counter[str], enough: int) -> None:
    """Wait until the mail server has accepted so many copies, so that machines on a slow computer do more than start.

    Not longer than a machine takes to start: none may be sending.
    """
    until = time.monotonic() + _START
    while copies.total() < enough and time.monotonic() < until:
        time.sleep(0.02)


def _is_open(database: Database, mailing_id: int) -> bool:
    with database.read() as connection:
        sums = sums_of(connection, mailing_id)
    return any(sums[state] for state in OPEN)


if __name__ == "__main__":
    main()
