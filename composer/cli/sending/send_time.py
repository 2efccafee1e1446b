"""Reads the time for which a mailing is scheduled, and writes the prompt that confirms it.

Input: a text, a time zone, the current time. Output: a time, or an error that lists the possible times. Guarantees:
pure.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from composer.core.errors import UsageError

_SHAPE = "write   2025-01-30 07:00   or   07:00"


def time_of(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Read a time as a person types it, in the editors' time zone: `2025-01-30 07:00`, or `07:00` for the next time.

    Raises UsageError, also for a time that does not exist or exists twice because clocks change.
    """
    try:
        written = datetime.fromisoformat(text)
        is_day = len(text) <= len("2025-01-30")
    except ValueError:
        written, is_day = _next(text, zone, now), False
    if is_day:
        raise UsageError(f"--at: “{text}” is a date without a time", _SHAPE)
    found = written if written.tzinfo else _on_the_clock(written, zone)
    if found <= now:
        raise UsageError(f"--at: {text} is in the past", "use a time in the future")
    return found


def _next(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the next time at which a clock shows this."""
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--at: “{text}” is not a time", _SHAPE) from None
    here = now.astimezone(clock.tzinfo or zone)
    today = datetime.combine(here.date(), clock)
    # Compared as clocks show it; whether the time exists is checked later.
    is_over = today.replace(tzinfo=None) <= here.replace(tzinfo=None)
    return today + timedelta(days=1) if is_over else today


def _on_the_clock(written: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment at which clocks show this. Raises UsageError if they never show it, or show it twice."""
    first, second = written.replace(tzinfo=zone, fold=0), written.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first
    if _as_shown(first, zone) == written:
        raise UsageError(
            f"--at: {_clock(written)} occurs twice on {written:%Y-%m-%d} in {zone.key}, because clocks go back",
            f'write   --at "{_exact(first)}"   for the first, or   --at "{_exact(second)}"   for the second',
        )
    # Clocks skip this time. The two offsets give the times just as long before and after the change.
    before, after = sorted((_as_shown(first, zone), _as_shown(second, zone)))
    raise UsageError(
        f"--at: {_clock(written)} does not exist on {written:%Y-%m-%d} in {zone.key}, because clocks go forward",
        f'write   --at "{before:%Y-%m-%d %H:%M}"   or   --at "{after:%Y-%m-%d %H:%M}"',
    )


def _as_shown(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None)


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}".removesuffix(":00")


def _exact(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")


def question(due: datetime | None, early: int) -> str:
    """Return what a person confirms by typing the number of recipients."""
    if not early:
        return "send it to" if due is None else "schedule it for"
    days = f"{early:,} days before its date"
    return f"send it now, {days}, to" if due is None else f"schedule it, {days}, for"
