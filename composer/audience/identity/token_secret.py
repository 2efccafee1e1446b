"""The key for subscribers' links: one per publication, for sending, for the public pages and for reading bounces.

Input: the database, the environment, the user's own configuration folder. Output: the `Tokens` of this publication, or
a `SettingsError`. Guarantees: the key is in the environment or in a private file, never in the database or in git. The
database stores its fingerprint, so that no computer signs with a key that the others do not have.
"""

import secrets
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from composer.audience.identity.tokens import LEAST_KEY, Tokens, fingerprint
from composer.audience.suppression import lock
from composer.core.command_lines import shell_line
from composer.core.environment import Environment, SettingsError, read_private, write_private
from composer.database.engine import Database
from composer.database.tables.subscriber_tables import database_keys

VARIABLE = "COMPOSE_SECRET_KEY"
#: Written after a new key by a person who has lost the old key and knows the consequences.
LOST = "lost"
#: Rows of the database: which file is this publication's, and which key signed last.
_PUBLICATION, SIGNING = "publication", "tokens"


def tokens_of(database: Database, around: Environment) -> Tokens:
    """Return the tokens of the publication; create the key when it is first needed.

    The first key signs, all keys are read: put a new key first, and links in sent messages keep working. Raises
    SettingsError if the key is missing, or is not the one that signed earlier links.
    """
    with database.read() as connection:
        known = _noted(connection, SIGNING)
        publication = _noted(connection, _PUBLICATION)
    words = _words(around, publication)
    if words and known == fingerprint(words[0].encode()):
        return Tokens(_keys(words))
    with database.write() as connection:
        lock(connection)
        known = _noted(connection, SIGNING)
        publication = _noted(connection, _PUBLICATION)
        if publication is None:
            publication = secrets.token_bytes(8)
            _note(connection, _PUBLICATION, publication)
        words = _words(around, publication)
        if words is None and known is None:
            words = (secrets.token_hex(32),)
            _write(_path(around, publication), words[0])
        if words is None:
            raise SettingsError(
                f"the key for subscribers' links is not on this computer: {_path(around, publication)}",
                f"copy that file from the computer that sent the earlier mailings, or set {VARIABLE}",
            )
        keys = _keys(words)
        if known is not None and known not in map(fingerprint, keys) and LOST not in words:
            raise SettingsError(
                "this key did not sign the links that subscribers already have, so none of those links would work",
                "add the earlier key after it, separated by a space (compose help set-up-sending)",
            )
        if known != fingerprint(keys[0]):
            _note(connection, SIGNING, fingerprint(keys[0]))
    return Tokens(keys)


def secret_words(around: Environment, publication: bytes | None) -> tuple[str, ...] | None:
    """Return the keys as text for a backup; None without keys. Raises SettingsError."""
    return _words(around, publication)


def key_file(around: Environment, publication: bytes) -> Path:
    """Return the path of the publication's private key file."""
    return _path(around, publication)


def write_secret(words: tuple[str, ...]) -> str:
    """Return the content of the key file."""
    return "\n".join((*words, ""))


def _words(around: Environment, publication: bytes | None) -> tuple[str, ...] | None:
    """Return the keys from the environment, otherwise from the publication's file; None without either."""
    if (said := around.environment.get(VARIABLE, "").split()) or publication is None:
        return _checked(VARIABLE, said) if said else None
    path = _path(around, publication)
    try:
        found = read_private(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}") from None
    if found.is_shared:
        raise SettingsError(
            f"other users of this computer can read or change {path}, and anyone with the key can act as any subscriber",
            f"allow only its owner to read it: {shell_line('chmod', '600', str(path))}",
        )
    return _checked(str(path), found.data.decode("ascii", errors="replace").split())


def _checked(name: str, words: list[str]) -> tuple[str, ...]:
    if not any(word != LOST for word in words) or any(
        word != LOST and (len(word) < LEAST_KEY or not word.isascii()) for word in words
    ):
        raise SettingsError(
            f"{name}: a key needs at least {LEAST_KEY} letters and digits", "create one with:   openssl rand -hex 32"
        )
    return tuple(sorted(words, key=lambda word: word == LOST))


def _keys(words: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(word.encode() for word in words if word != LOST)


def _path(around: Environment, publication: bytes) -> Path:
    return around.folder / "publications" / f"{publication.hex()}.key"


def _write(path: Path, key: str) -> None:
    try:
        write_private(path, f"{key}\n".encode())
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror or error}", f"or set {VARIABLE}") from None


def _noted(connection: Connection, name: str) -> bytes | None:
    return connection.scalar(select(database_keys.c.key).where(database_keys.c.name == name))


def _note(connection: Connection, name: str, value: bytes) -> None:
    connection.execute(delete(database_keys).where(database_keys.c.name == name))
    connection.execute(insert(database_keys), [{"name": name, "key": value}])
