"""The suppression list: addresses that never get mail.

Input: a connection, an address in normal form, a reason. Output: whether it is on the list. Guarantees: suppressing an
address also deactivates its subscriber; only their own double opt-in (`changes.confirm`) removes the address again.

The list has a hash for each erased person. The key of the hash belongs to the database:
docs/decisions/0004-erased-but-remembered.md.
"""

import hmac
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, exists, insert, or_, select, text, update

from composer.audience.change_history import record
from composer.audience.subscribers import Status, Subscriber
from composer.core.environment import SettingsError
from composer.database.database_state import ERASURE_KEY
from composer.database.tables.subscriber_tables import database_keys, subscribers, suppressions, tombstones

#: Allow one writer at a time on PostgreSQL, as on SQLite. No address may be suppressed between a check
#: of the list and a new subscriber.
_LOCK = 0x636F6D70_6F736532
#: The form of a hash, in the database and in files: the key it was made with, then the digest.
HASH = re.compile(r"hmac-sha256:[0-9a-f]{8}:[0-9a-f]{64}")


class Reason(StrEnum):
    """Why an address is suppressed, strongest reason first."""

    #: the person asked to be erased
    ERASED = "erased"
    #: reported a message as spam
    COMPLAINED = "complained"
    #: unsubscribed
    UNSUBSCRIBED = "unsubscribed"
    #: was suppressed by a command
    BY_HAND = "by_hand"
    #: came with a list that gave no reason
    IMPORTED = "imported"
    #: does not accept mail; weighs less than a list's reason, because a bounce can be wrong and be undone
    BOUNCED = "bounced"
    #: bounced with so many others that a person must decide (bounce_holds.py); nothing is sent before that
    HELD = "held"

    @property
    def status(self) -> Status | None:
        """The status of a subscriber who is suppressed for this reason; None if it does not change."""
        match self:
            case Reason.HELD:
                return None
            case Reason.COMPLAINED:
                return Status.COMPLAINED
            case Reason.BOUNCED:
                return Status.BOUNCED
            case Reason.ERASED | Reason.UNSUBSCRIBED | Reason.BY_HAND | Reason.IMPORTED:
                return Status.UNSUBSCRIBED

    def outweighs(self, other: "Reason") -> bool:
        """Whether this reason replaces another one. The order above is from strongest to weakest."""
        return _RANK[self] < _RANK[other]


_RANK = {reason: rank for rank, reason in enumerate(Reason)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An entry of the list: an address in normal form, or a hash."""

    normal: str
    hash: str
    reason: Reason
    source: str
    since: datetime


def lock(connection: Connection) -> None:
    """Lock the audience until this transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def suppress(
    connection: Connection, normal: str, reason: Reason, source: str, now: datetime, *, since: datetime | None = None
) -> None:
    """Suppress an address, and deactivate its subscriber.

    An address that is already on the list keeps its date, and the stronger reason stays.
    """
    lock(connection)
    if _is_listed_by_hash(connection, normal):
        # The hash is enough, so the address of an erased person is not stored again.
        stand_down(connection, normal, reason, source, now)
        return
    row = connection.execute(select(suppressions).where(suppressions.c.normal == normal)).mappings().first()
    if row is None:
        entry = {"normal": normal, "reason": reason, "source": source, "since": since or now}
        connection.execute(insert(suppressions), [entry])
    else:
        # The entry no longer depends on the import that added it, so undoing the import must not remove it.
        changes: dict[str, object] = {"import_id": None}
        if reason.outweighs(Reason(row["reason"])):
            changes |= {"reason": reason, "source": source}
        connection.execute(update(suppressions).where(suppressions.c.id == row["id"]).values(changes))
    stand_down(connection, normal, reason, source, now)


def suppress_hash(connection: Connection, mark: str, reason: Reason, source: str, now: datetime) -> None:
    """Suppress an address without a current subscriber by its hash, so that no import makes it active again."""
    lock(connection)
    row = connection.execute(select(suppressions).where(suppressions.c.hash == mark)).mappings().first()
    if row is None:
        connection.execute(insert(suppressions), [{"hash": mark, "reason": reason, "source": source, "since": now}])
    elif reason.outweighs(Reason(row["reason"])):
        changes = {"reason": reason, "source": source, "import_id": None}
        connection.execute(update(suppressions).where(suppressions.c.id == row["id"]).values(changes))


def stand_down(connection: Connection, normal: str, reason: Reason, source: str, now: datetime) -> None:
    """Set the status of a suppressed subscriber to that of the reason; a stronger status stays."""
    row = connection.execute(
        select(subscribers.c.id, subscribers.c.status).where(subscribers.c.normal == normal)
    ).first()
    after = reason.status
    if row is None or after is None or not _worsens(Status(row.status), after):
        return
    connection.execute(update(subscribers).where(subscribers.c.id == row.id).values(status=after, changed=now))
    record(connection, row.id, "status", row.status, after, source, now)


def _worsens(before: Status, after: Status) -> bool:
    weights = (Status.PENDING, Status.ACTIVE, Status.BOUNCED, Status.UNSUBSCRIBED, Status.COMPLAINED)
    return weights.index(after) > weights.index(before)


def is_suppressed(connection: Connection, normal: str) -> bool:
    """Return whether an address gets nothing."""
    return suppression_of(connection, normal) is not None


def suppression_of(connection: Connection, normal: str) -> Suppression | None:
    """Find the entry that suppresses an address: by its address, or by its hash."""
    here: ColumnElement[bool] = suppressions.c.normal == normal
    if key := erasure_key(connection):
        here = or_(here, suppressions.c.hash == hashed(key, normal))
    row = connection.execute(select(suppressions).where(here)).mappings().first()
    return None if row is None else _suppression(row)


def status_of(connection: Connection, subscriber: Subscriber) -> Status:
    """Return the status of a subscriber for sending: a held bounce excludes them like a bounce."""
    is_held = subscriber.status is Status.ACTIVE and is_suppressed(connection, subscriber.normal)
    return Status.BOUNCED if is_held else subscriber.status


def _is_listed_by_hash(connection: Connection, normal: str) -> bool:
    key = erasure_key(connection)
    return key is not None and bool(
        connection.scalar(select(exists().where(suppressions.c.hash == hashed(key, normal))))
    )


def listed(connection: Connection) -> Iterator[Suppression]:
    """Yield the list, oldest entry first."""
    query = select(suppressions).order_by(suppressions.c.id).execution_options(yield_per=1000)
    for row in connection.execute(query).mappings():
        yield _suppression(row)


def lift(connection: Connection, normal: str) -> None:
    """Remove an address from the list. Only a person's own double opt-in calls this."""
    here: ColumnElement[bool] = suppressions.c.normal == normal
    if key := erasure_key(connection):
        here = or_(here, suppressions.c.hash == hashed(key, normal))
    connection.execute(delete(suppressions).where(here))


def erasure_key(connection: Connection) -> bytes | None:
    """Return the key of the hashes; None if no person has been erased yet. Raises SettingsError if the key is missing."""
    key = stored_erasure_key(connection)
    if key is None and has_hashes(connection):
        # Without the key, erased people could get mail again unnoticed.
        raise SettingsError(
            "the key that recognises erased people is missing: copies of the database do not contain it",
            "restore it:   compose keys restore FILE",
        )
    return key


def stored_erasure_key(connection: Connection) -> bytes | None:
    """Return the key of the hashes, if it is there."""
    return connection.scalar(select(database_keys.c.key).where(database_keys.c.name == ERASURE_KEY))


def has_hashes(connection: Connection) -> bool:
    """Return whether the database has hashes of addresses."""
    asked = (exists().where(suppressions.c.hash.is_not(None)), exists().where(tombstones.c.hash.is_not(None)))
    return any(connection.scalar(select(each)) for each in asked)


def make_erasure_key(connection: Connection) -> bytes:
    """Return the key of the hashes, created at the first erasure, never changed. Raises SettingsError if missing."""
    key = erasure_key(connection)
    if key is None:
        key = secrets.token_bytes(32)
        connection.execute(insert(database_keys), [{"name": ERASURE_KEY, "key": key}])
    return key


def hashed(key: bytes, normal: str) -> str:
    """Hash an address: HMAC-SHA256 (RFC 2104), after the beginning of the key's own digest."""
    return f"{hash_prefix(key)}{hmac.digest(key, normal.encode(), 'sha256').hex()}"


@lru_cache(maxsize=8)
def hash_prefix(key: bytes) -> str:
    """Return the prefix that identifies the key of a hash, so that hashes of another database are not confused with ours."""
    return f"hmac-sha256:{hmac.digest(key, b'which key', 'sha256').hex()[:8]}:"


def _suppression(row: RowMapping) -> Suppression:
    return Suppression(
        normal=row["normal"] or "",
        hash=row["hash"] or "",
        reason=Reason(row["reason"]),
        source=row["source"],
        since=row["since"],
    )
