"""The SQL statements of the ledger that run often: compiled only once.

Input: nothing. Output: statements with named parameters. ledger.py explains what they are for, claims.py has the rules
that they follow.
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
    literal_column,
    null,
    select,
)

from composer.database.prepared_statement import Prepared
from composer.database.tables.mailing_tables import deliveries, mailings, recipients
from composer.database.tables.subscriber_tables import subscribers, suppressions
from composer.delivery.core.retry_policy import Accept
from composer.delivery.core.states import DeliveryState
from composer.delivery.core.transitions import transition_of
from composer.delivery.ledger.claims import claiming, intending, is_in, recording
from composer.delivery.selection.selection import is_suppressed

_D = deliveries.c
_S = DeliveryState


def stands(*states: DeliveryState) -> ColumnElement[bool]:
    """Return the condition of deliveries in any of these states."""
    return is_in(deliveries, *states)


_GOES_ON = (mailings.c.id == bindparam("mailing"), mailings.c.stopped.is_(None), mailings.c.ended.is_(None))
#: By whether the run is unattended: an unattended run does not send a paused mailing.
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
    # If several processes send one mailing, each skips the rows that another has locked (SQLite has only one writer).
    .with_for_update(of=deliveries, skip_locked=True)
)
_NEXT = select(func.min(_D.next_at)).where(_D.mailing_id == bindparam("mailing"))
#: By state: first deliveries to retry, then new ones.
DUE = {state: _DUE.where(stands(state)) for state in (_S.DEFERRED, _S.PENDING)}
NEXT = {state: _NEXT.where(stands(state)) for state in (_S.DEFERRED, _S.PENDING)}
ELSEWHERE = select(func.count()).where(
    _D.mailing_id == bindparam("mailing"), stands(_S.CLAIMED, _S.SENDING), _D.worker_id != bindparam("owner")
)
#: The statements that run for every message; the numbers of subscribers are a list in JSON or an array.
_MAILING, _WORKER = bindparam("mailing", type_=Integer), bindparam("owner", type_=Integer)
_NOW = bindparam("now", type_=BigInteger)
#: One delivery at a time: for a list of subscribers, SQLite would read everything that is pending.
CLAIM = Prepared(
    claiming(deliveries, _WORKER, _NOW).where(_D.mailing_id == _MAILING, _D.subscriber_id == bindparam("subscriber"))
)


def _intend(those: ColumnElement[bool]) -> Prepared:
    return Prepared(
        intending(deliveries, _WORKER, _NOW)
        .where(
            _D.mailing_id == _MAILING,
            those,
            exists().where(
                subscribers.c.id == _D.subscriber_id,
                subscribers.c.status == literal_column("'active'"),
                ~is_suppressed(),
            ),
            exists().where(recipients.c.subscriber_id == _D.subscriber_id, recipients.c.mailing_id == _D.mailing_id),
            exists().where(mailings.c.id == _D.mailing_id, mailings.c.stopped.is_(None), mailings.c.ended.is_(None)),
        )
        .values(route=bindparam("route"))
        .returning(_D.subscriber_id)
    )


INTEND = {
    "sqlite": _intend(
        _D.subscriber_id.in_(select(func.json_each(bindparam("ids", type_=Text)).table_valued("value").c.value))
    ),
    "postgresql": _intend(_D.subscriber_id == func.any(bindparam("ids", type_=ARRAY(BigInteger)))),
}
ACCEPT = Prepared(
    recording(deliveries, _WORKER, transition_of(Accept()), _NOW)
    .where(_D.mailing_id == _MAILING, _D.subscriber_id == bindparam("subscriber"))
    .values(queue_id=bindparam("queue"), words=null())
)
