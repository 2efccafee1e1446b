"""Backs up the keys that a copy of the database does not hold, and puts them back.

Input: a newsletter's context, a file, and what asks for a passphrase. Output: what was written or restored. Guarantees: no file
and no key is overwritten; the passphrase is asked for only once everything else is known to work.
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
    """The content of a backup, encrypted."""

    #: The file, for messages.
    name: str
    text: str


def require_new_file(file: Path) -> None:
    """Refuse a file that exists. Raises SettingsError."""
    if file.exists():
        raise SettingsError(f"{file} is there already and stays as it is", "name another file")


def back_up_keys(context: MailingContext, file: Path, passphrase: Callable[[], str], now: datetime) -> KeySet:
    """Write the keys to a new file, encrypted. Raises SettingsError, and what `passphrase` raises."""
    require_new_file(file)
    with context.database.write() as connection:
        # Created now if nobody was erased yet, so that a restored database recognises people who are erased later.
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
    """Put back the keys that are missing; return what became of each, a line each. Raises SealError, SettingsError."""
    keys = key_set(unseal(sealed.text, passphrase(), sealed.name))
    return put_back(context.database, context.environment, keys)


def replace_lost_keys(context: MailingContext) -> int:
    """Make a new key where the old one is lost; return how many suppressed hashes no longer match anybody."""
    return begin_anew(context.database)
