"""Changes of many deliveries at a time: at a deadline, after the clock was set back, at the end.

Input: a connection in a transaction, a mailing, the time. Output: how many were changed. Guarantees: as in ledger.py, a
condition is part of every update, and every change is a transition in states.WAYS.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from composer.database.tables.mailing_tables import deliveries, mailings, recipients, variants
from composer.delivery.core.event_writer import Event, write_events, write_events_of
from composer.delivery.core.events import EventKind, StateReason
from composer.delivery.core.mailing import MailingError, Sums, mailing_of, note, sums_of
from composer.delivery.core.retry_policy import RetryPolicy
from composer.delivery.core.states import DeliveryState
from composer.delivery.ledger.claims import expiring
from composer.delivery.ledger.statements import stands

_D = deliveries.c
_S = DeliveryState


def take_back(connection: Connection, mailing_id: int, subscriber_ids: Sequence[int], now: datetime) -> int:
    """Return rejections of the sender or the message to pending, at the end of the queue; return how many."""
    back = connection.scalars(
        update(deliveries)
        .where(_D.mailing_id == mailing_id, _D.subscriber_id.in_(subscriber_ids), stands(_S.REFUSED))
        .values(
            state=_S.PENDING,
            requeue_count=_D.requeue_count + 1,
            next_at=now,
            changed=now,
            refusal_category=None,
            issue_id=select(mailings.c.issue_id).where(mailings.c.id == mailing_id).scalar_subquery(),
        )
        .returning(_D.subscriber_id)
    ).all()
    happened = (Event(kind=EventKind.TAKEN_BACK, subscriber_id=each) for each in back)
    write_events(connection, mailing_id, happened, now)
    return len(back)


def expire(connection: Connection, mailing_id: int, now: datetime, policy: RetryPolicy) -> int:
    """Expire deliveries that were retried for longer than the policy allows; return how many."""
    over = (_D.mailing_id == mailing_id, stands(_S.DEFERRED), _D.first_at < now - policy.deadline)
    return _give_up(connection, mailing_id, over, now, StateReason.DEADLINE)


def repair_schedule(connection: Connection, mailing_id: int, now: datetime, policy: RetryPolicy) -> int:
    """Make deliveries due now whose wait is longer than any delay, because the clock was set back; return how many."""
    return _now_due(connection, mailing_id, now, now + max(*policy.delays, policy.longest_pause))


def retry_now(connection: Connection, mailing_id: int, now: datetime) -> int:
    """Make everything that waits for another attempt due now, because a person asked for it; return how many."""
    return _now_due(connection, mailing_id, now, now)


def _now_due(connection: Connection, mailing_id: int, now: datetime, later_than: datetime) -> int:
    changed = 0
    for state in (_S.PENDING, _S.DEFERRED):
        those = (_D.mailing_id == mailing_id, stands(state), _D.next_at > later_than)
        changed += connection.execute(update(deliveries).where(*those).values(next_at=now)).rowcount
    return changed


def end(connection: Connection, mailing_id: int, now: datetime) -> Sums:
    """End a mailing if every result is known: delete the recipients' values and the compiled messages.

    Returns the sums; the mailing has ended if they are `is_complete`, otherwise nothing is changed.
    """
    sums = sums_of(connection, mailing_id)
    if sums.is_complete:
        _close(connection, mailing_id, now, EventKind.ENDED, "")
    return sums


def end_for_good(connection: Connection, mailing_id: int, who: str, now: datetime) -> Sums:
    """Cancel a mailing: the remaining recipients will not be sent to. Raises MailingError while it is being sent.

    Unconfirmed deliveries stay unconfirmed, and no other mailing of the issue is sent to these recipients.
    """
    if mailing_of(connection, mailing_id).ended:
        raise MailingError(f"mailing {mailing_id} has already ended", "there is nothing to cancel")
    sums = sums_of(connection, mailing_id)
    if sums[_S.CLAIMED] or sums[_S.SENDING]:
        raise MailingError(f"mailing {mailing_id} is being sent", f"stop it first: compose stop {mailing_id}")
    waiting = (_D.mailing_id == mailing_id, stands(_S.PENDING, _S.DEFERRED))
    _give_up(connection, mailing_id, waiting, now, StateReason.MAILING_ENDED)
    _close(connection, mailing_id, now, EventKind.ENDED_FOR_GOOD, who)
    return sums_of(connection, mailing_id)


def _close(connection: Connection, mailing_id: int, now: datetime, kind: EventKind, who: str) -> None:
    connection.execute(delete(recipients).where(recipients.c.mailing_id == mailing_id))
    connection.execute(delete(variants).where(variants.c.mailing_id == mailing_id))
    connection.execute(
        update(mailings).where(mailings.c.id == mailing_id, mailings.c.ended.is_(None)).values(ended=now)
    )
    note(connection, mailing_id, kind, now, who=who)


def _give_up(
    connection: Connection, mailing_id: int, which: Sequence[ColumnElement[bool]], now: datetime, reason: StateReason
) -> int:
    # The events first, with the same condition, because otherwise a list of a million ids would be needed.
    write_events_of(connection, and_(*which), EventKind.EXPIRED, reason, now)
    return connection.execute(expiring(deliveries, reason, now).where(*which).values(issue_id=None)).rowcount
