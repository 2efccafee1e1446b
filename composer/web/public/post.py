"""Sends the letters that the pages owe, in a thread of its own: no request waits for a mail server.

Comes in: wishes, from the database. Goes out: messages, one at a time; and what became of each. The law is the ledger's: that a
letter is about to go is kept before its final dot, so that none goes twice, and one whose answer never came is left alone.
Whoever does not get a letter asks again.
"""

import secrets
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, func, or_, select, update

from composer.audience.readers import Status, find
from composer.audience.tokens import Purpose, Tokens
from composer.content.addresses import Address
from composer.database.public import letters
from composer.errors import ComposeError
from composer.transport.envelope import Envelope
from composer.transport.outcome import Outcome, Scope, State
from composer.transport.transport import Connection as Way
from composer.transport.transport import Transport, TransportError
from composer.web.public.deeds import CONFIRM_FOR, LINK_FOR, Kind, Letter, letter_of
from composer.web.public.letters import Stationery, Text
from composer.web.public.turns import Turns
from composer.web.public.words import choose

#: Letters to one address in a day, and how soon another is one too many: somebody clicked twice.
MOST_A_DAY, SOON = 4, timedelta(minutes=1)
#: A letter that could not go for so long is not awaited any more.
_TOO_LATE = timedelta(hours=24)
#: How long a letter that is being sent is nobody else's: longer than the longest wait for a mail server's answer.
_LEASE = timedelta(minutes=15)
_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
#: Seconds between two looks, when nobody wakes us; and after which a connection that idles is closed.
_LOOK = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """A letter that is to be written: what it says, and whom its link is for."""

    letter: Letter
    said: Text
    #: As it was given; a link to somebody's data goes to the address that is stored.
    to: str
    #: The letter's own number for a link to confirm, the reader's for one to the preferences.
    subject: int


class Post:
    """The thread, from `start` to `stop`."""

    def __init__(
        self,
        *,
        turns: Turns,
        stationery: Stationery,
        tokens: Tokens,
        transport: Callable[[], Transport],
        sign: Callable[[bytes, datetime], bytes],
        clock: Callable[[], datetime],
        tell: Callable[[str], None],
    ) -> None:
        """`transport` is asked anew for each connection: a secret may have changed."""
        self._turns, self._stationery, self._tokens = turns, stationery, tokens
        self._transport, self._sign, self._clock, self._tell = transport, sign, clock, tell
        self._way: Way | None = None
        self._woken, self._is_ending = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="post", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Say that a letter waits."""
        self._woken.set()

    @property
    def is_alive(self) -> bool:
        """Tell whether letters are being sent."""
        return self._thread.is_alive()

    def stop(self, seconds: float) -> None:
        """End after the letter that is being sent; one that is not through by then is found again at the next start."""
        self._is_ending = True
        self._woken.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._is_ending:
            self._woken.clear()
            try:
                is_more = self._one()
            except ComposeError as error:
                self._tell(f"letters: {error.message}")
                is_more = False
            except Exception as error:
                # One letter that cannot be written must not keep the others; where it happened is all that is told.
                self._tell(f"letters: bug: {type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}")
                is_more = False
            if not is_more and not self._woken.wait(_LOOK):
                self._close()
        self._close()

    def _one(self) -> bool:
        """Send the letter that has waited longest; tell whether there may be another."""
        now = self._clock()
        is_one, order = self._turns.put(lambda connection: _next(connection, now)).result()
        if order is not None:
            self._send(order, now)
        return is_one

    def _send(self, order: _Order, now: datetime) -> None:
        letter = order.letter
        try:
            if self._way is None:
                self._way = self._transport().connect()
        except ComposeError as error:
            said = error.message
            self._tell(f"letters: {said}")
            self._turns.put(lambda connection: _again(connection, letter, now, said)).result()
            return
        envelope, message = self._written(order, now)
        try:
            outcome = self._way.hand_over(envelope, message, lambda: self._intend(letter))
        except TransportError as error:
            outcome = Outcome(state=State.DEFERRED, stage=error.stage, reason=error.message, scope=Scope.SERVER)
        self._turns.put(lambda connection: _end(connection, letter, outcome, self._clock())).result()
        self._tell(f"letter {order.said} {outcome.state}")
        if outcome.scope is Scope.SERVER:
            self._close()

    def _written(self, order: _Order, now: datetime) -> tuple[Envelope, bytes]:
        publication, letter = self._stationery.publication, order.letter
        purpose, path, lasts = (
            (Purpose.CONFIRM, "confirm", letter.asked + CONFIRM_FOR)
            if order.said is Text.CONFIRM
            else (Purpose.PREFERENCES, "preferences", now + LINK_FOR)
        )
        token = self._tokens.make(purpose, order.subject, expires=lasts)
        link = f"{publication.address.url}/{path}/{token}"
        to = Address(address=order.to)
        identity = f"letter.{letter.id}.{secrets.token_hex(8)}"
        message = self._stationery.write(order.said, choose((letter.language,)), to, link, message_id=identity, now=now)
        sender = publication.newsletter(letter.language).sender.wire
        return Envelope(sender=sender, recipient=to.wire, id=identity), self._sign(message, now)

    def _intend(self, letter: Letter) -> bool:
        """Keep that the letter is about to go; not when it was taken away meanwhile, with its reader."""
        return self._turns.put(lambda connection: _mark(connection, letter)).result()

    def _close(self) -> None:
        way, self._way = self._way, None
        if way is not None:
            way.close()


def _next(connection: Connection, now: datetime) -> tuple[bool, _Order | None]:
    """Tell whether a letter waited, and what is to be written."""
    letter = _take(connection, now)
    return (False, None) if letter is None else (True, _decide(connection, letter, now))


def _take(connection: Connection, now: datetime) -> Letter | None:
    """Take the letter that has waited longest, for as long as it may take to send it; clear away what has ended."""
    table = letters.c
    connection.execute(update(letters).where(table.state == "sending", table.due <= now).values(state="unknown"))
    ended = and_(table.kind == Kind.LINK, table.asked < now - timedelta(days=1))
    connection.execute(delete(letters).where(or_(ended, table.asked < now - CONFIRM_FOR - timedelta(days=1))))
    waiting = select(table.id).where(table.state == "waiting", table.due <= now).order_by(table.due, table.id).limit(1)
    if connection.dialect.name == "postgresql":
        waiting = waiting.with_for_update(skip_locked=True)
    letter_id = connection.scalar(waiting)
    if letter_id is None:
        return None
    taken = {"due": now + _LEASE, "attempts": table.attempts + 1}
    connection.execute(update(letters).where(table.id == letter_id).values(taken))
    return letter_of(connection, letter_id)


def _decide(connection: Connection, letter: Letter, now: datetime) -> _Order | None:
    """Find out what to write, or drop it: too late, too often, or nobody there whom a link would be for."""
    reader = find(connection, letter.address)
    if now - letter.asked > _TOO_LATE or _is_too_often(connection, letter):
        _drop(connection, letter)
        return None
    match letter.kind:
        case Kind.CONFIRM if reader is not None and reader.status is Status.ACTIVE:
            return _Order(letter=letter, said=Text.KNOWN, to=reader.address, subject=reader.id)
        case Kind.CONFIRM:
            return _Order(letter=letter, said=Text.CONFIRM, to=letter.address, subject=letter.id)
        case Kind.LINK if reader is not None:
            return _Order(letter=letter, said=Text.LINK, to=reader.address, subject=reader.id)
        case Kind.LINK:
            _drop(connection, letter)
            return None


def _is_too_often(connection: Connection, letter: Letter) -> bool:
    table = letters.c
    earlier = (
        table.normal == letter.normal,
        table.id < letter.id,
        table.asked > letter.asked - timedelta(days=1),
        table.state.in_(("waiting", "sending", "accepted", "unknown", "written")),
    )
    count = connection.scalar(select(func.count()).where(*earlier)) or 0
    soon = select(func.count()).where(*earlier, table.kind == letter.kind, table.asked > letter.asked - SOON)
    return count >= MOST_A_DAY or bool(connection.scalar(soon))


def _drop(connection: Connection, letter: Letter) -> None:
    connection.execute(update(letters).where(letters.c.id == letter.id).values(state="dropped"))


def _mark(connection: Connection, letter: Letter) -> bool:
    here = (letters.c.id == letter.id, letters.c.state == "waiting")
    return connection.execute(update(letters).where(*here).values(state="sending")).rowcount == 1


def _end(connection: Connection, letter: Letter, outcome: Outcome, now: datetime) -> None:
    said = str(outcome.reply) if outcome.reply else outcome.reason
    match outcome.state:
        case State.DEFERRED | State.NOT_ATTEMPTED:
            _again(connection, letter, now, said)
        case State.REFUSED if outcome.scope is not Scope.RECIPIENT:
            _again(connection, letter, now, said)
        case State.ACCEPTED | State.REFUSED | State.UNKNOWN | State.WRITTEN:
            done = {"state": outcome.state.value, "reply": said[:500]}
            connection.execute(update(letters).where(letters.c.id == letter.id).values(done))


def _again(connection: Connection, letter: Letter, now: datetime, said: str) -> None:
    pause = _PAUSES[min(letter.attempts, len(_PAUSES)) - 1]
    later = {"state": "waiting", "due": now + pause, "reply": said[:500]}
    connection.execute(update(letters).where(letters.c.id == letter.id).values(later))
