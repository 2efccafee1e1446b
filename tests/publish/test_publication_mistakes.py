"""What goes wrong around an archive: folders, a second command, settings; and pages that nothing may lead to."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from composer.app.publishing.publication_lock import only_publication
from composer.app.scaffold.newsletter_creation import copy_sample
from composer.content.document.newsletter import read_newsletter
from composer.core.errors import ContentError, OutputBusyError, OutputError
from composer.publish.site.site_manifest import NAME
from tests.publish.archives import NEWSLETTER, NOW, URL, files, letters, page, parts, publish, sample_archive

LETTER = 'subject: "{0}"\nletter:\n  body: "Dear all, {0}."\n'


def test_an_unlisted_translation(tmp_path: Path) -> None:
    """A listed page does not lead to an edition in another language that is unlisted; that one leads back."""
    workspace = sample_archive(tmp_path)
    path = workspace.root / "issues" / "2025-01-30.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\narchive: unlisted\n", encoding="utf-8")
    found = files(publish(workspace).folder)
    hidden = {name: data for name, data in found.items() if not name.startswith("2025/01-30/")}
    assert not [
        name
        for name, data in hidden.items()
        if name.endswith(("html", "xml", "json")) and b"archive/2025/01-30/" in data
    ]
    german = parts(found["de/2025/01-30/index.html"].decode())[0]
    assert "../../../2025/01-30/" not in german and "../../../" in german
    assert "../../de/2025/01-30/" in parts(found["2025/01-30/index.html"].decode())[0]


@pytest.mark.parametrize("kind", ["file", "read-only", "folder in its place"])
def test_the_record_cannot_be_written(kind: str, tmp_path: Path) -> None:
    """Without a record for the next run, the archive is not replaced, and the error names the place."""
    workspace = letters(tmp_path, d2025_01_30=LETTER.format("one"))
    publish(workspace)
    before = files(workspace.root / "public")
    (workspace.root / "issues" / "2025-01-30.yaml").write_text(f"date: 2025-01-30\n{LETTER.format('two')}")
    kept = workspace.root / ".compose"
    record = next(kept.iterdir())
    record.unlink()
    if kind == "file":
        kept.rmdir()
        kept.write_text("")
    elif kind == "read-only":
        if os.name != "posix" or os.getuid() == 0:
            pytest.skip("everything is writable")
        kept.chmod(0o500)
    else:
        record.mkdir()
    with pytest.raises(OutputError) as caught:
        publish(workspace)
    if kind == "read-only":
        kept.chmod(0o700)
    assert ".compose" in caught.value.message and caught.value.hint and caught.value.exit_code == 1
    assert files(workspace.root / "public") == before
    assert sorted(each.name for each in workspace.root.iterdir() if each.name.startswith(".public")) == []


def test_one_at_a_time(tmp_path: Path) -> None:
    """While a command writes the archive, a second one ends with 75; afterwards it works, and no lock is left."""
    workspace = letters(tmp_path, d2025_01_30=LETTER.format("one"))
    with only_publication(workspace.root / "public"), pytest.raises(OutputBusyError) as caught:
        publish(workspace)
    assert caught.value.exit_code == 75
    publish(workspace)
    assert not [each for each in workspace.root.iterdir() if each.name.startswith(".public")]


def test_what_a_killed_run_left(tmp_path: Path) -> None:
    """The next run deletes the hidden folder and the lock of a run that was killed, whenever that was."""
    workspace = letters(tmp_path, d2025_01_30=LETTER.format("one"))
    left = workspace.root / ".public-abc.new"
    (left / "public").mkdir(parents=True)
    (workspace.root / ".public.lock").write_text("")
    publish(workspace)
    assert not left.exists() and not (workspace.root / ".public.lock").exists()


def test_files_that_do_not_belong_in_git(tmp_path: Path) -> None:
    """A new newsletter leaves the archive, and what a killed run leaves, out of git."""
    copy_sample(tmp_path / "news")
    ignored = (tmp_path / "news" / ".gitignore").read_text().split("\n")
    assert {"public/", ".public-*.new/", ".public.lock"} <= set(ignored)


def test_messages_about_folders(tmp_path: Path) -> None:
    """The error names the file or folder that is in the way, and says nothing of an archive that does not exist."""
    workspace = letters(tmp_path / "news", d2025_01_30=LETTER.format("one"))
    (tmp_path / "FILE").write_text("")
    for out in (tmp_path / "FILE" / "sub", tmp_path / "FILE" / "sub" / "deeper"):
        with pytest.raises(OutputError) as caught:
            publish(workspace, out)
        assert str(tmp_path / "FILE") + " " in caught.value.message and "--out" in caught.value.hint
    if os.name == "posix" and os.getuid() != 0:
        (tmp_path / "closed").mkdir(mode=0o500)
        with pytest.raises(OutputError) as caught:
            publish(workspace, tmp_path / "closed" / "public")
        assert str(tmp_path / "closed") + " " in caught.value.message


def test_the_list_of_files_is_lost(tmp_path: Path) -> None:
    """Without the list of its files, an archive is not touched, and nobody is told to delete the files of others."""
    workspace = letters(tmp_path, d2025_01_30=LETTER.format("one"))
    out = publish(workspace).folder
    for damage in ("{", None):
        (out / NAME).write_text(damage) if damage else (out / NAME).unlink()
        before = files(out)
        with pytest.raises(OutputError) as caught:
            publish(workspace)
        assert NAME in caught.value.message and "delete" not in caught.value.hint and files(out) == before


@pytest.mark.parametrize("ending", ["?x=1", "#y", "/?x=1#y"])
def test_an_address_that_pages_cannot_be_below(ending: str, tmp_path: Path) -> None:
    """`archive: url:` with a query or a fragment is refused at its line."""
    url = f"https://news.example.org/archive{ending}"
    newsletter = NEWSLETTER.replace("https://news.example.org/archive", f'"{url}"')
    workspace = letters(tmp_path, newsletter, d2025_01_30=LETTER.format("one"))
    with pytest.raises(ContentError) as caught:
        publish(workspace)
    (problem,) = caught.value.problems
    assert (problem.path, problem.code) == ("newsletter.yaml", "url") and problem.hint
    assert url in newsletter.split("\n")[problem.line - 1]


@pytest.mark.parametrize("reason", ["true", "yes", '""', '" "', "", "'false'"])
def test_withdrawn_without_a_reason(reason: str, tmp_path: Path) -> None:
    """`withdrawn:` needs a text, because readers see it; an issue that is meant to be withdrawn is not published."""
    workspace = letters(tmp_path, d2025_01_30=LETTER.format("one") + f"withdrawn: {reason}\n")
    with pytest.raises(ContentError) as caught:
        publish(workspace)
    (problem,) = caught.value.problems
    assert (problem.line, problem.code) == (5, "required") and problem.hint


def test_the_day_is_the_day_of_the_newsletter(tmp_path: Path) -> None:
    """Times are written with the newsletter's offset, also in a second run, which makes nothing again."""
    newsletter = NEWSLETTER.replace("timezone: UTC", "timezone: Asia/Shanghai", 1)
    workspace = letters(tmp_path, newsletter, d2025_01_30=LETTER.format("one"))
    for written in (True, False):
        assert bool(publish(workspace).written) is written
        assert "<lastmod>2025-01-30</lastmod>" in (workspace.root / "public" / "sitemap.xml").read_text()
        assert '"datePublished":"2025-01-30T00:00:00+08:00"' in page(workspace, "2025/01-30/")


def test_an_archive_without_issues(tmp_path: Path) -> None:
    """The first page says that there are none, and the feed has the time when it was first written."""
    workspace = letters(tmp_path, d2025_01_30=LETTER.format("one") + "archive: unlisted\n")
    for later in (0, 5):
        publish(workspace, now=NOW + timedelta(days=later))
        assert "<p>No issues have been published yet.</p>" in page(workspace, "") and "<ul class=" not in page(
            workspace, ""
        )
        feed = (workspace.root / "public" / "feed.xml").read_text()
        assert "<updated>2025-03-01T12:00:00Z</updated>" in feed


def test_pages_of_years(tmp_path: Path) -> None:
    """The page of the latest year is the first page once more; those of earlier years are in the sitemap."""
    workspace = letters(tmp_path, d2024_01_30=LETTER.format("one"), d2025_01_30=LETTER.format("two"))
    publish(workspace)
    assert f'rel="canonical" href="{URL}/"' in page(workspace, "2025/")
    assert f'rel="canonical" href="{URL}/2024/"' in page(workspace, "2024/")
    sitemap = (workspace.root / "public" / "sitemap.xml").read_text()
    assert f"<loc>{URL}/2024/</loc>" in sitemap and f"<loc>{URL}/2025/</loc>" not in sitemap


def test_texts_of_numbers_are_whole(tmp_path: Path) -> None:
    """The table of a section of numbers has the whole text of each."""
    text = "A long text about the number. " * 20
    number = f'subject: s\nletter:\n  body: b\nnumbers:\n  value: "7"\n  body: "{text}"\n  outlet: AP\n'
    workspace = letters(tmp_path, d2025_01_30=number)
    publish(workspace)
    assert text.strip() in page(workspace, "sections/numbers/")


def test_every_page_names_the_publisher(tmp_path: Path) -> None:
    """Lists, sections and the page for unknown addresses have the imprint and the link to the privacy policy, once."""
    workspace = sample_archive(tmp_path)
    known = {tag: read_newsletter(workspace, tag) for tag in (None, "de")}
    found = {name: data.decode() for name, data in files(publish(workspace).folder).items() if name.endswith(".html")}
    assert len(found) > 20
    for name, text in found.items():
        newsletter = known["de" if name.startswith("de/") else None]
        (email,) = newsletter.contact_addresses
        assert text.count(f'href="{newsletter.privacy_url}"') == 1 and f'href="mailto:{email}"' in text, name
