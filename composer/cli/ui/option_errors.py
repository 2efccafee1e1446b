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


def issue_missing(command: str, *, options: str = "") -> UsageError:
    """Return the error about a command that sends, without an issue; its hint names the current issue.

    `options`: those that the person wrote and that must not get lost, such as --dry-run.
    """
    # Imported late: without the error, nothing of it is needed.
    from composer.core.issue_files import current_issue
    from composer.core.workspace import Workspace

    try:
        paths = current_issue(Workspace.find(Path.cwd()))
    except ComposeError:
        paths = ()
    line = command_line(command, paths[0].stem if paths else "ISSUE", options=options)
    return UsageError("no issue given", f"write   {line}")
