"""Finds the person behind a token: its subscriber, or the current holder of that subscriber's address.

Input: a connection and a `Claim`, what a token of ours says. Output: a `Resolved`: people, addresses that nobody has any more
and of which only the hash is known, the mailing. Guarantees: nothing is changed here, and nobody is made up. A token of
somebody who was removed before tombstones were kept, or after the backup that was restored, is of an unknown person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from composer.audience.identity.tokens import TokenClaim
from composer.audience.suppression import Reason, suppress, suppress_hash
from composer.database.public_ids import MAILINGS
from composer.database.tables.mailing_tables import mailings
from composer.database.tables.subscriber_tables import subscribers, tombstones

_T = tombstones.c
_HOLDERS = select(subscribers.c.id, subscribers.c.normal, subscribers.c.language, subscribers.c.consented)


class FoundHolder(StrEnum):
    """What a token leads to."""

    #: somebody who is subscribed here, whatever their status
    PERSON = "person"
    #: an address that no longer belongs to a subscriber: only its hash is known
    GONE = "gone"
    #: nothing: it cannot be told whose token this is
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A subscriber, as far as a token needs them."""

    id: int
    normal: str
    language: str
    #: When they agreed, where that is known.
    consented: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Whom a token means."""

    #: The id in the token: what is on record of the message stands under it.
    subscriber_id: int
    #: The mailing's small number. None: the token names no mailing, or one that this database does not know.
    mailing_id: int | None
    #: The person first, then the current holder of the address that the message was sent to.
    people: tuple[Holder, ...] = ()
    #: Hashes of their addresses that no subscriber has today.
    hashes: tuple[str, ...] = ()
    #: Who has the address today to which the message went, or its hash: a bounce is about that address alone.
    at_address: Holder | None = None
    at_hash: str | None = None

    @property
    def found(self) -> FoundHolder:
        """What the token leads to."""
        if self.people:
            return FoundHolder.PERSON
        return FoundHolder.GONE if self.hashes else FoundHolder.UNKNOWN

    @property
    def person(self) -> Holder | None:
        """The one whose preferences and data the token stands for."""
        return self.people[0] if self.people else None


def resolve(connection: Connection, claim: TokenClaim) -> Resolved:
    """Find out whom a token means."""
    return resolve_recipient(connection, claim.subscriber_id, _mailing_id(connection, claim.mailing_id))


def resolve_recipient(connection: Connection, subscriber_id: int, mailing_id: int | None) -> Resolved:
    """Find out whom a recipient of a mailing is today, by the small number of the mailing."""
    them = _holder(connection, subscriber_id)
    rows = connection.execute(
        select(_T.hash, _T.first_mailing, _T.last_mailing)
        .where(_T.subscriber_id == subscriber_id, _T.last_mailing.is_not(None))
        .order_by(_T.last_mailing, _T.first_mailing)
    ).all()
    lost = None if mailing_id is None else _hash_at(rows, mailing_id)
    marks = [] if lost is None else [lost]
    if them is None and rows:
        # What they had last; a token without a mailing says no more.
        marks.append(rows[-1].hash)
    people, hashes = [] if them is None else [them], []
    holders = {mark: _holder_of(connection, mark) for mark in marks}
    for mark, holder in holders.items():
        if holder is None:
            hashes.append(mark)
        elif holder not in people:
            people.append(holder)
    at_address = holders[marks[0]] if marks else them
    return Resolved(
        subscriber_id=subscriber_id,
        mailing_id=mailing_id,
        people=tuple(people),
        hashes=tuple(hashes),
        at_address=at_address,
        at_hash=marks[0] if marks and at_address is None else None,
    )


def stop_mail(connection: Connection, found: Resolved, reason: Reason, source: str, now: datetime) -> None:
    """Put everybody whom a token means on the suppression list: people by their address, removed ones by its hash."""
    for holder in found.people:
        suppress(connection, holder.normal, reason, source, now)
    for mark in found.hashes:
        suppress_hash(connection, mark, reason, source, now)


def _mailing_id(connection: Connection, public_id: int) -> int | None:
    if public_id == 0:
        return None
    found: int | None = connection.scalar(select(mailings.c.id).where(mailings.c.public_id == public_id))
    if found is not None or public_id in MAILINGS:
        return found
    # From a version whose tokens held the number itself, of a mailing that is not here: it still tells mailings apart, as long
    # as the number is nobody else's.
    is_taken = connection.scalar(select(mailings.c.id).where(mailings.c.id == public_id)) is not None
    return None if is_taken else public_id


def _hash_at(rows: Sequence[Row[*tuple[Any, ...]]], mailing_id: int) -> str | None:
    """Return the hash of the address that they had in a mailing and lost since."""
    for row in rows:
        if row.first_mailing <= mailing_id <= row.last_mailing:
            return str(row.hash)
    return None


def _holder(connection: Connection, subscriber_id: int) -> Holder | None:
    return _first(connection, _HOLDERS.where(subscribers.c.id == subscriber_id))


def _holder_of(connection: Connection, mark: str) -> Holder | None:
    """Find who has an address today, by its hash: a living subscriber with an address that somebody lost has a row."""
    held = _HOLDERS.join(tombstones, _T.subscriber_id == subscribers.c.id)
    return _first(connection, held.where(_T.hash == mark, _T.last_mailing.is_(None)))


def _first(connection: Connection, query: Select[*tuple[Any, ...]]) -> Holder | None:
    row = connection.execute(query).mappings().first()
    return None if row is None else Holder(**row)
