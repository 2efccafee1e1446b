"""Resolves unconfirmed deliveries: by a server's log, or by a person's decision.

Input: a connection in a transaction, a mailing, the log or the decision. Output: how many were resolved; later, who
decided what. After that, the mailing may end (`maintenance.end`). Guarantees: nothing is resolved without proof or a
decision.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from composer.database.tables.mailing_tables import deliveries, events
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.core.event_writer import Event, write_events
from composer.delivery.core.events import EventKind, StateReason
from composer.delivery.core.mailing import MailingError, mailing_of
from composer.delivery.core.states import OPEN, DeliveryState
from composer.delivery.ledger.relay_log import Expected, taken
from composer.transport.envelope import Envelope, addresses
from composer.transport.outcome import Outcome

_D = deliveries.c
#: How many rows one statement changes.
_PAGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SentWithoutAnswer:
    """A message without an answer, as a server's log identifies it."""

    message_id: str
    #: The sender of the envelope.
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How many unconfirmed deliveries were resolved, and how many are left."""

    settled: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """How many a person decided to count as received, at one time."""

    count: int
    who: str
    at: datetime

    def in_words(self, zone: ZoneInfo) -> str:
        """Return it as text."""
        messages = "message was" if self.count == 1 else "messages were"
        when = f"{self.at.astimezone(zone):%Y-%m-%d %H:%M}"
        return f"{self.count:,} unconfirmed {messages} counted as received by decision of {self.who}, {when}"


def unknown_of(connection: Connection, mailing_id: int) -> tuple[int, ...]:
    """Return the subscribers whose delivery is unconfirmed."""
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
    """Count messages as accepted if a Postfix log shows them in the queue; the log proves nothing about the others.

    `sent` returns the message of a subscriber in this mailing.
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
    """Return an envelope in the form of a server's log."""
    wire = addresses(Envelope(sender=sender, recipient=recipient or ""))
    if isinstance(wire, Outcome):
        return Expected(sender=sender, recipient=recipient)
    return Expected(sender=wire[0], recipient=wire[1])


def count_as_received(connection: Connection, mailing_id: int, who: str, now: datetime) -> Settled:
    """Count all unconfirmed deliveries as accepted, because a person decided so."""
    unknown = unknown_of(connection, mailing_id)
    return _settle(connection, mailing_id, unknown, DeliveryState.ACCEPTED, StateReason.RECEIVED, who, now)


def decided_of(connection: Connection, mailing_id: int) -> tuple[Decided, ...]:
    """Return the decisions to count messages as received, the oldest first."""
    question = (
        select(events.c.at, events.c.who, func.count())
        .where(events.c.mailing_id == mailing_id, is_decided())
        .group_by(events.c.at, events.c.who)
        .order_by(events.c.at, events.c.who)
    )
    return tuple(Decided(count=count, who=who, at=at) for at, who, count in connection.execute(question))


def is_decided() -> ColumnElement[bool]:
    """Return the condition, over `events`, of a decision to count a message as received."""
    return and_(events.c.kind == EventKind.SETTLED, events.c.reason == StateReason.RECEIVED)


def send_again(connection: Connection, mailing_id: int, who: str, now: datetime) -> Settled:
    """Send all unconfirmed messages again, as a person decided; some people may get two copies, with the same Message-ID.

    Raises MailingError if the mailing has ended, because its messages were deleted.
    """
    if mailing_of(connection, mailing_id).ended:
        raise MailingError(
            f"mailing {mailing_id} has ended, and its messages were deleted", "send a new mailing with --again"
        )
    unknown = unknown_of(connection, mailing_id)
    return _settle(connection, mailing_id, unknown, DeliveryState.PENDING, StateReason.AGAIN, who, now)


def may_get_twice(connection: Connection, mailing_id: int) -> int:
    """Return how many pending recipients may have the message already, because a person decided to send it again."""
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
    """Return a sentence about duplicates; `twice` is how many pending recipients may have the message already."""
    return f"{twice:,} may receive it twice, as was decided" if twice else "nobody receives it twice"


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
            # Without a worker, so that a late answer does not undo a person's decision.
            .values(state=to, worker_id=None, next_at=now, changed=now, reason=reason, words=None)
            .returning(_D.subscriber_id)
        )
        settled += connection.scalars(change)
    happened = (Event(kind=EventKind.SETTLED, subscriber_id=each, reason=reason, who=who) for each in settled)
    write_events(connection, mailing_id, happened, now)
    return Settled(settled=len(settled), left=len(unknown_of(connection, mailing_id)))
