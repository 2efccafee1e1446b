"""The processes of `compose work`: who may run together, and who counts as gone."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from composer.database import machines
from composer.database.engine import Database
from composer.database.machines import (
    LEASE,
    PROTOCOL,
    Machine,
    WorkConflictError,
    heartbeat,
    live_machines,
    register,
    silent_machines,
)
from composer.database.schema_upgrade import upgrade
from composer.database.schema_version import newest
from composer.database.tables.work_tables import machines as table

NOW = datetime.now(UTC)


def registered(database: Database, name: str = "one", *, host: str = "elsewhere", **changes: object) -> Machine:
    """Register a machine, as another computer would."""
    with database.write() as connection:
        machine = register(connection, name, "0.1.0", ("mailings",), NOW)
        connection.execute(update(table).where(table.c.id == machine.id).values(host=host, **changes))
    return machine


def names(database: Database, now: datetime = NOW) -> list[str]:
    with database.read() as connection:
        return [each.name for each in live_machines(connection, now)]


def test_one_process_on_sqlite_many_on_postgresql(database: Database) -> None:
    """SQLite is for one computer, so a second process is refused; PostgreSQL takes any number with different names."""
    registered(database)
    if database.path is not None:
        with pytest.raises(WorkConflictError, match="already running"):
            registered(database, "two")
        assert names(database) == ["one"]
        return
    registered(database, "two")
    with pytest.raises(WorkConflictError, match="named two"):
        registered(database, "two")
    assert names(database) == ["one", "two"]


def test_other_rules_never_work_side_by_side(database: Database) -> None:
    """Neither a newer program with an older one nor the other way round; nothing is registered."""
    registered(database, protocol=PROTOCOL + 1)
    with pytest.raises(WorkConflictError) as found:
        registered(database, "two")
    assert found.value.exit_code == 75
    assert names(database) == ["one"]


def test_a_machine_that_ended_or_fell_silent_is_gone(database: Database) -> None:
    """After the lease it is listed as silent, and another one may take its name; after a clean end it is not listed."""
    machine = registered(database, seen=NOW - LEASE - timedelta(seconds=5))
    with database.read() as connection:
        assert live_machines(connection, NOW) == ()
        assert [each.id for each in silent_machines(connection, NOW)] == [machine.id]
    again = registered(database)
    with database.write() as connection:
        assert silent_machines(connection, NOW) == ()
        machines.end(connection, again.id, NOW)
        machines.end(connection, machine.id, NOW)
        assert (live_machines(connection, NOW), silent_machines(connection, NOW)) == ((), ())


def test_a_killed_process_of_this_computer_is_gone_at_once(database: Database) -> None:
    """Its restart does not have to wait for the lease."""
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    machine = registered(database)
    with database.write() as connection:
        here = {"host": os.uname().nodename, "process": killed.pid}
        connection.execute(update(table).where(table.c.id == machine.id).values(**here))
    assert names(database) == []
    registered(database)


def test_a_machine_counts_itself(database: Database) -> None:
    """Otherwise it would wake the other machines for a mailing, and never itself."""
    here = os.uname().nodename
    registered(database, host=here)
    assert names(database) == ["one"]
    # After the restart of a container, the new process has the number of the earlier one.
    registered(database, host=here)
    with database.read() as connection:
        assert [each.id for each in live_machines(connection, NOW)] == [2]


def test_a_heartbeat_says_whether_the_row_is_still_there(database: Database) -> None:
    """A machine that was ended by somebody else has to register again."""
    machine = registered(database)
    with database.write() as connection:
        assert heartbeat(connection, machine.id, NOW)
        machines.end(connection, machine.id, NOW)
        assert not heartbeat(connection, machine.id, NOW)


def test_the_servers_clock_counts_on_postgresql(database: Database) -> None:
    """A machine whose clock is wrong by minutes is neither dead for the others, nor are they for it."""
    registered(database)
    wrong = NOW + timedelta(minutes=5)
    assert names(database, wrong) == ([] if database.path is not None else ["one"])


def test_no_upgrade_while_a_machine_works(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer program does not change the tables under an older one that is working."""
    registered(database, seen=datetime.now(UTC))
    monkeypatch.setattr("composer.database.schema_upgrade.newest", lambda: newest() + 1)
    with pytest.raises(WorkConflictError, match="is working on this database: one"):
        upgrade(database)
