"""Asks before something is changed, unless the command line already confirms it.

Input: the options of a command. Output: yes or no. Guarantees: changes nothing.
"""

import sys
from dataclasses import dataclass

import click

from composer.cli.ui import console
from composer.core.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What a command does once it has shown what would happen."""

    is_dry_run: bool
    #: Whether to continue without asking.
    is_yes: bool
    as_json: bool

    def check_terminal(self) -> None:
        """Check that the person can be asked, before anything is read. Raises UsageError."""
        if not (self.is_dry_run or self.is_yes or sys.stdin.isatty()):
            raise UsageError("not a terminal: confirm with --yes", "to see first what would change, use --dry-run")

    def agreed(self, text: str) -> bool:
        """Ask, unless `--yes` was given."""
        return self.is_yes or click.confirm(console.shown(text), err=True)
