"""The page in Chromium: every view, live updates, places, keys, and accessibility in light and dark mode."""

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By

from composer.core.errors import Problem
from composer.web.preview.preview_export import write
from composer.web.preview.view_model import PreviewModel, ShownVariant
from tests.browser.tools import AXE
from tests.web.preview.conftest import Preview

pytestmark = pytest.mark.browser

VIEWS = {
    "desktop": "iframe",
    "phone": "iframe",
    "both": "iframe",
    "web": "iframe",
    "print": "iframe",
    "text": "pre.grid",
    "inbox": ".inbox .row",
    "order": ".line",
    "headers": "dl.headers dt",
    "source": "pre.source",
}
CLIENTS = ("clipped", "nostyle", "outlook", "inverted")


class Page:
    """The page of a preview in a browser."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, url: str, scheme: str = "light") -> None:
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 1440, "height": 900, "deviceScaleFactor": 1, "mobile": False},
        )
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get("about:blank")
        self.driver.get(url)
        self.until(lambda: self.script("return document.documentElement.dataset.version"))

    def script(self, code: str, *given: object) -> Any:
        return self.driver.execute_script(code, *given)

    def until(self, holds: Callable[[], Any]) -> Any:
        """Wait for a condition; fail after half a minute."""
        end = time.monotonic() + 30
        while not (found := holds()):
            assert time.monotonic() < end, self.text("body")[:800]
            time.sleep(0.01)
        return found

    def drawn(self, selector: str) -> None:
        self.until(lambda: self.count(selector))

    def loaded(self, frame: str) -> None:
        """Wait until a frame shows a document whose name contains this."""
        self.until(
            lambda: self.script("return sheets.some(each => each.frame?.dataset.shown?.includes(arguments[0]))", frame)
        )

    # The page redraws itself on every save. An element held here could be gone before its text is read, so each
    # query is one script: nothing is redrawn while it runs.
    def count(self, selector: str) -> int:
        found: int = self.script("return document.querySelectorAll(arguments[0]).length", selector)
        return found

    def visible(self, selector: str) -> int:
        found: int = self.script(
            "return [...document.querySelectorAll(arguments[0])]"
            ".filter(each => each.checkVisibility({visibilityProperty: true})).length",
            selector,
        )
        return found

    def text(self, selector: str) -> str:
        """Return the visible text of the first matching element, or an empty text."""
        found: str = self.script(
            "const found = document.querySelector(arguments[0]);"
            "return found?.checkVisibility({visibilityProperty: true}) ? found.innerText.trim() : ''",
            selector,
        )
        return found

    def click(self, selector: str, index: int = 0) -> None:
        """Click with the pointer; try again if the page was redrawn in between."""
        for attempt in range(10):
            try:
                self.driver.find_elements(By.CSS_SELECTOR, selector)[index].click()
            except (StaleElementReferenceException, IndexError):
                if attempt == 9:
                    raise
                time.sleep(0.05)
            else:
                return

    def frame(self, code: str) -> Any:
        """Evaluate an expression with `page`, the first frame's document."""
        return self.script(
            "const frame = document.querySelector('iframe:not(.loading)');"
            f"const page = frame && frame.contentDocument; return page ? ({code}) : null"
        )

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def mistakes(self) -> list[str]:
        """Return the messages of the console."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]  # type: ignore[no-untyped-call]


@pytest.fixture
def page(driver: Chrome) -> Iterator[Page]:
    """A page whose console must stay empty."""
    shown = Page(driver)
    shown.mistakes()
    yield shown
    said = [said for said in shown.mistakes() if "ERR_CONNECTION_REFUSED" not in said]
    driver.get("about:blank")
    assert said == []


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core."""
    if not AXE.is_file():
        reason = "needs axe-core: make test-tools"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return AXE.read_text(encoding="utf-8")


def serious(page: Page) -> list[list[str]]:
    """Return the serious and critical axe-core findings of the page; editions have their own tests."""
    found: list[list[str]] = page.driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations'], iframes: false}).then(result => done(result.violations"
        ".filter(each => ['serious', 'critical'].includes(each.impact))"
        ".map(each => [each.id, each.nodes.map(node => node.html).join(' ').slice(0, 300)])))"
    )
    return found


def with_findings(preview: Preview) -> None:
    """Add a finding far down in the issue (line 107), and one in a setting that no block shows."""
    settings = preview.workspace.root / "newsletter.yaml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("editors@example", "no-reply@example"), encoding="utf-8"
    )
    source = preview.path.read_text(encoding="utf-8")
    preview.save(source.replace("- **Panama Canal and Greenland:**", "- **Panama Canal and TODO:**"))
    preview.until(lambda told: {each["code"] for each in told["problems"]} == {"EDIT07", "FROM01"})


def test_every_view_is_drawn(shared: Preview, page: Page) -> None:
    """Each view opens by its key, each simulation by its name; the frame is as tall as its content."""
    page.open(shared.server.url)
    assert not page.visible(".whose")
    for view, selector in VIEWS.items():
        page.script("choose('view', arguments[0])", view)
        page.drawn(selector)
        assert page.script("return new URLSearchParams(location.hash.slice(1)).get('view') || 'phone'") == view
    page.script("choose('view', 'desktop')")
    for client in CLIENTS:
        page.script("choose('client', arguments[0])", client)
        page.loaded(client)
        assert page.text(".notice").startswith("Simulation.")
    assert page.frame("page.documentElement.scrollHeight <= frame.clientHeight")
    assert page.frame("frame.clientHeight") > 3000


def test_a_narrow_window_shows_everything(shared: Preview, page: Page) -> None:
    """At phone width, no parts of the header overlap, and the page does not scroll sideways."""
    page.open(shared.server.url)
    size = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    overlaps = page.script(
        "const boxes = [...document.querySelectorAll('.bar > *, .tools label, .options > *')]"
        ".filter(each => each.tagName !== 'FIELDSET').map(each => [each, each.getBoundingClientRect()]);"
        "return boxes.flatMap(([one, a], at) => boxes.slice(at + 1).filter(([other, b]) => !one.contains(other)"
        " && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1"
        " && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)"
        ".map(([other]) => `${one.id || one.innerText} / ${other.id || other.innerText}`))"
    )
    assert overlaps == []
    assert page.script("return document.documentElement.scrollWidth <= innerWidth")


def test_the_phone_is_first(shared: Preview, page: Page) -> None:
    """Without a choice, the page shows a phone of 375 pixels with its first screen marked; on a phone, without its edge."""
    page.open(shared.server.url)
    page.until(lambda: page.frame("page.body.innerText.includes('Nvidia')"))
    assert page.script("return sheets.map(each => [each.width, each.scale])") == [[375, 1]]
    assert page.script("return [sheets[0].fold.hidden, sheets[0].fold.style.top]") == [False, "812px"]
    size = {"width": 375, "height": 812, "deviceScaleFactor": 1, "mobile": False}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    page.until(lambda: page.script("return sheets[0].paper.getBoundingClientRect().width") == 375)
    assert page.script("return sheets[0].scale") == 1
    for view in VIEWS:
        page.script("choose('view', arguments[0])", view)
        page.drawn(VIEWS[view])
        assert page.script("return document.documentElement.scrollWidth") == 375, view


def test_another_language_and_another_issue(sampled: Preview, page: Page) -> None:
    """The page switches to both, keeps what was chosen, and shows its own issue's files."""
    english = sampled.path.read_text(encoding="utf-8")
    sampled.path.with_name("2025-02-06.yaml").write_text(english.replace("2025-01-30", "2025-02-06"), encoding="utf-8")
    page.open(f"{sampled.server.url}#scheme=dark")
    page.until(lambda: page.count("#date option") == 2 and page.count("#language option") == 2)
    assert page.text("#language").split() == ["English", "German"]
    page.script(
        "const it = document.getElementById('language'); it.selectedIndex = 1; it.dispatchEvent(new Event('change'))"
    )
    page.until(lambda: page.text("#issue") == "issues/2025-01-30.de.yaml")
    page.loaded("dark")
    assert page.frame("page.documentElement.lang") == "de"
    page.script(
        "const it = document.getElementById('date'); it.value = '2025-02-06'; it.dispatchEvent(new Event('change'))"
    )
    page.until(lambda: page.text("#issue") == "issues/2025-02-06.yaml")
    page.until(lambda: not page.visible("#language"))
    sampled.path.with_name("2025-02-06.yaml").write_text(
        english.replace("2025-01-30", "2025-02-06").replace("A start-up that few", "One company that few"),
        encoding="utf-8",
    )
    page.until(lambda: page.frame("page.body.innerText.includes('One company that few')"))


def test_the_web_edition_and_the_printed_one(sampled: Preview, page: Page) -> None:
    """Both are the public form of the issue; a finding leads to its block there, and a save updates them."""
    with_findings(sampled)
    page.open(f"{sampled.server.url}#view=web&scheme=dark")
    page.loaded("web-dark")
    assert page.frame("getComputedStyle(page.body).backgroundColor") == "rgb(22, 25, 29)"
    assert page.frame("page.images.length > 0 && [...page.images].every(each => each.naturalWidth)")
    page.click(".finding")
    page.until(
        lambda: page.script("return sheets[0].selected?.getAttribute('data-at')") == "issues/2025-01-30.yaml:107:7"
    )
    page.press("a")
    page.loaded("print")
    assert page.frame("page.querySelector('.publication').innerText") == "China Briefing"
    assert page.script(
        "return ['scheme', 'pictures', 'client', 'subscriber'].every(each => document.getElementById(each).disabled)"
    )
    sampled.save(sampled.path.read_text(encoding="utf-8").replace("A start-up that few", "One company that few"))
    page.until(lambda: page.frame("page.body.innerText.includes('One company that few')"))


def test_a_place_opens_in_the_editors_program(sampled: Preview, page: Page) -> None:
    """The link of a finding has the file's own path, its line and its column."""
    with_findings(sampled)
    page.open(sampled.server.url)
    page.click(".finding")
    page.until(lambda: page.count("#selected a.plain"))
    found = page.script("return document.querySelector('#selected a.plain').href")
    assert found == f"vscode://file{sampled.path.as_posix()}:107:28"


def test_words_and_minutes_and_near_the_limit_bytes(sampled: Preview, page: Page) -> None:
    """The panel has the length of each section; from 85 % of Gmail's limit, their bytes. A section leads to its place."""
    page.open(sampled.server.url)
    page.until(lambda: page.count("#size tbody tr"))
    said = page.text("#size")
    assert said.startswith("Length\n10 minutes") and "2,388 words" in said and "Top story\t856\t4 min" in said
    page.click("#size button.bare", 3)
    page.until(lambda: page.script("return sheets[0].selected?.getAttribute('data-section')") == "digest")
    long = "".join(
        f"    Paragraph {number} is here to be long, and it says nothing at all.\n\n" for number in range(600)
    )
    source = sampled.path.read_text(encoding="utf-8")
    sampled.save(source.replace("    A start-up that few", f"{long}    A start-up that few"))
    page.until(lambda: page.text("#size").startswith("Size"))
    assert "bytes" in page.text("#size")


def test_a_long_build_is_announced(preview: Preview, page: Page) -> None:
    """While a build takes longer than a moment, the page says so; then it shows the result."""
    page.open(preview.server.url)
    preview.until(lambda told: told["version"] == 1)
    with preview.held():
        preview.save(preview.path.read_text(encoding="utf-8").replace("hello", "good day"))
        page.until(lambda: page.text("#status") == "Building…")
    page.until(lambda: page.text("#status").startswith("Saved"))
    page.until(lambda: page.frame("page.body.innerText.includes('good day')"))


def test_schemes_are_the_editions_not_the_devices(shared: Preview, page: Page) -> None:
    """The editor's device setting does not change the edition's light or dark mode."""
    ground = "getComputedStyle(page.querySelector('.page')).backgroundColor"
    for device in ("light", "dark"):
        page.open(shared.server.url, device)
        page.until(lambda: page.frame(ground) == "rgb(254, 254, 254)")
        page.press("l")
        page.until(lambda: page.frame(ground) == "rgb(22, 25, 29)")


def test_a_save_updates_the_page(sampled: Preview, page: Page) -> None:
    """The page shows the saved text, keeps its scroll position, and announces the update."""
    page.open(sampled.server.url)
    page.until(lambda: page.frame("page.body.innerText.includes('Nvidia')"))
    page.script("document.getElementById('stage').scrollTop = 700")
    sampled.save(sampled.path.read_text(encoding="utf-8").replace("A start-up that few", "One company that few"))
    page.until(lambda: page.frame("page.body.innerText.includes('One company that few')"))
    assert page.script("return document.getElementById('stage').scrollTop") == 700
    page.until(lambda: page.script("return document.getElementById('said').textContent") == "Updated. no findings.")
    assert page.count("iframe") == 1


def test_each_edition_of_an_issue_can_be_chosen(desks: Preview, page: Page) -> None:
    """The choice is shown only if subscribers get different editions; frames, panels and places follow it."""
    page.open(desks.server.url)
    assert page.text(".whose").startswith("Edition for")
    page.until(lambda: page.frame("page.body.innerText.includes('Background for the press')"))
    page.until(lambda: "Press room" in page.text("#size"))
    page.press("v")
    page.loaded("edition/2-defaults")
    page.until(lambda: page.frame("page.body.innerText.includes('In place of the background')"))
    assert not page.frame("page.body.innerText.includes('Background for the press')")
    page.until(lambda: "Press room" not in page.text("#size"))
    page.press("t")
    page.drawn("pre.grid")
    assert "In place of the background" in page.text("pre.grid")
    page.driver.refresh()
    page.drawn("pre.grid")
    assert page.script("return choices.variant") == "2"
    # The choice disappears after a save that makes one edition for all.
    story = 'top_story:\n  title: "T"\n  body: |\n    B.\n'
    desks.save(f'date: 2025-01-30\nsubject: "S"\n{story}topics:\n  - title: "T"\n    facts: |\n      F.\n')
    page.until(lambda: not page.visible(".whose"))
    assert page.script("return choices.variant") == "1"


def test_a_finding_leads_to_the_edition_that_has_it(desks: Preview, page: Page) -> None:
    """A click on a finding in another variant's item shows that variant."""
    source = desks.path.read_text(encoding="utf-8")
    desks.save(source.replace("A shorter word", "A shorter (word").replace("What the", "What (the"))
    page.open(desks.server.url)
    chosen: list[str] = []
    for words in ("topic 3", "topic 1"):
        found = f"[...document.querySelectorAll('.finding')].find(each => each.textContent.includes('{words}'))"
        page.until(partial(page.script, f"const found = {found}; found?.click(); return found !== undefined"))
        chosen.append(page.script("return choices.variant"))
    assert chosen == ["2", "1"]


def test_a_reload_changes_nothing(shared: Preview, page: Page) -> None:
    """View, choices and scroll position are kept."""
    page.open(shared.server.url)
    page.press("p")
    page.press("g")
    page.loaded("noimages")
    page.script("document.getElementById('stage').scrollTop = 500")
    page.driver.refresh()
    page.until(lambda: page.script("return document.getElementById('stage').scrollTop") == 500)
    assert page.script("return [choices.view, choices.pictures]") == ["phone", "noimages"]


def test_a_broken_issue_is_shown_until_it_is_fixed(sampled: Preview, page: Page) -> None:
    """The last edition without errors stays, with the problems next to it, until they are fixed."""
    source = sampled.path.read_text(encoding="utf-8")
    page.open(sampled.server.url)
    sampled.save(source.replace("subject:", "subjekt:"))
    page.until(lambda: "last edition without errors" in page.text("#status"))
    assert page.count(".notice.error")
    assert "issues/2025-01-30.yaml:" in page.text("#findings")
    assert page.frame("page.body.innerText.includes('Nvidia')")
    sampled.save(source)
    page.until(lambda: page.text("#status").startswith("Saved"))
    assert not page.count(".notice.error")
    assert page.text("#findings") == "No problems found."


def test_a_finding_leads_to_its_block(sampled: Preview, page: Page) -> None:
    """A click scrolls to the nearest block, outlines it and names the place, or says that no block shows it."""
    with_findings(sampled)
    page.open(sampled.server.url)
    page.until(lambda: page.frame("page.body.innerText.includes('Nvidia')"))
    assert page.count(".finding") == 2
    page.click(".finding")
    page.until(lambda: page.script("return document.getElementById('stage').scrollTop") > 300)
    assert page.script("return sheets[0].selected.getAttribute('data-at')") == "issues/2025-01-30.yaml:107:7"
    around = page.script("return sheets[0].mark.getBoundingClientRect().toJSON()")
    stage = page.script("return document.getElementById('stage').getBoundingClientRect().toJSON()")
    assert stage["top"] < around["top"] < around["bottom"] < stage["bottom"]
    assert "issues/2025-01-30.yaml, line 107, column" in page.text("#selected")
    page.click(".finding", 1)
    page.until(lambda: "No part of the edition comes from this line." in page.text("#selected"))
    page.press(Keys.ESCAPE)
    page.until(lambda: not page.visible("#selected"))


def test_equal_findings_are_collapsed(sampled: Preview, page: Page) -> None:
    """The first of twelve equal findings is shown; the keys reach the others and expand them."""
    source = sampled.path.read_text(encoding="utf-8")
    points = "".join(f"      - ~~point {number}~~\n" for number in range(12))
    sampled.save(source.replace("      - **Panama Canal", f"{points}      - **Panama Canal"))
    sampled.until(lambda told: {each["code"] for each in told["problems"]} == {"MARK01"})
    page.open(sampled.server.url)
    page.until(lambda: page.text(".more summary") == "11 more like this")
    assert page.visible(".finding") == 1
    assert "12" in page.text("#counts")
    page.press("j")
    page.press("j")
    page.until(lambda: page.visible(".finding") == 12)


def test_a_finding_is_reached_from_any_view(sampled: Preview, page: Page) -> None:
    """From the plain text, a finding leads to the edition with keys alone; the selection stays after a save."""
    with_findings(sampled)
    page.open(f"{sampled.server.url}#view=text")
    page.until(lambda: page.count("pre.grid"))
    page.press("j")
    page.until(lambda: page.script("return sheets[0]?.selected?.getAttribute('data-at')"))
    assert page.script("return document.activeElement.classList.contains('finding')")
    sampled.save(sampled.path.read_text(encoding="utf-8") + "# a remark\n")
    page.until(lambda: page.script("return state.edition") == sampled.session.shown.edition)
    page.until(lambda: page.script("return sheets[0].selected && sheets[0].document.contains(sheets[0].selected)"))
    assert page.script("return document.activeElement.classList.contains('finding')")


def test_a_block_says_where_it_comes_from(shared: Preview, page: Page) -> None:
    """A click names file, line and column; a link is shown but not followed."""
    page.open(shared.server.url)
    page.until(lambda: page.frame("page.body.innerText.includes('Nvidia')"))
    page.driver.switch_to.frame(0)
    page.driver.find_element(By.CSS_SELECTOR, "h1").click()
    page.driver.switch_to.default_content()
    page.until(lambda: "issues/2025-01-30.yaml, line 13, column 11" in page.text("#selected"))
    assert "templates/briefing/sections/story/section.mjml.j2" in page.text("#selected")
    page.driver.switch_to.frame(0)
    page.driver.find_element(By.CSS_SELECTOR, ".note a").click()
    page.driver.switch_to.default_content()
    page.until(lambda: "https://example.org/podcasts" in page.text("#selected"))
    assert page.frame("page.location.pathname").startswith("/edition/")
    assert len(page.driver.window_handles) == 1
    page.driver.switch_to.frame(0)
    page.driver.find_element(By.CSS_SELECTOR, ".contents a[href='#digest']").click()
    page.driver.switch_to.default_content()
    page.until(lambda: page.script("return document.getElementById('stage').scrollTop") > 2000)


def test_scripts_in_an_issue_do_not_run(preview: Preview, page: Page) -> None:
    """A script in a text is shown as text everywhere; one in the edition's own HTML does not run either."""
    preview.findings.append(
        Problem(
            path="<img src=x onerror=boo()>", line=1, column=1, code="<b>", message="<script>boo()</script>", hint="<i>"
        )
    )
    hostile = preview.path.read_text(encoding="utf-8").replace("A letter", "<script>boo()</script> letter")
    preview.save(hostile.replace("hello", "&lt;script&gt;boo()&lt;/script&gt;"))
    preview.until(lambda told: "<script>" in told["look"]["subject"])
    page.open(preview.server.url)
    page.until(lambda: "<script>boo()</script>" in page.text("#findings"))
    page.script("window.boo = () => { window.isRun = true }")
    page.until(lambda: page.frame("page.body.innerText.includes('<script>boo()')"))
    for view in ("text", "inbox", "order", "headers", "source"):
        page.script("choose('view', arguments[0])", view)
        page.drawn(VIEWS[view])
    assert page.script("return window.isRun") is None
    assert page.count("main script, aside script, main img, aside img") == 0
    page.script("choose('view', 'desktop')")
    page.loaded("plain")
    # Nor does a script that a theme lets through, since the frame allows none.
    for hostile in (
        "page.body.append(Object.assign(page.createElement('script'), {textContent: 'parent.isRun = true'}))",
        "page.body.insertAdjacentHTML('beforeend', '<img src=x onerror=parent.isRun=true>')",
        "page.documentElement.innerHTML = '<body><svg onload=parent.isRun=true></svg></body>'",
    ):
        page.frame(hostile)
    said: list[str] = []

    def blocked() -> int:
        said.extend(page.mistakes())
        return sum("Blocked script execution" in each for each in said)

    page.until(lambda: blocked() >= 2)
    assert page.script("return window.isRun") is None


def test_the_toolbar_by_keyboard(shared: Preview, page: Page) -> None:
    """Tab moves between groups, arrow keys within them; letters in text fields are not shortcuts."""
    page.open(shared.server.url)
    page.until(lambda: page.visible("#language"))
    page.press(Keys.TAB)
    assert page.script("return document.activeElement.className") == "skip"
    stops = []
    for _ in range(9):
        page.press(Keys.TAB)
        stops.append(page.script("const at = document.activeElement; return at.name || at.id"))
    assert stops[:8] == ["language", "help-button", "view", "scheme", "pictures", "client", "subscriber", "stage"]
    page.script("document.querySelector('input[name=view]:checked').focus()")
    page.press(Keys.ARROW_RIGHT)
    page.until(lambda: page.script("return choices.view") == "desktop")
    assert page.script("return getComputedStyle(document.activeElement.nextElementSibling).outlineStyle") == "solid"
    page.script("document.getElementById('subscriber').focus()")
    page.press("t")
    assert page.script("return choices.view") == "desktop"
    page.script("document.getElementById('stage').focus()")
    page.press("?")
    page.until(lambda: page.script("return document.getElementById('help').open"))
    page.press("t")
    assert page.script("return choices.view") == "desktop"
    page.press(Keys.ESCAPE)
    page.until(lambda: not page.script("return document.getElementById('help').open"))
    page.press("r")
    page.until(lambda: page.count(".line"))
    page.script("document.querySelector('.line').focus()")
    page.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.END)
    assert page.script("return [...document.querySelectorAll('.line')].at(-1) === document.activeElement")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(sampled: Preview, page: Page, axe: str, scheme: str) -> None:
    """No serious or critical axe-core finding in any view, with findings and a selection."""
    with_findings(sampled)
    page.open(sampled.server.url, scheme)
    page.script(axe)
    found = {}
    for view, selector in VIEWS.items():
        page.script("choose('view', arguments[0])", view)
        page.drawn(selector)
        found[view] = serious(page)
    page.press("d", "j")
    page.until(lambda: page.visible("#selected"))
    page.script("choose('client', 'outlook')")
    found["selected"] = serious(page)
    page.script("document.getElementById('help').showModal()")
    found["keys"] = serious(page)
    page.script("document.getElementById('help').close()")
    sampled.save("subjekt: 1\n")
    page.until(lambda: page.count(".notice.error"))
    found["broken"] = serious(page)
    assert {view: each for view, each in found.items() if each} == {}


def test_a_preview_that_has_stopped_says_so(preview: Preview, page: Page) -> None:
    """The page says that the preview has stopped, and what to do."""
    page.open(preview.server.url)
    preview.stop()
    page.until(lambda: "The preview has stopped." in page.text("main"))
    assert page.text("#status") == "Stopped"


@pytest.mark.parametrize("view", ["desktop", "text", "order"])
def test_an_export_opens_from_disk(model: PreviewModel, page: Page, tmp_path: Path, view: str) -> None:
    """The same page without a server: no console error, and findings lead to their blocks."""
    far = Problem(path=model.issue, line=105, column=12, code="far", message="far down in the edition", hint="do so")
    shown = ShownVariant(version=1, edition=1, model=model, problems=(far,))
    page.open(f"{write(shown, tmp_path / 'preview').as_uri()}#view={view}")
    page.until(lambda: page.count(VIEWS[view]))
    page.click(".finding")
    page.until(lambda: "line 105, column 12" in page.text("#selected"))
    page.loaded("#")
    page.driver.switch_to.frame(0)
    assert "Nvidia" in page.driver.find_element(By.CSS_SELECTOR, "body").text
    assert page.script("return document.images[0].naturalWidth") > 0
    page.driver.switch_to.default_content()
