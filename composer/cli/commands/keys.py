"""`compose keys`: a backup of the keys, apart from that of the database."""

import os
import sys
from pathlib import Path

import click

from composer.cli.ui import console
from composer.core.errors import UsageError

#: Where scripts keep the passphrase.
VARIABLE = "COMPOSE_KEYS_PASSPHRASE"


@click.group("keys")
def command() -> None:
    """Back up the keys that a copy of the database does not hold, and restore them."""


@command.command("backup")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> int:
    """Write the keys to a new FILE, encrypted under a passphrase.

    It holds the key behind subscribers' links, the key that recognises erased people, and the DKIM keys. The
    passphrase comes from
    COMPOSE_KEYS_PASSPHRASE, or is asked for. Keep it somewhere else than the file.
    """
    from composer.app.context import open_newsletter
    from composer.audience.suppression import make_erasure_key
    from composer.cli.ui.open_database import now
    from composer.core.environment import SettingsError, write_private
    from composer.delivery.config.key_backup import keys_of, note_backup
    from composer.delivery.config.passphrase_encryption import seal

    if file.exists():
        raise SettingsError(f"{file} is there already and stays as it is", "name another file")
    with open_newsletter() as publication:
        with publication.database.write() as connection:
            # Made now if nobody was erased yet: a database that is restored has the key by which those erased later are known.
            make_erasure_key(connection)
            keys = keys_of(connection, publication.newsletter, publication.environment)
        try:
            write_private(file, seal(keys.data, _passphrase(is_new=True)).encode())
        except OSError as error:
            raise SettingsError(f"{file} cannot be written: {error.strerror or error}") from None
        note_backup(publication.environment, keys, file, now())
    console.answer(f"{file}: {', '.join(keys.in_words())}")
    return 0


@command.command("restore")
@click.argument("file", metavar="[FILE]", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--lost", "is_lost", is_flag=True, help="There is no backup: erased people are recognised no more.")
@click.option("--yes", "is_yes", is_flag=True, help="Do not ask.")
def restore(file: Path | None, is_lost: bool, is_yes: bool) -> int:
    """Put back the keys that are missing, from a FILE written by `compose keys backup`. No key is overwritten."""
    from composer.app.context import open_newsletter
    from composer.delivery.config.key_backup import begin_anew, key_set, put_back
    from composer.delivery.config.passphrase_encryption import unseal

    if (file is None) is not is_lost:
        raise UsageError("name the file of the backup, or say --lost", "compose keys restore FILE")
    if file is None:
        if not is_yes and not sys.stdin.isatty():
            raise UsageError("not a terminal: confirm with --yes", "without it, nothing was changed")
        question = "Erased people can be imported and written to again after this. Make a new key?"
        if not is_yes and not click.confirm(question, err=True):
            console.talk("nothing was changed")
            return 1
        with open_newsletter() as publication:
            count = begin_anew(publication.database)
        console.answer(f"a new key was made; {count:,} entries of the suppression list recognise nobody any more")
        return 0
    try:
        text = file.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from None
    with open_newsletter() as publication:
        keys = key_set(unseal(text, _passphrase(is_new=False), str(file)))
        for line in put_back(publication.database, publication.environment, keys):
            console.answer(line)
    return 0


def _passphrase(*, is_new: bool) -> str:
    """Give the passphrase. Raises UsageError."""
    from composer.delivery.config.passphrase_encryption import LEAST

    found = os.environ.get(VARIABLE, "")
    if not found:
        if not sys.stdin.isatty():
            raise UsageError(f"not a terminal: set {VARIABLE}", "it encrypts the keys")
        found = click.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new, err=True)
    if is_new and len(found) < LEAST:
        raise UsageError(f"a passphrase has at least {LEAST} letters", "make one with:   openssl rand -base64 24")
    return found
