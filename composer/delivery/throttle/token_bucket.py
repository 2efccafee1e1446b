"""The token bucket: when the next messages may go, so that a rate holds over restarts and over processes.

Input: the bucket as the database has it, the rate that is wanted, the time. Output: slots (moments at which one
message may be begun) and the bucket to write back. Pure. It is GCRA (ITU-T I.371): one number, the theoretical arrival
time of the next message, is all there is to keep. Slots are reserved a little ahead, so the database is asked a few
times a second and not for every message.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from composer.delivery.core.retry_policy import PauseMailing

#: How far ahead slots are reserved: what a crash loses, and all that one process may hold while another waits.
HORIZON = timedelta(milliseconds=500)
#: What may be made up for after a hiccup; it is also how much an idle bucket saves up.
TOLERANCE = timedelta(milliseconds=500)
#: An adapted rate grows by this factor in every minute without a throttle.
_GROWTH = 1.2
#: Messages a minute, below which no throttle slows us.
_LEAST = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What all processes share about one way out."""

    #: The theoretical arrival time of the next message.
    next_at: datetime | None = None
    paused_until: datetime | None = None
    #: Throttles running.
    throttles: int = 0
    #: Messages a minute that the server stood, after it has throttled us.
    ceiling: float | None = None
    ceiling_at: datetime | None = None


def rate_now(bucket: Bucket, rate: float | None, now: datetime) -> float | None:
    """Return the messages a minute that are right now: what is wanted, or what a throttled server stands. None: any."""
    if bucket.ceiling is None or bucket.ceiling_at is None:
        return rate
    minutes = max((now - bucket.ceiling_at) / timedelta(minutes=1), 0.0)
    # An hour without a throttle is no sign of one any more.
    if minutes >= 60:
        return rate
    ceiling: float = bucket.ceiling * _GROWTH**minutes
    return ceiling if rate is None else min(rate, ceiling)


def reserve(bucket: Bucket, rate: float | None, now: datetime, wanted: int) -> tuple[Bucket, tuple[datetime, ...]]:
    """Reserve slots for as many messages as wanted, as far as they begin within the horizon; maybe none.

    `rate`: messages a minute; None for no limit, then every slot is now.
    """
    effective = rate_now(bucket, rate, now)
    if effective is None:
        return bucket, (now,) * wanted
    interval = timedelta(minutes=1) / effective
    start = bucket.next_at or now - TOLERANCE
    if start > now + HORIZON + max(interval, HORIZON):
        # Nobody reserves so far ahead: the clock was put back.
        start = now
    start = max(start, now - TOLERANCE)
    slots: list[datetime] = []
    while len(slots) < wanted and start <= now + HORIZON:
        slots.append(max(start, now))
        start += interval
    return replace(bucket, next_at=start), tuple(slots)


def give_back(bucket: Bucket, rate: float | None, now: datetime, count: int) -> Bucket:
    """Return slots that were not used."""
    effective = rate_now(bucket, rate, now)
    if effective is None or bucket.next_at is None:
        return bucket
    return replace(bucket, next_at=bucket.next_at - timedelta(minutes=1) / effective * count)


def slowed(bucket: Bucket, rate: float | None, measured: float, pause: PauseMailing, now: datetime) -> Bucket:
    """Pause; and halve the rate where it was too high, for the first of several throttles running only.

    `measured`: messages a minute of late, for where no rate is set.
    """
    until, number = pause.until, pause.number
    paused = replace(bucket, paused_until=max(bucket.paused_until or until, until), throttles=number)
    if not pause.is_rate:
        return paused
    if number > 2 and bucket.ceiling is not None:
        # Half the rate did not help: growing begins anew, no more.
        return replace(paused, ceiling_at=now)
    before = rate_now(bucket, rate, now) or measured
    return replace(paused, ceiling=max(before / 2, _LEAST), ceiling_at=now)


def pause_of(bucket: Bucket, now: datetime, longest: timedelta) -> datetime | None:
    """Return until when nobody may begin; None when anybody may. A pause that no policy sets is a clock put back."""
    until = bucket.paused_until
    return until if until is not None and now < until <= now + longest else None
