"""`compose trial` in a browser: sign up, confirm, send, read, unsubscribe in two ways, bounce, report; nothing leaves."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.common.exceptions import TimeoutException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.test_web_pages import _own_screen, axe
from tests.factories import ROOT, sample

pytestmark = pytest.mark.browser

__all__ = ("_own_screen", "axe")

_SECONDS = 30
_BANNER = "This is a trial"
_SUBSCRIBER = "jo.doe@accepts.example"


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a trial's pages; at its end, its temporary folder is gone and the newsletter is unchanged."""
    folder = tmp_path_factory.mktemp("trial")
    newsletter, temporary = folder / "newsletter", folder / "tmp"
    newsletter.mkdir()
    temporary.mkdir()
    workspace = sample(newsletter)
    before = _files(workspace.root)
    process = subprocess.Popen(
        [sys.executable, "-m", "composer", "trial", "--no-open", "--subscribers", "6"],
        cwd=workspace.root,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(folder / "state")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url.startswith("http://127.0.0.1:"), process.communicate()
    yield url
    process.send_signal(signal.SIGTERM)
    out, said = process.communicate(timeout=_SECONDS)
    assert process.returncode == 0, said
    assert "all recipients are accounted for" in out and "Traceback" not in said
    assert list(temporary.iterdir()) == [] and _files(workspace.root) == before
    assert not (folder / "state").exists()


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _wait(driver: Chrome, text: str) -> str:
    """Wait for a text on the page that is open, and return its whole text."""
    with contextlib.suppress(TimeoutException):
        WebDriverWait(driver, _SECONDS).until(lambda page: text in _text(page))
    found = _text(driver)
    assert text in found
    return found


def _text(driver: Chrome) -> str:
    return str(driver.execute_script("return document.body ? document.body.innerText : ''"))


def _open(driver: Chrome, url: str) -> str:
    """Open a page, which has the banner of the trial."""
    driver.get(url)
    return _wait(driver, _BANNER)


def _message(driver: Chrome, trial: str, recipient: str, subject: str) -> str:
    """Open the newest message to a recipient, as soon as it has arrived; return its address."""
    row = f"//tr[td[contains(., '{recipient}')]]//a[contains(., '{subject}')]"
    _open(driver, trial)
    WebDriverWait(driver, _SECONDS).until(lambda page: page.find_elements(By.XPATH, row))
    return str(driver.find_element(By.XPATH, row).get_attribute("href"))


def _link(driver: Chrome, part: str) -> str:
    """Return the first link of the message's text part that contains a text."""
    links = driver.find_elements(By.CSS_SELECTOR, ".plain a")
    return next(href for link in links if part in (href := str(link.get_attribute("href"))))


def _press(driver: Chrome, button: str) -> None:
    """Submit a form, and wait for the page that answers."""
    driver.execute_script("document.documentElement.id = 'left'")
    driver.find_element(By.CSS_SELECTOR, button).click()
    answered = "return document.documentElement.id !== 'left' && document.readyState === 'complete'"
    WebDriverWait(driver, _SECONDS).until(lambda page: page.execute_script(answered))
    _wait(driver, _BANNER)


def test_a_mailing_from_sign_up_to_report(driver: Chrome, axe: str, trial: str) -> None:
    """Every step has its effect on the next mailing, every page has the banner, and axe-core finds nothing on any."""
    _open(driver, f"{trial}n/")
    driver.find_element(By.CSS_SELECTOR, "input[type=email]").send_keys(_SUBSCRIBER)
    _press(driver, "form button")
    _open(driver, _message(driver, trial, _SUBSCRIBER, "onfirm"))
    _open(driver, _link(driver, "/n/confirm/"))
    _press(driver, "form button")

    assert "the 7 subscribers" in _open(driver, trial)
    _press(driver, "form[action='/send'] button")
    assert "bounced later" in _wait(driver, "bounced later")
    report = _wait(driver, "The mailing has ended")
    assert re.search(r"7\s+recipients", report) and re.search(r"6\s+accepted", report), report
    assert re.search(r"1\s+rejected", report) and "550 5.1.1 No such mailbox" in report

    message = _message(driver, trial, _SUBSCRIBER, "A cheap model")
    _open(driver, message)
    driver.switch_to.frame(driver.find_element(By.TAG_NAME, "iframe"))
    assert "In this issue" in driver.find_element(By.TAG_NAME, "body").text
    pictures = driver.execute_script("return [...document.images].map(each => [each.naturalWidth, each.src])")
    assert pictures and all(width > 0 and url.startswith(trial) for width, url in pictures), pictures
    links = [str(each.get_attribute("href")) for each in driver.find_elements(By.TAG_NAME, "a")]
    driver.switch_to.default_content()
    assert not any("newsletter.invalid" in each for each in links if each.startswith("http"))
    _open(driver, next(each for each in links if "/n/preferences/" in each))
    _open(driver, next(each for each in links if "/n/unsubscribe/" in each))
    _press(driver, "form button")

    assert "In this issue" in _open(driver, f"{trial}n/2025-01-30")

    other = _message(driver, trial, "anna.adler.1@accepts.example", "A cheap model")
    _open(driver, other)
    _press(driver, "form[action$='/unsubscribe'] button")
    assert "is unsubscribed" in _wait(driver, "is unsubscribed")

    # Two unsubscribed, one bounced, one was rejected: three are left.
    assert "the 3 subscribers" in _open(driver, trial)
    _press(driver, "form[action='/send'] button")
    _wait(driver, "Mailing 2 of")
    _wait(driver, "The mailing has ended")
    assert re.search(r"3\s+accepted", driver.find_element(By.TAG_NAME, "pre").text)
    assert "bela.adler.2@accepts.example" not in _open(driver, f"{trial}report")

    shown = {"overview": "", "message": "messages/7", "missing": "messages/9999", "report": "report", "signup": "n/"}
    for scheme in ("light", "dark"):
        for width in (375, 1280):
            _resize(driver, scheme, width)
            for name, path in shown.items():
                _open(driver, f"{trial}{path}")
                assert driver.execute_script("return document.documentElement.scrollWidth") <= width, (name, width)
                assert _findings(driver, axe) == [], (name, scheme, width)


def _resize(driver: Chrome, scheme: str, width: int) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


def _findings(driver: Chrome, axe: str) -> object:
    """Return what axe-core finds on a page, without the frame that shows a message."""
    driver.execute_script(axe)
    return driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations'], iframes: false})"
        ".then(result => done(result.violations.map(each => [each.id, each.impact, each.nodes[0].html])))"
    )
