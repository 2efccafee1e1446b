"""A run can be killed at any moment: no one gets two copies or is forgotten, and the totals match (short form).

The long form, with over a thousand kills, is `make torture`; its results are in
docs/explanation/delivery-guarantees.md.
"""

import os
from pathlib import Path

import pytest
from sqlalchemy import select

from composer.core.environment import processors
from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries
from tests.torture.harness import nursery, torture


@pytest.mark.parametrize("processes", [1, 4])
def test_killed_at_every_step(database: Database, processes: int, tmp_path: Path) -> None:
    """Killed at named steps, at the dot, at random, by a power failure; the server counts the copies."""
    with nursery() as births:
        tally = torture(
            database,
            births,
            tmp_path,
            seed=processes,
            processes=processes,
            connections=4,
            kills=6,
            recipients=36 * processes,
        )
    assert tally.kills >= 3


def test_killed_during_a_failover(database: Database, tmp_path: Path) -> None:
    """The preferred server is down, throttles and rejects the sender in turns: no second copies, no rejected recipients."""
    with nursery() as births:
        tally = torture(
            database,
            births,
            tmp_path,
            seed=7,
            processes=2,
            connections=2,
            kills=4,
            recipients=40,
            has_failover=True,
        )
    with database.read() as connection:
        routes = set(connection.scalars(select(deliveries.c.route).where(deliveries.c.state == "accepted")))
    assert tally.kills >= 2 and routes == {"preferred", "backup"}


@pytest.mark.skipif(os.name != "posix" or processors() == 1, reason="message workers need a second processor")
def test_killed_with_message_workers(database: Database, tmp_path: Path) -> None:
    """Message workers, as a large mailing has them, are killed before the run, with it, or end with it."""
    with nursery() as births:
        tally = torture(
            database,
            births,
            tmp_path,
            seed=5,
            processes=1,
            connections=4,
            kills=6,
            recipients=80,
            has_workers=True,
        )
    assert tally.kills >= 3 and tally.workers >= 2
