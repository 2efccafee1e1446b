"""The queue of the messages that the public pages owe: whose turn it is, what is to be written, what is dropped and why.

Input: a connection, the time, the hour's total. Output: an `Order` to write and send, or how long to wait. Guarantees: a mailbox
gets few messages a day, whichever of its addresses is typed in; an hour has few messages in all; networks take turns. What counts
is only what anybody could know who typed in the address: whether it is subscribed changes no count and no turn.
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

#: Messages to one mailbox in a day, of each kind and of all that are sent.
MOST_A_DAY = 4
#: How soon another for the same address is one too many: somebody clicked twice.
SOON = timedelta(minutes=1)
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
#: A message that could not be sent for so long is not awaited any more. No more wait than can be sent in that time.
_TOO_LATE, _TOO_LATE_HOURS = _DAY, 24
#: How long a message that is being sent is nobody else's: longer than the longest wait for a mail server's answer.
_LEASE = timedelta(minutes=15)
#: When a message is tried again, as in a mailing.
_POLICY = RetryPolicy()
#: The clock's own unit in the database, and how far the clocks of two servers may differ.
_TICK, _SKEW = timedelta(milliseconds=1), timedelta(minutes=1)
#: The last fifth of the hour's total is spread evenly, so that a burst does not close the queue for the rest of the hour.
_SPREAD = 5
#: An advisory lock of PostgreSQL: servers that share a database take places in the hour one after the other.
_LOCK = 0x636F6D70_6F736533


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailOrder:
    """A letter that is to be written: what it says, and whom its link is for."""

    email: TransactionalEmail
    said: EmailText
    #: As it was given; a link to somebody's data goes to the address that is stored.
    to: str
    #: The letter's own number for a link to confirm, the subscriber's for one to the preferences.
    subject: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEmail:
    """What the queue has to say. Nothing waits where there is neither an order, nor more, nor a pause."""

    order: EmailOrder | None = None
    #: Another message may be due at once.
    is_more: bool = False
    #: Messages wait until then, for the hour's total is used up.
    held_until: datetime | None = None


def next_email(connection: Connection, per_hour: int, now: datetime) -> NextEmail:
    """Take the letter whose turn it is, and find out what to write."""
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
    """Decide by what was asked for alone whether a letter may be sent at all."""
    table = transactional_emails.c
    if now - email.asked > _TOO_LATE:
        return DropReason.EXPIRED
    others = (*_admitted(email), table.kind == email.kind)
    soon = (table.normal == email.normal, table.asked.between(email.asked - SOON, email.asked + SOON))
    if _count(connection, *others, *soon):
        return DropReason.REPEATED
    return DropReason.LIMIT if _count(connection, *others) >= MOST_A_DAY else None


def _admitted(email: TransactionalEmail) -> tuple[ColumnElement[bool], ...]:
    """Other letters to its mailbox within a day of it that took their place: sent, or with nobody to be sent to."""
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
    """Tell until when the hour's total keeps further letters back; None where there is a place."""
    counted = transactional_emails.c.counted
    # A clock that was put back must not let the future hold back the present.
    is_recent = counted.between(now - _HOUR + _TICK, now + _SKEW)
    recent = select(func.count(), func.min(counted), func.max(counted)).where(is_recent)
    count, first, last = connection.execute(recent).one()
    spread = per_hour // _SPREAD
    if count < per_hour - spread:
        return None
    until: datetime = first + _HOUR if count >= per_hour else last + _HOUR / spread
    return until if until > now else None


def _decide(connection: Connection, email: TransactionalEmail) -> EmailOrder | None:
    """Find out what to write, or drop it: nobody there whom a link would be for, or a mailbox that has got enough."""
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
    """Keep that a letter is about to go; False when it was taken away meanwhile, with its subscriber."""
    here = (transactional_emails.c.id == email.id, transactional_emails.c.state == EmailState.WAITING)
    return connection.execute(update(transactional_emails).where(*here).values(state=EmailState.SENDING)).rowcount == 1


def end(connection: Connection, email: TransactionalEmail, outcome: Outcome, now: datetime) -> None:
    """Keep what became of a letter."""
    said = (str(outcome.reply) if outcome.reply else outcome.reason)[:500]
    kept: dict[str, object]
    match decide_single(outcome, email.attempts, now, _POLICY):
        case Defer(until=until):
            # Its place in the hour is free again.
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
    """Tell how many letters wait for their first try, and since when the oldest does."""
    query = select(func.count(), func.min(transactional_emails.c.asked))
    count, oldest = connection.execute(
        query.where(transactional_emails.c.state == EmailState.WAITING, transactional_emails.c.attempts == 0)
    ).one()
    return count, oldest


def tidy(connection: Connection, per_hour: int, now: datetime) -> int:
    """Clear away what has ended, and what cannot be sent in time; tell how many were cleared because too many wait.

    Of these the networks lose most that asked most.
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
