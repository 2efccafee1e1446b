"""The documentation as a site: links lead somewhere, nothing comes from other hosts, and it is accessible in light and dark."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.browser.chromium import show
from tests.browser.test_web_pages import _own_screen, axe
from tests.factories import ROOT
from tests.sizes import sized

pytestmark = pytest.mark.browser

__all__ = ("_own_screen", "axe")
_PAGES = sized(
    ("docs/tutorial/first-mailing.html",),
    (
        "index.html",
        "search.html",
        "docs/tutorial/first-mailing.html",
        "docs/reference/checks.html",
        "docs/reference/commands/sending.html",
    ),
)
#: What a page loads by itself; links that people follow may lead to other hosts.
_LOADED = re.compile(
    r'<(?:script|img|iframe)[^>]* src="(?:https?:)?//|<link(?![^>]*rel="canonical")[^>]* href="(?:https?:)?//'
)


@pytest.mark.timeout(900)
def test_the_site_has_every_page_and_is_accessible(driver: Chrome, axe: str, tmp_path: Path) -> None:
    """Sphinx finds no dead link (it would stop); all pages are there; none scrolls sideways; axe-core finds nothing serious."""
    site = tmp_path / "site"
    subprocess.run([sys.executable, "-m", "scripts.docs_site", str(site)], cwd=ROOT, check=True)
    pages = [path.relative_to(ROOT).with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")]
    assert len(pages) > 60
    assert [page for page in pages if not (site / page).is_file()] == []
    for page in site.rglob("*.html"):
        assert not _LOADED.search(page.read_text(encoding="utf-8")), page
    driver.set_script_timeout(200)  # seconds: the table of checks has thousands of elements
    for name in _PAGES:
        for scheme in ("light", "dark"):
            for width in (375, 1280):
                show(driver, (site / name).as_uri(), width, scheme)
                assert driver.execute_script("return document.documentElement.scrollWidth") <= width, (name, width)
                driver.execute_script(axe)
                found = driver.execute_async_script(
                    "const done = arguments[arguments.length - 1];"
                    "axe.run(document, {resultTypes: ['violations']}).then(result => done(result.violations"
                    ".filter(each => ['serious', 'critical'].includes(each.impact))"
                    ".map(each => [each.id, each.nodes.length, each.nodes[0].html])))"
                )
                assert found == [], (name, scheme, width)
