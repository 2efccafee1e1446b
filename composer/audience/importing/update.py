"""Update existing subscribers from a list, and record each change.

Input: a connection that writes, a `Step`, the temporary tables of `staging`. Output: how many have changed. Guarantees:
empty cells of the list change nothing.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from composer.audience.changes import COLUMNS, as_json
from composer.audience.importing.plan import StatusChoice, listed, stays
from composer.audience.importing.staging import changed, incoming, incoming_evidence, incoming_tags
from composer.audience.subscribers import Status
from composer.database.tables.subscriber_tables import subscriber_changes, subscriber_tags, subscribers

#: How many subscribers are changed at a time where Python computes the new values.
_PIECE = 5000
#: The statuses of people who are subscribed.
HERE = (Status.ACTIVE, Status.PENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The values that all steps of an import need."""

    number: int
    choice: StatusChoice
    consent_id: int | None
    #: Whether the list has consents row by row.
    has_evidence: bool
    now: datetime

    @property
    def source(self) -> str:
        return f"import {self.number}"

    def consent(self) -> ColumnElement[Any]:
        """The consent of a row: its own, otherwise that of the whole list."""
        shared: ColumnElement[Any] = literal(self.consent_id, subscribers.c.consent_id.type)
        if not self.has_evidence:
            return shared
        own = select(incoming_evidence.c.consent_id).where(incoming_evidence.c.evidence == incoming.c.evidence)
        return func.coalesce(own.scalar_subquery(), shared)


def record(
    connection: Connection, one: Step, what: str, before: object, after: object, where: ColumnElement[bool]
) -> int:
    """Record what is about to change for subscribers in the list; return how many changes."""
    rows = (
        select(
            subscribers.c.id,
            literal(one.now, subscriber_changes.c.at.type),
            literal(what),
            before,
            after,
            literal(one.source),
            literal(one.number),
        )  # type: ignore[call-overload]
        .join_from(incoming, subscribers, subscribers.c.normal == incoming.c.normal)
        .where(where)
        .order_by(incoming.c.seq)
    )
    names = ["subscriber_id", "at", "what", "before", "after", "source", "import_id"]
    return changed(connection, insert(subscriber_changes).from_select(names, rows))


def update_known(connection: Connection, one: Step) -> int:
    """Update known subscribers from the list, except where the list is empty. Return how many have changed."""
    meant = and_(stays(), ~listed(), subscribers.c.status.in_(HERE))
    last = connection.scalar(select(func.max(subscriber_changes.c.id))) or 0
    for name in COLUMNS:
        new, old = incoming.c[name], subscribers.c[name]
        if record(connection, one, name, old, new, and_(meant, new != "", new != old)):
            this = and_(incoming.c.normal == subscribers.c.normal, new != "", stays())
            connection.execute(
                update(subscribers)
                .where(exists().where(this, ~listed()), subscribers.c.status.in_(HERE))
                .values({name: select(new).where(this).scalar_subquery()})
            )
    _update_fields(connection, one, meant)
    _tag_known(connection, one, meant)
    changed = select(subscriber_changes.c.subscriber_id).where(
        subscriber_changes.c.id > last, subscriber_changes.c.import_id == one.number
    )
    connection.execute(update(subscribers).where(subscribers.c.id.in_(changed)).values(changed=one.now))
    return connection.execute(select(func.count()).select_from(changed.distinct().subquery())).scalar_one()


def _update_fields(connection: Connection, one: Step, meant: ColumnElement[bool]) -> None:
    """Merge the newsletter's own fields, which are JSON, in Python and in batches."""
    query = (
        select(incoming.c.seq, subscribers.c.id, subscribers.c.fields, incoming.c.fields)
        .join_from(incoming, subscribers, subscribers.c.normal == incoming.c.normal)
        .where(meant, incoming.c.fields != "{}", incoming.c.fields != subscribers.c.fields)
        .order_by(incoming.c.seq)
        .limit(_PIECE)
    )
    last = 0
    while rows := connection.execute(query.where(incoming.c.seq > last)).all():
        changes: list[dict[str, object]] = []
        merged: list[dict[str, object]] = []
        for _, subscriber_id, old, new in rows:
            before, after = json.loads(old), json.loads(new)
            changed = {name: value for name, value in after.items() if before.get(name, "") != value}
            if changed:
                merged.append({"of": subscriber_id, "to": as_json(before | changed)})
            changes += [
                {"subscriber_id": subscriber_id, "at": one.now, "what": name, "before": before.get(name, ""), "after": value,
                 "source": one.source, "import_id": one.number}
                for name, value in changed.items()
            ]  # fmt: skip
        if merged:
            set_fields(connection, merged)
            connection.execute(insert(subscriber_changes), changes)
        last = rows[-1][0]


def set_fields(connection: Connection, merged: list[dict[str, object]]) -> None:
    """Write the newsletter's own fields of subscribers: `of` is the subscriber, `to` the value."""
    statement = update(subscribers).where(subscribers.c.id == bindparam("of")).values(fields=bindparam("to"))
    connection.execute(statement, merged)


def _tag_known(connection: Connection, one: Step, meant: ColumnElement[bool]) -> None:
    has = exists().where(subscriber_tags.c.subscriber_id == subscribers.c.id)
    for tag in one.choice.tags:
        record(connection, one, "tag", literal(""), literal(tag), and_(meant, ~has.where(subscriber_tags.c.tag == tag)))
    rows = (
        select(subscribers.c.id, literal(one.now, subscriber_changes.c.at.type), literal("tag"), literal(""), incoming_tags.c.tag,
               literal(one.source), literal(one.number))
        .join_from(incoming, subscribers, subscribers.c.normal == incoming.c.normal)
        .join(incoming_tags, incoming_tags.c.seq == incoming.c.seq)
        .where(meant, ~has.where(subscriber_tags.c.tag == incoming_tags.c.tag), incoming_tags.c.tag.not_in(one.choice.tags))
    )  # fmt: skip
    names = ["subscriber_id", "at", "what", "before", "after", "source", "import_id"]
    connection.execute(insert(subscriber_changes).from_select(names, rows))
    given = select(subscriber_changes.c.subscriber_id, subscriber_changes.c.after)
    given = given.where(subscriber_changes.c.import_id == one.number, subscriber_changes.c.what == "tag")
    connection.execute(insert(subscriber_tags).from_select(["subscriber_id", "tag"], given))
