"""Find the person that a token identifies: its subscriber, or the current subscriber with that address.

Input: a connection and a `TokenClaim`, the content of a token of ours. Output: a `Resolved`: people, the hashes of
addresses without a current subscriber, and the mailing. Guarantees: changes nothing, and never guesses a person. If
someone was removed before tombstones existed, or after the backup that was restored, the owner of the token is unknown.
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

    #: a subscriber, whatever their status
    PERSON = "person"
    #: an address that no longer belongs to a subscriber, so that only its hash is known
    GONE = "gone"
    #: nothing, because the owner of the token is unknown
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The part of a subscriber that a token needs."""

    id: int
    normal: str
    language: str
    #: When they agreed, if known.
    consented: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The people and addresses that a token identifies."""

    #: The id in the token, which is also in the records of the message.
    subscriber_id: int
    #: The small number of the mailing. None if the token has no mailing, or one that is not in this database.
    mailing_id: int | None
    #: First the person, then the current subscriber with the address that the message was sent to.
    people: tuple[Holder, ...] = ()
    #: Hashes of their addresses that have no current subscriber.
    hashes: tuple[str, ...] = ()
    #: The current subscriber with the address of the message, or its hash, because a bounce is only about that address.
    at_address: Holder | None = None
    at_hash: str | None = None

    @property
    def found(self) -> FoundHolder:
        """The kind of the result."""
        if self.people:
            return FoundHolder.PERSON
        return FoundHolder.GONE if self.hashes else FoundHolder.UNKNOWN

    @property
    def person(self) -> Holder | None:
        """The person whose preferences and data the token opens."""
        return self.people[0] if self.people else None


def resolve(connection: Connection, claim: TokenClaim) -> Resolved:
    """Find the people that a token identifies."""
    return resolve_recipient(connection, claim.subscriber_id, _mailing_id(connection, claim.mailing_id))


def resolve_recipient(connection: Connection, subscriber_id: int, mailing_id: int | None) -> Resolved:
    """Find the current subscriber for a recipient of a mailing, by the small number of the mailing."""
    them = _holder(connection, subscriber_id)
    rows = connection.execute(
        select(_T.hash, _T.first_mailing, _T.last_mailing)
        .where(_T.subscriber_id == subscriber_id, _T.last_mailing.is_not(None))
        .order_by(_T.last_mailing, _T.first_mailing)
    ).all()
    lost = None if mailing_id is None else _hash_at(rows, mailing_id)
    marks = [] if lost is None else [lost]
    if them is None and rows:
        # Use the address they had last, because a token without a mailing does not identify another one.
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
    """Suppress everyone that a token identifies: subscribers by address, removed people by the hash of the address."""
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
    # An older version put the mailing's own id into tokens, and this mailing is not in the database. The number still
    # tells mailings apart as long as no other mailing has it.
    is_taken = connection.scalar(select(mailings.c.id).where(mailings.c.id == public_id)) is not None
    return None if is_taken else public_id


def _hash_at(rows: Sequence[Row[*tuple[Any, ...]]], mailing_id: int) -> str | None:
    """Return the hash of the address that a person had in a mailing and lost since."""
    for row in rows:
        if row.first_mailing <= mailing_id <= row.last_mailing:
            return str(row.hash)
    return None


def _holder(connection: Connection, subscriber_id: int) -> Holder | None:
    return _first(connection, _HOLDERS.where(subscribers.c.id == subscriber_id))


def _holder_of(connection: Connection, mark: str) -> Holder | None:
    """Find the current subscriber with an address, by its hash. A subscriber with another person's former address has a row."""
    held = _HOLDERS.join(tombstones, _T.subscriber_id == subscribers.c.id)
    return _first(connection, held.where(_T.hash == mark, _T.last_mailing.is_(None)))


def _first(connection: Connection, query: Select[*tuple[Any, ...]]) -> Holder | None:
    row = connection.execute(query).mappings().first()
    return None if row is None else Holder(**row)
