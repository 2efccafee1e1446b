"""Releases the deliveries of dead processes, so that a mailing can be canceled, settled or resumed at any time.

Input: a database, a mailing, the time. Output: what was released, and which processes are alive. Guarantees: the
deliveries of a living process do not change (workers.py decides who is alive); a claim of a dead process is pending
again; a message that may have been sent completely is unconfirmed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries, workers
from composer.delivery.core.events import StateReason
from composer.delivery.core.mailing import Sums, sums_of
from composer.delivery.core.states import DeliveryState
from composer.delivery.database_guard.sending_lock import BusyError, lock_sending
from composer.delivery.ledger import claims
from composer.delivery.ledger.maintenance import end_for_good
from composer.delivery.ledger.statements import stands
from composer.delivery.ledger.workers import LEASE, is_alive, lapsed, mark_ended

_D = deliveries.c
_IN_HAND = (DeliveryState.CLAIMED, DeliveryState.SENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadWorker:
    """A process that sends a mailing, or may."""

    host: str
    process: int
    began: datetime
    #: When it counts as dead without another heartbeat; None if only its lock decides.
    dies: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaped:
    """What was released, and who is alive."""

    freed: int
    unknown: int
    alive: tuple[DeadWorker, ...]


def reap(database: Database, mailing_id: int, now: datetime) -> Reaped:
    """Release the deliveries of dead processes."""
    with _lock(database) as is_alone, database.write() as connection:
        return _reap(connection, mailing_id, now, is_alone=is_alone)


def reap_and_end(database: Database, mailing_id: int, who: str, now: datetime) -> tuple[Sums | None, Reaped]:
    """Cancel a mailing even if the process that sent it crashed; None while a living process has claimed deliveries.

    Raises MailingError if it has ended.
    """
    with _lock(database) as is_alone, database.write() as connection:
        reaped = _reap(connection, mailing_id, now, is_alone=is_alone)
        sums = sums_of(connection, mailing_id)
        if any(sums[state] for state in _IN_HAND):
            return None, reaped
        return end_for_good(connection, mailing_id, who, now), reaped


@contextmanager
def _lock(database: Database) -> Iterator[bool]:
    """Hold the sender's lock, on SQLite; yield whether no other process can be alive."""
    if database.path is None:
        yield False
        return
    try:
        lock = lock_sending(database)
    except BusyError:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _reap(connection: Connection, mailing_id: int, now: datetime, *, is_alone: bool) -> Reaped:
    holding = select(_D.worker_id).where(_D.mailing_id == mailing_id, stands(*_IN_HAND)).distinct()
    known = {
        row.id: row
        for row in connection.execute(
            select(workers).where(
                or_((workers.c.mailing_id == mailing_id) & workers.c.ended.is_(None), workers.c.id.in_(holding))
            )
        )
    }
    is_server = connection.dialect.name != "sqlite"
    if is_server:
        late = set(connection.scalars(select(workers.c.id).where(workers.c.id.in_(list(known)), lapsed())))
        living = {each for each in known if each not in late and is_alive(connection, each)}
    else:
        # Only one process sends at a time. The living one registered last, so all earlier ones are dead.
        last = select(func.max(workers.c.id)).where(workers.c.mailing_id.is_not(None))
        living = set() if is_alone else {connection.scalar(last)}
    living &= {number for number, row in known.items() if row.ended is None}
    dead = tuple({*known, *connection.scalars(holding)} - living)
    freed, unknown = claims.reap(connection, claims.deliveries_of(mailing_id), dead, now, StateReason.RUN_DIED)
    mark_ended(connection, dead, now)
    alive = tuple(
        DeadWorker(host=row.host, process=row.process, began=row.began, dies=row.seen + LEASE if is_server else None)
        for number, row in sorted(known.items())
        if number in living
    )
    return Reaped(freed=freed, unknown=unknown, alive=alive)
