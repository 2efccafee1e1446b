"""The rules of a claim: who may change a message that is being sent. The same for mailings and for the public pages.

Input: messages (a `Workload`), a worker, the time. Output: updates of their table. Guarantees: the previous state and, if
a worker has the message, this worker are part of each update, so two workers can never both own a message; every
change is a transition in states.WAYS.

    pending, deferred -> claimed      a worker takes it. The worker holds a lock as long as it lives (workers.py)
    claimed -> sending                the intent: committed before the final dot of the SMTP DATA command
    claimed, sending -> ...           the outcome, recorded by the same worker (core/transitions.py), even if it comes late
    claimed -> pending                the worker released it, or died
    sending -> unknown                the worker died
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, Update, literal_column, null, or_, select, true, update

from composer.database.tables.mailing_tables import deliveries, workers
from composer.database.tables.transactional_tables import transactional_emails
from composer.delivery.core.event_writer import Event, write_events
from composer.delivery.core.events import EventKind, StateReason
from composer.delivery.core.scheduler import state_after_crash
from composer.delivery.core.states import DeliveryState
from composer.delivery.core.transitions import Transition

_S = DeliveryState
#: The longest reply that is stored.
LONGEST_REPLY = 500
#: A worker or a time, or its parameter in a statement that is compiled only once.
Value = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """The messages that workers share: the deliveries of a mailing, or the messages of the public pages."""

    table: Table
    rows: ColumnElement[bool]
    #: None for the public pages.
    mailing_id: int | None = None

    @property
    def key(self) -> ColumnElement[int]:
        """What identifies a message."""
        return self.table.c.id if self.mailing_id is None else self.table.c.subscriber_id

    def event(self, key: int, kind: EventKind, reason: str | None = None, words: str = "") -> Event:
        """Return an event of a message."""
        if self.mailing_id is None:
            return Event(kind=kind, email_id=key, reason=reason, words=words)
        return Event(kind=kind, subscriber_id=key, reason=reason, words=words)


PAGE_EMAILS = Workload(table=transactional_emails, rows=true())


def deliveries_of(mailing_id: int) -> Workload:
    """Return the deliveries of a mailing."""
    return Workload(table=deliveries, rows=deliveries.c.mailing_id == mailing_id, mailing_id=mailing_id)


def is_in(table: Table, *states: DeliveryState) -> ColumnElement[bool]:
    """Return the condition of messages in any of these states, as literals, so that SQLite uses its partial indexes."""
    return or_(*(table.c.state == literal_column(f"'{state}'") for state in states))


def claiming(table: Table, worker: Value, now: Value) -> Update:
    """Return the update that claims messages."""
    return _changing(table, (_S.PENDING, _S.DEFERRED), _S.CLAIMED, now).values(worker_id=worker)


def intending(table: Table, worker: Value, now: Value) -> Update:
    """Return the update that records the intents of a worker: its messages are about to be sent.

    The final dot must not be sent before this is committed, nor for a message that was not changed.
    """
    return _changing(table, (_S.CLAIMED,), _S.SENDING, now).where(table.c.worker_id == worker)


def recording(table: Table, worker: Value, transition: Transition, now: Value) -> Update:
    """Return the update that records what a worker's attempt came to; replies and times of the next attempt are added."""
    changing = _changing(table, transition.came_from, transition.to, now).where(table.c.worker_id == worker)
    changing = changing.values(reason=null())
    return changing.values(attempts=table.c.attempts + literal_column("1")) if transition.is_counted else changing


def suppressing(table: Table, worker: Value | None, now: Value) -> Update:
    """Return the update that excludes messages before they are sent; with a worker, only those that it has claimed."""
    if worker is None:
        changing = _changing(table, (_S.PENDING, _S.DEFERRED), _S.SUPPRESSED, now)
    else:
        changing = _changing(table, (_S.CLAIMED,), _S.SUPPRESSED, now).where(table.c.worker_id == worker)
    return changing.values(words=null())


def expiring(table: Table, reason: StateReason, now: Value) -> Update:
    """Return the update that gives up messages that were not accepted in time."""
    return _changing(table, (_S.PENDING, _S.DEFERRED), _S.EXPIRED, now).values(reason=reason)


def release(connection: Connection, load: Workload, worker_id: int, now: datetime) -> int:
    """Release everything that a worker has claimed and not started to send; return how many."""
    return _release(connection, load, (worker_id,), now)


def reap(
    connection: Connection, load: Workload, worker_ids: Sequence[int], now: datetime, reason: StateReason
) -> tuple[int, int]:
    """Release the claims of dead workers, and mark what they were sending as unconfirmed; return how many of each."""
    table, after = load.table, state_after_crash(_S.SENDING)
    freed = _release(connection, load, worker_ids, now)
    lost = connection.scalars(
        _changing(table, (_S.SENDING,), after, now)
        .where(load.rows, table.c.worker_id.in_(worker_ids))
        .values(attempts=table.c.attempts + literal_column("1"), reason=reason, words=null())
        .returning(load.key)
    ).all()
    write_events(connection, load.mailing_id, (load.event(each, EventKind.UNKNOWN, reason) for each in lost), now)
    return freed, len(lost)


def held_by_ended(connection: Connection, load: Workload) -> set[int]:
    """Return the workers that have ended and still have messages: the last transaction of one may come after its end."""
    table = load.table
    question = select(table.c.worker_id).join_from(table, workers, workers.c.id == table.c.worker_id)
    return set(
        connection.scalars(
            question.where(load.rows, is_in(table, _S.CLAIMED, _S.SENDING), workers.c.ended.is_not(None)).distinct()
        )
    )


def _release(connection: Connection, load: Workload, worker_ids: Sequence[int], now: datetime) -> int:
    changing = _changing(load.table, (_S.CLAIMED,), state_after_crash(_S.CLAIMED), now)
    return connection.execute(changing.where(load.rows, load.table.c.worker_id.in_(worker_ids))).rowcount


def _changing(table: Table, came_from: Sequence[DeliveryState], to: DeliveryState, now: Value) -> Update:
    return update(table).where(is_in(table, *came_from)).values(state=literal_column(f"'{to}'"), changed=now)
