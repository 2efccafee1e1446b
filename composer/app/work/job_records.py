"""The last result of each job.

Input: a connection, a job's name, its result. Output: a `JobRecord` for each job. Guarantees: one row for each job, so the
table does not grow; a code and never a sentence is stored for a failure.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from composer.database.tables.work_tables import job_runs


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """The last run of a job."""

    name: str
    machine: str
    began: datetime
    #: None while it runs, and if its process was killed.
    ended: datetime | None
    succeeded: datetime | None
    #: Runs that failed since the last success, and the code of the last failure.
    failures: int
    error: str | None


def record_start(connection: Connection, name: str, machine: str, now: datetime) -> None:
    """Record that a job begins."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    begun = {"machine": machine, "began": now, "ended": None, "seconds": None}
    row = dialect.insert(job_runs).values(name=name, **begun)
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=begun))


def record_success(connection: Connection, name: str, seconds: float, now: datetime) -> None:
    """Record that a job succeeded."""
    done = {"ended": now, "seconds": seconds, "succeeded": now, "failures": 0, "error": None}
    connection.execute(update(job_runs).where(job_runs.c.name == name).values(done))


def record_failure(connection: Connection, name: str, seconds: float, error: str, now: datetime) -> None:
    """Record that a job failed, with the code of its error."""
    row = update(job_runs).where(job_runs.c.name == name)
    connection.execute(row.values(ended=now, seconds=seconds, failures=job_runs.c.failures + 1, error=error))


def records_of(connection: Connection) -> tuple[JobRecord, ...]:
    """Return the last run of each job, by name."""
    rows = connection.execute(select(job_runs).order_by(job_runs.c.name))
    return tuple(
        JobRecord(
            name=row.name,
            machine=row.machine,
            began=row.began,
            ended=row.ended,
            succeeded=row.succeeded,
            failures=row.failures,
            error=row.error,
        )
        for row in rows
    )
