"""The name by which the program was called: `compose`, or `newsletter-compose` where another package has a `compose`.

Input: a text of ours, which says `compose`. Output: the same text with the name that works in the person's shell.
"""

import re
import sys
from pathlib import Path

import click

NAME, SECOND_NAME = "compose", "newsletter-compose"


def program_name() -> str:
    """Return the name by which the program was called."""
    return SECOND_NAME if Path(sys.argv[0]).stem == SECOND_NAME else NAME


def in_called_name(text: str) -> str:
    """Return a text whose commands begin with the name by which the program was called."""
    if program_name() == NAME:
        return text
    # Imported late: this module is also used while the commands are looked up.
    from composer.cli.command_group import COMMANDS

    words = "|".join((*COMMANDS, "--help", "--version", "COMMAND"))
    return re.sub(rf"(?<![\w/.-]){NAME}(?= (?:{words})\b)|(?<=completions/){NAME}(?=\.fish)", SECOND_NAME, text)


def with_called_name(command: click.Command) -> click.Command:
    """Change the help of a command and its subcommands to the name by which the program was called."""
    if program_name() == NAME:
        return command
    for each in (command, *(command.commands.values() if isinstance(command, click.Group) else ())):
        each.help = in_called_name(each.help or "")
        for option in (one for one in each.params if isinstance(one, click.Option)):
            option.help = in_called_name(option.help or "")
    return command
