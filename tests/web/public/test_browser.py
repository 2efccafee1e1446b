"""Every page in Chromium: at phone width, in light and dark mode, with and without scripts, checked by axe-core."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import WebDriverWait

from composer.audience.identity.tokens import Purpose
from composer.audience.subscribers import Status
from composer.core.workspace import Workspace
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.web.public.pages.review_pages import ReviewAnswer
from tests.browser.test_accessibility import axe
from tests.web.public.page_harness import STEM, TOKEN, Desk, frozen
from tests.web.public.running import Running, phrase, running

__all__ = ["axe"]

pytestmark = pytest.mark.browser

PHONE_WIDTH = 375


@pytest.fixture
def desk(publication: Workspace) -> Desk:
    return Desk(edition=frozen(publication))


@pytest.fixture
def shown(publication: Workspace, sqlite_template: Path, tmp_path: Path, desk: Desk) -> Iterator[Running]:
    """Pages with an edition that has been sent and that is under review."""
    path = Path(shutil.copy(sqlite_template, tmp_path / "newsletter.db"))
    with (
        open_database(Location(path=path)) as database,
        running(publication, database, approvals=desk, editions=desk) as made,
    ):
        yield made


@pytest.fixture(params=["with scripts", "without"])
def browser(request: pytest.FixtureRequest, driver: Chrome) -> Iterator[Chrome]:
    """A browser at phone width, with scripts allowed or blocked."""
    _set(driver, "light")
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": request.param == "without"})
    yield driver
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def _set(driver: Chrome, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    size = {"width": PHONE_WIDTH, "height": 800, "deviceScaleFactor": 2, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def _open(driver: Chrome, pages: Running, path: str) -> None:
    driver.get(f"http://127.0.0.1:{pages.port}/n{path}")


def _title(driver: Chrome) -> str:
    return driver.find_element(By.TAG_NAME, "h1").text


def _press(driver: Chrome, words: str) -> None:
    """Press a button, and wait for the next page."""
    buttons = [each for each in driver.find_elements(By.TAG_NAME, "button") if each.text == words]
    assert len(buttons) == 1, words
    _click(driver, buttons[0])


def _follow(driver: Chrome, words: str) -> None:
    """Follow a link, and wait for the next page."""
    _click(driver, driver.find_element(By.LINK_TEXT, words))


def _click(driver: Chrome, element: WebElement) -> None:
    before = driver.find_element(By.TAG_NAME, "html")
    element.click()
    # While the page changes, the driver may raise any of its exceptions.
    WebDriverWait(driver, 10, ignored_exceptions=[WebDriverException]).until(staleness_of(before))


def _written(driver: Chrome, name: str, text: str) -> None:
    field = driver.find_element(By.NAME, name)
    field.clear()
    field.send_keys(text)


def test_a_subscriber_from_sign_up_to_erasure(browser: Chrome, shown: Running) -> None:
    """A subscriber subscribes, confirms, changes preferences, unsubscribes and deletes their data."""
    _open(browser, shown, "/subscribe")
    _written(browser, "email", "anna@example.net")
    # The sample greets by first name, so the form asks for it.
    _written(browser, "first_name", "Anna")
    _press(browser, "Subscribe")
    assert _title(browser) == phrase("posted_title")
    shown.settled()
    _open(browser, shown, shown.link_in(shown.mail()[-1]))
    _press(browser, phrase("confirm_button"))
    assert _title(browser) == phrase("welcome_title")

    _open(browser, shown, "/preferences")
    _written(browser, "email", "anna@example.net")
    _press(browser, phrase("ask_button"))
    assert _title(browser) == phrase("posted_title")
    shown.settled()
    _open(browser, shown, shown.link_in(shown.mail()[-1]))
    own = browser.current_url
    _written(browser, "field-company", "ACME")
    browser.find_element(By.CSS_SELECTOR, "input[value=events]").click()
    _press(browser, "Save")
    assert phrase("own_saved") in browser.find_element(By.TAG_NAME, "main").text
    subscriber = shown.subscriber("anna@example.net")
    assert subscriber is not None
    assert (subscriber.tags, subscriber.fields, subscriber.status) == (("events",), {"company": "ACME"}, Status.ACTIVE)

    _open(browser, shown, f"/unsubscribe/{shown.token(Purpose.UNSUBSCRIBE, subscriber)}")
    _press(browser, "Unsubscribe")
    assert _title(browser) == phrase("left_title")
    _written(browser, "reason", "Too many")
    _press(browser, phrase("left_reason_button"))
    assert "Thank you" in browser.find_element(By.TAG_NAME, "main").text
    subscriber = shown.subscriber("anna@example.net")
    assert subscriber is not None
    assert subscriber.status is Status.UNSUBSCRIBED

    browser.get(own)
    _follow(browser, phrase("own_erase_link"))
    assert _title(browser) == phrase("erase_title")
    _follow(browser, phrase("erase_keep"))
    _follow(browser, "Deutsch")
    _follow(browser, phrase("own_erase_link", "de"))
    _press(browser, phrase("erase_button", "de"))
    assert _title(browser) == phrase("erased_title", "de")
    assert shown.subscriber("anna@example.net") is None


def test_an_editor_approves(browser: Chrome, shown: Running, desk: Desk) -> None:
    """The edition is shown in a frame with its pictures; a request for changes needs a comment."""
    _open(browser, shown, f"/approve/{TOKEN}")
    browser.switch_to.frame(browser.find_element(By.TAG_NAME, "iframe"))
    assert "A frugal Chinese model unsettles the AI race" in browser.find_element(By.TAG_NAME, "body").text
    assert _pictures(browser) > 3
    browser.switch_to.default_content()
    _press(browser, "Request changes")
    assert phrase("approve_no_comment") in browser.find_element(By.TAG_NAME, "main").text
    assert desk.answers == []
    _written(browser, "comment", "A typo\nin line 2")
    _press(browser, "Request changes")
    assert _title(browser) == phrase("returned_title")
    _open(browser, shown, f"/approve/{TOKEN}")
    assert phrase("decided_again") in browser.find_element(By.TAG_NAME, "main").text
    _press(browser, "Approve")
    assert _title(browser) == phrase("approved_title")
    assert desk.answers == [
        (ReviewAnswer.NO, "A typo\nin line 2", shown.clock.now),
        (ReviewAnswer.YES, "", shown.clock.now),
    ]


def test_an_edition_is_read_online(browser: Chrome, shown: Running) -> None:
    """The edition as sent, with its pictures and without a subscriber's values."""
    _open(browser, shown, f"/{STEM}")
    assert "A frugal Chinese model unsettles the AI race" in browser.find_element(By.TAG_NAME, "body").text
    assert _pictures(browser) > 3


def _pictures(driver: Chrome) -> int:
    """Count the visible pictures; fail if one is missing."""
    seen = [each for each in driver.find_elements(By.TAG_NAME, "img") if each.is_displayed()]
    assert all(int(str(each.get_property("naturalWidth"))) > 0 for each in seen)
    return len(seen)


def _every_page(pages: Running, address: str) -> dict[str, str]:
    """Return every page that can be opened, by name."""
    subscriber = pages.join(address, "press", name="Anna", company="ACME")
    token = pages.token(Purpose.UNSUBSCRIBE, subscriber)
    pages.post_form("/subscribe", {"email": f"new-{address}"})
    pages.settled()
    own = pages.own_link(subscriber)
    return {
        "leave": f"/unsubscribe/{token}",
        "broken": "/unsubscribe/x",
        "subscribe": "/subscribe",
        "ask": "/preferences",
        "passed on": f"/preferences/{pages.token(Purpose.PREFERENCES, subscriber)}",
        "confirm": pages.link_in(pages.mail()[-1]),
        "own": own,
        "erase": f"{own}/erase",
        "approve": f"/approve/{TOKEN}",
        "missing": "/nothing",
    }


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "de"), ("light", "ar"), ("dark", "ar")])
def test_pages_pass_axe_at_phone_width(driver: Chrome, axe: str, shown: Running, scheme: str, language: str) -> None:
    """No axe-core finding, nothing wider than the screen, nothing fetched from other sites, no policy violation."""
    _set(driver, scheme)
    for name, path in _every_page(shown, "anna@example.net").items():
        _open(driver, shown, f"{path}?language={language}")
        assert driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == language
        _judge(driver, axe, name)
    for submit in (_wrong, _left, _posted) if language == "en" else ():
        submit(driver, shown)
        _judge(driver, axe, submit.__name__)
    # Violations of the Content-Security-Policy are logged here; an expected 404 is not one.
    told = [each for each in _told(driver) if f":{shown.port}/" in each]
    assert [each for each in told if "the server responded with a status of 4" not in each] == []
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def _told(driver: Chrome) -> list[str]:
    """Return Chromium's log messages since the last call."""
    log: Any = driver.get_log("browser")  # type: ignore[no-untyped-call]
    return [str(entry["message"]) for entry in log]


def _wrong(driver: Chrome, pages: Running) -> None:
    _open(driver, pages, "/subscribe")
    driver.execute_script("document.forms[0].noValidate = true")
    _written(driver, "email", "anna")
    _press(driver, "Subscribe")
    assert driver.switch_to.active_element.get_attribute("name") == "email"


def _left(driver: Chrome, pages: Running) -> None:
    _open(driver, pages, f"/unsubscribe/{pages.token(Purpose.UNSUBSCRIBE, pages.join('left@example.net'))}")
    _press(driver, "Unsubscribe")


def _posted(driver: Chrome, pages: Running) -> None:
    _open(driver, pages, "/subscribe")
    _written(driver, "email", "anna@example.net")
    _press(driver, "Subscribe")


def _judge(driver: Chrome, axe: str, name: str) -> None:
    width = driver.execute_script("return document.documentElement.scrollWidth")
    assert width == PHONE_WIDTH, name
    driver.execute_script(axe)
    found = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations'], iframes: false})"
        ".then(result => done(result.violations.map(each => [each.id, each.impact, each.nodes[0].html])))"
    )
    assert found == [], name


def test_mails_pass_axe(driver: Chrome, axe: str, shown: Running, tmp_path: Path) -> None:
    """The mails pass as well, in light and dark mode; only landmarks are missing, which mail programs remove."""
    shown.join("anna@example.net")
    shown.post_form("/preferences", {"email": "anna@example.net", "language": "de"})
    shown.post_form("/subscribe", {"email": "new@example.net", "language": "ar"})
    assert shown.settled() == ["accepted", "accepted"]
    for number, message in enumerate(shown.mail()):
        html = next(part for part in message.walk() if part.get_content_type() == "text/html")
        page = tmp_path / f"{number}.html"
        page.write_text(html.get_content(), encoding="utf-8")
        for scheme in ("light", "dark"):
            _set(driver, scheme)
            driver.get(page.as_uri())
            assert driver.execute_script("return document.documentElement.scrollWidth") == PHONE_WIDTH
            driver.execute_script(axe)
            found = driver.execute_async_script(
                "const done = arguments[arguments.length - 1];"
                "axe.run(document, {resultTypes: ['violations']})"
                ".then(result => done(result.violations.map(each => [each.id, each.impact])))"
            )
            assert {tuple(each) for each in found} <= {("landmark-one-main", "moderate"), ("region", "moderate")}
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
