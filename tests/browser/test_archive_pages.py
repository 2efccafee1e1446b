"""The pages of the archive in a browser: accessible in light and dark, and no wider than any screen."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from composer.app.publishing.issue_file_archive import publish_files
from composer.core.workspace import Workspace
from tests.browser.test_web_pages import _open, _own_screen, axe
from tests.publish.archives import ARCHIVE, sample_archive

pytestmark = pytest.mark.browser

__all__ = ("_own_screen", "axe")
_PAGES = (
    "index.html",
    "2024/index.html",
    "2025/01-30/index.html",
    "de/2025/01-30/index.html",
    "2024/12-01/index.html",
    "sections/metrix/index.html",
    "sections/topics/index.html",
    "404.html",
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, with a withdrawn issue of an earlier year whose title is one long word."""
    workspace: Workspace = sample_archive(tmp_path_factory.mktemp("news"))
    text = (workspace.root / "issues" / "2025-01-30.yaml").read_text(encoding="utf-8")
    earlier = text.replace("date: 2025-01-30", "date: 2024-12-01").replace("number: 214", "number: 207")
    earlier = earlier.replace("A cheap model shakes up the AI race", "Word" * 60) + '\nwithdrawn: "It was wrong."\n'
    (workspace.root / "issues" / "2024-12-01.yaml").write_text(earlier, encoding="utf-8")
    assert ARCHIVE in (workspace.root / "newsletter.yaml").read_text(encoding="utf-8")
    return publish_files(workspace, now=datetime(2025, 3, 1, tzinfo=UTC)).folder


@pytest.mark.parametrize("page", _PAGES)
def test_axe_finds_nothing(driver: Chrome, axe: str, archive: Path, page: str) -> None:
    """axe-core has no finding on any page, at any width, in light and dark; no page scrolls sideways."""
    for scheme in ("light", "dark"):
        for width in (320, 375, 700, 1600):
            _open(driver, archive / page, width, scheme)
            assert driver.execute_script("return document.documentElement.scrollWidth") <= width, (page, width)
            driver.execute_script(axe)
            found = driver.execute_async_script(
                "const done = arguments[arguments.length - 1];"
                "axe.run(document, {resultTypes: ['violations']})"
                ".then(result => done(result.violations.map(each => [each.id, each.impact, each.nodes[0].html])))"
            )
            assert found == [], (page, scheme, width)
