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
from composer.database.tables.transactional_tables import letters
from composer.transport.outcome import Outcome, OutcomeState, Scope
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
_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
#: The clock's own unit in the database, and how far the clocks of two servers may differ.
_TICK, _SKEW = timedelta(milliseconds=1), timedelta(minutes=1)
#: The last fifth of the hour's total is spread evenly, so that a burst does not close the queue for the rest of the hour.
_SPREAD = 5
#: An advisory lock of PostgreSQL: servers that share a database take places in the hour one after the other.
_LOCK = 0x636F6D70_6F736533


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailOrder:
    """A letter that is to be written: what it says, and whom its link is for."""

    letter: TransactionalEmail
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
    table = letters.c
    connection.execute(update(letters).where(table.state == EmailState.SENDING, table.due <= now).values(
        state=EmailState.UNKNOWN
    ))  # fmt: skip
    due = select(table.id).where(table.state == EmailState.WAITING, table.due <= now)
    letter_id = connection.scalar(due.order_by(table.turn, table.id).limit(1))
    letter = None if letter_id is None else email_of(connection, letter_id)
    if letter is None:
        return NextEmail()
    if (reason := _refused(connection, letter, now)) is not None:
        _drop(connection, letter, reason)
        return NextEmail(is_more=True)
    if (until := _held_until(connection, per_hour, now)) is not None:
        return NextEmail(held_until=until)
    taken = {"counted": now, "due": now + _LEASE, "attempts": letter.attempts + 1}
    connection.execute(update(letters).where(table.id == letter.id).values(taken))
    return NextEmail(order=_decide(connection, letter), is_more=True)


def _refused(connection: Connection, letter: TransactionalEmail, now: datetime) -> DropReason | None:
    """Decide by what was asked for alone whether a letter may be sent at all."""
    table = letters.c
    if now - letter.asked > _TOO_LATE:
        return DropReason.EXPIRED
    others = (*_admitted(letter), table.kind == letter.kind)
    soon = (table.normal == letter.normal, table.asked.between(letter.asked - SOON, letter.asked + SOON))
    if _count(connection, *others, *soon):
        return DropReason.REPEATED
    return DropReason.LIMIT if _count(connection, *others) >= MOST_A_DAY else None


def _admitted(letter: TransactionalEmail) -> tuple[ColumnElement[bool], ...]:
    """Other letters to its mailbox within a day of it that took their place: sent, or with nobody to be sent to."""
    table = letters.c
    out = (DropReason.LIMIT, DropReason.REPEATED, DropReason.EXPIRED)
    return (
        table.mailbox == letter.mailbox,
        table.id != letter.id,
        table.asked.between(letter.asked - _DAY, letter.asked + _DAY),
        table.attempts > 0,
        or_(table.drop_reason.is_(None), table.drop_reason.not_in(out)),
    )


def _count(connection: Connection, *clauses: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(letters).where(*clauses)) or 0


def _held_until(connection: Connection, per_hour: int, now: datetime) -> datetime | None:
    """Tell until when the hour's total keeps further letters back; None where there is a place."""
    counted = letters.c.counted
    # A clock that was put back must not let the future hold back the present.
    is_recent = counted.between(now - _HOUR + _TICK, now + _SKEW)
    recent = select(func.count(), func.min(counted), func.max(counted)).where(is_recent)
    count, first, last = connection.execute(recent).one()
    spread = per_hour // _SPREAD
    if count < per_hour - spread:
        return None
    until: datetime = first + _HOUR if count >= per_hour else last + _HOUR / spread
    return until if until > now else None


def _decide(connection: Connection, letter: TransactionalEmail) -> EmailOrder | None:
    """Find out what to write, or drop it: nobody there whom a link would be for, or a mailbox that has got enough."""
    subscriber = find(connection, letter.address)
    if subscriber is None and letter.kind is EmailKind.LINK:
        _drop(connection, letter, DropReason.NOBODY)
        return None
    if _count(connection, *_admitted(letter), letters.c.state != EmailState.DROPPED) >= MOST_A_DAY:
        _drop(connection, letter, DropReason.FULL)
        return None
    if subscriber is None or (
        letter.kind is EmailKind.CONFIRM and status_of(connection, subscriber) is not Status.ACTIVE
    ):
        return EmailOrder(letter=letter, said=EmailText.CONFIRM, to=letter.address, subject=letter.id)
    said = EmailText.KNOWN if letter.kind is EmailKind.CONFIRM else EmailText.LINK
    return EmailOrder(letter=letter, said=said, to=subscriber.address, subject=subscriber.id)


def _drop(connection: Connection, letter: TransactionalEmail, reason: DropReason) -> None:
    dropped = {"state": EmailState.DROPPED, "drop_reason": reason}
    connection.execute(update(letters).where(letters.c.id == letter.id).values(dropped))


def mark_sending(connection: Connection, letter: TransactionalEmail) -> bool:
    """Keep that a letter is about to go; False when it was taken away meanwhile, with its subscriber."""
    here = (letters.c.id == letter.id, letters.c.state == EmailState.WAITING)
    return connection.execute(update(letters).where(*here).values(state=EmailState.SENDING)).rowcount == 1


def end(connection: Connection, letter: TransactionalEmail, outcome: Outcome, now: datetime) -> None:
    """Keep what became of a letter."""
    said = str(outcome.reply) if outcome.reply else outcome.reason
    match outcome.state:
        case OutcomeState.DEFERRED | OutcomeState.NOT_ATTEMPTED:
            again(connection, letter, now, said)
        case OutcomeState.REFUSED if outcome.scope is not Scope.RECIPIENT:
            again(connection, letter, now, said)
        case OutcomeState.ACCEPTED | OutcomeState.REFUSED | OutcomeState.UNKNOWN | OutcomeState.WRITTEN:
            done = {"state": EmailState(outcome.state), "reply": said[:500]}
            connection.execute(update(letters).where(letters.c.id == letter.id).values(done))


def again(connection: Connection, letter: TransactionalEmail, now: datetime, said: str) -> None:
    """Have a letter tried later; its place in the hour is free again."""
    pause = _PAUSES[min(letter.attempts, len(_PAUSES) - 1)]
    later = {"state": EmailState.WAITING, "due": now + pause, "reply": said[:500], "counted": None}
    connection.execute(update(letters).where(letters.c.id == letter.id).values(later))


def waiting(connection: Connection) -> tuple[int, datetime | None]:
    """Tell how many letters wait for their first try, and since when the oldest does."""
    query = select(func.count(), func.min(letters.c.asked))
    count, oldest = connection.execute(
        query.where(letters.c.state == EmailState.WAITING, letters.c.attempts == 0)
    ).one()
    return count, oldest


def tidy(connection: Connection, per_hour: int, now: datetime) -> int:
    """Clear away what has ended, and what cannot be sent in time; tell how many were cleared because too many wait.

    Of these the networks lose most that asked most.
    """
    table = letters.c
    is_over = or_(table.kind == EmailKind.LINK, table.state == EmailState.DROPPED)
    old = and_(is_over, table.asked < now - _DAY)
    connection.execute(delete(letters).where(or_(old, table.asked < now - CONFIRM_FOR - _DAY)))
    excess = waiting(connection)[0] - per_hour * _TOO_LATE_HOURS
    if excess <= 0:
        return 0
    fresh = select(table.id).where(table.state == EmailState.WAITING, table.attempts == 0)
    last = fresh.order_by(table.turn.desc(), table.id.desc()).limit(excess)
    return connection.execute(delete(letters).where(table.id.in_(last))).rowcount
