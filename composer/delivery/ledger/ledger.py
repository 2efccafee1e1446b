"""The durable record: every change of a delivery's state, as a conditional update with its event.

Input: a connection in a transaction, the deliveries, the time. Output: what was changed. Guarantees: makes no decisions
(retry_policy and scheduler do) and sends nothing; every change follows the rules in claims.py.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    bindparam,
    func,
    literal,
    or_,
    select,
)

from composer.database.tables.mailing_tables import deliveries, recipients
from composer.database.tables.metadata import milliseconds
from composer.database.tables.subscriber_tables import subscribers, suppressions
from composer.delivery.core.event_writer import Event, write_events
from composer.delivery.core.events import EventKind
from composer.delivery.core.retry_policy import Accept, OutcomeDecision, PreviousAttempts, Refuse, Reroute
from composer.delivery.core.states import LET_GO
from composer.delivery.core.transitions import transition_of
from composer.delivery.ledger import statements
from composer.delivery.ledger.claims import LONGEST_REPLY, recording, suppressing
from composer.delivery.messages.outgoing import MessageRecipient

_D = deliveries.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A claimed delivery."""

    recipient: MessageRecipient
    tried: PreviousAttempts


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """The result of a claim."""

    due: tuple[Due, ...]
    #: How many subscribers had unsubscribed or been suppressed in the meantime.
    suppressed: int
    #: Whether as many deliveries were found as requested, so there may be more.
    is_more: bool
    #: When the next delivery is due, if there are no more now; None if nothing is left.
    next_due: datetime | None
    #: Whether nothing was claimed because the mailing was stopped or has ended.
    is_stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of a claimed delivery."""

    subscriber_id: int
    decision: OutcomeDecision
    queue_id: str | None = None
    words: str = ""
    #: The route that was used, if newsletter.yaml names several.
    route: str | None = None


def claim(
    connection: Connection, mailing_id: int, worker_id: int, count: int, now: datetime, *, is_unattended: bool = False
) -> Claimed:
    """Claim this many deliveries: first those to retry, then new ones, in the order of the subscribers.

    A subscriber who has unsubscribed since the freezing, or was erased, is suppressed instead.
    """
    if not goes_on(connection, mailing_id, is_unattended=is_unattended):
        return Claimed(due=(), suppressed=0, is_more=False, next_due=None, is_stopped=True)
    rows: list[Any] = []
    for question in statements.DUE.values():
        if left := count - len(rows):
            rows += connection.execute(question, {"mailing": mailing_id, "now": now, "count": left})
    good, gone = [], []
    for row in rows:
        if row.status == "active" and row.suppressed is None and row.address is not None:
            good.append(row)
        else:
            gone.append((row.subscriber_id, row.suppressed or row.status or "erased"))
    if good:
        common = {"mailing": mailing_id, "owner": worker_id, "now": milliseconds(now)}
        statements.CLAIM.run_many(connection, [{**common, "subscriber": row.subscriber_id} for row in good])
    if gone:
        _suppress(connection, mailing_id, gone, now)
    is_more = len(rows) >= count
    next_due = None
    if not is_more:
        # Two queries: for each of them, the answer is the first entry of an index.
        nexts = [connection.scalar(question, {"mailing": mailing_id}) for question in statements.NEXT.values()]
        next_due = min((each for each in nexts if each is not None), default=None)
    return Claimed(due=tuple(map(_due, good)), suppressed=len(gone), is_more=is_more, next_due=next_due)


def intend(
    connection: Connection,
    mailing_id: int,
    worker_id: int,
    subscriber_ids: Sequence[int],
    now: datetime,
    route: str | None = None,
) -> frozenset[int]:
    """Record the intents: these messages are about to be sent. Return those recorded; the others must not be sent.

    An intent requires a claim of this worker, a subscriber who still exists and has not unsubscribed, and a mailing
    that is not stopped. The final dot of the SMTP DATA command must not be sent before this is committed.
    """
    kind = connection.dialect.name
    ids = json.dumps(subscriber_ids) if kind == "sqlite" else list(subscriber_ids)
    asked = {"mailing": mailing_id, "owner": worker_id, "ids": ids, "now": milliseconds(now), "route": route}
    granted = frozenset(row[0] for row in statements.INTEND[kind].rows(connection, asked))
    if len(granted) < len(subscriber_ids) and goes_on(connection, mailing_id):
        left = [each for each in subscriber_ids if each not in granted]
        known = {
            row.id: row.reason or row.status
            for row in connection.execute(
                select(subscribers.c.id, subscribers.c.status, suppressions.c.reason)
                .join_from(subscribers, suppressions, suppressions.c.normal == subscribers.c.normal, isouter=True)
                .where(
                    subscribers.c.id.in_(left), or_(subscribers.c.status != "active", suppressions.c.id.is_not(None))
                )
            )
        }
        there = set(
            connection.scalars(
                select(recipients.c.subscriber_id).where(
                    recipients.c.mailing_id == mailing_id, recipients.c.subscriber_id.in_(left)
                )
            )
        )
        gone = [(each, known.get(each, "erased")) for each in left if each in known or each not in there]
        if gone:
            _suppress(connection, mailing_id, gone, now, worker_id)
    return granted


def record(connection: Connection, mailing_id: int, worker_id: int, results: Sequence[Result], now: datetime) -> None:
    """Record the results of deliveries that this worker had claimed.

    An answer that comes after the worker was considered dead resolves the unconfirmed delivery, too.
    """
    if not results:
        return
    accepted = [each for each in results if isinstance(each.decision.step, Accept)]
    others = [each for each in results if not isinstance(each.decision.step, Accept)]
    common: dict[str, object] = {"mailing": mailing_id, "owner": worker_id, "now": milliseconds(now)}
    if accepted:
        rows = [{**common, "subscriber": each.subscriber_id, "queue": each.queue_id} for each in accepted]
        statements.ACCEPT.run_many(connection, rows)
    for each in others:
        _record_one(connection, common, each, now)
    happened = (
        Event(
            kind=transition_of(each.decision.step).event,
            subscriber_id=each.subscriber_id,
            words=each.words[:LONGEST_REPLY],
            route=each.route,
        )
        for each in results
    )
    write_events(connection, mailing_id, happened, now)


def goes_on(connection: Connection, mailing_id: int, *, is_unattended: bool = False) -> bool:
    """Return whether a mailing may be sent: it is not stopped or ended, nor paused if the run is unattended."""
    return bool(connection.scalar(statements.GOES_ON[is_unattended], {"mailing": mailing_id}))


def elsewhere(connection: Connection, mailing_id: int, worker_id: int) -> int:
    """Return how many deliveries other processes have claimed or are sending."""
    return connection.execute(statements.ELSEWHERE, {"mailing": mailing_id, "owner": worker_id}).scalar_one()


def _suppress(
    connection: Connection,
    mailing_id: int,
    gone: Sequence[tuple[int, str]],
    now: datetime,
    worker_id: int | None = None,
) -> None:
    """Suppress deliveries before they are sent; with a worker, only those that it has claimed."""
    change = (
        suppressing(deliveries, worker_id, now)
        .where(_D.mailing_id == mailing_id, _D.subscriber_id == bindparam("subscriber"))
        .values(issue_id=None, reason=bindparam("why"))
    )
    connection.execute(change, [{"subscriber": subscriber_id, "why": why} for subscriber_id, why in gone])
    happened = (Event(kind=EventKind.SUPPRESSED, subscriber_id=each, reason=why) for each, why in gone)
    write_events(connection, mailing_id, happened, now)


def _record_one(connection: Connection, common: Mapping[str, object], result: Result, now: datetime) -> None:
    """Record any result except an acceptance; the previous state is part of the condition."""
    step = result.decision.step
    change = transition_of(step)
    more: dict[str, object] = {}
    if change.to in LET_GO:
        more["issue_id"] = None
    if isinstance(step, Refuse):
        more["refusal_category"] = step.refusal_category
    if isinstance(step, Reroute):
        more["requeue_count"] = _D.requeue_count + 1
    if change.next_at is not None:
        more["next_at"] = change.next_at
    if change.is_throttled:
        more["throttled"] = _D.throttled + 1
    if change.is_counted:
        more["first_at"] = func.coalesce(_D.first_at, literal(now, _D.first_at.type))
    connection.execute(
        recording(deliveries, common["owner"], change, now)
        .where(_D.mailing_id == common["mailing"], _D.subscriber_id == result.subscriber_id)
        .values(words=result.words[:LONGEST_REPLY], queue_id=result.queue_id, route=result.route, **more)
    )


def _due(row: Any) -> Due:
    get = row._mapping
    recipient = MessageRecipient(**{name: get[name] for name in _RECIPIENT})
    return Due(recipient=recipient, tried=PreviousAttempts(**{name: get[name] for name in _TRIED}))


_RECIPIENT = tuple(each.name for each in fields(MessageRecipient))
_TRIED = ("subscriber_id", "attempts", "first_at", "throttled", "requeue_count")
