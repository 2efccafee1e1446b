"""The token bucket and the daily quota in the database, for all processes that use one route.

Input: a connection in a transaction, the name of the route, the time. Output: slots, pauses, the rest of the quota.
The calculation is in token_bucket.py; this module reads, locks and writes the bucket.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from composer.database.tables.mailing_tables import buckets, usage
from composer.delivery.core.retry_policy import PauseRoute
from composer.delivery.core.routing import RouteCondition
from composer.delivery.throttle.token_bucket import Bucket, give_back, reserve, slowed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HOUR = timedelta(hours=1)
#: Providers count the last 24 hours. Whole hours are counted here, so the count is never too low.
_DAY = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What the daily quota allows now, and when it allows more."""

    left: int
    more_at: datetime


def look(connection: Connection, name: str) -> Bucket:
    """Return the current bucket, without locking it."""
    row = connection.execute(_LOOK, {"name": name}).first()
    if row is None:
        return Bucket()
    next_at = None if row.next_at is None else _EPOCH + row.next_at * _MICROSECOND
    return Bucket(
        next_at=next_at,
        paused_until=row.paused_until,
        throttles=row.throttles,
        ceiling=row.ceiling,
        ceiling_at=row.ceiling_at,
        condition=RouteCondition(row.condition),
        words=row.words,
    )


def take(
    connection: Connection, name: str, rate: float | None, now: datetime, wanted: int
) -> tuple[Bucket, tuple[datetime, ...]]:
    """Reserve up to this many slots; see token_bucket.reserve."""
    bucket, slots = reserve(_locked(connection, name), rate, now, wanted)
    if slots:
        _write(connection, name, bucket)
    return bucket, slots


def put_back(connection: Connection, name: str, rate: float | None, now: datetime, count: int) -> None:
    """Return unused slots to the bucket."""
    _write(connection, name, give_back(_locked(connection, name), rate, now, count))


def slow(
    connection: Connection,
    name: str,
    rate: float | None,
    measured: float,
    pause: PauseRoute,
    now: datetime,
    words: str = "",
) -> Bucket:
    """Pause all processes and reduce the rate; see token_bucket.slowed."""
    bucket = slowed(_locked(connection, name), rate, measured, pause, now, words)
    _write(connection, name, bucket)
    return bucket


def recover(connection: Connection, name: str) -> Bucket:
    """Record that the server has accepted a message after a pause, or during it."""
    bucket = replace(_locked(connection, name), condition=RouteCondition.UP, words="")
    _write(connection, name, bucket)
    return bucket


def end_pause(connection: Connection, name: str) -> Bucket:
    """End a pause early."""
    bucket = replace(_locked(connection, name), paused_until=None)
    _write(connection, name, bucket)
    return bucket


def spend(connection: Connection, name: str, count: int, now: datetime) -> None:
    """Count messages against the daily quota."""
    hour = (now - _EPOCH) // _HOUR
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    one = dialect.insert(usage).values(bucket=name, hour=hour, count=count)
    connection.execute(
        one.on_conflict_do_update(index_elements=["bucket", "hour"], set_={"count": usage.c.count + one.excluded.count})
    )


def quota(connection: Connection, name: str, daily: int, now: datetime) -> Quota:
    """Return the rest of a daily quota; delete old counts."""
    connection.execute(delete(usage).where(usage.c.bucket == name, usage.c.hour < (now - _EPOCH) // _HOUR - 2 * _DAY))
    return look_at_quota(connection, name, daily, now)


def look_at_quota(connection: Connection, name: str, daily: int, now: datetime) -> Quota:
    """Return the rest of a daily quota, on a connection that cannot write."""
    hour = (now - _EPOCH) // _HOUR
    # Hours in the future were counted before the clock was set back.
    spent = connection.execute(
        select(func.coalesce(func.sum(usage.c.count), 0), func.min(usage.c.hour)).where(
            usage.c.bucket == name, usage.c.hour > hour - _DAY
        )
    ).one()
    first = hour if spent[1] is None else min(spent[1], hour)
    return Quota(left=daily - int(spent[0]), more_at=_EPOCH + (first + _DAY) * _HOUR)


def _locked(connection: Connection, name: str) -> Bucket:
    """Return the bucket, locked until the transaction ends."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(buckets).values(name=name).on_conflict_do_nothing())
    if connection.dialect.name != "sqlite":
        connection.execute(select(buckets.c.name).where(buckets.c.name == name).with_for_update())
    return look(connection, name)


def _write(connection: Connection, name: str, bucket: Bucket) -> None:
    next_at = None if bucket.next_at is None else (bucket.next_at - _EPOCH) // _MICROSECOND
    connection.execute(
        _WRITE,
        {
            "which": name,
            "next_at": next_at,
            "paused_until": bucket.paused_until,
            "throttles": bucket.throttles,
            "ceiling": bucket.ceiling,
            "ceiling_at": bucket.ceiling_at,
            "condition": bucket.condition,
            "words": bucket.words,
        },
    )


_LOOK = select(buckets).where(buckets.c.name == bindparam("name"))
_WRITE = (
    update(buckets)
    .where(buckets.c.name == bindparam("which"))
    .values(
        {
            name: bindparam(name)
            for name in ("next_at", "paused_until", "throttles", "ceiling", "ceiling_at", "condition", "words")
        }
    )
)
