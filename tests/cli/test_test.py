"""The commands `compose test` and `compose dkim` without a server."""

import json
import re
from pathlib import Path

import fast_mail_parser
import pytest

from composer.cli.main import run
from composer.core.workspace import Workspace
from tests.factories import sample


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    for name in ("COMPOSE_SMTP_URL", "COMPOSE_SMTP_PASSWORD", "COMPOSE_SMTP_HOST"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CONFIG_HOME", "APPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "config"))
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return sample(folder)


def _change(workspace: Workspace, old: str, new: str) -> None:
    path = workspace.root / "newsletter.yaml"
    whole = path.read_text(encoding="utf-8")
    assert old in whole
    path.write_text(whole.replace(old, new), encoding="utf-8")


def _add(workspace: Workspace, text: str) -> None:
    _change(workspace, "\ndelivery:\n", f"\ndelivery:\n{text}")


NONE = "\neditors:\n  - editors@example.org\n"
EDITORS = "\neditors:\n  - anna@example.org\n  - Ben Li 李本 <ben@example.org>\n  - ANNA@example.org\n"


def test_without_a_server_it_writes_files_and_says_so(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """One message per address, with [Test] before the subject; the hash is that of the build."""
    _change(workspace, NONE, EDITORS)
    _add(workspace, "  list_id: briefing.news.example.org\n  feedback_id: examplebrief\n")
    assert run(["build", "2025-01-30", "--json"]) == 0
    built = json.loads(capsys.readouterr().out)["issues"][0]["hash"]
    assert run(["test", "2025-01-30"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "anna@example.org   written   anna@example.org.eml",
        "ben@example.org    written   ben@example.org.eml",
        f"edition {built}",
    ]
    assert "are written to outbox/tests/2025-01-30/" in err.splitlines()[0]
    assert "1 blocker to fix:   compose check 2025-01-30" in err
    data = (workspace.root / "outbox" / "tests" / "2025-01-30" / "ben@example.org.eml").read_bytes()
    mail = fast_mail_parser.parse_email(data)
    assert mail.subject == "[Test] A cheap model shakes up the AI race"
    assert "Dear Ben," in mail.text_plain[0] and "Dear Ben," in mail.text_html[0]
    headers = data.partition(b"\r\n\r\n")[0].decode("ascii")
    assert "List-Id: China Briefing <briefing.news.example.org>" in headers
    assert "Feedback-ID: test:2025-01-30:examplebrief" in headers
    assert "Auto-Submitted: auto-generated" in headers
    assert "List-Unsubscribe" not in headers and "DKIM-Signature" not in headers
    # Links that will be personal lead to the public pages, without a token.
    assert set(re.findall(r"https://news\.example\.org/n/\S+?(?=[\">\s])", mail.text_html[0])) == {
        "https://news.example.org/n/2025-01-30",
        "https://news.example.org/n/preferences",
        "https://news.example.org/n/subscribe",
        "https://news.example.org/n/unsubscribe",
    }


def test_a_new_newsletter_can_be_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """After `compose init`, without settings, the messages are written to the outbox, as the first line says."""
    assert run(["init", str(tmp_path / "new"), "--sample"]) == 0
    monkeypatch.chdir(tmp_path / "new")
    capsys.readouterr()
    assert run(["test", "2025-01-30"]) == 0
    out, err = capsys.readouterr()
    assert "are written to outbox/tests/2025-01-30/" in err.splitlines()[0]
    assert out.startswith("editors@example.org   written   editors@example.org.eml\nedition ")
    assert (tmp_path / "new" / "outbox" / "tests" / "2025-01-30" / "editors@example.org.eml").is_file()


def test_all_languages_at_once(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """Several issues are sent one after the other; a mistake in one of them is reported before anything is written."""
    assert run(["test", "2025-01-30", "2025-01-30.de", "--to", "anna@example.org"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["anna@example.org", "edition"] * 2
    tests = workspace.root / "outbox" / "tests"
    assert {path.parent.name for path in tests.rglob("*.eml")} == {"2025-01-30", "2025-01-30.de"}
    assert run(["test", "2025-01-30", "2025-01-30.de", "--to", "anna@example.org", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["issues"]
    assert [each["issue"] for each in found] == ["issues/2025-01-30.yaml", "issues/2025-01-30.de.yaml"]
    assert run(["test", "2025-01-30.de", "--to", "anna@example.org"]) == 0
    assert "2025-01-30 was not tested:   compose test 2025-01-30 2025-01-30.de\n" in capsys.readouterr().err
    (workspace.root / "issues/2025-01-30.de.yaml").write_text("date: 2025-01-30\n", encoding="utf-8")
    before = {path.stat().st_mtime_ns for path in tests.rglob("*.eml")}
    assert run(["test", "2025-01-30", "2025-01-30.de", "--to", "anna@example.org"]) == 1
    assert {path.stat().st_mtime_ns for path in tests.rglob("*.eml")} == before


def test_two_sends_are_two_messages(workspace: Workspace) -> None:
    """A second test of the same edition has its own Message-ID, so that mail programs show both."""
    ids = []
    for _ in range(2):
        assert run(["test", "2025-01-30", "--to", "anna@example.org"]) == 0
        data = (workspace.root / "outbox" / "tests" / "2025-01-30" / "anna@example.org.eml").read_bytes()
        ids += re.findall(rb"Message-ID: (\S+)", data)
    assert len(set(ids)) == 2


def test_mistakes_are_one_line_each(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """No editors, a wrong address, a missing server, a broken issue: each is reported, and nothing is written."""
    _change(workspace, NONE, "\n")
    for arguments, code, words in (
        (["test", "2025-01-30"], 2, "lists no editors"),
        (["test", "2025-01-30", "--to", "anna"], 2, "--to: "),
        (["test", "2025-01-30", "--to", "a@example.org", "--transport", "smtp"], 1, "no mail server is configured"),
        (["test", "2025-01-30", "--to", "a@b.example\r\nBcc: x@example.org"], 2, "--to: "),
    ):
        assert run(arguments) == code
        err = capsys.readouterr().err
        assert words in err and "Traceback" not in err
    issue = workspace.root / "issues" / "2025-01-30.yaml"
    issue.write_text(issue.read_text(encoding="utf-8").replace("date: 2025-01-30", "date: x"), encoding="utf-8")
    assert run(["test", "2025-01-30", "--to", "a@example.org"]) == 1
    assert "2025-01-30.yaml:2:7: error:" in capsys.readouterr().err
    assert not (workspace.root / "outbox").exists()


def test_keys_are_made_shown_and_sign(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """keygen writes two private keys outside the workspace and prints their records; then messages are signed.

    Before newsletter.yaml names the keys, show finds them, and prints what to add.
    """
    assert run(["dkim", "show"]) == 2
    assert "no key for news.example.org was found" in capsys.readouterr().err
    assert run(["dkim", "keygen"]) == 0
    records, said = capsys.readouterr()
    names = [f"name   {name}._domainkey.news.example.org" for name in ("compose-rsa", "compose-ed")]
    assert [line for line in records.splitlines() if line.startswith("name")] == names
    assert records.count("type   TXT\nvalue  v=DKIM1; k=") == 2
    keys = sorted((workspace.root.parent / "config").rglob("*.pem"))
    assert [key.name for key in keys] == ["compose-ed.pem", "compose-rsa.pem"]
    assert all(key.stat().st_mode & 0o077 == 0 for key in keys)
    assert "PRIVATE" not in records + said
    assert run(["dkim", "keygen"]) == 2
    assert "the key already exists" in capsys.readouterr().err
    assert run(["dkim", "show"]) == 0
    shown, how = capsys.readouterr()
    assert sorted(shown.splitlines()) == sorted(records.splitlines())
    assert "delivery:\n    dkim:\n      selectors:\n        - compose-ed\n        - compose-rsa\n" in how
    assert run(["dkim", "keygen", "--domain", "other.example"]) == 0
    capsys.readouterr()
    assert run(["dkim", "show", "--domain", "other.example"]) == 0
    assert "      domain: other.example\n" in capsys.readouterr().err
    assert run(["dkim", "show", "compose-ed", "compose-rsa", "--domain", "other.example"]) == 0
    assert capsys.readouterr().out.count("other.example") == 2
    for key in (workspace.root.parent / "config").rglob("other.example/*.pem"):
        key.unlink()
    _add(workspace, "  dkim:\n    selectors:\n      - compose-rsa\n      - compose-ed\n")
    assert run(["dkim", "show"]) == 0
    assert capsys.readouterr().out == records
    assert run(["test", "2025-01-30", "--to", "anna@example.org"]) == 0
    data = (workspace.root / "outbox" / "tests" / "2025-01-30" / "anna@example.org.eml").read_bytes()
    assert data.count(b"DKIM-Signature:") == 2
    keys[0].chmod(0o644)
    capsys.readouterr()
    assert run(["test", "2025-01-30", "--to", "anna@example.org"]) == 1
    assert "chmod 600" in capsys.readouterr().err


def test_the_doctor_offline(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything that needs no network is checked, with the next steps; exit code 0 if nothing is wrong."""
    _change(workspace, NONE, "\n")
    assert run(["doctor", "--offline"]) == 0
    out = capsys.readouterr().out
    assert "mail server: not set up" in out and "test messages have no recipients" in out and "mjml-python" in out
    _add(workspace, "  dkim:\n    selectors:\n      - gone\n")
    assert run(["doctor", "--offline"]) == 1
    assert "WRONG            key gone" in capsys.readouterr().out
