"""Import a staged list in one transaction: all of it, or nothing.

Input: a connection that writes, the temporary tables of `staging`, and the user's choices. Output: how many subscribers
were added, changed and suppressed. Guarantees: the import never changes people who are on the suppression list;
people who are not active according to the imported list are suppressed. Every change of an existing
subscriber is recorded with the number of the import, so that `undo` can undo it.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from composer.audience.changes import COLUMNS
from composer.audience.identity.tombstones import inherit, next_mailing
from composer.audience.importing.plan import StatusChoice, becomes_active, listed, stays
from composer.audience.importing.staging import (
    changed,
    incoming,
    incoming_evidence,
    incoming_hashes,
    incoming_known,
    incoming_known_hashes,
    incoming_tags,
    mark_known_hashes,
)
from composer.audience.importing.update import HERE, Step, record, update_known
from composer.audience.subscribers import Status
from composer.audience.suppression import Reason, erasure_key, hashed, lock, stand_down, suppress
from composer.database.public_ids import new_subscriber_ids
from composer.database.tables.metadata import milliseconds
from composer.database.tables.subscriber_tables import (
    consents,
    imports,
    subscriber_tags,
    subscribers,
    suppressions,
    tombstones,
)

#: How many addresses are hashed at a time.
_PAGE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import did. `number` identifies it, for example to undo it."""

    number: int
    #: New subscribers, of any status.
    new: int
    #: Existing subscribers who have changed.
    updated: int
    #: Pending subscribers who are now active.
    agreed: int
    #: Addresses that were added to the suppression list.
    suppressed: int


def apply_import(connection: Connection, choice: StatusChoice, *, file: str, kind: str, now: datetime) -> ImportResult:
    """Import the staged list; `file` and `kind` are recorded."""
    lock(connection)
    # People may have been erased, or have unsubscribed, since the rows were counted.
    mark_known_hashes(connection)
    consent_id = _consent(connection, choice.consent, now) if choice.consent else None
    row = {"at": now, "file": file, "kind": kind, "consent_id": consent_id, "counts": "{}"}
    number: int = connection.execute(insert(imports).returning(imports.c.id), row).scalar_one()
    has_evidence = _keep_evidence(connection, now)
    one = Step(number=number, choice=choice, consent_id=consent_id, has_evidence=has_evidence, now=now)
    suppressed = _let_leave(connection, one) + _keep_hashes(connection, one)
    connection.execute(
        insert(incoming_known).from_select(
            ["seq", "subscriber_id"],
            select(incoming.c.seq, subscribers.c.id).join_from(
                incoming, subscribers, subscribers.c.normal == incoming.c.normal
            ),
        )
    )
    agreed = _let_agree(connection, one)
    updated = update_known(connection, one) if choice.is_update else 0
    new = _insert_new(connection, one)
    _tag_new(connection, one)
    taken = ImportResult(number=number, new=new, updated=updated, agreed=agreed, suppressed=suppressed)
    counts = json.dumps({name: value for name, value in asdict(taken).items() if name != "number"})
    connection.execute(update(imports).where(imports.c.id == number).values(counts=counts))
    return taken


def _consent(connection: Connection, evidence: str, now: datetime) -> int:
    row = {"recorded": now, "evidence": evidence}
    consent_id: int = connection.execute(insert(consents).returning(consents.c.id), row).scalar_one()
    return consent_id


def _keep_evidence(connection: Connection, now: datetime) -> bool:
    """Store the consents that a list has row by row, each text once."""
    said = select(incoming.c.evidence).where(incoming.c.evidence != "")
    if connection.execute(said.limit(1)).first() is None:
        return False
    last = connection.scalar(select(func.max(consents.c.id))) or 0
    each = said.distinct().subquery()
    rows = select(literal(now, consents.c.recorded.type), each.c.evidence)
    connection.execute(insert(consents).from_select(["recorded", "evidence"], rows))
    kept = select(consents.c.evidence, consents.c.id).where(consents.c.id > last)
    connection.execute(insert(incoming_evidence).from_select(["evidence", "consent_id"], kept))
    return True


def _let_leave(connection: Connection, one: Step) -> int:
    """Suppress people who have unsubscribed, bounced or complained in the list, and end their subscriptions."""
    leaving = and_(~stays(), ~listed())
    _weigh(connection, one)
    # For people who get nothing, the values of a list are the suppression reasons themselves.
    status = case(
        {Reason.COMPLAINED.value: Status.COMPLAINED.value, Reason.BOUNCED.value: Status.BOUNCED.value},
        value=incoming.c.standing,
        else_=Status.UNSUBSCRIBED.value,
    )
    here = and_(leaving, subscribers.c.status.in_(HERE))
    if record(connection, one, "status", subscribers.c.status, status, here):
        new = select(status).where(incoming.c.normal == subscribers.c.normal).scalar_subquery()
        meant = exists().where(incoming.c.normal == subscribers.c.normal, leaving)
        connection.execute(
            update(subscribers).where(subscribers.c.status.in_(HERE), meant).values(status=new, changed=one.now)
        )
    since = func.coalesce(incoming.c.happened, milliseconds(one.now))
    rows = select(incoming.c.normal, incoming.c.standing, literal(one.source), since, literal(one.number))
    rows = rows.where(leaving).order_by(incoming.c.seq.desc())
    names = ["normal", "reason", "source", "since", "import_id"]
    return changed(connection, insert(suppressions).from_select(names, rows))


def _weigh(connection: Connection, one: Step) -> None:
    """Replace the reason of suppressed addresses where the list has a weightier one.

    Otherwise a person whose bounce is on hold or undone would get mail again, although the list says that they
    unsubscribed.
    """
    lighter = or_(
        *(
            and_(
                suppressions.c.reason == has.value,
                incoming.c.standing.in_([each.value for each in Reason if each.outweighs(has)]),
            )
            for has in (Reason.HELD, Reason.BOUNCED)
        )
    )
    rows = select(incoming.c.normal, incoming.c.standing).join(suppressions, suppressions.c.normal == incoming.c.normal)
    for row in connection.execute(rows.where(lighter)).all():
        suppress(connection, row.normal, Reason(row.standing), one.source, one.now)


def _keep_hashes(connection: Connection, one: Step) -> int:
    """Add the hashes of an imported suppression list, and deactivate subscribers who have such an address.

    This happens only after a restore, if these people were erased after the backup.
    """
    for normal in _with_incoming_hash(connection):
        stand_down(connection, normal, Reason.ERASED, one.source, one.now)
    since = literal(one.now, suppressions.c.since.type)
    rows = select(incoming_hashes.c.hash, literal(Reason.ERASED.value), literal(one.source), since, literal(one.number))
    rows = rows.where(~exists().where(suppressions.c.hash == incoming_hashes.c.hash))
    names = ["hash", "reason", "source", "since", "import_id"]
    return changed(connection, insert(suppressions).from_select(names, rows))


def _with_incoming_hash(connection: Connection) -> list[str]:
    """Find the subscribers whose hash is on the imported suppression list, page by page."""
    key = erasure_key(connection) if connection.scalar(select(exists(incoming_hashes))) else None
    if key is None:
        return []
    found: list[str] = []
    page = (
        select(subscribers.c.id, subscribers.c.normal)
        .where(subscribers.c.status.in_(HERE))
        .order_by(subscribers.c.id)
        .limit(_PAGE)
    )
    rows = connection.execute(page).all()
    while rows:
        marks = {hashed(key, row.normal): row.normal for row in rows}
        meant = connection.scalars(select(incoming_hashes.c.hash).where(incoming_hashes.c.hash.in_(marks)))
        found += [marks[mark] for mark in meant]
        rows = connection.execute(page.where(subscribers.c.id > rows[-1].id)).all()
    return found


def _let_agree(connection: Connection, one: Step) -> int:
    """Activate pending subscribers whose consent is now known."""
    agreeing = and_(becomes_active(one.choice), ~listed())
    waiting = and_(agreeing, subscribers.c.status == Status.PENDING)
    agreed = record(connection, one, "status", literal("pending"), literal("active"), waiting)
    if agreed:
        this = and_(incoming.c.normal == subscribers.c.normal, agreeing)
        consent = select(one.consent()).where(this).scalar_subquery()
        when = select(incoming.c.happened).where(this).scalar_subquery()
        connection.execute(
            update(subscribers)
            .where(subscribers.c.status == Status.PENDING, exists().where(this))
            .values(status=Status.ACTIVE, consent_id=consent, consented=when, changed=one.now)
        )
    return agreed


def _insert_new(connection: Connection, one: Step) -> int:
    """Add the people who are neither subscribers nor suppressed, in the order of the list."""
    active = becomes_active(one.choice)
    consent: ColumnElement[int | None] = case((active, one.consent()))
    taken = ("address", "normal", *COLUMNS, "fields")
    # Consecutive ids, in the order of the list.
    room = connection.execute(select(func.coalesce(func.max(incoming.c.seq), 1))).scalar_one()
    first = new_subscriber_ids(connection, room)
    rows = (
        select(
            literal(first - 1, subscribers.c.id.type) + incoming.c.seq,
            *(incoming.c[name] for name in taken),
            case((active, Status.ACTIVE.value), else_=Status.PENDING.value),
            literal(milliseconds(one.now)),
            literal(milliseconds(one.now)),
            consent,
            incoming.c.happened,
            literal(one.number),
        )
        .where(stays(), ~listed(), ~exists().where(incoming_known.c.seq == incoming.c.seq))
        .order_by(incoming.c.seq)
    )
    names = ["id", *taken, "status", "created", "changed", "consent_id", "consented", "import_id"]
    new = changed(connection, insert(subscribers).from_select(names, rows))
    _join_new(connection, one)
    return new


def _join_new(connection: Connection, one: Step) -> None:
    """Link new subscribers to earlier owners of their addresses."""
    known = incoming_known_hashes.c
    came = exists().where(subscribers.c.id == tombstones.c.subscriber_id, subscribers.c.import_id == one.number)
    rows = (
        select(
            subscribers.c.id,
            known.hash,
            literal(next_mailing(connection)),
            literal(one.now, tombstones.c.at.type),
        )
        .join_from(incoming_known_hashes, incoming, incoming.c.seq == known.seq)
        .join(subscribers, subscribers.c.normal == incoming.c.normal)
        .where(subscribers.c.import_id == one.number)
    )
    names = ["subscriber_id", "hash", "first_mailing", "at"]
    if changed(connection, insert(tombstones).from_select(names, rows)):
        inherit(connection, came, one.now)


def _tag_new(connection: Connection, one: Step) -> None:
    came = subscribers.c.import_id == one.number
    for tag in one.choice.tags:
        rows = select(subscribers.c.id, literal(tag)).where(came)
        connection.execute(insert(subscriber_tags).from_select(["subscriber_id", "tag"], rows))
    rows = (
        select(subscribers.c.id, incoming_tags.c.tag)
        .join_from(incoming_tags, incoming, incoming.c.seq == incoming_tags.c.seq)
        .join(subscribers, subscribers.c.normal == incoming.c.normal)
        .where(came, incoming_tags.c.tag.not_in(one.choice.tags))
    )
    connection.execute(insert(subscriber_tags).from_select(["subscriber_id", "tag"], rows))
