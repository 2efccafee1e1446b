"""The queue of the public pages' mails: which is next, what to send, what to suppress and why.

Input: a connection, the worker, the time, the hourly limit. Output: an `EmailOrder` to send, or how long to wait. Guarantees:
limits the mails per mailbox and day, whichever of its addresses is submitted, and the mails per hour; serves networks in turn.
Whether an address is subscribed affects neither counts nor turns, so that they reveal nothing. States, claims and events are
those of a mailing (delivery/ledger/claims.py).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, text

from composer.audience.subscribers import Status, find
from composer.audience.suppression import status_of
from composer.database.tables.transactional_tables import transactional_emails
from composer.delivery.core.address_masking import without_address
from composer.delivery.core.event_writer import write_events
from composer.delivery.core.events import EventKind, StateReason
from composer.delivery.core.retry_policy import Defer, RetryPolicy
from composer.delivery.core.single_message import decide_single
from composer.delivery.core.states import DeliveryState
from composer.delivery.core.transitions import transition_of
from composer.delivery.ledger.claims import (
    LONGEST_REPLY,
    PAGE_EMAILS,
    claiming,
    expiring,
    intending,
    is_in,
    reap,
    recording,
    suppressing,
)
from composer.transport.outcome import Outcome
from composer.web.public.site.email_renderer import EmailText
from composer.web.public.transactional.mail_requests import (
    CONFIRM_FOR,
    DropReason,
    EmailKind,
    TransactionalEmail,
    email_of,
)

#: Most mails to one mailbox per day, for each kind and in total.
MOST_A_DAY = 4
#: A second request for the same address within this time is dropped: somebody clicked twice.
SOON = timedelta(minutes=1)
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
#: A mail that cannot be sent within this time is dropped. The queue holds no more than can be sent in that time.
_TOO_LATE, _TOO_LATE_HOURS = _DAY, 24
#: When a mail is retried, as in a mailing.
_POLICY = RetryPolicy()
#: The resolution of times in the database, and how far the clocks of two servers may differ.
_TICK, _SKEW = timedelta(milliseconds=1), timedelta(minutes=1)
#: The last fifth of the hourly limit is spread evenly, so that a burst does not block the queue for the rest of the hour.
_SPREAD = 5
#: An advisory lock of PostgreSQL, so that servers that share a database count mails one after the other.
_LOCK = 0x636F6D70_6F736533
_S, _T = DeliveryState, transactional_emails.c
#: The condition of mails that were not tried.
_FRESH = (_T.state == _S.PENDING, _T.attempts == 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailOrder:
    """A mail to send: its text, and whom its link is for."""

    email: TransactionalEmail
    said: EmailText
    #: The submitted address; a link to a subscriber's data goes to the stored address.
    to: str
    #: The mail's own number for a link to confirm, the subscriber's for a link to the preferences.
    subject: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEmail:
    """The next step of the queue. It is empty if no value is set."""

    order: EmailOrder | None = None
    #: Another mail may be due at once.
    is_more: bool = False
    #: Mails wait until this time, because the hourly limit is reached.
    held_until: datetime | None = None


def next_email(connection: Connection, worker_id: int, per_hour: int, now: datetime) -> NextEmail:
    """Claim the next mail for a worker, and decide what to send."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    due = select(_T.id).where(is_in(transactional_emails, _S.PENDING, _S.DEFERRED), _T.next_at <= now)
    email_id = connection.scalar(due.order_by(_T.turn, _T.id).limit(1))
    email = None if email_id is None else email_of(connection, email_id)
    if email is None:
        return NextEmail()
    if now - email.asked > _TOO_LATE:
        _expire(connection, email, now)
        return NextEmail(is_more=True)
    if (reason := _refused(connection, email)) is not None:
        _suppress(connection, email, reason, now)
        return NextEmail(is_more=True)
    if (until := _held_until(connection, per_hour, now)) is not None:
        return NextEmail(held_until=until)
    connection.execute(claiming(transactional_emails, worker_id, now).where(_T.id == email.id).values(counted=now))
    return NextEmail(order=_decide(connection, email, worker_id, now), is_more=True)


def _refused(connection: Connection, email: TransactionalEmail) -> DropReason | None:
    """Return why a mail is not allowed, based on the requests alone, or None."""
    others = (*_admitted(email), _T.kind == email.kind)
    soon = (_T.normal == email.normal, _T.asked.between(email.asked - SOON, email.asked + SOON))
    if _count(connection, *others, *soon):
        return DropReason.REPEATED
    return DropReason.LIMIT if _count(connection, *others) >= MOST_A_DAY else None


def _admitted(email: TransactionalEmail) -> tuple[ColumnElement[bool], ...]:
    """Select other mails to its mailbox within a day that count: sent, or without a subscriber to send to."""
    out = (DropReason.LIMIT, DropReason.REPEATED)
    return (
        _T.mailbox == email.mailbox,
        _T.id != email.id,
        _T.asked.between(email.asked - _DAY, email.asked + _DAY),
        or_(_T.state.not_in((_S.PENDING, _S.EXPIRED)), and_(_T.state == _S.PENDING, _T.attempts > 0)),
        or_(_T.reason.is_(None), _T.reason.not_in(out)),
    )


def _count(connection: Connection, *clauses: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(transactional_emails).where(*clauses)) or 0


def _held_until(connection: Connection, per_hour: int, now: datetime) -> datetime | None:
    """Return until when the hourly limit holds back mails, or None."""
    counted = _T.counted
    # If the clock was set back, times in the future must not block the queue.
    is_recent = counted.between(now - _HOUR + _TICK, now + _SKEW)
    recent = select(func.count(), func.min(counted), func.max(counted)).where(is_recent)
    count, first, last = connection.execute(recent).one()
    spread = per_hour // _SPREAD
    if count < per_hour - spread:
        return None
    until: datetime = first + _HOUR if count >= per_hour else last + _HOUR / spread
    return until if until > now else None


def _decide(connection: Connection, email: TransactionalEmail, worker_id: int, now: datetime) -> EmailOrder | None:
    """Decide what to send, or suppress the mail: no subscriber for the link, or too many mails to the mailbox."""
    subscriber = find(connection, email.address)
    if subscriber is None and email.kind is EmailKind.LINK:
        _suppress(connection, email, DropReason.NOBODY, now, worker_id)
        return None
    if _count(connection, *_admitted(email), _T.state != _S.SUPPRESSED) >= MOST_A_DAY:
        _suppress(connection, email, DropReason.FULL, now, worker_id)
        return None
    if subscriber is None or (
        email.kind is EmailKind.CONFIRM and status_of(connection, subscriber) is not Status.ACTIVE
    ):
        return EmailOrder(email=email, said=EmailText.CONFIRM, to=email.address, subject=email.id)
    said = EmailText.KNOWN if email.kind is EmailKind.CONFIRM else EmailText.LINK
    return EmailOrder(email=email, said=said, to=subscriber.address, subject=subscriber.id)


def _suppress(
    connection: Connection, email: TransactionalEmail, reason: DropReason, now: datetime, worker_id: int | None = None
) -> None:
    suppressed = suppressing(transactional_emails, worker_id, now).where(_T.id == email.id)
    connection.execute(suppressed.values(reason=reason))
    _write(connection, email, EventKind.SUPPRESSED, now, reason=reason)


def _expire(connection: Connection, email: TransactionalEmail, now: datetime) -> None:
    expired = expiring(transactional_emails, StateReason.DEADLINE, now)
    connection.execute(expired.where(_T.id == email.id))
    _write(connection, email, EventKind.EXPIRED, now, reason=StateReason.DEADLINE)


def _write(connection: Connection, email: TransactionalEmail, kind: EventKind, now: datetime, **more: str) -> None:
    write_events(connection, None, (PAGE_EMAILS.event(email.id, kind, **more),), now)


def intend(connection: Connection, email: TransactionalEmail, worker_id: int, now: datetime) -> bool:
    """Record the intent: a mail is about to be sent. False if it must not be: it was deleted with its subscriber, or
    another worker has it.
    """
    if connection.dialect.name == "postgresql":
        # With any server configuration, the intent is on disk before the final dot, as in a mailing.
        connection.execute(select(func.set_config("synchronous_commit", "on", True)))
    return connection.execute(intending(transactional_emails, worker_id, now).where(_T.id == email.id)).rowcount == 1


def record(
    connection: Connection, email: TransactionalEmail, worker_id: int, outcome: Outcome, now: datetime
) -> EventKind:
    """Record the outcome of a mail that this worker had claimed; return the kind of event."""
    said = without_address(str(outcome.reply) if outcome.reply else outcome.reason, email.address)[:LONGEST_REPLY]
    change = transition_of(decide_single(outcome, email.attempts, now, _POLICY))
    more: dict[str, object] = {"words": said, "queue_id": outcome.queue_id}
    if change.next_at is not None:
        # It no longer counts for the hourly limit.
        more |= {"next_at": change.next_at, "counted": None}
    recorded = recording(transactional_emails, worker_id, change, now).where(_T.id == email.id).values(more)
    if connection.execute(recorded).rowcount == 1:
        _write(connection, email, change.event, now, words=said)
    return change.event


def put_off(connection: Connection, email: TransactionalEmail, worker_id: int, now: datetime) -> None:
    """After an error, try a mail that was not sent again later. One that may have been sent is unconfirmed."""
    change = transition_of(Defer(until=now + _POLICY.delay(email.attempts + 1)))
    later = recording(transactional_emails, worker_id, change, now).where(
        _T.id == email.id, is_in(transactional_emails, _S.CLAIMED)
    )
    if connection.execute(later.values(next_at=change.next_at, counted=None)).rowcount == 1:
        _write(connection, email, change.event, now)
    else:
        reap(connection, PAGE_EMAILS, (worker_id,), now, StateReason.RUN_DIED)


def waiting(connection: Connection) -> tuple[int, datetime | None]:
    """Return how many mails wait for their first attempt, and when the oldest was requested."""
    query = select(func.count(), func.min(_T.asked))
    count, oldest = connection.execute(query.where(*_FRESH)).one()
    return count, oldest


def tidy(connection: Connection, per_hour: int, now: datetime) -> int:
    """Delete mails that are done or cannot be sent in time; return how many were deleted because the queue is full.

    These are from the networks with the most requests.
    """
    is_over = or_(_T.kind == EmailKind.LINK, is_in(transactional_emails, _S.SUPPRESSED, _S.EXPIRED))
    old = and_(is_over, _T.asked < now - _DAY)
    connection.execute(delete(transactional_emails).where(or_(old, _T.asked < now - CONFIRM_FOR - _DAY)))
    excess = waiting(connection)[0] - per_hour * _TOO_LATE_HOURS
    if excess <= 0:
        return 0
    last = select(_T.id).where(*_FRESH).order_by(_T.turn.desc(), _T.id.desc()).limit(excess)
    return connection.execute(delete(transactional_emails).where(_T.id.in_(last))).rowcount
