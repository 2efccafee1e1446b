"""When a mailing is to go out: reads the time that a person types, and words the question.

Input: a text, a time zone, the time now. Output: a time, or an error that names the times that were possible. Pure.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from composer.core.errors import UsageError

_SHAPE = "it looks like   2025-01-30 07:00   or   07:00"


def time_of(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Read a time as a person types it, where the editors are: `2025-01-30 07:00`, or `07:00` for the next one.

    Raises UsageError, also for a time that clocks skip, or show twice, where they are changed.
    """
    try:
        written = datetime.fromisoformat(text)
        is_day = len(text) <= len("2025-01-30")
    except ValueError:
        written, is_day = _next(text, zone, now), False
    if is_day:
        raise UsageError(f"--at: “{text}” is a day and names no time", _SHAPE)
    found = written if written.tzinfo else _on_the_clock(written, zone)
    if found <= now:
        raise UsageError(f"--at: {text} is over", "name a time that is still to come")
    return found


def _next(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the next time when a clock shows this."""
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--at: “{text}” is not a time", _SHAPE) from None
    here = now.astimezone(clock.tzinfo or zone)
    today = datetime.combine(here.date(), clock)
    # Compared as clocks show it: whether it exists is another question.
    is_over = today.replace(tzinfo=None) <= here.replace(tzinfo=None)
    return today + timedelta(days=1) if is_over else today


def _on_the_clock(written: datetime, zone: ZoneInfo) -> datetime:
    """Return when clocks show this. Raises UsageError where they never do, or twice."""
    first, second = written.replace(tzinfo=zone, fold=0), written.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first
    if _as_shown(first, zone) == written:
        raise UsageError(
            f"--at: clocks in {zone.key} show {_clock(written)} twice on {written:%Y-%m-%d}, when they are put back",
            f'write   --at "{_exact(first)}"   for the first, or   --at "{_exact(second)}"   for the second',
        )
    # Clocks jump over it: with the earlier offset it is as long after the jump as was meant, with the later one before.
    before, after = sorted((_as_shown(first, zone), _as_shown(second, zone)))
    raise UsageError(
        f"--at: clocks in {zone.key} never show {_clock(written)} on {written:%Y-%m-%d}, when they are put forward",
        f'write   --at "{before:%Y-%m-%d %H:%M}"   or   --at "{after:%Y-%m-%d %H:%M}"',
    )


def _as_shown(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None)


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}".removesuffix(":00")


def _exact(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")


def question(due: datetime | None, early: int) -> str:
    """Say what somebody is asked to confirm the number of recipients for."""
    if not early:
        return "send it to" if due is None else "have it sent then to"
    return f"send it {'now' if due is None else 'then'}, {early:,} days before its date, to"
