"""Settles the unknown: by a server's log, or by a person's decision. Nothing else ever does.

Input: a connection in a transaction, a mailing, what is known or decided. Output: how many were settled, and later what
was decided by whom. Afterwards the mailing may be over (`upkeep.end`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from composer.database.tables.mailing_tables import deliveries, events
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.core.events import EventKind, StateReason
from composer.delivery.core.mailing import MailingError, mailing_of
from composer.delivery.core.states import OPEN, DeliveryState
from composer.delivery.ledger.relay_log import Expected, taken
from composer.transport.envelope import Envelope, addresses
from composer.transport.outcome import Outcome

_D = deliveries.c
#: How many are changed by one statement.
_PAGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SentWithoutAnswer:
    """What a subscriber was sent: how a server's log names it."""

    message_id: str
    #: The envelope's.
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How many of the unknown were settled, and how many are still unknown."""

    settled: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """How many count as received because a person said so, at one time."""

    count: int
    who: str
    at: datetime

    def in_words(self, zone: ZoneInfo) -> str:
        """Say it to people."""
        are = "is" if self.count == 1 else "are"
        when = f"{self.at.astimezone(zone):%Y-%m-%d %H:%M}"
        return f"{self.count:,} of those taken {are} counted as received by a person's decision: {self.who}, {when}"


def unknown_of(connection: Connection, mailing_id: int) -> tuple[int, ...]:
    """Return the subscribers of whom nobody knows whether they have it."""
    question = select(_D.subscriber_id).where(_D.mailing_id == mailing_id, _D.state == DeliveryState.UNKNOWN)
    return tuple(connection.scalars(question.order_by(_D.subscriber_id)))


def settle_by_log(
    connection: Connection,
    mailing_id: int,
    lines: Iterable[str],
    sent: Callable[[int], SentWithoutAnswer],
    who: str,
    now: datetime,
) -> Settled:
    """Count those as taken whose message a Postfix log shows in its queue; the log proves nothing about the others.

    `sent` returns what a subscriber was sent in this mailing.
    """
    unknown = unknown_of(connection, mailing_id)
    recipients = _addresses(connection, unknown)
    names, expected = dict[str, int](), dict[str, Expected]()
    for subscriber_id in unknown:
        message = sent(subscriber_id)
        name = message.message_id.strip("<>").partition("@")[0]
        names[name], expected[name] = subscriber_id, _expected(message.sender, recipients.get(subscriber_id))
    proven = [names[name] for name in taken(lines, expected)]
    return _settle(connection, mailing_id, proven, DeliveryState.ACCEPTED, StateReason.LOG, who, now)


def _addresses(connection: Connection, subscriber_ids: Sequence[int]) -> dict[int, str]:
    """Return the addresses of those who are still subscribers."""
    found: dict[int, str] = {}
    for start in range(0, len(subscriber_ids), _PAGE):
        page = subscribers.c.id.in_(subscriber_ids[start : start + _PAGE])
        found.update(
            (row.id, row.address)
            for row in connection.execute(select(subscribers.c.id, subscribers.c.address).where(page))
        )
    return found


def _expected(sender: str, recipient: str | None) -> Expected:
    """Return an envelope as a server logs it."""
    wire = addresses(Envelope(sender=sender, recipient=recipient or ""))
    if isinstance(wire, Outcome):
        return Expected(sender=sender, recipient=recipient)
    return Expected(sender=wire[0], recipient=wire[1])


def count_as_received(connection: Connection, mailing_id: int, who: str, now: datetime) -> Settled:
    """Count all the unknown as taken, because a person says so."""
    unknown = unknown_of(connection, mailing_id)
    return _settle(connection, mailing_id, unknown, DeliveryState.ACCEPTED, StateReason.RECEIVED, who, now)


def decided_of(connection: Connection, mailing_id: int) -> tuple[Decided, ...]:
    """Return what persons decided to count as received, the oldest decision first."""
    question = (
        select(events.c.at, events.c.who, func.count())
        .where(events.c.mailing_id == mailing_id, is_decided())
        .group_by(events.c.at, events.c.who)
        .order_by(events.c.at, events.c.who)
    )
    return tuple(Decided(count=count, who=who, at=at) for at, who, count in connection.execute(question))


def is_decided() -> ColumnElement[bool]:
    """Return the condition, over `events`, of a subscriber's being counted as received by a person's decision."""
    return and_(events.c.kind == EventKind.SETTLED, events.c.reason == StateReason.RECEIVED)


def send_again(connection: Connection, mailing_id: int, who: str, now: datetime) -> Settled:
    """Have the unknown sent again, because a person says so: some may get two copies, with the same Message-ID.

    Raises MailingError for a mailing that is over: the messages are gone.
    """
    if mailing_of(connection, mailing_id).ended:
        raise MailingError(f"mailing {mailing_id} is over", "its messages are not kept: send a new mailing --again")
    unknown = unknown_of(connection, mailing_id)
    return _settle(connection, mailing_id, unknown, DeliveryState.PENDING, StateReason.AGAIN, who, now)


def may_get_twice(connection: Connection, mailing_id: int) -> int:
    """Give how many are to get it, of whom nobody knows whether they have it: a person would rather have it sent again."""
    question = (
        select(func.count(_D.subscriber_id.distinct()))
        .join_from(
            events, deliveries, (_D.mailing_id == events.c.mailing_id) & (_D.subscriber_id == events.c.subscriber_id)
        )
        .where(
            events.c.mailing_id == mailing_id, events.c.kind == EventKind.SETTLED, events.c.reason == StateReason.AGAIN
        )
        .where(_D.state.in_(OPEN))
    )
    return connection.execute(question).scalar_one()


def promise(twice: int) -> str:
    """Say how often those get it who are still to get it, of whom so many may have it."""
    return f"{twice:,} may get it twice, as was decided" if twice else "nobody gets it twice"


def _settle(
    connection: Connection,
    mailing_id: int,
    subscriber_ids: Sequence[int],
    to: DeliveryState,
    reason: StateReason,
    who: str,
    now: datetime,
) -> Settled:
    settled: list[int] = []
    for start in range(0, len(subscriber_ids), _PAGE):
        change = (
            update(deliveries)
            .where(
                _D.mailing_id == mailing_id,
                _D.state == DeliveryState.UNKNOWN,
                _D.subscriber_id.in_(subscriber_ids[start : start + _PAGE]),
            )
            # Nobody's any more: an answer that comes late must not undo what a person decided.
            .values(state=to, worker_id=None, next_at=now, changed=now, reason=reason, words=None)
            .returning(_D.subscriber_id)
        )
        settled += connection.scalars(change)
    if settled:
        rows = [
            {
                "mailing_id": mailing_id,
                "subscriber_id": each,
                "at": now,
                "kind": EventKind.SETTLED,
                "reason": reason,
                "who": who,
            }
            for each in settled
        ]
        connection.execute(insert(events), rows)
    return Settled(settled=len(settled), left=len(unknown_of(connection, mailing_id)))
