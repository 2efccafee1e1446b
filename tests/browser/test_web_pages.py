"""Web editions in a browser: accessible in light and dark, no wider than any screen, with lines that are easy to read."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.browser.chromium import show
from tests.browser.tools import AXE
from tests.factories import ROOT
from tests.render.web.pages import WEB_CASES, WebCase, build_case, write_page
from tests.sizes import sized

pytestmark = pytest.mark.browser

#: The narrowest and the widest screen, or all that are usual, in both schemes.
_SCREENS = sized(
    [("light", 320), ("dark", 1600)],
    [(scheme, width) for scheme in ("light", "dark") for width in (320, 375, 700, 1600)],
)
#: The golden issues, and one issue of each newsletter in the gallery of designs.
_CASES = [
    *WEB_CASES,
    *(
        WebCase(name=folder.name, root=folder, stem="first")
        for folder in sorted((ROOT / "examples" / "brands").iterdir())
    ),
]


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core."""
    if not AXE.is_file():
        reason = "needs axe-core: make test-tools"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _own_screen(driver: Chrome) -> Iterator[None]:
    """Leave the browser's screen as other tests expect it."""
    yield
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def _open(driver: Chrome, page: Path, width: int, scheme: str = "light") -> None:
    show(driver, page.as_uri(), width, scheme)


@pytest.mark.parametrize("case", _CASES, ids=[case.name for case in _CASES])
def test_axe_finds_nothing_on_any_screen(driver: Chrome, axe: str, case: WebCase, tmp_path: Path) -> None:
    """axe-core has no finding at all, and the page does not scroll sideways."""
    page = write_page(build_case(case, tmp_path / "source"), tmp_path / "page")
    for scheme, width in _SCREENS:
        _open(driver, page, width, scheme)
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width, width
        driver.execute_script(axe)
        found = driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {resultTypes: ['violations']})"
            ".then(result => done(result.violations.map(each => [each.id, each.impact, each.nodes[0].html])))"
        )
        assert found == [], (scheme, width)


@pytest.mark.parametrize("width", [700, 1600])
def test_lines_have_60_to_75_characters(driver: Chrome, width: int, tmp_path: Path) -> None:
    """On screens that are wide enough, the full lines of the sample's paragraphs have this length on average."""
    page = write_page(build_case(WEB_CASES[0], tmp_path / "source"), tmp_path / "page")
    _open(driver, page, width)
    lines = driver.execute_script(
        """
        const counts = [];
        for (const p of document.querySelectorAll('.section-briefs .item > p, .section-digest .item > p:not(.meta)')) {
          const range = document.createRange(), tops = new Map();
          const walker = document.createTreeWalker(p, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) for (let i = 0; i < walker.currentNode.length; i++) {
            range.setStart(walker.currentNode, i); range.setEnd(walker.currentNode, i + 1);
            const box = range.getBoundingClientRect();
            if (box.width) { const top = Math.round(box.bottom / 6); tops.set(top, (tops.get(top) || 0) + 1); }
          }
          counts.push(...[...tops.values()].slice(0, -1));
        }
        return counts;
        """
    )
    assert len(lines) > 20
    assert 60 <= sum(lines) / len(lines) <= 75


def test_the_contents_stay_in_view_on_wide_screens(driver: Chrome, tmp_path: Path) -> None:
    """They are next to the text, and still visible at its end; every entry leads to its place."""
    page = write_page(build_case(WEB_CASES[0], tmp_path / "source"), tmp_path / "page")
    _open(driver, page, 1600)
    driver.execute_script("document.documentElement.style.scrollBehavior = 'auto'; window.scrollTo(0, 5000)")
    nav, text = driver.execute_script(
        "return ['.contents', '.section'].map(each => document.querySelector(each).getBoundingClientRect().toJSON())"
    )
    assert nav["right"] < text["left"]
    assert 0 <= nav["top"] < 100
    for link in driver.execute_script("return [...document.querySelectorAll('.contents a')].map(each => each.href)"):
        driver.get(link)
        assert driver.execute_script("return document.querySelector(':target') !== null"), link


def test_the_focus_is_visible(driver: Chrome, tmp_path: Path) -> None:
    """A link that the keyboard reaches has an outline."""
    page = write_page(build_case(WEB_CASES[0], tmp_path / "source"), tmp_path / "page")
    _open(driver, page, 700)
    outline = driver.execute_script(
        "const link = document.querySelector('.contents a'); link.focus({focusVisible: true});"
        "return getComputedStyle(link).outlineStyle + getComputedStyle(link).outlineWidth"
    )
    assert outline == "solid3px"
