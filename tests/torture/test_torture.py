"""A run can be killed at any moment: no one gets two copies or is forgotten, and the totals match (short form).

The long form, with over a thousand kills, is `make torture`; its results are in
docs/explanation/delivery-guarantees.md.
"""

from pathlib import Path

import pytest

from composer.database.engine import Database
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
