"""A headless Chromium with a profile of its own: for the tests in a browser, and for the pictures in the docs."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

MISSING = "needs chromium and chromedriver: apt-get install chromium chromium-driver"
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


@contextmanager
def chromium(profile: Path) -> Iterator[Chrome]:
    """Start a Chromium with an empty folder as its profile.

    Raises:
        FileNotFoundError: Chromium or its driver is not installed.
    """
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    service = shutil.which("chromedriver")
    if browser is None or service is None:
        raise FileNotFoundError(MISSING)
    options = ChromeOptions()
    options.binary_location = browser
    # All requests of a page, including failed ones: Chromium's own list of resources is incomplete.
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    driver = Chrome(options=options, service=Service(service))
    try:
        yield driver
    finally:
        driver.quit()


def show(driver: Chrome, url: str, width: int, scheme: str = "light", height: int = 900, scale: float = 1) -> None:
    """Open a page on a screen of this size in CSS pixels, in light or dark."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    screen = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    driver.get(url)
