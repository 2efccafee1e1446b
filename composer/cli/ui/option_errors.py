"""Names the option that is to blame, where a use case only knows the value.

Input: a block. Output: its UsageError, with the option in front.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from composer.core.errors import UsageError


@contextmanager
def naming_as() -> Iterator[None]:
    """Put `--as` before the address of somebody who is not a subscriber."""
    try:
        yield
    except UsageError as error:
        # Late: this module looks subscribers up, and so needs the database.
        from composer.app.issues.simulated_subscriber import UnknownSubscriberError

        if isinstance(error, UnknownSubscriberError):
            raise UsageError(f"--as: {error.message}", error.hint) from None
        raise
