"""The command `compose keys`, and copies without keys: what a backup contains, and how to combine both again."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from composer.core.environment import environment
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.delivery.database_guard.ledger_age import publication_of
from tests.cli_harness import CliHarness, Said, make_workspace

PASSPHRASE = "a long enough passphrase"
GONE = "reader3@example.net"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    """A newsletter with an erased person, links that were sent, and DKIM keys."""
    room = make_workspace(tmp_path, monkeypatch, capsys)
    monkeypatch.setenv("COMPOSE_KEYS_PASSPHRASE", PASSPHRASE)
    room.add(5)
    assert room.say("subscribers", "erase", GONE, "--yes").code == 0
    # The messages of a rehearsal contain links.
    assert room.say("send", "2031-01-30").code == 0
    assert room.say("dkim", "keygen").code == 0
    return room


def _erasure(path: Path) -> list[bytes]:
    with closing(sqlite3.connect(path)) as database:
        return [row[0] for row in database.execute("SELECT key FROM database_keys WHERE name = 'erasure'")]


def _import_gone(room: CliHarness) -> Said:
    (room.root / "old.csv").write_text(f"email\n{GONE}\n", encoding="utf-8")
    return room.say("subscribers", "import", "old.csv", "--yes", "--consent", "they asked")


def _restore(room: CliHarness) -> None:
    for each in room.root.glob("newsletter.db*"):
        each.unlink()
    (room.root / "copy.db").rename(room.root / "newsletter.db")


def test_a_copy_of_the_database_holds_no_key_of_the_erased(room: CliHarness) -> None:
    """The key is neither in a row nor elsewhere in the file, so the hashes in it cannot be tested."""
    key = _erasure(room.root / "newsletter.db")[0]
    said = room.say("db", "backup", "copy.db")
    assert said.code == 0 and "does not contain the keys" in said.err and "compose keys backup" in said.err
    assert _erasure(room.root / "copy.db") == []
    assert key not in (room.root / "copy.db").read_bytes()
    with closing(sqlite3.connect(room.root / "copy.db")) as copy:
        assert copy.execute("SELECT count(*) FROM suppressions WHERE hash IS NOT NULL").fetchone() == (1,)
    # The original still contains it.
    assert _erasure(room.root / "newsletter.db") == [key]


def test_a_database_without_its_key_lets_nobody_erased_back_in(room: CliHarness) -> None:
    """After a restore, commands that check for erased people fail until the keys are restored."""
    assert room.say("keys", "backup", "keys.txt").code == 0
    assert "does not contain the keys" not in room.say("db", "backup", "copy.db").err
    _restore(room)
    for said in (
        _import_gone(room),
        room.say("subscribers", "add", GONE, "--consent", "they asked"),
        room.say("subscribers", "erase", "reader1@example.net", "--yes"),
    ):
        assert said.code == 1 and "compose keys restore FILE" in said.err
    assert "WRONG" in room.say("doctor", "--offline").out
    assert room.say("keys", "restore", "keys.txt").code == 0
    said = _import_gone(room)
    assert said.code == 0
    with room.open() as database, database.read() as connection:
        listed = connection.exec_driver_sql("SELECT normal FROM subscribers WHERE status = 'active'").scalars().all()
    assert GONE not in listed


def test_keys_come_back_on_another_computer(room: CliHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All keys are restored as private files; existing ones are not overwritten."""
    said = room.say("keys", "backup", "keys.txt")
    assert said.code == 0
    assert "subscribers' links" in said.out and "erased people" in said.out and "compose-rsa" in said.out
    text = (room.root / "keys.txt").read_text()
    assert "PRIVATE" not in text and (room.root / "keys.txt").stat().st_mode & 0o777 == 0o600
    before = {path.relative_to(tmp_path / "config"): path.read_bytes() for path in _files(tmp_path / "config")}
    assert len(before) == 3
    for name in ("XDG_CONFIG_HOME", "APPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "other"))
    said = room.say("keys", "restore", "keys.txt")
    assert said.code == 0 and said.out.count("restored") == 3 and said.out.count("already there") == 1
    after = {path.relative_to(tmp_path / "other"): path.read_bytes() for path in _files(tmp_path / "other")}
    assert after == before
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in _files(tmp_path / "other"))
    assert room.say("keys", "restore", "keys.txt").out.count("already there") == 3
    victim = next(path for path in _files(tmp_path / "other") if path.suffix == ".pem")
    victim.write_text("something else")
    said = room.say("keys", "restore", "keys.txt")
    assert said.code == 1 and "a different key" in said.err and victim.read_text() == "something else"


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "compose").rglob("*") if path.suffix in (".key", ".pem"))


def test_a_backup_that_cannot_be_opened_is_an_error(
    room: CliHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong passphrase, a damaged file, another file, a short or missing passphrase: an error, and nothing is changed."""
    assert room.say("keys", "backup", "keys.txt").code == 0
    assert room.say("keys", "backup", "keys.txt").code == 1
    monkeypatch.setenv("COMPOSE_KEYS_PASSPHRASE", "another long passphrase")
    assert "the passphrase is wrong" in room.say("keys", "restore", "keys.txt").err
    monkeypatch.setenv("COMPOSE_KEYS_PASSPHRASE", PASSPHRASE)
    text = (room.root / "keys.txt").read_text()
    for damaged in (text[:-40], text[:120], text.replace("A", "B"), "", "hello\n", text.split("\n")[0]):
        (room.root / "damaged.txt").write_text(damaged)
        assert room.say("keys", "restore", "damaged.txt").code == 1
    assert room.say("keys", "restore", "nowhere.txt").code == 2
    assert room.say("keys", "restore").code == 2
    monkeypatch.setenv("COMPOSE_KEYS_PASSPHRASE", "short")
    assert room.say("keys", "backup", "other.txt").code == 2
    monkeypatch.delenv("COMPOSE_KEYS_PASSPHRASE")
    assert room.say("keys", "backup", "other.txt").code == 2
    assert not (room.root / "other.txt").exists()


def test_keys_of_another_publication_are_refused(
    room: CliHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that recognises none of the people who were erased here is refused, too."""
    assert room.say("keys", "backup", "keys.txt").code == 0
    with room.open() as database, database.write() as connection:
        connection.exec_driver_sql("DELETE FROM database_keys WHERE name = 'erasure'")
        connection.exec_driver_sql(
            "UPDATE suppressions SET hash = replace(hash, 'sha256:', 'sha256:00') WHERE hash <> ''"
        )
        connection.exec_driver_sql("UPDATE tombstones SET hash = replace(hash, 'sha256:', 'sha256:00')")
    said = room.say("keys", "restore", "keys.txt")
    assert said.code == 1 and "recognises none of the people" in said.err
    with room.open() as database, database.write() as connection:
        connection.exec_driver_sql("UPDATE database_keys SET key = x'0102030405060708' WHERE name = 'publication'")
    assert "another publication" in room.say("keys", "restore", "keys.txt").err


def test_a_new_database_takes_the_name_of_its_publication(room: CliHarness) -> None:
    """If the database is lost and created again, the keys make it the same publication, unless it has already created links."""
    assert room.say("keys", "backup", "keys.txt").code == 0
    with room.open() as database, database.read() as connection:
        before = publication_of(connection)
    for path in room.root.glob("newsletter.db*"):
        path.unlink()
    # Created by the program itself, because the tests' databases are copies of one.
    with open_database(Location(path=room.root / "newsletter.db")) as database, database.read() as connection:
        assert publication_of(connection) not in (None, before)
    assert room.say("keys", "restore", "keys.txt").code == 0
    with room.open() as database, database.read() as connection:
        assert publication_of(connection) == before


def test_a_lost_key_is_a_decision(room: CliHarness) -> None:
    """Without a backup of the keys, a person can continue.

    The command explains the effect, and it never happens automatically.
    """
    assert room.say("keys", "restore", "--lost", "--yes").code == 1
    assert room.say("db", "backup", "copy.db").code == 0
    _restore(room)
    assert room.say("keys", "restore", "--lost").code == 2
    said = room.say("keys", "restore", "--lost", "--yes")
    assert said.code == 0 and "no longer have an effect: 1" in said.out
    assert _import_gone(room).code == 0


def test_the_doctor_knows_whether_the_backup_is_of_todays_keys(room: CliHarness) -> None:
    """The doctor reports no backup, a current one, and an outdated one after a change of keys."""
    assert "key backup: no backup has been made on this computer" in room.say("doctor", "--offline").out
    assert room.say("keys", "backup", "keys.txt").code == 0
    out = room.say("doctor", "--offline").out
    assert "ok               key backup" in out and "keys.txt" in out
    assert room.say("dkim", "keygen", "--selector", "second").code == 0
    assert "does not contain the current keys" in room.say("doctor", "--offline").out
    assert environment().folder.is_dir()
