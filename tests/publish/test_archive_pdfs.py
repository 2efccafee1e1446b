"""The PDFs of an archive: linked from pages, feeds and messages, printed only when needed, gone with their issue."""

import json
from pathlib import Path

import feedparser
import pytest

from composer.core.workspace import Workspace
from composer.editions.pipeline import build_issue
from tests.pdf.foreign_readers import judged, text_of
from tests.publish.archives import NEWSLETTER, URL, broken_links, files, letters, page, publish, write_issue

pytestmark = [pytest.mark.slow, judged]

WITH_PDF = f"{NEWSLETTER}  pdf: archive\n"
TEXT = (
    'subject: "News {0}"\nletter:\n  body: |\n    A letter about {0}.\ntopics:\n  - title: Topic {0}\n    facts: Two.\n'
)
PDF = "2025/01-30/2025-01-30.pdf"


def _two_letters(folder: Path, newsletter: str = WITH_PDF) -> Workspace:
    return letters(folder, newsletter, d2025_01_30=TEXT.format("one"), d2025_02_06=TEXT.format("two"))


def test_pages_and_feeds_lead_to_the_pdf(tmp_path: Path) -> None:
    """The page links the PDF, which has the text of the issue; each feed names its address and size; no link is broken."""
    workspace = _two_letters(tmp_path)
    result = publish(workspace)
    data = (result.folder / PDF).read_bytes()
    assert result.problems == () and "A letter about one." in text_of(result.folder / PDF)
    assert f'href="../../{PDF}" type="application/pdf"' in page(workspace, "2025/01-30/")
    for name in ("feed.xml", "rss.xml"):
        entry = feedparser.parse((result.folder / name).read_bytes()).entries[1]
        enclosure = entry.enclosures[0]
        assert (enclosure.href, enclosure.type) == (f"{URL}/{PDF}", "application/pdf")
        assert int(enclosure.length) == len(data)
    item = json.loads((result.folder / "feed.json").read_text("utf-8"))["items"][1]
    assert item["attachments"] == [{"url": f"{URL}/{PDF}", "mime_type": "application/pdf", "size_in_bytes": len(data)}]
    assert not list(broken_links(result.folder))


def test_only_changed_issues_are_printed(tmp_path: Path) -> None:
    """A comment prints nothing, a text prints its own issue, a missing PDF is printed again; the same text, the same bytes."""
    workspace = _two_letters(tmp_path)
    folder = publish(workspace).folder
    before, inode = files(folder), (folder / PDF).stat().st_ino
    write_issue(workspace, "2025-01-30", f"# A comment.\n{TEXT.format('one')}")
    publish(workspace)
    assert (folder / PDF).stat().st_ino == inode
    write_issue(workspace, "2025-02-06", TEXT.format("three"))
    publish(workspace)
    assert (folder / PDF).stat().st_ino == inode
    assert "about three." in text_of(folder / "2025/02-06/2025-02-06.pdf")
    (folder / PDF).unlink()
    publish(workspace)
    assert files(folder)[PDF] == before[PDF]
    assert publish(workspace).written == 0


def test_issues_without_a_pdf(tmp_path: Path) -> None:
    """A withdrawn issue has no PDF; without the setting, no issue has one, and nothing leads there."""
    workspace = _two_letters(tmp_path)
    folder = publish(workspace).folder
    write_issue(workspace, "2025-01-30", f'withdrawn: "A mistake."\n{TEXT.format("one")}')
    publish(workspace)
    assert not (folder / PDF).exists() and (folder / "2025/02-06/2025-02-06.pdf").exists()
    assert [len(each.enclosures) for each in feedparser.parse((folder / "feed.xml").read_bytes()).entries] == [1, 0]
    assert not list(broken_links(folder))
    (workspace.root / "newsletter.yaml").write_text(NEWSLETTER, encoding="utf-8")
    publish(workspace)
    assert not [path for path in files(folder) if path.endswith(".pdf")]
    assert ".pdf" not in page(workspace, "2025/02-06/") and b".pdf" not in files(folder)["feed.xml"]


def test_what_is_wrong_is_reported_until_it_is_mended(tmp_path: Path) -> None:
    """A character without a font is a finding at its line, and the PDF is published and printed again by the next run."""
    workspace = letters(tmp_path, WITH_PDF, d2025_01_30='subject: News\nletter:\n  body: "A sign: \U0001b100"\n')
    first, second = publish(workspace), publish(workspace)
    for result in (first, second):
        assert [(each.code, each.path, each.line) for each in result.problems] == [
            ("PDF02", "issues/2025-01-30.yaml", 4)
        ]
        assert (result.folder / PDF).exists()
    write_issue(workspace, "2025-01-30", 'subject: News\nletter:\n  body: "A sign: x"\n')
    assert publish(workspace).problems == () == publish(workspace).problems


def test_messages_may_lead_to_the_pdf(tmp_path: Path) -> None:
    """With `pdf: messages`, both parts of a message have the address of the PDF; with `archive`, neither has."""
    for setting, is_linked in (("archive", False), ("messages", True)):
        workspace = _two_letters(tmp_path / setting, f"{NEWSLETTER}  pdf: {setting}\n")
        edition = build_issue(workspace, workspace.issue("2025-01-30")).edition
        assert (f"{URL}/{PDF}" in edition.html, f"{URL}/{PDF}" in edition.text) == (is_linked, is_linked)
