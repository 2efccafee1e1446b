"""Who had which address: what joins the ids of a person who was removed and came back, or whose address has changed.

Input: a connection that writes, and what happens to subscribers. Output: rows of `tombstones`, and the SQL that asks by them.
Guarantees: the rows hold no address, only its keyed hash, and only of addresses that somebody lost who may have mail from us.

A row says that a subscriber had an address in the mailings `first_mailing` to `last_mailing`, or has it still (NULL). Mailings
are counted and not times, for a clock may be wrong. A living subscriber has such a row only if somebody had their address
before. From the rows follows what a subscriber has received: all that went to their own id, and what went to their address, by
whatever id, until they lost it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    and_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from composer.audience.suppression import erasure_key, hashed, make_erasure_key
from composer.database.tables.mailing_tables import deliveries, mailings
from composer.database.tables.subscriber_tables import subscribers, suppressions, tombstones
from composer.database.tables.transactional_tables import transactional_emails

_T = tombstones.c
#: How many rows are hashed at a time.
_PAGE = 2_000
#: Later than every mailing.
_ALWAYS = (1 << 31) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressSpan:
    """The mailings in which what is on record of an id is about the person who is asked for."""

    subscriber_id: int
    first: int = 0
    last: int = _ALWAYS


def next_mailing(connection: Connection) -> int:
    """Return the number that the next mailing will have at least; the caller holds the lock of the audience."""
    return (connection.scalar(select(func.max(mailings.c.id))) or 0) + 1


def known_hashes(connection: Connection, hashes: Sequence[str]) -> dict[str, str | None]:
    """Return those hashes that are in a tombstone or on the suppression list, and for which reason they are on that."""
    # One parameter: a list of thousands of them takes longer to write out than to look up.
    those: Any
    if connection.dialect.name == "sqlite":
        those = select(func.json_each(json.dumps(list(hashes))).table_valued("value").c.value)
    else:
        those = select(func.unnest(literal(list(hashes), ARRAY(Text))))
    found: dict[str, str | None] = dict.fromkeys(connection.scalars(select(_T.hash).where(_T.hash.in_(those))))
    listed = select(suppressions.c.hash, suppressions.c.reason).where(suppressions.c.hash.in_(those))
    found.update({row.hash: row.reason for row in connection.execute(listed)})
    return found


def state_of_hashes(connection: Connection) -> tuple[int, ...]:
    """Return what is different as soon as there are other hashes: tombstones only grow, and a new suppression has a new id."""
    hashed_ones = select(func.count(), func.coalesce(func.max(suppressions.c.id), 0)).where(
        suppressions.c.hash.is_not(None)
    )
    buried = connection.execute(select(func.count()).select_from(tombstones)).scalar_one()
    return (buried, *connection.execute(hashed_ones).one())


def note_new_address(connection: Connection, subscriber_id: int, normal: str, now: datetime) -> None:
    """Join a subscriber, who is new or has a new address, to those who had this address before."""
    key = erasure_key(connection)
    if key is None:
        return
    mark = hashed(key, normal)
    if connection.scalar(select(exists().where(_T.hash == mark))):
        _hold(connection, subscriber_id, mark, next_mailing(connection), now)
        inherit(connection, _T.subscriber_id == subscriber_id, now)


def note_lost_address(
    connection: Connection, subscriber_id: int, normal: str, now: datetime, *, is_erased: bool = False
) -> None:
    """Write down the address that a subscriber had until now, if mail may have gone to them.

    `is_erased`: in any case, for its hash is kept anyway, and whatever link they have must tell the truth.
    """
    them = subscribers.c.id == subscriber_id
    if is_erased or connection.scalar(
        select(_has_mail(mailings_of(connection, them))).select_from(subscribers).where(them)
    ):
        _leave_tombstone(connection, [(subscriber_id, normal)], now)


def leave_tombstone(connection: Connection, those: ColumnElement[bool], now: datetime) -> None:
    """Write down the addresses of subscribers who are about to be removed, as far as mail may have gone there."""
    last, mailed = 0, _has_mail(mailings_of(connection, those))
    wanted = select(subscribers.c.id, subscribers.c.normal).where(those, mailed).order_by(subscribers.c.id).limit(_PAGE)
    while rows := connection.execute(wanted.where(subscribers.c.id > last)).all():
        _leave_tombstone(connection, [(row.id, row.normal) for row in rows], now)
        last = rows[-1].id


def mailings_of(connection: Connection, those: ColumnElement[bool]) -> tuple[int, ...]:
    """Return the mailings, rehearsals left out, whose recipients may be among these subscribers: an import has one run of ids."""
    first, last = connection.execute(select(func.min(subscribers.c.id), func.max(subscribers.c.id)).where(those)).one()
    if first is None:
        return ()
    here = exists().where(deliveries.c.mailing_id == mailings.c.id, deliveries.c.subscriber_id.between(first, last))
    return tuple(connection.scalars(select(mailings.c.id).where(mailings.c.is_rehearsal.is_(False), here)))


def inherit(connection: Connection, those: ColumnElement[bool], now: datetime) -> None:
    """Return subscribers what those before them at their address had before: other addresses, of a person who changed.

    `those` is a condition over tombstones of the new ones.
    """
    mine, other, older = tombstones.alias("mine"), tombstones.alias("other"), tombstones.alias("older")
    new = select(_T.subscriber_id, _T.hash).where(those, _T.last_mailing.is_(None)).subquery()
    own = exists().where(
        mine.c.subscriber_id == new.c.subscriber_id,
        mine.c.hash == older.c.hash,
        or_(mine.c.first_mailing == older.c.first_mailing, mine.c.last_mailing >= older.c.last_mailing),
    )
    rows = (
        select(
            new.c.subscriber_id,
            older.c.hash,
            func.min(older.c.first_mailing),
            func.max(older.c.last_mailing),
            literal(now, _T.at.type),
        )
        .select_from(new)
        .join(other, and_(other.c.hash == new.c.hash, other.c.subscriber_id != new.c.subscriber_id))
        .join(older, and_(older.c.subscriber_id == other.c.subscriber_id, older.c.last_mailing <= other.c.last_mailing))
        .where(older.c.hash != new.c.hash, ~own)
        .group_by(new.c.subscriber_id, older.c.hash)
    )
    names = ["subscriber_id", "hash", "first_mailing", "last_mailing", "at"]
    connection.execute(insert(tombstones).from_select(names, rows))


def exists_for(person: ColumnElement[int], table: FromClause, *where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a table has a row about a person, by whichever id: it has a subscriber_id and a mailing_id.

    Two questions rather than one with OR: each has an index.
    """
    return or_(
        exists().where(table.c.subscriber_id == person, *where),
        _by_another_id(person, table, literal(1), *where).exists(),
    )


def former_id(person: ColumnElement[int], table: FromClause, *where: ColumnElement[bool]) -> ColumnElement[int]:
    """Return another id by which a table has a row about a person; NULL if there is none."""
    return _by_another_id(person, table, table.c.subscriber_id, *where).limit(1).scalar_subquery()


def _by_another_id(
    person: ColumnElement[int], table: FromClause, what: ColumnElement[int], *where: ColumnElement[bool]
) -> Select[int]:
    mine, other = tombstones.alias("mine"), tombstones.alias("other")
    about = table.c.mailing_id
    return (
        select(what)
        .select_from(mine)
        .join(other, other.c.hash == mine.c.hash)
        .join(table, table.c.subscriber_id == other.c.subscriber_id)
        .where(
            mine.c.subscriber_id == person,
            about >= other.c.first_mailing,
            about <= func.coalesce(other.c.last_mailing, _ALWAYS),
            about <= func.coalesce(mine.c.last_mailing, _ALWAYS),
            *where,
        )
    )


def spans_of(connection: Connection, subscriber_id: int, *, is_this_address: bool = False) -> tuple[AddressSpan, ...]:
    """Return under which ids a subscriber is on record, and in which mailings.

    `is_this_address`: only what went to the address that they have today. Whether a mailbox exists is told by that alone.
    """
    rows = connection.execute(select(tombstones).where(_T.subscriber_id == subscriber_id)).all()
    lost = max((row.last_mailing for row in rows if row.last_mailing is not None), default=-1)
    first = max((row.first_mailing for row in rows if row.last_mailing is None), default=lost + 1)
    spans = [AddressSpan(subscriber_id=subscriber_id, first=first if is_this_address else 0)]
    for mine in rows:
        if is_this_address and mine.last_mailing is not None:
            continue
        others = select(tombstones).where(_T.hash == mine.hash, _T.subscriber_id != subscriber_id)
        for other in connection.execute(others):
            ends = [each.last_mailing for each in (mine, other) if each.last_mailing is not None]
            last = min(ends, default=_ALWAYS)
            if other.first_mailing <= last:
                spans.append(AddressSpan(subscriber_id=other.subscriber_id, first=other.first_mailing, last=last))
    return tuple(dict.fromkeys(spans))


def spans_of_hash(connection: Connection, mark: str) -> tuple[AddressSpan, ...]:
    """Return under which ids an address is on record that nobody has today."""
    rows = connection.execute(select(tombstones).where(_T.hash == mark).order_by(_T.first_mailing))
    return tuple(
        AddressSpan(
            subscriber_id=row.subscriber_id,
            first=row.first_mailing,
            last=_ALWAYS if row.last_mailing is None else row.last_mailing,
        )
        for row in rows
    )


def about(table: FromClause, spans: Sequence[AddressSpan]) -> ColumnElement[bool]:
    """Return the condition of rows about these ids in their mailings; where no mailing is known, of all rows about them."""
    is_any: list[ColumnElement[bool]] = []
    for span in spans:
        meant: list[ColumnElement[bool]] = [table.c.subscriber_id == span.subscriber_id]
        if table is deliveries:
            # Its key begins with the mailing: with all of them named, nothing but the person's own rows is looked at.
            those = select(mailings.c.id).where(mailings.c.id.between(span.first, span.last))
            meant.append(table.c.mailing_id.in_(those))
        elif (span.first, span.last) != (0, _ALWAYS):
            meant.append(or_(table.c.mailing_id.is_(None), table.c.mailing_id.between(span.first, span.last)))
        is_any.append(and_(*meant))
    return or_(*is_any)


def _has_mail(of: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition, over `subscribers`, of those who may have mail from us with a token in it, or a tombstone already."""
    mailed = exists().where(deliveries.c.mailing_id.in_(of), deliveries.c.subscriber_id == subscribers.c.id)
    asked = exists().where(
        transactional_emails.c.normal == subscribers.c.normal,
        transactional_emails.c.state.not_in(("waiting", "dropped")),
    )
    return or_(mailed, asked, exists().where(_T.subscriber_id == subscribers.c.id))


def _leave_tombstone(connection: Connection, people: Sequence[tuple[int, str]], now: datetime) -> None:
    """Close the rows of people who lose their address, or make them."""
    key, last = make_erasure_key(connection), next_mailing(connection) - 1
    ids = [subscriber_id for subscriber_id, _ in people]
    # What is closed already was another address, or was inherited; the next one began behind it.
    rows = connection.execute(
        select(
            _T.subscriber_id,
            func.max(_T.last_mailing).label("ended"),
            (func.count() - func.count(_T.last_mailing)).label("open"),
        )
        .where(_T.subscriber_id.in_(ids))
        .group_by(_T.subscriber_id)
    )
    earlier = {row.subscriber_id: row for row in rows}
    connection.execute(
        update(tombstones).where(_T.subscriber_id.in_(ids), _T.last_mailing.is_(None)).values(last_mailing=last, at=now)
    )
    new = [
        {"subscriber_id": each, "hash": hashed(key, normal), "first_mailing": earlier[each].ended + 1 if each in earlier else 0,
         "last_mailing": last, "at": now}
        for each, normal in people
        if each not in earlier or not earlier[each].open
    ]  # fmt: skip
    _write(connection, new)


def _hold(connection: Connection, subscriber_id: int, mark: str, first: int, now: datetime) -> None:
    row = {"subscriber_id": subscriber_id, "hash": mark, "first_mailing": first, "last_mailing": None, "at": now}
    _write(connection, [row])


def _write(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    """Add rows. One is there already where an address was lost and gained again, and no mailing went out in between."""
    if not rows:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    added = dialect.insert(tombstones)
    key = ["subscriber_id", "hash", "first_mailing"]
    values = {"last_mailing": added.excluded.last_mailing, "at": added.excluded.at}
    connection.execute(added.on_conflict_do_update(index_elements=key, set_=values), list(rows))
