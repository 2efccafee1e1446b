"""What is done to many deliveries at once: after a death, at a deadline, when the clock was put back, at the end.

Input: a connection in a transaction, a mailing, the time. Output: how many were changed. The rules are ledger.py's:
a condition is part of every update, and every way is one that states.WAYS knows.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, literal, select, update

from composer.database.tables.mailing_tables import deliveries, events, mailings, recipients, variants
from composer.delivery.core.events import EventKind, StateReason
from composer.delivery.core.mailing import MailingError, Sums, mailing_of, note, sums_of
from composer.delivery.core.retry_policy import RetryPolicy
from composer.delivery.core.scheduler import after_death
from composer.delivery.core.states import DeliveryState
from composer.delivery.ledger.statements import stands

_D = deliveries.c
_S = DeliveryState


def take_back(connection: Connection, mailing_id: int, subscriber_ids: Sequence[int], now: datetime) -> int:
    """Make refusals that were about us pending again, at the end of the line; give how many."""
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
    if back:
        rows = [
            {"mailing_id": mailing_id, "subscriber_id": each, "at": now, "kind": EventKind.TAKEN_BACK} for each in back
        ]
        connection.execute(insert(events), rows)
    return len(back)


def release(connection: Connection, mailing_id: int, worker_id: int, now: datetime) -> int:
    """Return back everything that this owner has claimed and not begun to send; give how many."""
    return connection.execute(
        update(deliveries)
        .where(_D.mailing_id == mailing_id, _D.worker_id == worker_id, stands(_S.CLAIMED))
        .values(state=_S.PENDING, changed=now)
    ).rowcount


def reap_worker(
    connection: Connection, mailing_id: int, worker_ids: Sequence[int], now: datetime, reason: StateReason
) -> tuple[int, int]:
    """Deal with what dead workers left: claims are free again, dots that may have gone are unknown; give how many of each."""
    in_hand = (_D.mailing_id == mailing_id, _D.worker_id.in_(worker_ids))
    freed = connection.execute(
        update(deliveries).where(*in_hand, stands(_S.CLAIMED)).values(state=after_death(_S.CLAIMED), changed=now)
    ).rowcount
    lost = connection.scalars(
        update(deliveries)
        .where(*in_hand, stands(_S.SENDING))
        .values(state=after_death(_S.SENDING), changed=now, attempts=_D.attempts + 1, reason=reason, words=None)
        .returning(_D.subscriber_id)
    ).all()
    if lost:
        rows = [
            {"mailing_id": mailing_id, "subscriber_id": each, "at": now, "kind": EventKind.UNKNOWN, "reason": reason}
            for each in lost
        ]
        connection.execute(insert(events), rows)
    return freed, len(lost)


def expire(connection: Connection, mailing_id: int, now: datetime, policy: RetryPolicy) -> int:
    """Return up those that were tried for longer than the policy allows; give how many."""
    over = (_D.mailing_id == mailing_id, stands(_S.DEFERRED), _D.first_at < now - policy.deadline)
    return _give_up(connection, mailing_id, over, now, StateReason.DEADLINE)


def repair_schedule(connection: Connection, mailing_id: int, now: datetime, policy: RetryPolicy) -> int:
    """Make those due now that wait for longer than any policy says: the clock was put back meanwhile; give how many."""
    return _now_due(connection, mailing_id, now, now + max(*policy.delays, policy.longest_pause))


def retry_now(connection: Connection, mailing_id: int, now: datetime) -> int:
    """Make everything that waits to be tried again due now, because a person asks; give how many."""
    return _now_due(connection, mailing_id, now, now)


def _now_due(connection: Connection, mailing_id: int, now: datetime, later_than: datetime) -> int:
    changed = 0
    for state in (_S.PENDING, _S.DEFERRED):
        those = (_D.mailing_id == mailing_id, stands(state), _D.next_at > later_than)
        changed += connection.execute(update(deliveries).where(*those).values(next_at=now)).rowcount
    return changed


def end(connection: Connection, mailing_id: int, now: datetime) -> Sums:
    """End a mailing whose every recipient's fate is known: the recipients' values and the compiled messages go.

    Gives the sums; the mailing is over when they are `is_complete`, and nothing is changed otherwise.
    """
    sums = sums_of(connection, mailing_id)
    if sums.is_complete:
        _close(connection, mailing_id, now, EventKind.ENDED, "")
    return sums


def end_for_good(connection: Connection, mailing_id: int, who: str, now: datetime) -> Sums:
    """End a mailing by a person's word: who is still to get it does not. Raises MailingError while it is being sent.

    The unknown stay unknown, and no mailing of the issue goes to them.
    """
    if mailing_of(connection, mailing_id).ended:
        raise MailingError(f"mailing {mailing_id} is over", "there is nothing to end")
    sums = sums_of(connection, mailing_id)
    if sums[_S.CLAIMED] or sums[_S.SENDING]:
        raise MailingError(f"mailing {mailing_id} is being sent", f"first: compose stop {mailing_id}")
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
    # The events first, by the same condition: no list of a million ids passes through here.
    those = select(
        _D.mailing_id,
        _D.subscriber_id,
        literal(now, events.c.at.type),
        literal(EventKind.EXPIRED.value),
        literal(reason.value),
    ).where(*which)
    connection.execute(insert(events).from_select(("mailing_id", "subscriber_id", "at", "kind", "reason"), those))
    return connection.execute(
        update(deliveries).where(*which).values(state=_S.EXPIRED, issue_id=None, changed=now, reason=reason)
    ).rowcount
