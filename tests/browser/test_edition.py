"""How the sample's editions look in Chromium, opened from disk."""

import base64
import io
import json
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from selenium.webdriver import Chrome

from tests.browser.pages import STEMS, Page

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("stem", STEMS)]

#: The height of the window, in CSS pixels.
_HEIGHT = 800


def open_page(driver: Chrome, page: Path, width: int, scheme: str = "light") -> None:
    """Open a page in a window of a width in CSS pixels, in light or dark mode."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": _HEIGHT, "deviceScaleFactor": 1, "mobile": False},
    )
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    # A page that differs from the last one only in its fragment would not be loaded again.
    driver.get("about:blank")
    driver.get(page.as_uri())


def picture(driver: Chrome, page: Path, width: int, scheme: str) -> Image.Image:
    """Return a screenshot of a whole page."""
    open_page(driver, page, width, scheme)
    height = driver.execute_script("return document.documentElement.scrollHeight")
    shot = driver.execute_cdp_cmd(
        "Page.captureScreenshot",
        {
            "format": "png",
            "optimizeForSpeed": True,
            "captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1},
        },
    )
    return Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")


def requests(driver: Chrome) -> set[str]:
    """Return the addresses requested since the last call, including failed ones."""
    log: list[dict[str, str]] = driver.get_log("performance")  # type: ignore[no-untyped-call]
    messages = [json.loads(entry["message"])["message"] for entry in log]
    return {
        message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"
    }


def different(one: Image.Image, other: Image.Image) -> str:
    """Return where two pictures differ; empty if every pixel is the same."""
    if one.size != other.size:
        return f"sizes {one.size} and {other.size}"
    box = ImageChops.difference(one, other).getbbox()
    return f"pixels within {box}" if box else ""


@pytest.mark.parametrize(("width", "scheme"), [(700, "light"), (375, "light"), (375, "dark")])
def test_inlining_changes_no_pixel(driver: Chrome, built: dict[str, Page], stem: str, width: int, scheme: str) -> None:
    """The edition looks like plain mrml output.

    mrml does not inline, and a theme's inline.css is applied only by the inliner. Plain output is therefore the compiled
    document, byte for byte, with these rules in a style element for the browser to apply. The element is the last in the
    head: in a style attribute, the rules win over mrml's own resets, and so they do there for selectors of the same
    weight. A rule that applies too widely or not at all, a lost doctype, media rule or !important, or a changed width would
    move pixels. The next test proves that the comparison notices this.
    """
    final = picture(driver, built[stem].final, width, scheme)
    plain = picture(driver, built[stem].plain, width, scheme)
    assert final.height > 4 * _HEIGHT
    assert different(final, plain) == ""


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (700, "dark"), (375, "light"), (320, "light")])
def test_fewer_wrappers_change_no_pixel(
    driver: Chrome, built: dict[str, Page], stem: str, width: int, scheme: str
) -> None:
    """The edition looks like one with all wrappers that the compiler puts around sections."""
    final = picture(driver, built[stem].final, width, scheme)
    assert different(final, picture(driver, built[stem].wrapped, width, scheme)) == ""
    assert len(built[stem].final.read_bytes()) < len(built[stem].wrapped.read_bytes()) - 4_000


def test_the_comparison_notices_differences(driver: Chrome, built: dict[str, Page], stem: str) -> None:
    """Without inline.css, and in dark mode, the same comparison finds different pixels."""
    plain = picture(driver, built[stem].plain, 375, "light")
    assert different(plain, picture(driver, built[stem].bare, 375, "light"))
    assert different(plain, picture(driver, built[stem].plain, 375, "dark"))


def test_the_browser_uses_standards_mode(driver: Chrome, built: dict[str, Page], stem: str) -> None:
    """The doctype is kept: no quirks mode."""
    open_page(driver, built[stem].final, 700)
    assert driver.execute_script("return document.compatMode") == "CSS1Compat"


@pytest.mark.parametrize("width", [320, 375, 700])
def test_the_page_does_not_scroll_sideways(driver: Chrome, built: dict[str, Page], stem: str, width: int) -> None:
    """Nothing is wider than the window, from a small phone to a desktop."""
    open_page(driver, built[stem].final, width)
    inner, content = driver.execute_script(
        "return [document.documentElement.clientWidth, document.documentElement.scrollWidth]"
    )
    assert inner == width
    assert content <= inner


def test_nothing_is_requested_from_the_network(driver: Chrome, built: dict[str, Page], stem: str) -> None:
    """Opening the page requests only the page and its own pictures."""
    driver.get("about:blank")
    requests(driver)
    open_page(driver, built[stem].final, 700)
    asked = requests(driver)
    folder = built[stem].final.parent
    pictures = {picture.as_uri() for picture in (folder / "pictures").iterdir()}
    assert asked - {"about:blank"} == {built[stem].final.as_uri(), *pictures}
    timed = driver.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [name for name in timed if not name.startswith("file:")] == []


def test_contents_links_lead_to_their_places(driver: Chrome, built: dict[str, Page], stem: str) -> None:
    """A click on each line of the contents scrolls its target to the top, or as close as the page's end allows."""
    open_page(driver, built[stem].final, 375)
    places = driver.execute_script(
        """
        const root = document.scrollingElement;
        return [...document.querySelectorAll('a[href^="#"]')].map(link => {
            root.scrollTop = 0;
            link.click();
            const name = decodeURIComponent(link.hash.slice(1));
            const target = document.getElementById(name) || document.getElementsByName(name)[0];
            const atEnd = Math.ceil(root.scrollTop + root.clientHeight) >= root.scrollHeight;
            return [name, root.scrollTop, target ? target.getBoundingClientRect().top : null, atEnd];
        })
        """
    )
    assert len(places) >= 5
    for name, scrolled, top, at_end in places:
        assert top is not None, f"#{name} leads nowhere"
        assert scrolled > 0, f"#{name} does not scroll"
        assert abs(top) <= 1 or (at_end and 0 <= top < _HEIGHT), f"#{name} ends at {top}"
    # Two lines with the same target would be a mistake in the anchors.
    assert len({name for name, *_ in places}) == len(places)


def test_pictures_load(driver: Chrome, built: dict[str, Page], stem: str) -> None:
    """Every picture of the page loads, including those for dark mode."""
    open_page(driver, built[stem].final, 700)
    shown = driver.execute_script("return [...document.images].map(image => [image.src, image.naturalWidth])")
    assert shown
    assert [source for source, width in shown if width == 0] == []
