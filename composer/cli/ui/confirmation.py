"""Asks before something is changed, unless the command line said yes already.

Input: the flags of a command. Output: yes or no. Guarantees: changes nothing.
"""

import sys
from dataclasses import dataclass

import click

from composer.cli.ui import console
from composer.core.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """How a command is to go on once it is known what would happen."""

    is_dry_run: bool
    #: Nobody is asked.
    is_yes: bool
    as_json: bool

    def judge(self) -> None:
        """Refuse before anything is read what could not be asked in the end. Raises UsageError."""
        if not (self.is_dry_run or self.is_yes or sys.stdin.isatty()):
            raise UsageError("nobody is here to be asked", "add --yes, or look first with --dry-run")

    def agreed(self, text: str) -> bool:
        """Ask, unless it was said already."""
        return self.is_yes or click.confirm(console.shown(text), err=True)
