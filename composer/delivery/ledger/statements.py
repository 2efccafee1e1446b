"""The statements of the ledger that run again and again: written once, compiled once.

Input: nothing. Output: statements with names for what is still to be given. What they are for stands in ledger.py.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)

from composer.database.prepared_statement import Prepared
from composer.database.tables.mailing_tables import deliveries, events, mailings, recipients
from composer.database.tables.subscriber_tables import subscribers, suppressions
from composer.delivery.core.states import DeliveryState
from composer.delivery.selection.selection import is_suppressed

_D = deliveries.c
_S = DeliveryState


def stands(*states: DeliveryState) -> ColumnElement[bool]:
    """Give the condition of deliveries in any of these states, written out: SQLite finds its partial indexes by it."""
    return or_(*(_D.state == literal_column(f"'{state}'") for state in states))


_GOES_ON = (mailings.c.id == bindparam("mailing"), mailings.c.stopped.is_(None), mailings.c.ended.is_(None))
#: By whether the run is unattended: such a one heeds a pause, too.
GOES_ON = {
    False: select(exists().where(*_GOES_ON)),
    True: select(exists().where(*_GOES_ON, mailings.c.paused.is_(None))),
}
_DUE = (
    select(
        *(_D[name] for name in ("subscriber_id", "variant", "attempts", "first_at", "throttled", "requeue_count")),
        *(recipients.c[name] for name in ("address", "name", "first_name", "last_name", "language", "fields")),
        recipients.c.answered_mailing,
        recipients.c.answered_subscriber,
        subscribers.c.status,
        suppressions.c.reason.label("suppressed"),
    )
    .select_from(
        deliveries.outerjoin(
            recipients, (recipients.c.subscriber_id == _D.subscriber_id) & (recipients.c.mailing_id == _D.mailing_id)
        )
        .outerjoin(subscribers, subscribers.c.id == _D.subscriber_id)
        .outerjoin(suppressions, suppressions.c.normal == subscribers.c.normal)
    )
    .where(_D.mailing_id == bindparam("mailing"), _D.next_at <= bindparam("now"))
    .order_by(_D.next_at, _D.subscriber_id)
    .limit(bindparam("count"))
    # Several processes at one mailing: each takes what no other is looking at (PostgreSQL; SQLite has one writer).
    .with_for_update(of=deliveries, skip_locked=True)
)
_NEXT = select(func.min(_D.next_at)).where(_D.mailing_id == bindparam("mailing"))
#: By state: what is to be tried again, then what was never tried.
DUE = {state: _DUE.where(stands(state)) for state in (_S.DEFERRED, _S.PENDING)}
NEXT = {state: _NEXT.where(stands(state)) for state in (_S.DEFERRED, _S.PENDING)}
ELSEWHERE = select(func.count()).where(
    _D.mailing_id == bindparam("mailing"), stands(_S.CLAIMED, _S.SENDING), _D.worker_id != bindparam("owner")
)
CLAIM = (
    update(deliveries)
    .where(
        _D.mailing_id == bindparam("mailing"),
        _D.subscriber_id.in_(bindparam("ids", expanding=True)),
        stands(_S.PENDING, _S.DEFERRED),
    )
    .values(state=_S.CLAIMED, worker_id=bindparam("owner"), changed=bindparam("now"))
)
#: The statements that run for every message; the numbers of subscribers come as a list in JSON or as an array.
_MAILING, _WORKER = bindparam("mailing", type_=Integer), bindparam("owner", type_=Integer)
_NOW = bindparam("now", type_=BigInteger)


def _intend(those: ColumnElement[bool]) -> Prepared:
    return Prepared(
        update(deliveries)
        .where(
            _D.mailing_id == _MAILING,
            those,
            stands(_S.CLAIMED),
            _D.worker_id == _WORKER,
            exists().where(
                subscribers.c.id == _D.subscriber_id,
                subscribers.c.status == literal_column("'active'"),
                ~is_suppressed(),
            ),
            exists().where(recipients.c.subscriber_id == _D.subscriber_id, recipients.c.mailing_id == _D.mailing_id),
            exists().where(mailings.c.id == _D.mailing_id, mailings.c.stopped.is_(None), mailings.c.ended.is_(None)),
        )
        .values(state=literal_column("'sending'"), changed=_NOW)
        .returning(_D.subscriber_id)
    )


INTEND = {
    "sqlite": _intend(
        _D.subscriber_id.in_(select(func.json_each(bindparam("ids", type_=Text)).table_valued("value").c.value))
    ),
    "postgresql": _intend(_D.subscriber_id == func.any(bindparam("ids", type_=ARRAY(BigInteger)))),
}
ACCEPT = Prepared(
    update(deliveries)
    .where(
        _D.mailing_id == _MAILING,
        _D.subscriber_id == bindparam("subscriber"),
        _D.worker_id == _WORKER,
        stands(_S.SENDING, _S.UNKNOWN),
    )
    .values(
        state=literal_column("'accepted'"),
        queue_id=bindparam("queue"),
        reason=null(),
        words=null(),
        changed=_NOW,
        attempts=_D.attempts + literal_column("1"),
    )
)
EVENT = Prepared(
    insert(events).values(
        mailing_id=_MAILING,
        subscriber_id=bindparam("subscriber"),
        at=_NOW,
        kind=bindparam("kind"),
        words=bindparam("words"),
    )
)
