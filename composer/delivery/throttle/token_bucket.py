"""The token bucket: when the next messages may be sent, so that a rate is kept across restarts and processes.

Input: the bucket from the database, the configured rate, the time. Output: slots (times at which one message may be
started) and the bucket to store. Guarantees: pure.

The algorithm is GCRA (ITU-T I.371): it stores only one number, the theoretical arrival time of the next message. Slots
are reserved a little ahead, so the database is used a few times a second and not for every message.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from composer.delivery.core.retry_policy import PauseRoute
from composer.delivery.core.routing import RouteCondition

#: How far ahead slots are reserved: a crash loses at most these, and a process holds no more while another waits.
HORIZON = timedelta(milliseconds=500)
#: How much may be made up for after a delay; also how much an idle bucket saves.
TOLERANCE = timedelta(milliseconds=500)
#: An adapted rate grows by this factor in every minute without a throttle.
_GROWTH = 1.2
#: Messages per minute: a throttle never reduces the rate below this.
_LEAST = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """The state of one route, shared by all processes."""

    #: The theoretical arrival time of the next message.
    next_at: datetime | None = None
    paused_until: datetime | None = None
    #: Throttles in a row.
    throttles: int = 0
    #: The limit in messages per minute after the server has throttled us.
    ceiling: float | None = None
    ceiling_at: datetime | None = None
    #: Why it was paused; it stays so after the pause, until the server accepts a message.
    condition: RouteCondition = RouteCondition.UP
    #: The reply or the obstacle that caused the pause; only for people.
    words: str = ""


def rate_now(bucket: Bucket, rate: float | None, now: datetime) -> float | None:
    """Return the current messages per minute: the configured rate, or the limit after a throttle. None for no limit."""
    if bucket.ceiling is None or bucket.ceiling_at is None:
        return rate
    minutes = max((now - bucket.ceiling_at) / timedelta(minutes=1), 0.0)
    # After an hour without a throttle, the limit no longer applies.
    if minutes >= 60:
        return rate
    ceiling: float = bucket.ceiling * _GROWTH**minutes
    return ceiling if rate is None else min(rate, ceiling)


def reserve(bucket: Bucket, rate: float | None, now: datetime, wanted: int) -> tuple[Bucket, tuple[datetime, ...]]:
    """Reserve slots for up to this many messages that start within the horizon; perhaps none.

    `rate`: messages per minute; None for no limit, then every slot is now.
    """
    effective = rate_now(bucket, rate, now)
    if effective is None:
        return bucket, (now,) * wanted
    interval = timedelta(minutes=1) / effective
    start = bucket.next_at or now - TOLERANCE
    if start > now + HORIZON + max(interval, HORIZON):
        # Slots are never reserved so far ahead: the clock was set back.
        start = now
    start = max(start, now - TOLERANCE)
    slots: list[datetime] = []
    while len(slots) < wanted and start <= now + HORIZON:
        slots.append(max(start, now))
        start += interval
    return replace(bucket, next_at=start), tuple(slots)


def give_back(bucket: Bucket, rate: float | None, now: datetime, count: int) -> Bucket:
    """Return the bucket after unused slots were returned to it."""
    effective = rate_now(bucket, rate, now)
    if effective is None or bucket.next_at is None:
        return bucket
    return replace(bucket, next_at=bucket.next_at - timedelta(minutes=1) / effective * count)


def slowed(
    bucket: Bucket, rate: float | None, measured: float, pause: PauseRoute, now: datetime, words: str = ""
) -> Bucket:
    """Return the bucket after a pause; halve the rate if it was too high, but only for the first throttles in a row.

    `measured`: the recent messages per minute, used if no rate is set.
    """
    until, number = pause.until, pause.number
    paused = replace(
        bucket,
        paused_until=max(bucket.paused_until or until, until),
        throttles=number,
        condition=pause.condition,
        words=words,
    )
    if not pause.is_rate:
        return paused
    if number > 2 and bucket.ceiling is not None:
        # Half the rate did not help: only restart the growth.
        return replace(paused, ceiling_at=now)
    before = rate_now(bucket, rate, now) or measured
    return replace(paused, ceiling=max(before / 2, _LEAST), ceiling_at=now)


def pause_of(bucket: Bucket, now: datetime, longest: timedelta) -> datetime | None:
    """Return the end of the pause; None if there is no pause. A pause that is too long comes from a changed clock."""
    until = bucket.paused_until
    return until if until is not None and now < until <= now + longest else None
