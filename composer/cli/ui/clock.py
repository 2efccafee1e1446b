"""The clock of the command line: what is below it gets the time as an argument.

Input: nothing. Output: the time.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
