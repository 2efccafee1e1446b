"""The processes of `compose work` that share a database.

Input: a connection, the time. Output: a `Machine`, or `WorkConflictError`. Guarantees: programs that follow different
rules never work side by side; a process that was killed or unplugged counts as gone after `LEASE`.
"""

import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Row, cast, func, insert, literal, select, update

from composer.core.errors import ComposeError
from composer.database.tables.metadata import Moment, milliseconds
from composer.database.tables.work_tables import machines

#: The number of the rules by which machines share work. It changes with the jobs, not with the tables.
PROTOCOL = 1
#: The schema version that introduced the table.
MACHINES_SINCE = 21
HEARTBEAT_INTERVAL, LEASE = timedelta(seconds=10), timedelta(seconds=40)


class WorkConflictError(ComposeError):
    """Another process is running that this one must not run together with."""

    exit_code = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One process of `compose work`."""

    id: int
    name: str
    host: str
    process: int
    program: str
    protocol: int
    jobs: tuple[str, ...]
    began: datetime
    seen: datetime


def register(connection: Connection, name: str, program: str, jobs: Sequence[str], now: datetime) -> Machine:
    """Add this process. Raises WorkConflictError if it must not run together with one that is running."""
    if connection.dialect.name == "postgresql":
        # One at a time, because two processes that exclude each other must not register at the same time.
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("compose work"))))
    _end_earlier(connection, now)
    for other in live_machines(connection, now):
        _check_beside(connection, other, name, program)
    row = insert(machines).values(
        name=name,
        host=socket.gethostname(),
        process=os.getpid(),
        program=program,
        protocol=PROTOCOL,
        jobs=json.dumps(list(jobs)),
        began=now,
        seen=_clock(connection, now),
    )
    return _machine(connection.execute(row.returning(machines)).one())


def _end_earlier(connection: Connection, now: datetime) -> None:
    """End an earlier process with this process's number, as after a restart of a container."""
    is_same = (machines.c.host == socket.gethostname(), machines.c.process == os.getpid(), machines.c.ended.is_(None))
    connection.execute(update(machines).where(*is_same).values(ended=now))


def _check_beside(connection: Connection, other: Machine, name: str, program: str) -> None:
    who = f"process {other.process} on {other.host}"
    if connection.dialect.name == "sqlite":
        raise WorkConflictError(f"compose work is already running: {who}", "one process does all jobs: stop it first")
    if other.name == name:
        raise WorkConflictError(
            f"a machine named {name} is already running: {who}", "choose another name:   compose work --name NAME"
        )
    if other.protocol != PROTOCOL:
        raise WorkConflictError(
            f"{other.name} runs compose {other.program}, which cannot work together with version {program}",
            f"on {other.name}, stop compose work and update the program",
        )


def _is_gone(machine: Machine) -> bool:
    """Return whether the process is known to have ended without saying so: only for those of this computer."""
    if machine.host != socket.gethostname():
        return False
    try:
        os.kill(machine.process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def live_machines(connection: Connection, now: datetime) -> tuple[Machine, ...]:
    """Return the processes that have not ended and have been heard from recently, by name."""
    is_live = (machines.c.ended.is_(None), cast(machines.c.seen, BigInteger) > _since(connection, now))
    rows = connection.execute(select(machines).where(*is_live).order_by(machines.c.name))
    return tuple(each for each in map(_machine, rows) if not _is_gone(each))


def silent_machines(connection: Connection, now: datetime) -> tuple[Machine, ...]:
    """Return the processes that have ended without saying so within the last day, by name."""
    seen = cast(machines.c.seen, BigInteger)
    day = _since(connection, now) - timedelta(days=1) // timedelta(milliseconds=1)
    is_silent = (machines.c.ended.is_(None), seen <= _since(connection, now), seen > day)
    found = {row.name: _machine(row) for row in connection.execute(select(machines).where(*is_silent))}
    for each in live_machines(connection, now):
        # It was started again.
        found.pop(each.name, None)
    return tuple(found[name] for name in sorted(found))


def heartbeat(connection: Connection, machine_id: int, now: datetime) -> bool:
    """Record that the process is alive; return False if its row is gone or another process has ended it."""
    beat = update(machines).where(machines.c.id == machine_id, machines.c.ended.is_(None))
    return connection.execute(beat.values(seen=_clock(connection, now))).rowcount == 1


def end(connection: Connection, machine_id: int, now: datetime) -> None:
    """Record that the process has ended."""
    connection.execute(update(machines).where(machines.c.id == machine_id).values(ended=now))


def _machine(row: Row[Any]) -> Machine:
    return Machine(
        id=row.id,
        name=row.name,
        host=row.host,
        process=row.process,
        program=row.program,
        protocol=row.protocol,
        jobs=tuple(json.loads(row.jobs)),
        began=row.began,
        seen=row.seen,
    )


def _clock(connection: Connection, now: datetime) -> object:
    """Return the time of a heartbeat: the server's on PostgreSQL, because the clocks of machines differ."""
    return now if connection.dialect.name == "sqlite" else cast(_server_clock(), Moment)


def _since(connection: Connection, now: datetime) -> ColumnElement[int]:
    lease = LEASE // timedelta(milliseconds=1)
    if connection.dialect.name == "sqlite":
        return literal(milliseconds(now) - lease, BigInteger)
    return _server_clock() - lease


def _server_clock() -> ColumnElement[int]:
    return cast(func.extract("epoch", func.clock_timestamp()) * 1000, BigInteger)
