"""Backs up and restores the keys, which database backups do not contain.

Input: a newsletter's context, a file, and a function that asks for the passphrase. Output: what was written or
restored. Guarantees: no file and no key is overwritten; the passphrase is only asked for once everything else works.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from composer.app.context import MailingContext
from composer.audience.suppression import make_erasure_key
from composer.core.environment import SettingsError, write_private
from composer.core.errors import UsageError
from composer.delivery.config.key_backup import KeySet, begin_anew, key_set, keys_of, note_backup, put_back
from composer.delivery.config.passphrase_encryption import seal, unseal


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedKeys:
    """The encrypted content of a backup."""

    #: The file name, for messages.
    name: str
    text: str


def require_new_file(file: Path) -> None:
    """Check that the file does not exist. Raises SettingsError."""
    if file.exists():
        raise SettingsError(f"{file} already exists, and is not overwritten", "choose another file name")


def back_up_keys(context: MailingContext, file: Path, passphrase: Callable[[], str], now: datetime) -> KeySet:
    """Write the keys to a new file, encrypted. Raises SettingsError, and what `passphrase` raises."""
    require_new_file(file)
    with context.database.write() as connection:
        # Create it even if no one has been erased yet, so that a restored database recognises people who are erased later.
        make_erasure_key(connection)
        keys = keys_of(connection, context.newsletter, context.environment)
    try:
        write_private(file, seal(keys.data, passphrase()).encode())
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror or error}") from None
    note_backup(context.environment, keys, file, now)
    return keys


def sealed_keys(file: Path) -> SealedKeys:
    """Read a backup. Raises UsageError."""
    try:
        return SealedKeys(name=str(file), text=file.read_text(encoding="ascii", errors="replace"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from None


def restore_keys(context: MailingContext, sealed: SealedKeys, passphrase: Callable[[], str]) -> tuple[str, ...]:
    """Restore missing keys, and return the result as one line per key. Raises SealError, SettingsError."""
    keys = key_set(unseal(sealed.text, passphrase(), sealed.name))
    return put_back(context.database, context.environment, keys)


def replace_lost_keys(context: MailingContext) -> int:
    """Create a new key if the old one is lost; return how many suppressed hashes no longer match anyone."""
    return begin_anew(context.database)
