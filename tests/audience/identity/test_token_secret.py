"""One key per publication on every computer that sends or serves, and never another key without an error."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from composer.audience.identity.token_secret import VARIABLE, tokens_of
from composer.audience.identity.tokens import Purpose, TokenClaim
from composer.core.environment import Environment, SettingsError
from composer.database.engine import Database

NEW, OLD = "n" * 64, "o" * 64


def _around(folder: Path, said: str = "") -> Environment:
    return Environment(environment={VARIABLE: said} if said else {}, folder=folder / "config")


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "config").rglob("*.key"))


def test_key_is_created_once(database: Database, tmp_path: Path) -> None:
    """The key is created when needed, in a private file outside the workspace; nothing of it is in the database."""
    around = _around(tmp_path)
    token = tokens_of(database, around).make(Purpose.UNSUBSCRIBE, 1)
    (path,) = _files(tmp_path)
    assert os.name != "posix" or stat.S_IMODE(path.stat().st_mode) == 0o600
    key = path.read_text(encoding="ascii").strip()
    assert len(key) == 64
    assert tokens_of(database, around).read(Purpose.UNSUBSCRIBE, token) == TokenClaim(subscriber_id=1)
    assert _files(tmp_path) == [path]
    assert database.path is None or key.encode() not in database.path.read_bytes()


def test_the_environment_comes_first(database: Database, tmp_path: Path) -> None:
    """With COMPOSE_SECRET_KEY, no file is written."""
    assert tokens_of(database, _around(tmp_path, OLD)).keys == (OLD.encode(),)
    assert _files(tmp_path) == []


def test_keys_are_rotated(database: Database, tmp_path: Path) -> None:
    """A new key goes before the old one; later the old one can be removed. The other order is rejected."""
    token = tokens_of(database, _around(tmp_path, OLD)).make(Purpose.UNSUBSCRIBE, 1)
    both = tokens_of(database, _around(tmp_path, f"{NEW} {OLD}"))
    assert both.read(Purpose.UNSUBSCRIBE, token) == TokenClaim(subscriber_id=1)
    assert both.make(Purpose.UNSUBSCRIBE, 1) != token
    assert tokens_of(database, _around(tmp_path, NEW)).keys == (NEW.encode(),)
    with pytest.raises(SettingsError, match="this key did not sign the links"):
        tokens_of(database, _around(tmp_path, OLD))


def test_a_file_is_rotated_in_the_same_way(database: Database, tmp_path: Path) -> None:
    """A file has one key per line, and the first one signs."""
    old = tokens_of(database, _around(tmp_path))
    (path,) = _files(tmp_path)
    path.write_text(f"{NEW}\n{path.read_text(encoding='ascii')}", encoding="ascii")
    assert tokens_of(database, _around(tmp_path)).keys == (NEW.encode(), *old.keys)


def test_two_commands_create_one_key(database: Database, tmp_path: Path) -> None:
    """The second command reads the key that the first one created."""
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: tokens_of(database, _around(tmp_path)), range(8)))
    assert len({tokens.keys for tokens in found}) == len(_files(tmp_path)) == 1


def test_another_computer_needs_the_same_key(database: Database, tmp_path: Path) -> None:
    """Without the key a second computer stops and says what to copy; it does not create another key."""
    tokens_of(database, _around(tmp_path))
    (path,) = _files(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(SettingsError, match="not on this computer") as stop:
        tokens_of(database, _around(elsewhere))
    assert path.name in stop.value.message and VARIABLE in stop.value.hint
    assert _files(elsewhere) == []
    with pytest.raises(SettingsError, match="this key did not sign the links") as stop:
        tokens_of(database, _around(elsewhere, NEW))
    assert NEW not in stop.value.message + stop.value.hint
    copy = elsewhere / "config" / "publications" / path.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(path.read_bytes())
    copy.chmod(0o600)
    assert tokens_of(database, _around(elsewhere)) == tokens_of(database, _around(tmp_path))


def test_a_lost_key_is_replaced_with_the_word_lost(database: Database, tmp_path: Path) -> None:
    """With `lost` after a new key the command continues, and the next one needs no `lost`."""
    tokens_of(database, _around(tmp_path, OLD))
    assert tokens_of(database, _around(tmp_path, f"{NEW} lost")).keys == (NEW.encode(),)
    assert tokens_of(database, _around(tmp_path, NEW)).keys == (NEW.encode(),)


@pytest.mark.parametrize("said", ["short", f"{NEW} short", "lost", f"{'ü' * 64}"])
def test_a_weak_key_is_refused(database: Database, tmp_path: Path, said: str) -> None:
    """A key shorter than 32 letters or digits, or no key, is rejected without repeating it."""
    with pytest.raises(SettingsError, match="at least 32") as stop:
        tokens_of(database, _around(tmp_path, said))
    assert said not in stop.value.message.removeprefix(VARIABLE)


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")
def test_a_file_that_others_can_read_is_refused(database: Database, tmp_path: Path) -> None:
    """A key file that others can read is rejected: they could unsubscribe anybody."""
    tokens_of(database, _around(tmp_path))
    (path,) = _files(tmp_path)
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="other users of this computer"):
        tokens_of(database, _around(tmp_path))
    path.chmod(0o600)
    path.write_bytes(b"")
    with pytest.raises(SettingsError, match="at least 32"):
        tokens_of(database, _around(tmp_path))


def test_a_folder_that_is_a_file(database: Database, tmp_path: Path) -> None:
    """If the folder is a file, the error names the key file."""
    (tmp_path / "config").write_text("", encoding="ascii")
    with pytest.raises(SettingsError, match="cannot be read") as stop:
        tokens_of(database, _around(tmp_path))
    assert stop.value.message.startswith(str(tmp_path / "config" / "publications"))


def test_a_folder_that_cannot_be_written(database: Database, tmp_path: Path) -> None:
    """If the folder is not writable, the error names the file and the variable; no unknown key is recorded."""
    (tmp_path / "config").symlink_to(tmp_path / "disk that is not there" / "config")
    with pytest.raises(SettingsError, match="cannot be written") as stop:
        tokens_of(database, _around(tmp_path))
    assert stop.value.message.startswith(str(tmp_path / "config" / "publications"))
    assert VARIABLE in stop.value.hint
    (tmp_path / "config").unlink()
    tokens_of(database, _around(tmp_path))
