"""Adds the name of the option to an error, where a use case only knows the value.

Input: a block. Output: its UsageError, beginning with the option.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from composer.core.errors import UsageError


@contextmanager
def naming_as() -> Iterator[None]:
    """Add `--as` to the error about an address that is not a subscriber's."""
    try:
        yield
    except UsageError as error:
        # Imported late: this module needs the database.
        from composer.app.issues.simulated_subscriber import UnknownSubscriberError

        if isinstance(error, UnknownSubscriberError):
            raise UsageError(f"--as: {error.message}", error.hint) from None
        raise
