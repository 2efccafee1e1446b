"""The error for a file that cannot be read as a draft."""

from composer.core.errors import ComposeError


class DraftError(ComposeError):
    """A file cannot be read as a draft."""
