"""Undo the last import.

Input: a connection that writes. Output: what was undone. Guarantees: people who have unsubscribed since stay
unsubscribed, people who have confirmed since stay subscribed, and later changes by others stay.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from composer.audience.changes import COLUMNS, as_json
from composer.audience.identity.tombstones import leave_tombstone, mailings_of
from composer.audience.importing.staging import changed
from composer.audience.importing.update import HERE, set_fields
from composer.audience.subscribers import AudienceError, Status
from composer.audience.suppression import lock
from composer.database.tables.mailing_tables import deliveries, issues, mailings
from composer.database.tables.subscriber_tables import (
    imports,
    subscriber_changes,
    subscriber_tags,
    subscribers,
    suppressions,
)

_PIECE = 5000
#: States of a delivery (delivery/core/states.py): accepted by a server, or unconfirmed now or soon.
_RECEIVED, _UNCONFIRMED = ("accepted",), ("unknown", "sending")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedSince:
    """A mailing that was sent to people whom the undo removes."""

    mailing: int
    issue: str
    #: For how many of them the mailing was accepted, and for how many it is unconfirmed.
    received: int
    unconfirmed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """An import that can be undone."""

    number: int
    file: str
    at: datetime
    #: Subscribers whom the import added and who have not changed.
    came: int
    #: Of the added subscribers: those who have unsubscribed since, and stay unsubscribed.
    left: int
    #: Of the added subscribers: those who have confirmed since and stay, and those who were erased.
    others: int
    #: Changes of subscribers who existed before.
    changes: int
    #: Entries of the suppression list.
    suppressed: int
    #: What the removed people have received, oldest mailing first. The record stays with their addresses.
    mailed: tuple[MailedSince, ...]


def last_import(connection: Connection) -> Import:
    """Return the last import that is not undone yet. Raises AudienceError without one."""
    query = select(imports).where(imports.c.undone.is_(None)).order_by(imports.c.id.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise AudienceError("no import can be undone")
    number = row["id"]

    def many(*where: ColumnElement[bool]) -> int:
        return connection.execute(select(func.count()).where(*where)).scalar_one()

    came = many(subscribers.c.import_id == number, subscribers.c.status.in_(HERE))
    left = many(subscribers.c.import_id == number, subscribers.c.status.not_in(HERE))
    return Import(
        number=number,
        file=row["file"],
        at=row["at"],
        came=came,
        left=left,
        others=json.loads(row["counts"])["new"] - came - left,
        changes=many(subscriber_changes.c.import_id == number),
        suppressed=many(suppressions.c.import_id == number),
        mailed=tuple(_mailed(connection, _going(number))),
    )


def _going(number: int) -> ColumnElement[bool]:
    return and_(subscribers.c.import_id == number, subscribers.c.status.in_(HERE))


def _mailed(connection: Connection, going: ColumnElement[bool]) -> Iterator[MailedSince]:
    """Count by mailing; only mailings that were sent to ids of this import are read."""
    state = deliveries.c.state
    received, unconfirmed = (func.sum(case((state.in_(each), 1), else_=0)) for each in (_RECEIVED, _UNCONFIRMED))
    counted = (
        select(mailings.c.id, issues.c.key, received, unconfirmed)
        .join_from(mailings, issues)
        .join(deliveries, deliveries.c.mailing_id == mailings.c.id)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(mailings.c.id.in_(mailings_of(connection, going)), going, state.in_(_RECEIVED + _UNCONFIRMED))
        .group_by(mailings.c.id, issues.c.key)
        .order_by(mailings.c.id)
    )
    for number, issue, accepted, unknown in connection.execute(counted):
        yield MailedSince(mailing=number, issue=issue, received=accepted, unconfirmed=unknown)


def undo_import(connection: Connection, number: int, now: datetime) -> None:
    """Undo an import."""
    lock(connection)
    connection.execute(delete(suppressions).where(suppressions.c.import_id == number))
    going = _going(number)
    leave_tombstone(connection, going, now)
    connection.execute(delete(subscribers).where(going))
    for name in COLUMNS:
        _restore(connection, number, name, subscribers.c[name], now)
    _restore_status(connection, number, now)
    _restore_fields(connection, number, now)
    _restore_tags(connection, number, now)
    connection.execute(update(imports).where(imports.c.id == number).values(undone=now))


def _of(number: int, what: str) -> ColumnElement[bool]:
    return and_(subscriber_changes.c.import_id == number, subscriber_changes.c.what == what)


def _record(connection: Connection, number: int, where: ColumnElement[bool], now: datetime) -> int:
    """Record the reverse of the changes that are about to be undone; return how many."""
    change = subscriber_changes.c
    source = literal(f"import {number} undone")
    rows = select(change.subscriber_id, literal(now, change.at.type), change.what, change.after, change.before, source)
    rows = (
        rows.join_from(subscriber_changes, subscribers, subscribers.c.id == change.subscriber_id)
        .where(where)
        .order_by(change.id)
    )
    names = ["subscriber_id", "at", "what", "before", "after", "source"]
    return changed(connection, insert(subscriber_changes).from_select(names, rows))


def _restore(connection: Connection, number: int, what: str, column: ColumnElement[str], now: datetime) -> None:
    still = and_(_of(number, what), subscriber_changes.c.after == column)
    if _record(connection, number, still, now):
        this = and_(subscriber_changes.c.subscriber_id == subscribers.c.id, still)
        before = select(subscriber_changes.c.before).where(this).scalar_subquery()
        connection.execute(
            update(subscribers).where(exists().where(this)).values({column: before, subscribers.c.changed: now})
        )


def _restore_status(connection: Connection, number: int, now: datetime) -> None:
    """Restore statuses, but not to active if the address has been suppressed in the meantime."""
    out = select(suppressions.c.id).where(suppressions.c.normal == subscribers.c.normal).correlate(subscribers).exists()
    still = and_(_of(number, "status"), subscriber_changes.c.after == subscribers.c.status, ~out)
    if _record(connection, number, still, now):
        this = and_(subscriber_changes.c.subscriber_id == subscribers.c.id, still)
        agreed = and_(this, subscriber_changes.c.before == Status.PENDING)
        connection.execute(
            update(subscribers).where(exists().where(agreed)).values(consent_id=null(), consented=null())
        )
        before = select(subscriber_changes.c.before).where(this).scalar_subquery()
        connection.execute(update(subscribers).where(exists().where(this)).values(status=before, changed=now))


def _restore_fields(connection: Connection, number: int, now: datetime) -> None:
    change = subscriber_changes.c
    fields = and_(change.import_id == number, change.what.not_in((*COLUMNS, "status", "tag")))
    query = select(change.id, change.subscriber_id, change.what, change.before, change.after, subscribers.c.fields)
    query = query.join_from(subscriber_changes, subscribers, subscribers.c.id == change.subscriber_id).where(fields)
    query = query.order_by(change.subscriber_id, change.id)
    last = (0, 0)
    while True:
        behind = or_(change.subscriber_id > last[0], and_(change.subscriber_id == last[0], change.id > last[1]))
        rows = connection.execute(query.where(behind).limit(_PIECE)).all()
        if not rows:
            return
        own: dict[int, dict[str, str]] = {}
        taken_back: list[int] = []
        for change_id, subscriber_id, what, before, after, kept in rows:
            values = own.setdefault(subscriber_id, json.loads(kept))
            if values.get(what, "") == after:
                values[what] = before
                taken_back.append(change_id)
        if taken_back:
            _record(connection, number, change.id.in_(taken_back), now)
            set_fields(
                connection, [{"of": subscriber_id, "to": as_json(values)} for subscriber_id, values in own.items()]
            )
        last = (rows[-1].subscriber_id, rows[-1].id)


def _restore_tags(connection: Connection, number: int, now: datetime) -> None:
    given = _of(number, "tag")
    has = exists().where(
        subscriber_tags.c.subscriber_id == subscriber_changes.c.subscriber_id,
        subscriber_tags.c.tag == subscriber_changes.c.after,
    )
    if _record(connection, number, and_(given, has), now):
        meant = and_(
            given,
            subscriber_changes.c.subscriber_id == subscriber_tags.c.subscriber_id,
            subscriber_changes.c.after == subscriber_tags.c.tag,
        )
        connection.execute(delete(subscriber_tags).where(exists().where(meant)))
