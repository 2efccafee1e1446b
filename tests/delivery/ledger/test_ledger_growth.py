"""What a run does for each message costs the same in a mailing of any size: SQLite's own steps are counted.

Without it, sending to a list of a million needs a hundred times as long for each message as to one of ten thousand.
"""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from composer.audience.suppression import Reason, suppress
from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.delivery.core.retry_policy import Accept, Defer, OutcomeDecision, ServerCondition, Step
from composer.delivery.ledger import ledger
from composer.delivery.ledger.ledger import Result
from tests.delivery.factories import NOW, SECOND, frozen

_COUNT = 40


def _steps(connection: Connection, work: Callable[[], object]) -> int:
    """Return how many steps of SQLite's virtual machine the work takes."""
    driver, steps = connection.connection.dbapi_connection, 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    assert driver is not None
    driver.set_progress_handler(step, 1)
    try:
        work()
    finally:
        driver.set_progress_handler(None, 0)
    return steps


def _record(connection: Connection, first: int, step: Step) -> None:
    decision = OutcomeDecision(step=step, server_condition=ServerCondition())
    results = [Result(subscriber_id=each, decision=decision) for each in range(first, first + 10)]
    ledger.record(connection, 1, 1, results, NOW)


def _costs(database: Database, recipients: int) -> dict[str, int]:
    """Claim, intend and record a few deliveries, one of which is suppressed; return the steps of each."""
    frozen(database, recipients)
    with database.write() as connection:
        suppress(connection, "reader3@example.net", Reason.UNSUBSCRIBED, "link", NOW)
        work: dict[str, Callable[[], object]] = {
            "claim": lambda: ledger.claim(connection, 1, 1, _COUNT, NOW),
            "intend": lambda: ledger.intend(connection, 1, 1, list(range(4, 30)), NOW),
            "accept": lambda: _record(connection, 4, Accept()),
            "defer": lambda: _record(connection, 14, Defer(until=NOW + SECOND)),
            "claim again": lambda: ledger.claim(connection, 1, 1, _COUNT, NOW + 2 * SECOND),
        }
        return {name: _steps(connection, each) for name, each in work.items()}


def test_a_message_costs_the_same_in_a_large_mailing(tmp_path: Path) -> None:
    """Twenty times the recipients, and a tenth more steps at most."""
    with (
        open_database(Location(path=tmp_path / "few.db")) as few,
        open_database(Location(path=tmp_path / "many.db")) as many,
    ):
        small, large = _costs(few, 200), _costs(many, 4_000)
    assert all(steps > 100 for steps in small.values()), small
    for name, steps in small.items():
        assert large[name] <= steps * 1.1, (name, small, large)
