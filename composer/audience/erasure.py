"""Erase a person: delete their row, tags, history and consent, and keep a hash so that no list adds them again.

Input: a connection that writes, an address. Output: an `ErasureReceipt` for the person. Other packages that store
personal data pass functions that delete theirs in the same transaction.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from composer.audience.identity.tombstones import note_lost_address
from composer.audience.subscribers import AudienceError, find
from composer.audience.suppression import Reason, hashed, lock, make_erasure_key, suppress_hash, suppression_of
from composer.core.addresses import Address, normal_address
from composer.core.command_lines import command_line
from composer.database.tables.subscriber_tables import (
    consents,
    erasures,
    imports,
    subscriber_changes,
    subscribers,
    suppressions,
)

#: Deletes a person from the tables of another package. Takes the id (None for a person who was not a subscriber) and
#: the address in normal form; returns what was deleted and what stays, one line each.
ForgetElsewhere = Callable[[Connection, int | None, str], tuple[tuple[str, ...], tuple[str, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureReceipt:
    """What was deleted and what stays, one line each. It does not name the person."""

    number: int
    at: datetime
    went: tuple[str, ...]
    stays: tuple[str, ...]


def erase(
    connection: Connection, address: Address, now: datetime, forget: Sequence[ForgetElsewhere] = ()
) -> ErasureReceipt:
    """Erase a person, by any spelling of their address. Raises AudienceError if no data about them is stored."""
    lock(connection)
    normal = normal_address(address.address)
    subscriber = find(connection, address.address)
    suppressed = suppression_of(connection, normal)
    if suppressed is not None and suppressed.reason is Reason.ERASED and subscriber is None:
        raise AudienceError(f"{address.address} was erased on {suppressed.since:%Y-%m-%d}: only a hash remains")
    if subscriber is None and suppressed is None:
        raise AudienceError(
            f"no data is stored about {address.address}",
            f"list similar addresses: {command_line('who', address.address)}",
        )
    went: list[str] = []
    stays: list[str] = ["a hash of the address, on the suppression list, so that no import adds it again"]
    # Read the addresses now, because the history that contains them is about to be deleted.
    former = former_addresses(connection, subscriber.id) if subscriber else ()
    if subscriber is not None:
        note_lost_address(connection, subscriber.id, normal, now, is_erased=True)
        went.append("the address, the name and the other details")
        went += _history(connection, subscriber.id)
    if suppressed is not None and suppressed.normal:
        connection.execute(delete(suppressions).where(suppressions.c.normal == normal))
        went.append(f"the address on the suppression list (since {suppressed.since:%Y-%m-%d})")
    for each in forget:
        more, less = each(connection, subscriber.id if subscriber else None, normal)
        went += more
        stays += less
    for earlier in former:
        _forget_former(connection, earlier, now, forget)
    if former:
        went.append(f"the data about {len(former)} earlier {'address' if len(former) == 1 else 'addresses'}")
    mark = hashed(make_erasure_key(connection), normal)
    suppress_hash(connection, mark, Reason.ERASED, "erase", now)
    receipt = json.dumps({"went": went, "stays": stays}, ensure_ascii=False)
    kept = {"at": now, "hash": mark, "receipt": receipt}
    number: int = connection.execute(insert(erasures).returning(erasures.c.id), kept).scalar_one()
    return ErasureReceipt(number=number, at=now, went=tuple(went), stays=tuple(stays))


def former_addresses(connection: Connection, subscriber_id: int) -> tuple[str, ...]:
    """Return the earlier addresses of a subscriber in normal form, without those that now belong to another subscriber."""
    change = subscriber_changes.c
    rows = connection.scalars(
        select(change.before).where(change.subscriber_id == subscriber_id, change.what == "address").order_by(change.id)
    )
    found = dict.fromkeys(normal_address(each) for each in rows)
    held = set(connection.scalars(select(subscribers.c.normal).where(subscribers.c.normal.in_(list(found)))))
    return tuple(each for each in found if each not in held)


def _forget_former(connection: Connection, normal: str, now: datetime, forget: Sequence[ForgetElsewhere]) -> None:
    """Erase an earlier address of a person; its hash stays too, so that no old list adds them again."""
    connection.execute(delete(suppressions).where(suppressions.c.normal == normal))
    suppress_hash(connection, hashed(make_erasure_key(connection), normal), Reason.ERASED, "erase", now)
    for each in forget:
        each(connection, None, normal)


def _history(connection: Connection, subscriber_id: int) -> list[str]:
    """Delete the row of a subscriber and everything that depends on it."""
    went = []
    of_them = subscriber_changes.c.subscriber_id == subscriber_id
    changes = connection.execute(select(func.count()).where(of_them)).scalar_one()
    consent_id = connection.scalar(select(subscribers.c.consent_id).where(subscribers.c.id == subscriber_id))
    connection.execute(delete(subscribers).where(subscribers.c.id == subscriber_id))
    if changes:
        went.append(f"the history ({changes} {'entry' if changes == 1 else 'entries'})")
    if consent_id is not None:
        # The consent text of a whole import stays, because it is about everyone in the import.
        shared = select(subscribers.c.id).where(subscribers.c.consent_id == consent_id).exists()
        imported = select(imports.c.id).where(imports.c.consent_id == consent_id).exists()
        gone = connection.execute(delete(consents).where(consents.c.id == consent_id, ~shared, ~imported))
        went.append("the record of consent" if gone.rowcount else "the link to the record of consent")
    return went
