"""The time at which a mailing will be finished. Guarantees: pure."""

import math
from datetime import datetime, timedelta


def finish(
    now: datetime, count: int, rate: float | None, *, quota_left: int | None = None, daily: int | None = None
) -> datetime | None:
    """Return when this many messages will be sent at this rate (per minute) and daily quota; None without a limit."""
    if quota_left is not None and daily is not None and count > quota_left:
        days = math.ceil((count - quota_left) / daily)
        rest = count - quota_left - (days - 1) * daily
        return now + timedelta(days=days) + _takes(rest, rate)
    return now + _takes(count, rate) if rate is not None else None


def _takes(count: int, rate: float | None) -> timedelta:
    return timedelta() if rate is None else timedelta(minutes=count / rate)
