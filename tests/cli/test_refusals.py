"""What `compose send` refuses, each with its code, message and remedy; and which refusals a reason overrides."""

import http.server
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import update

from composer.audience.identity.token_secret import tokens_of
from composer.audience.identity.tokens import Tokens
from composer.cli.commands.overview import show
from composer.core.environment import environment
from composer.database.tables.review_tables import editions, reviews
from composer.delivery.approval.content_diff import OUTDATED, in_words
from composer.delivery.preflight.preflight import ALLOWABLE, Code
from composer.delivery.preflight.probes import trouble_with_pages, trouble_with_pictures
from composer.delivery.preflight.storage_place import commit_of, trouble_with
from tests.cli_harness import CliHarness, make_workspace, recipients
from tests.fake_smtp import FakeSmtp

ISSUE = "2031-01-30"
DOCS = Path(__file__).parent.parent.parent / "docs" / "reference" / "send-refusals.md"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    return make_workspace(tmp_path, monkeypatch, capsys)


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSmtp]:
    with FakeSmtp() as office:
        monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        yield office


@contextmanager
def web(answer: Callable[[str], tuple[int, bytes]]) -> Iterator[str]:
    """A web server on this computer."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _no_postal(room: CliHarness) -> None:
    room.configure("  postal_address: Example Institute, Sample Street 1, 10115 Berlin, Germany\n", "")


def _no_privacy(room: CliHarness) -> None:
    room.configure("  privacy_url: https://news.example.org/privacy\n", "")


def _nowhere(room: CliHarness) -> None:
    room.configure("  unsubscribe_url: https://leave.example.org/{token}\n", "  rate: 6000/min\n")


def _plain_http(room: CliHarness) -> None:
    room.configure("  unsubscribe_url: https://leave.example.org/{token}\n", "  public_url: http://127.0.0.1:1/n\n")


def _no_pages(room: CliHarness) -> None:
    room.configure("delivery:\n", "delivery:\n  public_url: https://127.0.0.1:1/n\n")


def _no_pictures(room: CliHarness) -> None:
    from PIL import Image

    (room.root / "assets").mkdir()
    Image.new("RGB", (600, 200), "#9b1c1c").save(room.root / "assets" / "logo.png")
    room.configure(
        "sender:\n",
        "brand:\n  assets_url: http://127.0.0.1:1/pictures\n  logo:\n    light: assets/logo.png\n    alt: The Desk\nsender:\n",
    )


def _value_is_missing(room: CliHarness) -> None:
    room.write(body="Dear {{ first_name }}, this letter calls you by your name, with enough words to be read by all.")
    room.add(2, first=500, first_name="")


def _blocked(room: CliHarness) -> None:
    path = room.root / "issues" / f"{ISSUE}.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("2031-01-30", "2020-01-30"), encoding="utf-8")


def _unapproved(room: CliHarness) -> None:
    room.configure("delivery:\n", "approvals:\n  needed: 1\n  by:\n    - anna@example.org\ndelivery:\n")


def _tracked(room: CliHarness) -> None:
    for command in (["init", "-q"], ["add", "-f", "newsletter.db"]):
        subprocess.run(["git", "-C", str(room.root), *command], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("code", "breaks", "words"),
    [
        (Code.NO_ADDRESS, _no_postal, "postal address"),
        (Code.NO_PRIVACY, _no_privacy, "privacy policy"),
        (Code.NO_UNSUBSCRIBE, _nowhere, "no unsubscribe link"),
        (Code.NO_UNSUBSCRIBE, _plain_http, "http://127.0.0.1:1/n"),
        (Code.NO_PAGES, _no_pages, "the public pages do not answer at https://127.0.0.1:1/n"),
        (Code.NO_PICTURES, _no_pictures, "1 picture on the web cannot be used: logo-"),
        (Code.MISSING_VALUES, _value_is_missing, "2 subscribers have no first_name"),
        (Code.BLOCKED, _blocked, "2031-01-30 has 1 blocking finding: DATE01"),
        (Code.UNAPPROVED, _unapproved, "of 2031-01-30 has 0 of 1 approval"),
        (Code.DATABASE_PLACE, _tracked, "the database is in git"),
    ],
)
def test_each_is_refused(
    room: CliHarness, office: FakeSmtp, code: Code, breaks: Callable[[CliHarness], None], words: str
) -> None:
    """Nothing is frozen or sent; the code and a remedy are named; --allow works where it should, and is recorded."""
    room.add(2)
    breaks(room)
    assert room.say("test", ISSUE).code == 0
    count = "4" if code is Code.MISSING_VALUES else "2"
    said = room.say("send", ISSUE, "--yes", count)
    refused = [line for line in said.err.splitlines() if line.startswith("refused:")]
    assert said.code == 1 and room.mailings() == [] and recipients(office) == []
    assert any(words in line and line.endswith(f"[{code}]") for line in refused), said.all
    others = sorted({line.rsplit("[", 1)[1][:-1] for line in refused} - {code.value})
    allow = [part for each in (code.value, *others) for part in ("--allow", f"{each}=we know")]
    said = room.say("send", ISSUE, "--yes", count, *allow)
    if code in ALLOWABLE:
        assert said.code == 0, said.all
        assert room.mailings()[0].allowed[code] == "we know"
        assert len(recipients(office)) == 2
    else:
        assert said.code == 2 and f"“{code}” cannot be overridden" in said.err
        assert recipients(office) == []


def test_a_check_is_allowed_by_its_own_code(room: CliHarness, office: FakeSmtp) -> None:
    """A blocker is overridden only by the code of its check."""
    room.add(2)
    _blocked(room)
    room.say("test", ISSUE)
    said = room.say("send", ISSUE, "--yes", "2", "--allow", 'DATE01="late, and we know"')
    assert said.code == 0
    assert room.mailings()[0].allowed == {"DATE01": "late, and we know"}


def test_an_issue_that_changed(room: CliHarness, office: FakeSmtp) -> None:
    """If an issue with an unfinished mailing is edited, the changed section is named; the mailing continues as frozen."""
    room.add(5)
    room.say("test", ISSUE)
    assert room.say("send", ISSUE, "--yes", "5", "--limit", "2").code == 75
    room.write(subject="Another subject", body="Another letter, also with enough words in it that it can be read.")
    said = room.say("send", ISSUE, "--yes", "3")
    assert said.code == 1 and "2031-01-30: subject, letter  [changed]" in said.err, said.err
    assert "compose stop 1 --for-good" in said.err and len(recipients(office)) == 2
    (room.root / "issues" / f"{ISSUE}.yaml").write_text("date: nonsense\n", encoding="utf-8")
    said = room.say("send", ISSUE, "--yes", "3")
    assert said.code == 1 and "has problems and cannot be built" in said.err
    (room.root / "issues" / f"{ISSUE}.yaml").unlink()
    said = room.say("send", ISSUE, "--yes", "3", "--allow", "changed=the rest shall have the same")
    assert said.code == 0, said.all
    assert len(recipients(office)) == 5 and all(b"Another" not in content for _, content in office.taken)


def test_a_test_of_another_edition_does_not_count(room: CliHarness, office: FakeSmtp) -> None:
    """After an edit, the refusal says that an earlier version was tested, and what has changed since."""
    room.add(1)
    room.say("test", ISSUE)
    room.write(body="A letter that was changed after the test send, by a person with good reasons to do so.")
    said = room.say("send", ISSUE, "--yes", "1")
    assert "changed since: letter  [untested]" in said.err


def test_the_pages_prove_that_they_have_the_key(tmp_path: Path, room: CliHarness) -> None:
    """The pages must return our nonce signed with our key; another key, an error or no answer is reported."""
    with room.open() as database:
        tokens = tokens_of(database, environment())
    others = Tokens((b"x" * 40,))

    def prove(keys: Tokens) -> Callable[[str], tuple[int, bytes]]:
        return lambda path: (200, "\n".join(keys.proofs(path.rsplit("/", 1)[1])).encode())

    with web(prove(tokens)) as url:
        assert trouble_with_pages(url, tokens) == ""
    with web(prove(others)) as url:
        assert "does not have the key of this newsletter" in trouble_with_pages(url, tokens)
    with web(lambda path: (503, b"busy")) as url:
        assert "status 503" in trouble_with_pages(url, tokens)
    assert "connection refused" in trouble_with_pages("http://127.0.0.1:1/n", tokens)


def test_pictures_on_the_web_are_the_editions_own() -> None:
    """Pictures on the web must have the same bytes; a missing or different picture is named."""
    kept = {"/a%20b.png": b"one", "/c.png": b"two and more"}
    with web(lambda path: (200, kept[path]) if path in kept else (404, b"")) as url:
        assert trouble_with_pictures(url, [("a b.png", b"one")]) == ()
        found = trouble_with_pictures(f"{url}/", [("a b.png", b"one"), ("c.png", b"two"), ("d.png", b"three")])
        assert [each.partition(" ")[0] for each in found] == ["c.png", "d.png"] and "404" in found[1]


@pytest.mark.parametrize(
    ("folder", "service"),
    [
        ("Dropbox (Institute)", "Dropbox"),
        ("OneDrive - Example", "OneDrive"),
        ("Mobile Documents", "iCloud"),
        ("Nextcloud", "Nextcloud"),
    ],
)
def test_synced_folders_are_known_by_name(tmp_path: Path, folder: str, service: str) -> None:
    """A database inside such a folder, at any depth, is refused."""
    inside = tmp_path / folder / "desk" / "news"
    inside.mkdir(parents=True)
    assert f"a folder of {service}" in trouble_with(inside / "newsletter.db")


def test_places_that_are_not_ours(tmp_path: Path) -> None:
    """Markers of sync programs, network disks and a mount with a space in its name are refused.

    A plain folder is accepted.
    """
    assert trouble_with(tmp_path / "newsletter.db") == ""
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / ".stfolder").mkdir()
    assert "Syncthing" in trouble_with(tmp_path / "shared" / "newsletter.db")
    mounts = tmp_path / "mounts"
    (tmp_path / "a disk").mkdir()
    at = str(tmp_path / "a disk").replace(" ", "\\040")
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {at} nfs4 rw 0 0\n", encoding="utf-8")
    assert "(nfs4)" in trouble_with(tmp_path / "a disk" / "newsletter.db", mounts)
    assert trouble_with(tmp_path / "newsletter.db", mounts) == ""


def test_the_commit_and_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Returns the commit and whether everything is committed; None without a git repository or without git."""
    assert commit_of(tmp_path) is None

    def git(*arguments: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *who, *arguments], check=True, capture_output=True)

    git("init", "-q")
    assert commit_of(tmp_path) is None
    (tmp_path / "a").write_text("a", encoding="utf-8")
    git("add", "a")
    git("commit", "-qm", "a")
    found = commit_of(tmp_path)
    assert found is not None and len(found.id) == 40 and found.is_clean
    (tmp_path / "b").write_text("b", encoding="utf-8")
    found = commit_of(tmp_path)
    assert found is not None and not found.is_clean
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit_of(tmp_path) is None


def test_tests_and_approvals_bound_to_an_old_hash_are_void(
    room: CliHarness, office: FakeSmtp, capsys: pytest.CaptureFixture[str]
) -> None:
    """After an upgrade that changes the hash of editions, every command says so until they are tested and approved again."""
    room.configure("delivery:\n", "approvals:\n  needed: 1\n  by:\n    - anna@example.org\ndelivery:\n")
    room.add(1)
    room.say("test", ISSUE)
    room.say("approve", ISSUE, "--as", "anna@example.org")
    assert room.say("send", ISSUE, "--dry-run").code == 0
    with room.open() as database, database.write() as connection:
        for table in (editions, reviews):
            connection.execute(update(table).values(hash="e" * 64))
    changed = in_words((OUTDATED,))[0]
    said = room.say("send", ISSUE, "--dry-run")
    refused = [line for line in said.err.splitlines() if changed in line]
    assert said.code == 1 and [line.rpartition("[")[2] for line in refused] == ["untested]", "unapproved]"]
    show()
    assert changed in capsys.readouterr().out
    assert changed in room.say("approve", ISSUE, "--as", "anna@example.org").out
    room.say("test", ISSUE)
    show()
    assert changed not in capsys.readouterr().out
    assert room.say("send", ISSUE, "--dry-run").code == 0


def test_every_refusal_is_documented() -> None:
    """docs/reference/send-refusals.md has a line for each code, and says which ones a reason overrides."""
    text = DOCS.read_text(encoding="utf-8")
    for code in Code:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{code}` |"))
        assert row.rstrip("| ").endswith("yes" if code in ALLOWABLE else "no"), code
