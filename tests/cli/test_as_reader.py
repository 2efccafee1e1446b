"""`--as ADDRESS`, and tests of an issue with several editions: what a subscriber will get."""

import datetime
import json
import re
import shutil
from pathlib import Path

import fast_mail_parser
import pytest

from composer.audience.changes import add_subscriber
from composer.cli.main import run
from composer.core.addresses import parse_address
from composer.core.workspace import Workspace
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.editions.pipeline import hash_of, variants_of

CASE = Path(__file__).parent.parent / "golden/variants"
NOW = datetime.datetime(2025, 1, 30, 9, tzinfo=datetime.UTC)


@pytest.fixture
def desks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    for name in ("COMPOSE_SMTP_URL", "COMPOSE_SMTP_PASSWORD", "COMPOSE_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CONFIG_HOME", "APPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "config"))
    shutil.copytree(CASE, tmp_path / "desks")
    monkeypatch.chdir(tmp_path / "desks")
    return Workspace(root=(tmp_path / "desks").resolve())


def _subscriber(workspace: Workspace, address: str, tags: tuple[str, ...], **values: str) -> None:
    with open_database(Location(path=workspace.root / "newsletter.db")) as database, database.write() as connection:
        add_subscriber(connection, parse_address(address), values, source="test", now=NOW, consent="here", tags=tags)


def _sent(workspace: Workspace, *folders: str) -> "fast_mail_parser.PyMail":
    path = workspace.root.joinpath("outbox", "tests", "2025-01-30", *folders, "anna@example.org.eml")
    return fast_mail_parser.parse_email(path.read_bytes())


def _state(page: Path) -> dict[str, object]:
    found = re.search(r'id="state">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    look: dict[str, object] = json.loads(found[1])["look"]
    return look


def test_editors_get_every_edition(desks: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """Editors get one message for each edition, distinguished in the subject and written to separate folders.

    The hash covers all.
    """
    variants = variants_of(desks, desks.issue("2025-01-30"))
    assert run(["test", "2025-01-30", "--to", "anna@example.org"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        *(f"{number}/4   anna@example.org   written   anna@example.org.eml" for number in range(1, 5)),
        f"edition {hash_of(variants)}",
    ]
    assert err.splitlines()[:4] == [
        "No mail server is used: test messages are written to outbox/tests/2025-01-30/ and not sent",
        "Before you can send the issue, a mail server must accept its test; to set one up:   compose help set-up-sending",
        "1/4: subscribers tagged press, not tagged staff",
        "2/4: subscribers not tagged press or staff",
    ]
    for each in variants:
        mail = _sent(desks, each.name)
        assert mail.subject == f"[Test {each.number}/4] News for your desk"
        assert ("The recording" in mail.text_plain[0]) is ("press" in each.issue_variant.tags)


def test_each_edition_is_a_message_of_its_own(desks: Workspace) -> None:
    """Each edition has its own Message-ID; with the same one, a mail program would show only one of them."""
    assert run(["test", "2025-01-30", "--to", "anna@example.org"]) == 0
    found = [path.read_bytes() for path in (desks.root / "outbox/tests").rglob("*.eml")]
    assert len({re.findall(rb"Message-ID: (\S+)", data)[0] for data in found}) == 4


def test_a_test_send_as_a_subscriber(desks: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """The test goes to the editor, and contains the edition and the values of the subscriber."""
    _subscriber(desks, "li.ming@example.org", ("press",), first_name="明", name="李明", company="Deep <Seek> & Co")
    assert run(["test", "2025-01-30", "--to", "anna@example.org", "--as", "LI.MING@example.org", "--json"]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    press, *_ = variants_of(desks, desks.issue("2025-01-30"))
    assert told["hash"] == hash_of((press,))
    assert [each["subscribers"] for each in told["variants"]] == ["subscribers tagged press, not tagged staff"]
    assert "李明 (li.ming@example.org) gets: the edition for subscribers tagged press, not tagged staff" in err
    mail = _sent(desks)
    assert mail.subject == "[Test] News for Deep <Seek> & Co"
    assert "Background for the press" in mail.text_html[0]
    assert "?for=Deep%20%3CSeek%3E%20%26%20Co" in mail.text_html[0]
    assert mail.headers["To"] == ["anna@example.org"]


def test_a_missing_value_of_a_subscriber_is_reported(desks: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """If a subscriber has no value for a field without a default, the test says that the issue could not be sent to them."""
    issue = desks.issue("2025-01-30")
    issue.write_text(issue.read_text(encoding="utf-8").replace(' | default("all")', ""), encoding="utf-8")
    _subscriber(desks, "b@example.org", ())
    assert run(["test", "2025-01-30", "--to", "anna@example.org", "--as", "b@example.org"]) == 0
    assert "b@example.org has no value for first_name" in capsys.readouterr().err
    assert "A shorter word for [first_name]." in _sent(desks).text_plain[0]


def test_the_preview_as_a_subscriber(desks: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """The page begins with the edition and values of the subscriber, and contains no other subscriber."""
    _subscriber(desks, "li.ming@example.org", ("staff",), name="李明", company="DeepSeek")
    _subscriber(desks, "secret@example.org", ("press",), name="Somebody Else")
    assert run(["preview", "2025-01-30", "--out", "shown", "--as", "li.ming@example.org"]) == 0
    look = _state(desks.root / "shown/index.html")
    assert look["asked"] == {"subscriber": "asked", "variant": "4"}
    assert {"key": "asked", "label": "李明 (li.ming@example.org)"} in look["subscribers"]  # type: ignore[operator]
    frame = (desks.root / "shown/edition/4-asked-light-images-plain.html").read_text(encoding="utf-8")
    assert "News for DeepSeek" in frame and "Background for the press" not in frame
    everything = "".join(path.read_text(encoding="utf-8") for path in (desks.root / "shown").rglob("*.html"))
    assert "secret@example.org" not in everything and "Somebody Else" not in everything


def test_without_subscribers_samples_are_used(desks: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a database, none is created and a sample subscriber is used; an unknown sample is reported."""
    assert run(["preview", "2025-01-30", "--out", "shown", "--as", "liming"]) == 0
    assert _state(desks.root / "shown/index.html")["asked"] == {"subscriber": "liming", "variant": "2"}
    assert run(["test", "2025-01-30", "--to", "anna@example.org", "--as", "li.ming@example.org"]) == 0
    capsys.readouterr()
    assert "In place of the background" in _sent(desks).text_html[0]
    assert run(["test", "2025-01-30", "--to", "anna@example.org", "--as", "x@example.org"]) == 2
    err = capsys.readouterr().err
    assert "x@example.org is not a subscriber" in err and "anna, liming, long, hostile" in err
    assert not list(desks.root.glob("newsletter.db*"))


def test_a_database_without_subscribers_is_treated_as_missing(
    desks: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """A test creates a database; while it is empty, sample subscribers are used, with the same message and exit code."""
    open_database(Location(path=desks.root / "newsletter.db")).close()
    assert run(["preview", "2025-01-30", "--out", "shown", "--as", "anna"]) == 0
    assert run(["test", "2025-01-30", "--to", "anna@example.org", "--as", "anna"]) == 0
    capsys.readouterr()
    for command in (["preview", "2025-01-30", "--out", "shown"], ["test", "2025-01-30", "--to", "anna@example.org"]):
        assert run([*command, "--as", "x@example.org"]) == 2
        assert "use a sample subscriber: anna, liming" in capsys.readouterr().err


def test_an_unknown_subscriber_is_reported(desks: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """With a database, only its subscribers can be used."""
    _subscriber(desks, "b@example.org", ())
    for wrong in ("liming", "nobody@example.org"):
        assert run(["preview", "2025-01-30", "--out", "shown", "--as", wrong]) == 1
        err = capsys.readouterr().err
        assert "error:" in err and "Traceback" not in err
    assert not (desks.root / "shown").exists()
