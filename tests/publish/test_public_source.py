"""The public source of an issue: read again, it gives the same page, whatever the issue contains."""

import shutil
from pathlib import Path

import pytest

from composer.content.document.issue import read_issue
from composer.content.document.newsletter import read_newsletter
from composer.core.workspace import Workspace
from composer.publish.rendered_issue import render_issue
from composer.publish.sources.public_source import PublicSource, as_yaml, public_source
from composer.publish.sources.source_workspace import SourceWorkspace
from tests.factories import ROOT

pytestmark = pytest.mark.slow

_ISSUES = sorted(
    path
    for root in (
        ROOT,
        *(ROOT / "examples").rglob("newsletter.yaml"),
        *(ROOT / "tests" / "golden").rglob("newsletter.yaml"),
    )
    for path in ((root if root.is_dir() else root.parent) / "issues").glob("*.yaml")
)


@pytest.mark.parametrize("path", _ISSUES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_page_is_the_same(path: Path) -> None:
    """From its stored source, an issue has the same article, items, events and pictures as from its file."""
    workspace = Workspace.find(path)
    newsletter, issue = read_issue(workspace, path)
    source, pictures = public_source(issue, newsletter)
    again = PublicSource.from_bytes(source.to_bytes())
    assert again == source and set(source.pictures.values()) == set(pictures)
    today = read_newsletter(workspace, workspace.language_of(path))
    stored = SourceWorkspace(workspace, pictures.__getitem__)
    try:
        other_newsletter, other = stored.read(again, today, path.stem)
        assert public_source(other, other_newsletter)[0].digest == source.digest
        first, second = render_issue(issue, newsletter, ""), render_issue(other, other_newsletter, "")
    finally:
        stored.close()
    assert first.edition.body == second.edition.body
    assert (first.items, first.events) == (second.items, second.events)
    assert [path for path, _ in first.pictures] == [path for path, _ in second.pictures]


def test_odd_characters(tmp_path: Path) -> None:
    """Texts with backslashes, quotes and line separators are read as they were written."""
    odd = "a\\b \"c\" 'd' # e: f\u2028g\x85h\nsecond line: - x\n"
    (tmp_path / "x.yaml").write_text(as_yaml({"text": odd, "list": ["a", odd]}), encoding="utf-8")
    import yaml

    assert yaml.safe_load((tmp_path / "x.yaml").read_text(encoding="utf-8")) == {"text": odd, "list": ["a", odd]}
    shutil.rmtree(tmp_path)
