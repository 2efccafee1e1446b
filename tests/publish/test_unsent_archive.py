"""The archive of issue files: what is left out, what is refused, and whose addresses are looked for."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from composer.app.publishing.address_lookup import address_lookup
from composer.app.publishing.issue_file_archive import publish_files
from composer.cli.main import run
from composer.core.environment import Environment
from composer.core.errors import ContentError, OutputError, UsageError
from composer.database.engine import connect
from composer.database.location import Location
from composer.publish.site.site_manifest import NAME
from tests.audience.people import join
from tests.databases import with_tables
from tests.publish.archives import NOW, files, letters, page, publish, write_issue

pytestmark = pytest.mark.slow

TEXT = 'subject: "The news"\nletter:\n  body: Hello.\n'


def test_later_issues_are_left_out(tmp_path: Path) -> None:
    """A draft with a later date is not read; the issue of today is published; other names are reported."""
    workspace = letters(tmp_path / "news", d2025_02_28=TEXT, d2025_03_01=TEXT, d2025_03_02="subject: [\n")
    (workspace.root / "issues" / "special edition.yaml").write_text(f"date: 2025-01-01\n{TEXT}")
    (workspace.root / "issues" / "part.yaml").write_text("- title: Part of an issue\n")
    result = publish(workspace)
    assert result.issues == 2
    assert (result.later, result.misnamed) == (("issues/2025-03-02.yaml",), ("issues/special edition.yaml",))
    with pytest.raises(ContentError):
        publish(workspace, now=NOW + timedelta(days=1))


def test_nothing_to_publish(tmp_path: Path) -> None:
    """Without an issue up to today, the archive stays as it is."""
    workspace = letters(tmp_path / "news", d2025_02_28=TEXT)
    publish(workspace)
    before = files(workspace.root / "public")
    for name in ("2025-03-09.yaml", "notes.txt"):
        [issue] = (workspace.root / "issues").iterdir()
        issue.rename(issue.with_name(name))
        with pytest.raises(UsageError):
            publish(workspace)
    assert files(workspace.root / "public") == before


def test_another_kind_of_archive(tmp_path: Path) -> None:
    """An archive of what was sent is not replaced with files; a folder without a kind is."""
    workspace = letters(tmp_path / "news", d2025_02_28=TEXT)
    publish(workspace)
    manifest = workspace.root / "public" / NAME
    given = json.loads(manifest.read_bytes())
    manifest.write_text(json.dumps({**given, "kind": "sent"}))
    before = files(workspace.root / "public")
    with pytest.raises(OutputError):
        publish(workspace)
    assert files(workspace.root / "public") == before
    assert publish(workspace, tmp_path / "other").issues == 1
    manifest.write_text(json.dumps({key: value for key, value in given.items() if key != "kind"}))
    publish(workspace)
    manifest.write_text(json.dumps({**given, "kind": "strange"}))
    with pytest.raises(OutputError):
        publish(workspace)


def test_addresses_of_subscribers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the database is there, the address of a subscriber is an error, also on a page that was published before."""
    workspace = letters(tmp_path / "news", d2025_02_28=TEXT.replace("Hello.", "Write to Anna@Example.net."))
    environment = Environment(environment={}, folder=tmp_path)
    with address_lookup(workspace, environment) as is_subscriber:
        assert is_subscriber is None
        assert not publish_files(workspace, now=NOW, is_subscriber=is_subscriber).is_checked
    assert not (workspace.root / "newsletter.db").exists()
    with_tables(workspace.root / "newsletter.db")
    with connect(Location(path=workspace.root / "newsletter.db")) as database, database.write() as connection:
        join(connection, "anna@example.net")
    with address_lookup(workspace, environment) as is_subscriber, pytest.raises(ContentError) as caught:
        publish_files(workspace, now=NOW, is_subscriber=is_subscriber)
    assert [each.code for each in caught.value.problems] == ["private"]
    monkeypatch.chdir(workspace.root)
    assert run(["publish", "--unsent"]) != 0
    write_issue(workspace, "2025-02-28", TEXT + "withdrawn: Ask anna@example.net.\n")
    assert run(["publish", "--unsent"]) != 0
    write_issue(workspace, "2025-02-28", TEXT)
    assert run(["publish", "--unsent"]) == 0 and "Hello." in page(workspace, "2025/02-28/")


def test_withdrawn_in_one_language(tmp_path: Path) -> None:
    """The other language is reported until it is withdrawn, too."""
    workspace = letters(tmp_path / "news", d2025_02_28=TEXT + "withdrawn: A mistake.\n")
    (workspace.root / "newsletter.de.yaml").write_text("language: de\n")
    write_issue(workspace, "2025-02-28.de", TEXT)
    assert publish(workspace).still_readable == ("2025-02-28.de",)
    write_issue(workspace, "2025-02-28.de", TEXT + "withdrawn: A mistake.\n")
    assert publish(workspace).still_readable == ()
