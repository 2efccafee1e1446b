"""What the processes of `compose work` are doing, and how its jobs did.

Input: an open newsletter. Output: a `WorkStatus`. Guarantees: changes nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from composer.app.clock import now
from composer.app.context import MailingContext
from composer.app.work.job_records import JobRecord, records_of
from composer.database.machines import Machine, live_machines, silent_machines
from composer.delivery.ledger.workers import sending_processes


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineStatus:
    """A process of `compose work`."""

    machine: Machine
    #: Whether it was heard from recently; otherwise it ended without saying so.
    is_live: bool
    #: The mailings that it is sending.
    sending: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkStatus:
    """All processes, and the last run of each job."""

    machines: tuple[MachineStatus, ...]
    jobs: tuple[JobRecord, ...]


def work_status(context: MailingContext, clock: Callable[[], datetime] = now) -> WorkStatus:
    """Return the status of `compose work`; empty if it has never run."""
    with context.database.read() as connection:
        return WorkStatus(machines=tuple(_machines(connection, clock())), jobs=records_of(connection))


def _machines(connection: Connection, now: datetime) -> Iterator[MachineStatus]:
    busy = sending_processes(connection)
    for machines, is_live in ((live_machines(connection, now), True), (silent_machines(connection, now), False)):
        for each in machines:
            yield MachineStatus(machine=each, is_live=is_live, sending=busy.get((each.host, each.process), ()))
