"""What the pages do to the database: each deed is one transaction's worth.

Comes in: a connection, what was asked, the time. Goes out: what is known afterwards. Nothing here sends a message or sees a
request. How a reader stands is the audience's to change (composer/audience).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, func, insert, select, update

from composer.audience import changing
from composer.audience.erasing import Forget, erase
from composer.audience.history import changes_of, record
from composer.audience.identity import Found, resolve, stop_mail
from composer.audience.person import person
from composer.audience.readers import Status, by_id, find
from composer.audience.suppression import Reason
from composer.audience.tokens import Claim
from composer.content.addresses import Address, mailbox_of, normal_address
from composer.database.public import letters
from composer.database.readers import tombstones

#: How long the link to confirm works, and the one to the preferences.
CONFIRM_FOR, LINK_FOR = timedelta(days=7), timedelta(hours=1)
#: Reasons for leaving that are kept of one reader.
_MOST_REASONS = 3


class Kind(StrEnum):
    """What a letter is for."""

    #: to subscribe
    CONFIRM = "confirm"
    #: to see, change or delete
    LINK = "link"


class LetterState(StrEnum):
    """Where a letter stands. The last four are those of a transport's outcome (composer/transport/outcome.py)."""

    WAITING = "waiting"
    #: its final dot is about to be sent, or has been
    SENDING = "sending"
    #: not sent, and not going to be: `DropReason` says why
    DROPPED = "dropped"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    WRITTEN = "written"


class DropReason(StrEnum):
    """Why a letter is not sent."""

    #: the mailbox was asked for as often as it may be in a day
    LIMIT = "limit"
    #: the mailbox has got as many letters as it may in a day
    FULL = "full"
    #: the same was asked for a moment before
    REPEATED = "repeated"
    #: nobody has this address, so there is no link to send
    NOBODY = "nobody"
    #: it could not be sent within a day
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An address that somebody gave."""

    kind: Kind
    address: Address
    name: str = ""
    #: Of the page.
    language: str
    #: Of the newsletter.
    edition: str = ""
    #: The site that the form stood on.
    origin: str = ""
    #: Its turn in the queue: how many came before it from the same network. The lowest is sent first.
    turn: int = 0
    asked: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A wish as it is kept."""

    id: int
    kind: Kind
    address: str
    normal: str
    mailbox: str
    name: str
    language: str
    edition: str
    origin: str
    asked: datetime
    attempts: int
    is_used: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a reader says of themselves. None and what is absent stay as they are."""

    name: str
    language: str | None
    fields: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, bool] = field(default_factory=dict)


def wish(connection: Connection, asked: Wish) -> None:
    """Keep a wish. It does the same for every address, known or not: how long it takes tells nothing."""
    row = {
        "kind": asked.kind,
        "address": asked.address.address,
        "normal": normal_address(asked.address.address),
        "mailbox": mailbox_of(asked.address.address),
        "name": asked.name,
        "language": asked.language,
        "edition": asked.edition,
        "origin": asked.origin,
        "asked": asked.asked,
        "due": asked.asked,
        "turn": asked.turn,
        "state": LetterState.WAITING,
    }
    connection.execute(insert(letters), [row])


def wish_for(connection: Connection, claim: Claim, language: str, turn: int, now: datetime) -> Found:
    """Keep the wish of the person whom a message's link means; return what the link led to."""
    found = resolve(connection, claim)
    reader = by_id(connection, found.person.id) if found.person else None
    if reader is not None:
        address = Address(address=reader.address)
        wish(connection, Wish(kind=Kind.LINK, address=address, language=language, turn=turn, asked=now))
    return found.found


def letter_of(connection: Connection, letter_id: int) -> Letter | None:
    """Give a wish as it is kept."""
    row = connection.execute(select(letters).where(letters.c.id == letter_id)).mappings().first()
    if row is None:
        return None
    known = ("id", "address", "normal", "mailbox", "name", "language", "edition", "origin", "asked", "attempts")
    return Letter(**{name: row[name] for name in known}, kind=Kind(row["kind"]), is_used=row["used"] is not None)


def wished(connection: Connection, claim: Claim) -> Letter | None:
    """Give the wish that a link to confirm stands for.

    Its time is compared as well as its number: in a database that was put back from a copy, numbers are given again.
    """
    letter = letter_of(connection, claim.reader_id)
    if letter is None or letter.kind is not Kind.CONFIRM or claim.expires is None:
        return None
    return letter if int(claim.expires.timestamp()) == int((letter.asked + CONFIRM_FOR).timestamp()) else None


def confirm(connection: Connection, letter: Letter, words: str, now: datetime) -> bool:
    """Make the reader active who agreed to these words; once for each letter. Tell whether they are."""
    unused = (letters.c.id == letter.id, letters.c.used.is_(None))
    if connection.execute(update(letters).where(*unused).values(used=now)).rowcount != 1:
        return is_confirmed(connection, letter)
    source = "double opt-in"
    values = {"name": letter.name, "language": letter.edition}
    given = {name: value for name, value in values.items() if value}
    reader = changing.sign_up(connection, Address(address=letter.address), given, source=source, now=now)
    changing.change(connection, reader.id, given, source=source, now=now)
    changing.confirm(connection, reader.id, _evidence(letter, words, now), source=source, now=now)
    return True


def is_confirmed(connection: Connection, letter: Letter) -> bool:
    """Tell whether the reader is active whom a used link made so."""
    reader = find(connection, letter.address)
    return reader is not None and reader.status is Status.ACTIVE


def _evidence(letter: Letter, words: str, now: datetime) -> str:
    """Say how somebody agreed, when, and to which words (GDPR, article 7)."""
    where = f"a form on {letter.origin}" if letter.origin else "a form"
    return (
        f"double opt-in: asked {_minute(letter.asked)} by {where}, agreed {_minute(now)} "
        f"by the link that was sent to the address, to these words: {words}"
    )


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What became of a wish to leave: a page confirms that, and nothing else."""

    found: Found
    #: The language of whoever left.
    language: str | None = None
    is_reason_kept: bool = False


def look_up(connection: Connection, claim: Claim) -> Left:
    """Find out whom a token means, and in which language they read; nothing is changed."""
    found = resolve(connection, claim)
    return Left(found=found.found, language=found.person.language if found.person else None)


def leave(connection: Connection, claim: Claim, now: datetime, reason: str = "") -> Left:
    """Unsubscribe everybody whom a token means; an address that nobody has any more, by its hash. Again is no mistake."""
    found = resolve(connection, claim)
    source = f"link in mailing {found.mailing_id}" if found.mailing_id else "preferences page"
    stop_mail(connection, found, Reason.UNSUBSCRIBED, source, now)
    whose = found.person
    is_kept = whose is not None and bool(reason)
    if whose is not None and reason:
        given = [each.after for each in changes_of(connection, whose.id) if each.what == "reason"]
        is_kept = reason in given or len(given) < _MOST_REASONS
        if is_kept and reason not in given:
            record(connection, whose.id, "reason", "", reason, source, now)
    return Left(found=found.found, language=whose.language if whose else None, is_reason_kept=is_kept)


def own_of(connection: Connection, claim: Claim) -> int | None:
    """Return whose data the link that was asked for opens; None if they are gone, or have another address since it was sent."""
    found = resolve(connection, claim)
    if found.person is None or claim.expires is None:
        return None
    asked = claim.expires - LINK_FOR
    moved = select(tombstones.c.reader_id).where(
        tombstones.c.reader_id == found.person.id, tombstones.c.last_mailing.is_not(None), tombstones.c.at >= asked
    )
    return None if found.person.id == claim.reader_id and connection.execute(moved).first() else found.person.id


def change(connection: Connection, reader_id: int, changed: Change, now: datetime) -> bool:
    """Change what a reader says of themselves; False for one who is not there any more."""
    if by_id(connection, reader_id) is None:
        return False
    source = "preferences page"
    values = {"name": changed.name, **changed.fields}
    if changed.language is not None:
        values["language"] = changed.language
    changing.change(connection, reader_id, values, source=source, now=now)
    give = [name for name, is_chosen in changed.tags.items() if is_chosen]
    take = [name for name, is_chosen in changed.tags.items() if not is_chosen]
    changing.tag(connection, reader_id, give=give, take=take, source=source, now=now)
    return True


def data_of(connection: Connection, reader_id: int) -> dict[str, object] | None:
    """Gather all that is stored about a reader (GDPR, article 15)."""
    reader = by_id(connection, reader_id)
    if reader is None:
        return None
    known = person(connection, reader.address)
    agreed, listed, came = known.consent, known.suppression, known.origin
    asked = connection.execute(
        select(letters.c.kind, letters.c.asked, letters.c.state).where(letters.c.normal == reader.normal)
    )
    return {
        "address": reader.address,
        "name": reader.name,
        "first_name": reader.first_name,
        "last_name": reader.last_name,
        "language": reader.language,
        "fields": dict(reader.fields),
        "tags": list(reader.tags),
        "status": reader.status,
        "since": _written(reader.created),
        "came_with": {"file": came.file, "at": _written(came.at)} if came else None,
        "consent": {"at": _written(agreed.when or agreed.recorded), "evidence": agreed.evidence} if agreed else None,
        "suppressed": {"since": _written(listed.since), "reason": listed.reason} if listed else None,
        "history": [
            {"at": _written(each.at), "what": each.what, "before": each.before, "after": each.after, "by": each.source}
            for each in known.history
        ],
        "messages_asked_for": [{"kind": row.kind, "at": _written(row.asked), "state": row.state} for row in asked],
    }


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def erase_reader(connection: Connection, reader_id: int, now: datetime, forget: Iterable[Forget]) -> bool:
    """Erase a reader, and what other rooms keep of them; False for one who is not there any more."""
    reader = by_id(connection, reader_id)
    if reader is not None:
        erase(connection, Address(address=reader.address), now, forget)
    return reader is not None


def forget_letters(
    connection: Connection, reader_id: int | None, normal: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take away what was asked for with an address; for `audience.erasing.erase`."""
    count = connection.scalar(select(func.count()).where(letters.c.normal == normal)) or 0
    connection.execute(delete(letters).where(letters.c.normal == normal))
    return ((f"messages asked for on the readers' pages ({count})",) if count else ()), ()
