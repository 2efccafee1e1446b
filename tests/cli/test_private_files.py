"""Files about people are private to their owner, whatever the umask, including files of earlier versions."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli_harness import CliHarness, make_workspace
from tests.delivery.factories import tag

ISSUE = "2031-01-30"
#: Files that may be public: the issue, its edition, and reports of checks.
PUBLIC = ("issues", "newsletter.yaml", f"outbox/{ISSUE}", ".compose")
#: A person's message of unknown kind, which is kept for a person to look at.
STRANGE = (
    b"From: Berta Doe <berta@reader.example>\nSubject: hello\nMessage-ID: <a@b.example>\n\nA question about page 3.\n"
)
LIST = "email,first_name,consent\nreader3@example.net,Ann,yes\nnot an address,Berta,yes\n"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows keeps a person's folder to themselves")


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    return make_workspace(tmp_path, monkeypatch, capsys)


@pytest.fixture
def open_hands() -> Iterator[None]:
    """Set a umask that makes new files readable by everyone unless a program decides otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def _write_everything(room: CliHarness) -> None:
    ids = room.add(2)
    with room.open() as database, database.write() as connection:
        tag(connection, ids, "press")
    (room.root / "list.csv").write_text(LIST)
    says: list[tuple[str, ...]] = [
        ("build", ISSUE),
        ("check", ISSUE),
        ("test", ISSUE),
        ("send", ISSUE, "--dry-run"),
        ("send", ISSUE),
        ("report", "1"),
        ("subscribers", "import", "list.csv", "--yes", "--consent", "they said so"),
        ("subscribers", "export", "people.csv"),
        ("suppression", "add", "nobody@example.net"),
        ("suppression", "export", "suppressed.csv"),
        ("preview", ISSUE, "--as", "reader1@example.net", "--out", "page"),
        ("audience", "health", "--html", "health.html"),
        ("db", "backup", "copy.db"),
    ]
    for each in says:
        said = room.say(*each)
        assert said.code in (0, 1), said.all
    command = [sys.executable, "-m", "composer", "bounces", "ingest", "-"]
    assert subprocess.run(command, input=STRANGE, cwd=room.root, check=False).returncode == 0


def _open(room: CliHarness) -> dict[str, str]:
    """Return the files that other users of this computer can read."""
    found = {}
    for path in sorted(room.root.rglob("*")):
        name = path.relative_to(room.root).as_posix()
        if (
            name == "list.csv"
            or name == "outbox"
            or any(name == each or name.startswith(f"{each}/") for each in PUBLIC)
        ):
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode != (0o700 if path.is_dir() else 0o600):
            found[name] = oct(mode)
    return found


#: One file of each command that writes personal data.
WRITTEN = (
    f"outbox/tests/{ISSUE}/anna@example.org.eml",
    "outbox/mailings/1/reader1@example.net-*.eml",
    "outbox/mailings/1-report/not-received.csv",
    "outbox/imports/list.rows.csv",
    "outbox/bounces/*.eml",
    "people.csv",
    "suppressed.csv",
    "page/edition/*.html",
    "health.html",
    "copy.db",
    "newsletter.db",
)


def test_whatever_the_umask(room: CliHarness, open_hands: None) -> None:
    """Every file has mode 0600 and every folder of them 0700; the edition itself is public."""
    _write_everything(room)
    assert [each for each in WRITTEN if not list(room.root.glob(each))] == []
    assert _open(room) == {}
    edition = room.root / "outbox" / ISSUE / "issue.eml"
    assert stat.S_IMODE(edition.stat().st_mode) == 0o666


def test_public_files_contain_no_personal_data(room: CliHarness, open_hands: None) -> None:
    """Neither an edition nor the record of a check contains personal data."""
    _write_everything(room)
    for path in room.root.rglob("*"):
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) != 0o600 and path.name != "list.csv":
            assert b"@example.net" not in path.read_bytes().lower(), path


def test_files_of_an_earlier_version_become_private(room: CliHarness, open_hands: None) -> None:
    """Public files and folders of an earlier version become private when they are written again."""
    for name in (
        f"outbox/tests/{ISSUE}",
        "outbox/mailings/1",
        "outbox/mailings/1-report",
        "outbox/imports",
        "outbox/bounces",
    ):
        (room.root / name).mkdir(parents=True)
    for name in (f"outbox/tests/{ISSUE}/anna@example.org.eml", "outbox/imports/list.rows.csv", "health.html"):
        (room.root / name).write_text("old")
    _write_everything(room)
    assert _open(room) == {}


def test_a_strict_umask_does_not_prevent_writing(room: CliHarness) -> None:
    """A umask that removes all permissions of others changes nothing."""
    before = os.umask(0o077)
    try:
        _write_everything(room)
    finally:
        os.umask(before)
    assert [each for each in WRITTEN if not list(room.root.glob(each))] == []
