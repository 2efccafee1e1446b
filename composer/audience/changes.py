"""Changes of a subscriber: add, sign up, confirm, edit, tag, unsubscribe.

Input: a connection that writes, and the time. Output: the subscriber after the change. Guarantees: a suppressed address
becomes active only by `confirm`, the person's own double opt-in.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from composer.audience.change_history import record
from composer.audience.identity.tombstones import note_lost_address, note_new_address
from composer.audience.subscribers import AudienceError, Status, Subscriber, by_id
from composer.audience.suppression import Reason, lift, lock, suppress, suppression_of
from composer.core.addresses import Address, normal_address
from composer.core.command_lines import command_line
from composer.database.public_ids import new_subscriber_ids
from composer.database.tables.subscriber_tables import consents, subscriber_tags, subscribers

#: The values of a subscriber that have a column of their own.
COLUMNS = ("name", "first_name", "last_name", "language")


def add_subscriber(
    connection: Connection,
    address: Address,
    values: Mapping[str, str],
    *,
    source: str,
    now: datetime,
    consent: str = "",
    tags: Iterable[str] = (),
) -> Subscriber:
    """Add a subscriber: active if it is known how they agreed, otherwise pending.

    `values` are merge fields by name. Raises AudienceError if the address is already a subscriber's, or is suppressed.
    """
    lock(connection)
    normal = normal_address(address.address)
    if connection.scalar(select(subscribers.c.id).where(subscribers.c.normal == normal)) is not None:
        raise AudienceError(
            f"{address.address} is already a subscriber",
            f"show the entry: {command_line('subscribers show', address.address)}",
        )
    _refuse_suppressed(connection, address, normal)
    consent_id = _consent(connection, consent, now) if consent else None
    subscriber_id = _new(connection, address, values, consent_id, source, now)
    for tag in dict.fromkeys(tags):
        connection.execute(insert(subscriber_tags), [{"subscriber_id": subscriber_id, "tag": tag}])
    return _subscriber(connection, subscriber_id)


def sign_up(
    connection: Connection, address: Address, values: Mapping[str, str], *, source: str, now: datetime
) -> Subscriber:
    """Record a sign-up form: a new subscriber is pending, a known subscriber does not change.

    Anybody can enter anybody's address into a form; only `confirm` makes a subscriber active.
    """
    lock(connection)
    normal = normal_address(address.address)
    known = connection.scalar(select(subscribers.c.id).where(subscribers.c.normal == normal))
    if known is not None:
        return _subscriber(connection, known)
    return _subscriber(connection, _new(connection, address, values, None, source, now))


def confirm(connection: Connection, subscriber_id: int, evidence: str, *, source: str, now: datetime) -> Subscriber:
    """Make a subscriber active by their own double opt-in, which also undoes an earlier unsubscription.

    `evidence` says how, when, and to which text they agreed. Raises AudienceError if the subscriber does not exist.
    """
    lock(connection)
    subscriber = _subscriber(connection, subscriber_id)
    lift(connection, subscriber.normal)
    consent_id = _consent(connection, evidence, now)
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(status=Status.ACTIVE, changed=now, consented=now, consent_id=consent_id, import_id=None)
    )
    record(connection, subscriber_id, "consent", "", evidence, source, now)
    if subscriber.status is not Status.ACTIVE:
        record(connection, subscriber_id, "status", subscriber.status, Status.ACTIVE, source, now)
    return _subscriber(connection, subscriber_id)


def unsubscribe(connection: Connection, subscriber_id: int, *, source: str, now: datetime) -> Subscriber:
    """Unsubscribe a subscriber. Raises AudienceError if they do not exist."""
    suppress(connection, _subscriber(connection, subscriber_id).normal, Reason.UNSUBSCRIBED, source, now)
    return _subscriber(connection, subscriber_id)


def change(
    connection: Connection, subscriber_id: int, values: Mapping[str, str], *, source: str, now: datetime
) -> Subscriber:
    """Change merge fields of a subscriber, and record the old values. Raises AudienceError if they do not exist."""
    lock(connection)
    subscriber = _subscriber(connection, subscriber_id)
    before = subscriber.values
    changed = {name: value for name, value in values.items() if before.get(name, "") != value}
    if not changed:
        return subscriber
    columns: dict[str, object] = {name: value for name, value in changed.items() if name in COLUMNS}
    own = {name: value for name, value in changed.items() if name not in COLUMNS}
    if own:
        columns["fields"] = as_json({**subscriber.fields, **own})
    connection.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(**columns, changed=now))
    for name, value in changed.items():
        record(connection, subscriber_id, name, before.get(name, ""), value, source, now)
    return _subscriber(connection, subscriber_id)


def change_address(
    connection: Connection, subscriber_id: int, address: Address, *, source: str, now: datetime
) -> Subscriber:
    """Change the address of a subscriber, who keeps the record of everything they received.

    A mailing that is already frozen still goes to the earlier address. Raises AudienceError if the address belongs to
    somebody else or is on the suppression list, and for a subscriber who does not get the newsletter: their new
    address would look like one that never unsubscribed.
    """
    lock(connection)
    subscriber, normal = _subscriber(connection, subscriber_id), normal_address(address.address)
    if subscriber.status not in (Status.ACTIVE, Status.PENDING):
        raise AudienceError(
            f"{subscriber.address} is {subscriber.status}, so the address cannot be changed",
            "they can sign up with the new address themselves",
        )
    if normal != subscriber.normal:
        if connection.scalar(select(subscribers.c.id).where(subscribers.c.normal == normal)) is not None:
            raise AudienceError(
                f"{address.address} already belongs to another subscriber",
                f"show the entry: {command_line('who', address.address)}",
            )
        _refuse_suppressed(connection, address, normal)
        note_lost_address(connection, subscriber_id, subscriber.normal, now)
    new = {"address": address.address, "normal": normal, "changed": now}
    connection.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(new))
    if normal != subscriber.normal:
        note_new_address(connection, subscriber_id, normal, now)
    if address.address != subscriber.address:
        record(connection, subscriber_id, "address", subscriber.address, address.address, source, now)
    return _subscriber(connection, subscriber_id)


def _refuse_suppressed(connection: Connection, address: Address, normal: str) -> None:
    if found := suppression_of(connection, normal):
        raise AudienceError(
            f"{address.address} has been on the suppression list since {found.since:%Y-%m-%d}: {words(found.reason)}",
            "only the person can undo this: they sign up again and confirm",
        )


def tag(
    connection: Connection,
    subscriber_id: int,
    *,
    give: Iterable[str] = (),
    take: Iterable[str] = (),
    source: str,
    now: datetime,
) -> Subscriber:
    """Add tags to a subscriber, or remove tags. Raises AudienceError if they do not exist."""
    lock(connection)
    has = set(_subscriber(connection, subscriber_id).tags)
    for each in dict.fromkeys(give):
        if each not in has:
            connection.execute(insert(subscriber_tags), [{"subscriber_id": subscriber_id, "tag": each}])
            record(connection, subscriber_id, "tag", "", each, source, now)
    for each in dict.fromkeys(take):
        if each in has:
            here = (subscriber_tags.c.subscriber_id == subscriber_id, subscriber_tags.c.tag == each)
            connection.execute(delete(subscriber_tags).where(*here))
            record(connection, subscriber_id, "tag", each, "", source, now)
    return _subscriber(connection, subscriber_id)


def words(reason: Reason) -> str:
    """Return a reason as text for people."""
    match reason:
        case Reason.ERASED:
            return "they asked to be erased"
        case Reason.COMPLAINED:
            return "they reported a message as spam"
        case Reason.UNSUBSCRIBED:
            return "they unsubscribed"
        case Reason.BOUNCED:
            return "the address does not accept mail"
        case Reason.BY_HAND:
            return "it was added with a command"
        case Reason.IMPORTED:
            return "it was imported with a list"
        case Reason.HELD:
            return "their bounce is on hold until you decide: compose bounces held"


def _subscriber(connection: Connection, subscriber_id: int) -> Subscriber:
    subscriber = by_id(connection, subscriber_id)
    if subscriber is None:
        raise AudienceError(f"subscriber {subscriber_id} does not exist")
    return subscriber


def _new(
    connection: Connection,
    address: Address,
    values: Mapping[str, str],
    consent_id: int | None,
    source: str,
    now: datetime,
) -> int:
    status = Status.PENDING if consent_id is None else Status.ACTIVE
    values = {"name": address.name, **values}
    normal = normal_address(address.address)
    row = {
        "id": new_subscriber_ids(connection),
        **{name: values.get(name, "") for name in COLUMNS},
        "address": address.address,
        "normal": normal,
        "fields": as_json({name: value for name, value in values.items() if name not in COLUMNS}),
        "status": status,
        "created": now,
        "changed": now,
        "consent_id": consent_id,
    }
    subscriber_id: int = connection.execute(insert(subscribers).returning(subscribers.c.id), row).scalar_one()
    record(connection, subscriber_id, "status", "", status, source, now)
    note_new_address(connection, subscriber_id, normal, now)
    return subscriber_id


def _consent(connection: Connection, evidence: str, now: datetime) -> int:
    row = {"recorded": now, "evidence": evidence}
    consent_id: int = connection.execute(insert(consents).returning(consents.c.id), row).scalar_one()
    return consent_id


def as_json(fields: Mapping[str, str]) -> str:
    """Encode the newsletter's own fields for the database: those with a value, by name."""
    kept = {name: value for name, value in sorted(fields.items()) if value}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
