"""The queue of the public pages' mails: which is next, what to send, what to drop and why.

Input: a connection, the time, the hourly limit. Output: an `EmailOrder` to send, or how long to wait. Guarantees: limits the
mails per mailbox and day, whichever of its addresses is submitted, and the mails per hour; serves networks in turn. Whether an
address is subscribed affects neither counts nor turns, so that they reveal nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, text, update

from composer.audience.subscribers import Status, find
from composer.audience.suppression import status_of
from composer.database.tables.transactional_tables import transactional_emails
from composer.delivery.core.retry_policy import (
    Accept,
    Defer,
    MarkUnconfirmed,
    Refuse,
    RetryPolicy,
    Write,
)
from composer.delivery.core.single_message import decide_single
from composer.transport.outcome import Outcome
from composer.web.public.site.email_renderer import EmailText
from composer.web.public.transactional.mail_requests import (
    CONFIRM_FOR,
    DropReason,
    EmailKind,
    EmailState,
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
#: How long a mail in progress is reserved for its worker: longer than the longest wait for a mail server's reply.
_LEASE = timedelta(minutes=15)
#: When a mail is retried, as in a mailing.
_POLICY = RetryPolicy()
#: The resolution of times in the database, and how far the clocks of two servers may differ.
_TICK, _SKEW = timedelta(milliseconds=1), timedelta(minutes=1)
#: The last fifth of the hourly limit is spread evenly, so that a burst does not block the queue for the rest of the hour.
_SPREAD = 5
#: An advisory lock of PostgreSQL, so that servers that share a database count mails one after the other.
_LOCK = 0x636F6D70_6F736533


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


def next_email(connection: Connection, per_hour: int, now: datetime) -> NextEmail:
    """Reserve the next mail, and decide what to send."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    table = transactional_emails.c
    connection.execute(update(transactional_emails).where(table.state == EmailState.SENDING, table.due <= now).values(
        state=EmailState.UNKNOWN
    ))  # fmt: skip
    due = select(table.id).where(table.state == EmailState.WAITING, table.due <= now)
    email_id = connection.scalar(due.order_by(table.turn, table.id).limit(1))
    email = None if email_id is None else email_of(connection, email_id)
    if email is None:
        return NextEmail()
    if (reason := _refused(connection, email, now)) is not None:
        _drop(connection, email, reason)
        return NextEmail(is_more=True)
    if (until := _held_until(connection, per_hour, now)) is not None:
        return NextEmail(held_until=until)
    taken = {"counted": now, "due": now + _LEASE, "attempts": email.attempts + 1}
    connection.execute(update(transactional_emails).where(table.id == email.id).values(taken))
    return NextEmail(order=_decide(connection, email), is_more=True)


def _refused(connection: Connection, email: TransactionalEmail, now: datetime) -> DropReason | None:
    """Return why a mail is not allowed, based on the requests alone, or None."""
    table = transactional_emails.c
    if now - email.asked > _TOO_LATE:
        return DropReason.EXPIRED
    others = (*_admitted(email), table.kind == email.kind)
    soon = (table.normal == email.normal, table.asked.between(email.asked - SOON, email.asked + SOON))
    if _count(connection, *others, *soon):
        return DropReason.REPEATED
    return DropReason.LIMIT if _count(connection, *others) >= MOST_A_DAY else None


def _admitted(email: TransactionalEmail) -> tuple[ColumnElement[bool], ...]:
    """Select other mails to its mailbox within a day that count: sent, or without a subscriber to send to."""
    table = transactional_emails.c
    out = (DropReason.LIMIT, DropReason.REPEATED, DropReason.EXPIRED)
    return (
        table.mailbox == email.mailbox,
        table.id != email.id,
        table.asked.between(email.asked - _DAY, email.asked + _DAY),
        table.attempts > 0,
        or_(table.drop_reason.is_(None), table.drop_reason.not_in(out)),
    )


def _count(connection: Connection, *clauses: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(transactional_emails).where(*clauses)) or 0


def _held_until(connection: Connection, per_hour: int, now: datetime) -> datetime | None:
    """Return until when the hourly limit holds back mails, or None."""
    counted = transactional_emails.c.counted
    # If the clock was set back, times in the future must not block the queue.
    is_recent = counted.between(now - _HOUR + _TICK, now + _SKEW)
    recent = select(func.count(), func.min(counted), func.max(counted)).where(is_recent)
    count, first, last = connection.execute(recent).one()
    spread = per_hour // _SPREAD
    if count < per_hour - spread:
        return None
    until: datetime = first + _HOUR if count >= per_hour else last + _HOUR / spread
    return until if until > now else None


def _decide(connection: Connection, email: TransactionalEmail) -> EmailOrder | None:
    """Decide what to send, or drop the mail: no subscriber for the link, or too many mails to the mailbox."""
    subscriber = find(connection, email.address)
    if subscriber is None and email.kind is EmailKind.LINK:
        _drop(connection, email, DropReason.NOBODY)
        return None
    if _count(connection, *_admitted(email), transactional_emails.c.state != EmailState.DROPPED) >= MOST_A_DAY:
        _drop(connection, email, DropReason.FULL)
        return None
    if subscriber is None or (
        email.kind is EmailKind.CONFIRM and status_of(connection, subscriber) is not Status.ACTIVE
    ):
        return EmailOrder(email=email, said=EmailText.CONFIRM, to=email.address, subject=email.id)
    said = EmailText.KNOWN if email.kind is EmailKind.CONFIRM else EmailText.LINK
    return EmailOrder(email=email, said=said, to=subscriber.address, subject=subscriber.id)


def _drop(connection: Connection, email: TransactionalEmail, reason: DropReason) -> None:
    dropped = {"state": EmailState.DROPPED, "drop_reason": reason}
    connection.execute(update(transactional_emails).where(transactional_emails.c.id == email.id).values(dropped))


def mark_sending(connection: Connection, email: TransactionalEmail) -> bool:
    """Record that a mail is about to be sent; False if it was deleted meanwhile, with its subscriber."""
    here = (transactional_emails.c.id == email.id, transactional_emails.c.state == EmailState.WAITING)
    return connection.execute(update(transactional_emails).where(*here).values(state=EmailState.SENDING)).rowcount == 1


def end(connection: Connection, email: TransactionalEmail, outcome: Outcome, now: datetime) -> None:
    """Record the outcome of a mail."""
    said = (str(outcome.reply) if outcome.reply else outcome.reason)[:500]
    kept: dict[str, object]
    match decide_single(outcome, email.attempts, now, _POLICY):
        case Defer(until=until):
            # It no longer counts for the hourly limit.
            kept = {"state": EmailState.WAITING, "due": until, "reply": said, "counted": None}
        case Accept():
            kept = {"state": EmailState.ACCEPTED, "reply": said}
        case Write():
            kept = {"state": EmailState.WRITTEN, "reply": said}
        case MarkUnconfirmed():
            kept = {"state": EmailState.UNKNOWN, "reply": said}
        case Refuse():
            kept = {"state": EmailState.REFUSED, "reply": said}
    connection.execute(update(transactional_emails).where(transactional_emails.c.id == email.id).values(kept))


def waiting(connection: Connection) -> tuple[int, datetime | None]:
    """Return how many mails wait for their first attempt, and when the oldest was requested."""
    query = select(func.count(), func.min(transactional_emails.c.asked))
    count, oldest = connection.execute(
        query.where(transactional_emails.c.state == EmailState.WAITING, transactional_emails.c.attempts == 0)
    ).one()
    return count, oldest


def tidy(connection: Connection, per_hour: int, now: datetime) -> int:
    """Delete mails that are done or cannot be sent in time; return how many were deleted because the queue is full.

    These are from the networks with the most requests.
    """
    table = transactional_emails.c
    is_over = or_(table.kind == EmailKind.LINK, table.state == EmailState.DROPPED)
    old = and_(is_over, table.asked < now - _DAY)
    connection.execute(delete(transactional_emails).where(or_(old, table.asked < now - CONFIRM_FOR - _DAY)))
    excess = waiting(connection)[0] - per_hour * _TOO_LATE_HOURS
    if excess <= 0:
        return 0
    fresh = select(table.id).where(table.state == EmailState.WAITING, table.attempts == 0)
    last = fresh.order_by(table.turn.desc(), table.id.desc()).limit(excess)
    return connection.execute(delete(transactional_emails).where(table.id.in_(last))).rowcount
