"""The link to the online edition in a message leads to the archive, if the newsletter has one."""

from pathlib import Path

import pytest

from composer.editions.pipeline import build_issue
from tests.publish.archives import URL, sample_archive

pytestmark = pytest.mark.slow


def test_read_online(tmp_path: Path) -> None:
    """With an archive, the link is the address of the page; an issue that is not in the archive keeps its web copy."""
    workspace = sample_archive(tmp_path)
    built = build_issue(workspace, workspace.issue("2025-01-30.de"))
    assert f'href="{URL}/de/2025/01-30/"' in built.html and f"<{URL}/de/2025/01-30/>" in built.text
    path = workspace.issue("2025-01-30")
    path.write_text(path.read_text(encoding="utf-8") + "\narchive: none\n", encoding="utf-8")
    left_out = build_issue(workspace, path)
    assert f"{URL}/2025" not in left_out.html and "https://news.example.org/n/2025-01-30" in left_out.html
