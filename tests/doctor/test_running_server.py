"""The doctor's check whether `compose serve` must be restarted."""

import os
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import workers
from composer.doctor.diagnosis import Diagnosis, DiagnosisLevel
from composer.doctor.running_server import installed_at, is_running, look_at_running_server
from tests.web.public.running import NOW

HOUR = timedelta(hours=1)


def _begin(database: Database, process: int, *, host: str = "", ended: bool = False) -> None:
    with database.write() as connection:
        connection.execute(
            workers.insert().values(
                host=host or socket.gethostname(), process=process, home="", began=NOW, seen=NOW,
                ended=NOW if ended else None,
            )
        )  # fmt: skip


def _look(database: Database, hours: int) -> Diagnosis | None:
    with database.read() as connection:
        return look_at_running_server(connection, NOW + hours * HOUR, is_alive=lambda process: process == 1)


def test_a_server_that_runs_an_earlier_version(tmp_path: Path) -> None:
    """A server that was started before the installation must be restarted; one that was started later is fine."""
    with open_database(Location(path=tmp_path / "newsletter.db")) as database:
        assert _look(database, 1) is None
        _begin(database, 1)
        after, before = _look(database, -1), _look(database, 1)
    assert after is not None and after.health is DiagnosisLevel.GOOD
    assert before is not None and before.health is DiagnosisLevel.WEAK
    assert "restart" in before.step


@pytest.mark.parametrize(("process", "host", "ended"), [(2, "", False), (1, "elsewhere", False), (1, "", True)])
def test_servers_that_do_not_run_here(tmp_path: Path, process: int, host: str, ended: bool) -> None:
    """A process that is gone, one of another computer, and one that has ended do not count."""
    with open_database(Location(path=tmp_path / "newsletter.db")) as database:
        _begin(database, process, host=host, ended=ended)
        assert _look(database, 1) is None


def test_what_this_computer_knows() -> None:
    """The time of the installation; this process runs."""
    assert installed_at() is not None
    assert is_running(os.getpid())
