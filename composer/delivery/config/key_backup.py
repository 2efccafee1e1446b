"""The keys of a publication: collected for a separate backup, and restored.

Input: the database, the newsletter, the user's folder. Output: a `KeySet`; what was restored. Guarantees: an existing
key is never overwritten, and nothing is written before everything was compared.

The backup is separate from the database, because the hashes of erased people can be tested with the erasure key.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, exists, insert, select

from composer.audience.identity.token_secret import SIGNING, key_file, secret_words, write_secret
from composer.audience.suppression import has_hashes, hash_prefix, stored_erasure_key
from composer.content.document.newsletter import Newsletter
from composer.core.environment import Environment, SettingsError, read_private, state_folder, write_private
from composer.core.errors import ComposeError
from composer.database.database_state import ERASURE_KEY
from composer.database.engine import Database
from composer.database.tables.subscriber_tables import database_keys, suppressions, tombstones
from composer.delivery.config.resolve import key_path, selectors_of, signing_of

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    """All keys of a publication. Never printed."""

    #: The id of the publication.
    publication: str | None
    #: The keys of subscribers' links, the one that signs first.
    words: tuple[str, ...] = field(default=(), repr=False)
    #: The key that recognises erased people, in hexadecimal digits.
    erasure: str | None = field(default=None, repr=False)
    #: DKIM keys in PEM, by domain and selector: `example.org/compose-rsa`.
    dkim: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def data(self) -> bytes:
        """The same as JSON."""
        value = {
            "publication": self.publication,
            "secrets": self.words,
            "erasure": self.erasure,
            "dkim": dict(self.dkim),
        }
        return json.dumps(value, sort_keys=True).encode()

    @property
    def fingerprint(self) -> str:
        """A hash that identifies these keys without showing them."""
        return hashlib.sha256(self.data).hexdigest()[:32]

    @property
    def is_empty(self) -> bool:
        """Whether there is no key."""
        return not (self.words or self.erasure or self.dkim)

    def in_words(self) -> Iterator[str]:
        """Yield the names of the keys."""
        if self.words:
            yield "the key for subscribers' links"
        if self.erasure:
            yield "the key that recognises erased people"
        yield from (f"DKIM key {name}" for name in self.dkim)


def key_set(data: bytes) -> KeySet:
    """Return the keys from JSON, as `KeySet.data` writes it."""
    value = json.loads(data)
    return KeySet(
        publication=value["publication"],
        words=tuple(value["secrets"]),
        erasure=value["erasure"],
        dkim=value["dkim"],
    )


def keys_of(connection: Connection, newsletter: Newsletter, around: Environment) -> KeySet:
    """Collect the keys. Raises SettingsError, KeyFileError."""
    publication = _publication(connection)
    erasure = stored_erasure_key(connection)
    return KeySet(
        publication=None if publication is None else publication.hex(),
        words=secret_words(around, publication) or (),
        erasure=None if erasure is None else erasure.hex(),
        dkim={f"{domain}/{name}": _pem(key_path(around, domain, name)) for domain, name in _dkim(newsletter, around)},
    )


def put_back(database: Database, around: Environment, keys: KeySet) -> tuple[str, ...]:
    """Restore missing keys; return one line for each key. Raises SettingsError if there is a different key."""
    said = []
    with database.write() as connection:
        named = None if keys.publication is None else bytes.fromhex(keys.publication)
        is_another = named is not None and named != _publication(connection)
        if is_another and _has_signed(connection):
            raise SettingsError(
                "this backup belongs to another publication", "use the backup that was made for this one"
            )
        erasure = stored_erasure_key(connection)
        if keys.erasure is not None:
            _judge_erasure(connection, erasure, bytes.fromhex(keys.erasure))
        files = _files(around, keys)
        if is_another and named is not None:
            connection.execute(delete(database_keys).where(database_keys.c.name == "publication"))
            _insert(connection, "publication", named)
        if keys.erasure is not None:
            if erasure is None:
                _insert(connection, ERASURE_KEY, bytes.fromhex(keys.erasure))
            said.append(f"the key that recognises erased people: {'restored' if erasure is None else 'already there'}")
        for path, (what, content) in files.items():
            is_there = path.exists()
            if not is_there:
                _write(path, content)
            said.append(f"{what}: {'already there' if is_there else 'restored'}, {path}")
    return tuple(said)


def begin_anew(database: Database) -> int:
    """Create a new erasure key, because the old one is lost; return how many erased people are no longer recognised."""
    with database.write() as connection:
        if stored_erasure_key(connection) is not None or not has_hashes(connection):
            raise SettingsError("the key that recognises erased people is not missing", "nothing was changed")
        _insert(connection, ERASURE_KEY, secrets.token_bytes(32))
        return len(connection.scalars(select(suppressions.c.id).where(suppressions.c.hash.is_not(None))).all())


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The last backup of keys that was made on this computer."""

    at: datetime
    file: str
    fingerprint: str


def note_backup(around: Environment, keys: KeySet, file: Path, now: datetime) -> None:
    """Record that a backup was made. Only `compose doctor` reads it, so errors are ignored."""
    path = _note(around, keys.publication)
    value = {"at": now.isoformat(), "file": str(file.absolute()), "fingerprint": keys.fingerprint}
    try:
        path.unlink(missing_ok=True)
        write_private(path, json.dumps(value).encode())
    except OSError:
        return


def last_backup(around: Environment, publication: str | None) -> Kept | None:
    """Return the last backup on this computer, or None."""
    try:
        value = json.loads(read_private(_note(around, publication)).data)
        return Kept(at=datetime.fromisoformat(value["at"]), file=value["file"], fingerprint=value["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _note(around: Environment, publication: str | None) -> Path:
    return state_folder(around) / "key-backups" / f"{publication or 'none'}.json"


def _publication(connection: Connection) -> bytes | None:
    return connection.scalar(select(database_keys.c.key).where(database_keys.c.name == "publication"))


def _has_signed(connection: Connection) -> bool:
    """Whether links were signed for this publication: until then the database may take another publication id."""
    signing = select(database_keys.c.key).where(database_keys.c.name == SIGNING)
    return connection.scalar(signing) is not None


def _insert(connection: Connection, name: str, key: bytes) -> None:
    connection.execute(insert(database_keys), [{"name": name, "key": key}])


def _dkim(newsletter: Newsletter, around: Environment) -> Iterator[tuple[str, str]]:
    domains = {newsletter.sender.domain}
    try:
        signing = signing_of(newsletter)
    except ComposeError:
        signing = None
    if signing is not None and signing.domain:
        domains.add(signing.domain)
    for domain in sorted(domains):
        yield from ((domain, selector) for selector in selectors_of(around, domain))


def _pem(path: Path) -> str:
    try:
        return read_private(path).data.decode("ascii", errors="replace")
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}") from None


def _judge_erasure(connection: Connection, now: bytes | None, then: bytes) -> None:
    if now is not None and now != then:
        raise SettingsError(
            "the database and the backup have different keys for erased people", "use the latest backup of the keys"
        )
    if now is None and has_hashes(connection):
        columns = (suppressions.c.hash, tombstones.c.hash)
        prefix = hash_prefix(then)
        if not any(connection.scalar(select(exists().where(each.startswith(prefix)))) for each in columns):
            raise SettingsError(
                "the key in this backup recognises none of the people who were erased from this database",
                "use the backup of the keys that was made with this database",
            )


def _files(around: Environment, keys: KeySet) -> dict[Path, tuple[str, str]]:
    """Return the files with their new content. Raises SettingsError if a file has different content."""
    found: dict[Path, tuple[str, str]] = {}
    publication = bytes.fromhex(keys.publication or "")
    if keys.words and publication and secret_words(around, publication) != keys.words:
        found[key_file(around, publication)] = ("the key for subscribers' links", write_secret(keys.words))
    for name, pem in keys.dkim.items():
        domain, _, selector = name.partition("/")
        if not (_NAME.fullmatch(domain) and _NAME.fullmatch(selector)):
            raise SettingsError(f"“{name}” is not a valid name for a key")
        found[key_path(around, domain, selector)] = (f"DKIM key {name}", pem)
    for path, (what, content) in found.items():
        if path.exists() and _pem(path).split() != content.split():
            raise SettingsError(f"{what}: {path} contains a different key", "if that file is wrong, move it away first")
    return found


def _write(path: Path, content: str) -> None:
    try:
        write_private(path, content.encode())
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror or error}") from None
