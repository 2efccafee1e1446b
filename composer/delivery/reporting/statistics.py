"""The results of a mailing: numbers, by time and by domain, who did not receive it, and what bounced later.

Input: a connection, a mailing, the time. Output: `Statistics`, recipients one by one, events one by one. Guarantees:
reads only; a person who was erased appears as a number.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, cast, func, literal, or_, select

from composer.database.tables.bounce_tables import returned
from composer.database.tables.mailing_tables import deliveries, events
from composer.database.tables.metadata import milliseconds
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.approval.approvals import answers_before
from composer.delivery.approval.reviews import GivenAnswer
from composer.delivery.core.events import in_words
from composer.delivery.core.mailing import Mailing, Sums, mailing_of, sums_of
from composer.delivery.core.states import DeliveryState
from composer.delivery.ledger.reconciliation import Decided, decided_of, is_decided
from composer.delivery.ledger.statements import NEXT
from composer.delivery.reporting.event_feed import events_of
from composer.delivery.reporting.route_results import RouteResult, route_results

_D = deliveries.c
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: How many points the curve has, and how many domains are named.
_POINTS, _DOMAINS = 60, 12
_AT_A_TIME = 1_000
#: The domain of people who were erased.
_ERASED = "erased"
_BOUNCE, _COMPLAINT, _UNSUBSCRIBE = "bounce", "complaint", "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientOutcome:
    """A recipient who did not receive it, or whose message bounced."""

    subscriber_id: int
    #: The address; a number if the person was erased.
    name: str = field(repr=False)
    state: DeliveryState
    bounce_history: bool
    #: The server's last reply, or the reason.
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The results for the recipients of one domain."""

    name: str
    by_state: Mapping[DeliveryState, int]
    #: How many of the accepted messages a person decided to count as received.
    decided: int = 0

    @property
    def total(self) -> int:
        """The number of recipients."""
        return sum(self.by_state.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The results of a mailing at one time."""

    mailing: Mailing
    sums: Sums
    as_of: datetime
    #: Who decided how many messages count as received.
    decided: tuple[Decided, ...]
    #: The answers of people who may approve, given before the mailing ended.
    answers: tuple[GivenAnswer, ...]
    #: Bounces, complaints, and requests by email to unsubscribe, recognised by our own key.
    bounced: int
    complained: int
    left: int
    #: How many messages had been accepted at which time.
    progress: tuple[tuple[datetime, int], ...]
    #: The largest first; the last one may be the sum of all others.
    domains: tuple[Domain, ...]
    #: What each mail server did, if newsletter.yaml named several.
    routes: tuple[RouteResult, ...] = ()

    @property
    def received(self) -> int:
        """How many were received, as far as is known: accepted and not bounced."""
        return self.sums[DeliveryState.ACCEPTED] - self.bounced


def statistics_of(connection: Connection, mailing_id: int, now: datetime) -> Statistics:
    """Return the statistics of a mailing. Raises MailingError."""
    counted = connection.execute(
        select(returned.c.kind, func.count(func.distinct(returned.c.subscriber_id)))
        .join(deliveries, (_D.mailing_id == returned.c.mailing_id) & (_D.subscriber_id == returned.c.subscriber_id))
        .where(returned.c.mailing_id == mailing_id, _D.state == DeliveryState.ACCEPTED)
        .group_by(returned.c.kind)
    )
    kinds: dict[str, int] = {row[0]: row[1] for row in counted}
    mailing = mailing_of(connection, mailing_id)
    return Statistics(
        mailing=mailing,
        sums=sums_of(connection, mailing_id),
        as_of=now,
        decided=decided_of(connection, mailing_id),
        answers=answers_before(connection, mailing_id, mailing.ended),
        bounced=kinds.get(_BOUNCE, 0),
        complained=kinds.get(_COMPLAINT, 0),
        left=kinds.get(_UNSUBSCRIBE, 0),
        progress=_progress(connection, mailing_id),
        domains=_domains(connection, mailing_id),
        routes=route_results(connection, mailing_id),
    )


def next_try(connection: Connection, mailing_id: int) -> datetime | None:
    """Return when the first deferred message may be tried again; None if no message is deferred."""
    found: datetime | None = connection.scalar(NEXT[DeliveryState.DEFERRED], {"mailing": mailing_id})
    return found


def not_received(
    connection: Connection, mailing_id: int, most: int | None = None, *, only: DeliveryState | None = None
) -> tuple[RecipientOutcome, ...]:
    """Return the recipients who did not receive it, or only those in one state; `most` at most."""
    return tuple(each_not_received(connection, mailing_id, most, only=only))


def each_not_received(
    connection: Connection, mailing_id: int, most: int | None = None, *, only: DeliveryState | None = None
) -> Iterator[RecipientOutcome]:
    """Yield the recipients who did not receive it or whose message bounced, in the order of the subscribers."""
    back = (
        select(func.max(returned.c.words))
        .where(
            returned.c.mailing_id == mailing_id,
            returned.c.subscriber_id == _D.subscriber_id,
            returned.c.kind == _BOUNCE,
        )
        .scalar_subquery()
    )
    question = (
        select(_D.subscriber_id, _D.state, _D.reason, _D.words, subscribers.c.address, back.label("back"))
        .join_from(deliveries, subscribers, subscribers.c.id == _D.subscriber_id, isouter=True)
        .where(_D.mailing_id == mailing_id)
        .where(or_(_D.state.not_in((DeliveryState.ACCEPTED, DeliveryState.WRITTEN)), back.is_not(None)))
        .order_by(_D.subscriber_id)
        .limit(most)
    )
    if only is not None:
        question = question.where(_D.state == only)
    for row in connection.execute(question.execution_options(yield_per=_AT_A_TIME)):
        yield RecipientOutcome(
            subscriber_id=row.subscriber_id,
            name=row.address or f"subscriber {row.subscriber_id}, erased",
            state=DeliveryState(row.state),
            bounce_history=row.back is not None,
            words=row.back or in_words(row.reason, row.words),
        )


def each_event(connection: Connection, mailing_id: int) -> Iterator[dict[str, object]]:
    """Yield the events in their order; subscribers are numbers."""
    for each in events_of(connection, events.c.mailing_id == mailing_id):
        yield each.whole()


def _progress(connection: Connection, mailing_id: int) -> tuple[tuple[datetime, int], ...]:
    """Count the accepted messages in steps of equal length."""
    here = _D.mailing_id == mailing_id, _D.state == DeliveryState.ACCEPTED
    first, last = connection.execute(select(func.min(_D.changed), func.max(_D.changed)).where(*here)).one()
    if first is None:
        return ()
    start = milliseconds(first)
    width = max(1, (milliseconds(last) - start) // _POINTS + 1)
    step = (cast(_D.changed, BigInteger) - literal(start, BigInteger)) / literal(width, BigInteger)
    number = cast(func.floor(step), BigInteger).label("number")
    taken, points = 0, [(first, 0)]
    for row in connection.execute(select(number, func.count()).where(*here).group_by(number).order_by(number)):
        taken += row[1]
        points.append((_EPOCH + timedelta(milliseconds=start + (row[0] + 1) * width), taken))
    return tuple(points)


def _domains(connection: Connection, mailing_id: int) -> tuple[Domain, ...]:
    domain = _domain(connection)
    question: Select[Any] = (
        select(domain, _D.state, func.count())
        .join_from(deliveries, subscribers, subscribers.c.id == _D.subscriber_id, isouter=True)
        .where(_D.mailing_id == mailing_id)
        .group_by(domain, _D.state)
    )
    found: dict[str, dict[DeliveryState, int]] = {}
    for name, state, count in connection.execute(question):
        found.setdefault(name or _ERASED, {})[DeliveryState(state)] = count
    by_decision = (
        select(domain, func.count())
        .join_from(events, subscribers, subscribers.c.id == events.c.subscriber_id, isouter=True)
        .where(events.c.mailing_id == mailing_id, is_decided())
        .group_by(domain)
    )
    decided = {name or _ERASED: count for name, count in connection.execute(by_decision)}
    ranked = sorted(
        (Domain(name=name, by_state=states, decided=decided.get(name, 0)) for name, states in found.items()),
        key=lambda each: (-each.total, each.name),
    )
    if len(ranked) <= _DOMAINS:
        return tuple(ranked)
    rest: dict[DeliveryState, int] = {}
    for each in ranked[_DOMAINS - 1 :]:
        for state, count in each.by_state.items():
            rest[state] = rest.get(state, 0) + count
    others = Domain(
        name=f"{len(ranked) - _DOMAINS + 1} other domains",
        by_state=rest,
        decided=sum(each.decided for each in ranked[_DOMAINS - 1 :]),
    )
    return (*ranked[: _DOMAINS - 1], others)


def _domain(connection: Connection) -> ColumnElement[str]:
    normal = subscribers.c.normal
    if connection.dialect.name == "sqlite":
        return func.substr(normal, func.instr(normal, "@") + 1)
    return func.split_part(normal, "@", 2)
