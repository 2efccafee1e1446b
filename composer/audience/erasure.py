"""Erases a person: their row, tags, history and consent go; a hash stays, so that no list brings them back.

Input: a connection that writes, an address. Output: a `ErasureReceipt` to hand to them. Rooms that keep more of people give
functions that take theirs away in the same transaction.
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

#: Takes a person out of another room's tables, given id (None for one who was no subscriber) and address in its normal form;
#: gives what went and what stays, a line each.
ForgetElsewhere = Callable[[Connection, int | None, str], tuple[tuple[str, ...], tuple[str, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureReceipt:
    """What went and what stays, a line each; nothing in it tells who it was."""

    number: int
    at: datetime
    went: tuple[str, ...]
    stays: tuple[str, ...]


def erase(
    connection: Connection, address: Address, now: datetime, forget: Sequence[ForgetElsewhere] = ()
) -> ErasureReceipt:
    """Erase a person, by any spelling of their address. Raises AudienceError when nothing is kept of them."""
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
    # Their history, which names them, is about to go.
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
    """Return the addresses that a subscriber had before, in their normal form, without those that somebody else has today."""
    change = subscriber_changes.c
    rows = connection.scalars(
        select(change.before).where(change.subscriber_id == subscriber_id, change.what == "address").order_by(change.id)
    )
    found = dict.fromkeys(normal_address(each) for each in rows)
    held = set(connection.scalars(select(subscribers.c.normal).where(subscribers.c.normal.in_(list(found)))))
    return tuple(each for each in found if each not in held)


def _forget_former(connection: Connection, normal: str, now: datetime, forget: Sequence[ForgetElsewhere]) -> None:
    """Forget an earlier address of a person: of it, too, a hash stays, so that no old list brings them back."""
    connection.execute(delete(suppressions).where(suppressions.c.normal == normal))
    suppress_hash(connection, hashed(make_erasure_key(connection), normal), Reason.ERASED, "erase", now)
    for each in forget:
        each(connection, None, normal)


def _history(connection: Connection, subscriber_id: int) -> list[str]:
    """Take away the subscriber's row and all that hangs on it."""
    went = []
    of_them = subscriber_changes.c.subscriber_id == subscriber_id
    changes = connection.execute(select(func.count()).where(of_them)).scalar_one()
    consent_id = connection.scalar(select(subscribers.c.consent_id).where(subscribers.c.id == subscriber_id))
    connection.execute(delete(subscribers).where(subscribers.c.id == subscriber_id))
    if changes:
        went.append(f"the history ({changes} {'entry' if changes == 1 else 'entries'})")
    if consent_id is not None:
        # The words of a whole import stay, for they are about everybody in it.
        shared = select(subscribers.c.id).where(subscribers.c.consent_id == consent_id).exists()
        imported = select(imports.c.id).where(imports.c.consent_id == consent_id).exists()
        gone = connection.execute(delete(consents).where(consents.c.id == consent_id, ~shared, ~imported))
        went.append("the record of consent" if gone.rowcount else "the link to the record of consent")
    return went
