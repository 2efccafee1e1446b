"""Errors about what was written after a command: with the name of the option, or with the issue that is missing.

Input: a block, or a command. Output: a UsageError.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from composer.core.command_lines import command_line
from composer.core.errors import ComposeError, UsageError


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


def issue_missing(command: str, *, options: str = "", takes_all: bool = False) -> UsageError:
    """Return the error about a command without an issue; its hint names the current issue, whose name sorts last.

    `options`: those that the person wrote and that must not get lost, such as --dry-run. `takes_all`: the command takes
    all language editions at once.
    """
    # Imported late: without the error, nothing of it is needed.
    from composer.core.issue_files import issue_key
    from composer.core.workspace import Workspace

    try:
        paths = Workspace.find(Path.cwd()).issues()
    except ComposeError:
        paths = ()
    current = max(map(issue_key, paths), default="ISSUE")
    stems = [path.stem for path in paths if issue_key(path) == current] or [current]
    line = command_line(command, *(stems if takes_all else stems[:1]), options=options)
    return UsageError("no issue given", f"write   {line}")
