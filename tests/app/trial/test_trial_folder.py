"""The copy of a trial has nothing that could reach a subscriber, and the newsletter is only read."""

from pathlib import Path

import pytest

from composer.app.context import notes_of
from composer.app.trial.trial_folder import disarm, make_trial_folder, trial_environment
from composer.content.document.newsletter import read_newsletter
from composer.core.workspace import Workspace
from composer.database.location import location_of
from composer.delivery.config.delivery_settings import settings_of
from composer.delivery.config.resolve import servers_of, signing_of, transport_name
from tests.factories import sample

_REAL = """\
delivery:
  smtp:
    host: smtp.example.org
    username: briefing
  public_url: https://news.example.org/n
  unsubscribe_mailto: leave@news.example.org
  bounces: bounces@news.example.org
  imap:
    host: imap.example.org
    username: bounces
  dkim:
    selectors:
      - compose-rsa
  rate: 14/s
database: postgresql://db.example.org/briefing
approvals:
  needed: 1
  by:
    - anna@example.org
"""
#: What is in the folder of a newsletter that is used, and must not be in the copy.
_PRIVATE = (
    "newsletter.db", "newsletter.db-wal", ".env", "keys/rsa.pem", "subscribers.csv", "outbox/x.html", "public/index.html",
    ".git/config", ".compose/issue.schema.json",
)  # fmt: skip


@pytest.fixture
def newsletter(tmp_path: Path) -> Workspace:
    """The sample with the settings and files of a newsletter that is sent."""
    folder = tmp_path / "newsletter"
    folder.mkdir()
    workspace = sample(folder)
    path = folder / "newsletter.yaml"
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition("delivery:\n")
    rest = rest.partition("\n\n")[2]
    text = f"{before}{_REAL}\n{rest}".replace("  accent:", "  assets_url: https://cdn.example.org/p\n  accent:")
    path.write_text(text, encoding="utf-8")
    for name in _PRIVATE:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("private", encoding="utf-8")
    return workspace


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_copy_sends_to_this_computer_only(
    newsletter: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings and variables for real sending have no effect in the copy; its addresses end with .invalid."""
    for name, value in {
        "COMPOSE_SMTP_URL": "smtps://smtp.example.org",
        "COMPOSE_DATABASE_URL": "postgresql://db.example.org/x",
        "COMPOSE_SECRET_KEY": "k" * 64,
    }.items():
        monkeypatch.setenv(name, value)
    before = _files(newsletter.root)
    copy = make_trial_folder(newsletter, tmp_path / "trial", 2525)
    environment, found = trial_environment(copy), read_newsletter(copy)
    [(_, server)], settings = servers_of(found, copy, environment), settings_of(found)
    assert (server.host, server.port, server.username, server.secret) == ("127.0.0.1", 2525, None, None)
    assert transport_name(found, environment) == "smtp" and signing_of(found) is None
    assert location_of(found, copy, environment.environment).path == copy.root / "newsletter.db"
    assert settings.public_url == "https://newsletter.invalid/n" and settings.bounces == "bounces@newsletter.invalid"
    assert settings.approvals == 0 and settings.assets_url is None and settings.unsubscribe_mailto is None
    assert environment.folder.is_relative_to(copy.root) and notes_of(environment).is_relative_to(copy.root)
    assert _files(newsletter.root) == before


def test_every_language_is_marked(newsletter: Workspace, tmp_path: Path) -> None:
    """The name and the sender of each edition begin with the mark; its other settings are as they were."""
    copy = make_trial_folder(newsletter, tmp_path / "trial", 2525)
    for language in (None, "de"):
        found, real = read_newsletter(copy, language), read_newsletter(newsletter, language)
        assert found.name == f"Trial: {real.name}" and str(found.sender.name).startswith("Trial: ")
        assert found.sender.address == "newsletter@newsletter.invalid" and found.reply_to is None
        assert [each.address for each in found.editors] == ["editor@newsletter.invalid"]
        assert found.sections == real.sections and found.postal_address == real.postal_address
        assert found.fields == real.fields and found.zone == real.zone


def test_a_newsletter_without_editors_gets_one(newsletter: Workspace, tmp_path: Path) -> None:
    """Sending requires a test, and a test requires an editor."""
    path = newsletter.root / "newsletter.yaml"
    text = path.read_text(encoding="utf-8").replace("editors:\n  - editors@example.org\n", "")
    assert "\neditors:" not in text
    path.write_text(text, encoding="utf-8")
    found = read_newsletter(make_trial_folder(newsletter, tmp_path / "trial", 2525))
    assert [each.address for each in found.editors] == ["editor@newsletter.invalid"]


def test_private_files_are_not_copied(newsletter: Workspace, tmp_path: Path) -> None:
    """Neither databases, keys, lists and hidden files, nor what the program wrote; issues and pictures are copied."""
    copied = _files(make_trial_folder(newsletter, tmp_path / "trial", 2525).root)
    assert not set(copied) & set(_PRIVATE)
    expected = {name for name in _files(newsletter.root) if name not in _PRIVATE}
    assert set(copied) == expected and "issues/2025-01-30.yaml" in copied
    assert copied["issues/2025-01-30.yaml"] == (newsletter.root / "issues" / "2025-01-30.yaml").read_bytes()


def test_a_kept_folder_sends_nothing(newsletter: Workspace, tmp_path: Path) -> None:
    """After the trial, messages from the folder would be written to files, whatever is called there."""
    copy = make_trial_folder(newsletter, tmp_path / "trial", 2525)
    disarm(copy)
    found = read_newsletter(copy)
    assert transport_name(found, trial_environment(copy)) == "outbox" and not found.delivery.smtp
    assert found.name == "Trial: China Briefing"
