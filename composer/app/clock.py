"""The clock. Use cases ask it, unless they are given another one; lower layers get the time as an argument.

Input: nothing. Output: the current time.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)
