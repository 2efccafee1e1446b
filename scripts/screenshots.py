"""Draw the pictures of README and the docs: `python -m scripts.screenshots`, or `make screenshots`. Needs Chromium.

Input: the sample issue, and the newsletter of docs/tutorial/first-mailing.md. Output: docs/images/*.png.
"""

import os
import subprocess
import sys
import tempfile
from base64 import b64encode
from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import element_to_be_clickable, presence_of_element_located
from selenium.webdriver.support.wait import WebDriverWait

from composer.core.workspace import Workspace
from composer.editions.outbox import write
from composer.editions.pipeline import build_issue
from tests.browser.chromium import chromium, show
from tests.factories import ROOT, sample
from tests.walkthrough import play

IMAGES = ROOT / "docs" / "images"
_SECONDS = 60
#: What the picture of the edition shows: width of the screen in pixels, color scheme, and how far it is scrolled.
_SCREENS = ((375, "light", 0), (375, "dark", 1060), (700, "light", 0))
_HEIGHT = 1000
#: A weak link, which the preview points out.
_WEAK_LINK = ("[for anyone to download]", "[here]")


def main() -> int:
    """Write each picture."""
    with tempfile.TemporaryDirectory() as name, chromium(Path(name) / "profile") as driver:
        folder = Path(name)
        _write("sample", _draw_sample(driver, folder / "sample"))
        _write("preview", _draw_preview(driver, folder / "preview"))
        _write("report", _draw_report(driver, folder / "report"))
    return 0


def _write(name: str, picture: bytes) -> None:
    path = IMAGES / f"{name}.png"
    path.write_bytes(picture)
    print(path.relative_to(ROOT))


def _draw_sample(driver: Chrome, folder: Path) -> bytes:
    """The edition on a phone in light and in dark mode, and on a wide screen, next to each other."""
    workspace = Workspace.find(ROOT)
    page = write(build_issue(workspace, workspace.issue("2025-01-30")), folder)[0].resolve().as_uri()
    pictures = ""
    for width, scheme, top in _SCREENS:
        show(driver, page, width, scheme, height=_HEIGHT)
        driver.execute_script(f"scrollTo(0, {top})")
        picture = b64encode(driver.get_screenshot_as_png()).decode()
        pictures += f"<img src='data:image/png;base64,{picture}' width={width} height={_HEIGHT}>"
    together = folder / "together.html"
    style = "body{margin:0;display:flex;gap:24px;padding:24px;background:#e9eaee}"
    together.write_text(f"<!doctype html><style>{style}</style>{pictures}", encoding="utf-8")
    width = sum(screen[0] for screen in _SCREENS) + 24 * (len(_SCREENS) + 1)
    show(driver, together.as_uri(), width, height=_HEIGHT + 48)
    return driver.get_screenshot_as_png()


def _draw_preview(driver: Chrome, folder: Path) -> bytes:
    """The preview with a finding that is selected."""
    folder.mkdir()
    workspace = sample(folder)
    issue = workspace.issue("2025-01-30")
    text = issue.read_text(encoding="utf-8")
    assert _WEAK_LINK[0] in text
    issue.write_text(text.replace(*_WEAK_LINK), encoding="utf-8")
    command = [sys.executable, "-m", "composer", "preview", "2025-01-30", "--no-open"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=workspace.root, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        show(driver, process.stdout.readline().strip(), 1200, height=750)
        wait = WebDriverWait(driver, _SECONDS)
        finding = (By.XPATH, "//*[contains(@class, 'finding')][contains(., 'A11Y05')]")
        wait.until(element_to_be_clickable(finding)).click()
        wait.until(presence_of_element_located((By.CSS_SELECTOR, ".finding[aria-current=true]")))
        return driver.get_screenshot_as_png()
    finally:
        process.terminate()
        process.wait(_SECONDS)


def _draw_report(driver: Chrome, folder: Path) -> bytes:
    """The report of the mailing in the tutorial."""
    folder.mkdir()
    play(folder)
    (page,) = folder.glob("outbox/mailings/1-report/report.html")
    show(driver, page.as_uri(), 760, height=1000)
    return driver.get_screenshot_as_png()


if __name__ == "__main__":
    sys.exit(main())
