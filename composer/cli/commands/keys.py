"""The command `compose keys`: back up the keys, separately from the database."""

import os
import sys
from pathlib import Path

import click

from composer.cli.ui import console
from composer.core.errors import UsageError

#: The environment variable from which scripts pass the passphrase.
VARIABLE = "COMPOSE_KEYS_PASSPHRASE"


@click.group("keys")
def command() -> None:
    """Back up and restore the keys, which database backups do not contain."""


@command.command("backup")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> int:
    """Write the keys to a new file, encrypted with a passphrase.

    The file contains the key that signs subscribers' links, the key that recognises erased people, and the DKIM keys.
    The passphrase is read from COMPOSE_KEYS_PASSPHRASE; if it is not set, you are asked for it. Do not store the
    passphrase with the file.
    """
    from composer.app.administration.keys_backup import back_up_keys, require_new_file
    from composer.app.clock import now
    from composer.app.context import open_newsletter

    require_new_file(file)
    with open_newsletter() as context:
        keys = back_up_keys(context, file, lambda: _passphrase(is_new=True), now())
    console.answer(f"{file}: {', '.join(keys.in_words())}")
    return 0


@command.command("restore")
@click.argument("file", metavar="[FILE]", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option(
    "--lost", "is_lost", is_flag=True, help="Create a new key without a backup; erased people are no longer recognised."
)
@click.option("--yes", "is_yes", is_flag=True, help="Do not ask for confirmation.")
def restore(file: Path | None, is_lost: bool, is_yes: bool) -> int:
    """Restore missing keys from a backup.

    FILE was written by `compose keys backup`. Existing keys are not overwritten.
    """
    from composer.app.administration.keys_backup import replace_lost_keys, restore_keys, sealed_keys
    from composer.app.context import open_newsletter

    if (file is None) is not is_lost:
        raise UsageError("give either the backup file or --lost", "run   compose keys restore FILE")
    if file is None:
        if not is_yes and not sys.stdin.isatty():
            raise UsageError("not a terminal: confirm with --yes", "nothing was changed")
        question = "After this, erased people can be imported and sent to again. Create a new key?"
        if not is_yes and not click.confirm(question, err=True):
            console.talk("nothing was changed")
            return 1
        with open_newsletter() as context:
            count = replace_lost_keys(context)
        console.answer(
            f"a new key was created; entries of the suppression list that no longer have an effect: {count:,}"
        )
        return 0
    sealed = sealed_keys(file)
    with open_newsletter() as context:
        for line in restore_keys(context, sealed, lambda: _passphrase(is_new=False)):
            console.answer(line)
    return 0


def _passphrase(*, is_new: bool) -> str:
    """Return the passphrase. Raises UsageError."""
    from composer.delivery.config.passphrase_encryption import LEAST

    found = os.environ.get(VARIABLE, "")
    if not found:
        if not sys.stdin.isatty():
            raise UsageError(f"not a terminal: set {VARIABLE}", "it is the passphrase that encrypts the keys")
        found = click.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new, err=True)
    if is_new and len(found) < LEAST:
        raise UsageError(
            f"the passphrase must have at least {LEAST} characters", "create one with   openssl rand -base64 24"
        )
    return found
