"""Records who had which address, to link the ids of people who came back after removal or changed their address.

Input: a connection that writes, and what happens to subscribers. Output: rows of `tombstones`, and SQL conditions over
them. Guarantees: the rows contain no address, only its keyed hash, and only for addresses that no longer belong to a
subscriber and that may have received mail from us.

A row says that a subscriber had an address in the mailings `first_mailing` to `last_mailing`, or still has it (NULL).
Rows count mailings instead of times, because a clock may be wrong. A current subscriber has a row only if somebody else
had the address before. The rows tell what a subscriber has received: everything sent to their own id, and everything
sent to their address, under any id, until they lost it.
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
    """The mailings in which the records of an id are about the person in question."""

    subscriber_id: int
    first: int = 0
    last: int = _ALWAYS


def next_mailing(connection: Connection) -> int:
    """Return the lowest number that the next mailing can have; the caller holds the audience lock."""
    return (connection.scalar(select(func.max(mailings.c.id))) or 0) + 1


def known_hashes(connection: Connection, hashes: Sequence[str]) -> dict[str, str | None]:
    """Return the hashes that are in a tombstone or on the suppression list, with their suppression reason."""
    # One parameter: writing thousands of hashes into the statement takes longer than looking them up.
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
    """Return a value that changes when hashes are added: tombstones only grow, and a new suppression has a new id."""
    hashed_ones = select(func.count(), func.coalesce(func.max(suppressions.c.id), 0)).where(
        suppressions.c.hash.is_not(None)
    )
    buried = connection.execute(select(func.count()).select_from(tombstones)).scalar_one()
    return (buried, *connection.execute(hashed_ones).one())


def note_new_address(connection: Connection, subscriber_id: int, normal: str, now: datetime) -> None:
    """Link a subscriber, who is new or has a new address, to earlier owners of this address."""
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
    """Record the address that a subscriber had until now, if mail may have been sent to it.

    `is_erased`: record it in any case, because its hash is kept anyway and their links must still lead to a correct page.
    """
    them = subscribers.c.id == subscriber_id
    if is_erased or connection.scalar(
        select(_has_mail(mailings_of(connection, them))).select_from(subscribers).where(them)
    ):
        _leave_tombstone(connection, [(subscriber_id, normal)], now)


def leave_tombstone(connection: Connection, those: ColumnElement[bool], now: datetime) -> None:
    """Record the addresses of subscribers who are about to be removed, if mail may have been sent to them."""
    last, mailed = 0, _has_mail(mailings_of(connection, those))
    wanted = select(subscribers.c.id, subscribers.c.normal).where(those, mailed).order_by(subscribers.c.id).limit(_PAGE)
    while rows := connection.execute(wanted.where(subscribers.c.id > last)).all():
        _leave_tombstone(connection, [(row.id, row.normal) for row in rows], now)
        last = rows[-1].id


def mailings_of(connection: Connection, those: ColumnElement[bool]) -> tuple[int, ...]:
    """Return the mailings, without rehearsals, that may have gone to these subscribers: ids of an import are consecutive."""
    first, last = connection.execute(select(func.min(subscribers.c.id), func.max(subscribers.c.id)).where(those)).one()
    if first is None:
        return ()
    here = exists().where(deliveries.c.mailing_id == mailings.c.id, deliveries.c.subscriber_id.between(first, last))
    return tuple(connection.scalars(select(mailings.c.id).where(mailings.c.is_rehearsal.is_(False), here)))


def inherit(connection: Connection, those: ColumnElement[bool], now: datetime) -> None:
    """Copy the other addresses of earlier owners to new subscribers, because they are one person who changed addresses.

    `those` is a condition over the tombstones of the new subscribers.
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
    """Return the condition that a table with subscriber_id and mailing_id has a row about a person, under any id.

    Two subqueries instead of one with OR, because each can use an index.
    """
    return or_(
        exists().where(table.c.subscriber_id == person, *where),
        _by_another_id(person, table, literal(1), *where).exists(),
    )


def former_id(person: ColumnElement[int], table: FromClause, *where: ColumnElement[bool]) -> ColumnElement[int]:
    """Return another id under which a table has a row about a person, or NULL."""
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
    """Return the ids under which a subscriber is on record, and in which mailings.

    `is_this_address`: only mailings to their current address, because only those show whether the mailbox exists.
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
    """Return the ids under which an address without a current subscriber is on record."""
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
    """Return the condition for rows about these ids in their mailings; rows without a mailing always count."""
    is_any: list[ColumnElement[bool]] = []
    for span in spans:
        meant: list[ColumnElement[bool]] = [table.c.subscriber_id == span.subscriber_id]
        if table is deliveries:
            # The key of deliveries begins with the mailing, so listing all mailings limits the query to the person's own
            # rows.
            those = select(mailings.c.id).where(mailings.c.id.between(span.first, span.last))
            meant.append(table.c.mailing_id.in_(those))
        elif (span.first, span.last) != (0, _ALWAYS):
            meant.append(or_(table.c.mailing_id.is_(None), table.c.mailing_id.between(span.first, span.last)))
        is_any.append(and_(*meant))
    return or_(*is_any)


def _has_mail(of: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition, over `subscribers`, for people who may have mail with a token from us, or have a tombstone."""
    mailed = exists().where(deliveries.c.mailing_id.in_(of), deliveries.c.subscriber_id == subscribers.c.id)
    asked = exists().where(
        transactional_emails.c.normal == subscribers.c.normal,
        transactional_emails.c.state.in_(("sending", "accepted", "refused", "unknown", "written")),
    )
    return or_(mailed, asked, exists().where(_T.subscriber_id == subscribers.c.id))


def _leave_tombstone(connection: Connection, people: Sequence[tuple[int, str]], now: datetime) -> None:
    """Close or create the rows of people who lose their address."""
    key, last = make_erasure_key(connection), next_mailing(connection) - 1
    ids = [subscriber_id for subscriber_id, _ in people]
    # A closed row was another address, or was inherited; the current address began after it.
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
    """Add rows. A row exists already if an address was lost and regained without a mailing in between."""
    if not rows:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    added = dialect.insert(tombstones)
    key = ["subscriber_id", "hash", "first_mailing"]
    values = {"last_mailing": added.excluded.last_mailing, "at": added.excluded.at}
    connection.execute(added.on_conflict_do_update(index_elements=key, set_=values), list(rows))
