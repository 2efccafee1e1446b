"""The static contrast check agrees with axe-core in Chromium, element by element, in light and dark mode."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from typing import Any
from urllib.parse import quote

import lxml.html
import pytest
from PIL import Image
from selenium.webdriver import Chrome

from composer.checks.contrast import indistinct_links, low_contrast, unseen_text
from composer.checks.css.painting import text_colour
from composer.checks.css.styles import CssScheme, Styles
from tests.browser.bad_editions import BAD
from tests.browser.contrast_documents import SEEDS, Maker, numbered
from tests.browser.tools import AXE
from tests.golden.test_golden import CASES, build

pytestmark = pytest.mark.browser

WIDTH = 700

#: Writes the documents into one page, one after the other, and runs axe-core; much faster than loading a page for each.
_ASK = """
const [documents, done] = [arguments[0], arguments[arguments.length - 1]];
const number = node => node.element.getAttribute('data-n');
(async () => {
    const answers = [];
    for (const html of documents) {
        // What a document says of its schemes outlives it, unless the next one says something.
        for (const each of ['<meta name="color-scheme" content="normal">', html]) {
            document.open(); document.write(each); document.close();
        }
        const result = await axe.run(document, {
            runOnly: ['color-contrast', 'link-in-text-block'], elementRef: true,
            resultTypes: ['violations', 'incomplete'],
        });
        const nodes = (kind, rule) => result[kind].filter(each => each.id === rule).flatMap(each => each.nodes);
        answers.push({
            low: nodes('violations', 'color-contrast').map(
                node => [number(node), node.any[0].data.contrastRatio, node.any[0].data.fgColor,
                         node.any[0].data.bgColor]),
            unsure: nodes('incomplete', 'color-contrast').map(
                node => [number(node), node.any[0].data.messageKey]),
            links: nodes('violations', 'link-in-text-block').map(number),
        });
    }
    done(answers);
})().catch(error => done(String(error)));
"""


#: What only a layout shows: axe-core sees something next to or in front of the text, and does not decide.
_LAYOUT = frozenset(("bgOverlap", "elmPartiallyObscuring", "elmPartiallyObscured"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The elements of a document by their data-n, by result."""

    #: Too little contrast, with the ratio.
    low: dict[str, float]
    #: Text in the colour of its background.
    unseen: frozenset[str]
    links: frozenset[str]
    #: Elements that axe-core does not decide, with its reason.
    unsure: dict[str, str]
    notes: Any


class Judge:
    """axe-core in Chromium."""

    def __init__(self, driver: Chrome, script: str) -> None:
        self.driver, self.script = driver, script

    def ask(self, documents: list[str], scheme: CssScheme) -> list[Verdict]:
        features = [{"name": "prefers-color-scheme", "value": scheme.value}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get("about:blank")
        self.driver.execute_script(self.script)
        answers = self.driver.execute_async_script(_ASK, documents)
        assert isinstance(answers, list), answers
        return [_verdict(answer) for answer in answers]


def _verdict(answer: dict[str, Any]) -> Verdict:
    unsure = dict(answer["unsure"])
    return Verdict(
        low={number: ratio for number, ratio, *_ in answer["low"]},
        unseen=frozenset(number for number, why in unsure.items() if why == "equalRatio"),
        links=frozenset(answer["links"]),
        unsure=unsure,
        notes=answer["low"],
    )


@pytest.fixture(scope="module")
def judge(driver: Chrome) -> Iterator[Judge]:
    if not AXE.is_file():
        reason = "needs axe-core: make test-tools"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    size = {"width": WIDTH, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.set_script_timeout(60)
    yield Judge(driver, AXE.read_text(encoding="utf-8"))
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def ours(html: str, scheme: CssScheme) -> Verdict:
    styles = Styles(lxml.html.document_fromstring(html), scheme, WIDTH)
    low = low_contrast(styles)
    return Verdict(
        low={each.element.get("data-n", ""): each.ratio for each in low},
        unseen=frozenset(each.element.get("data-n", "") for each in unseen_text(styles)),
        links=frozenset(each.get("data-n", "") for each in indistinct_links(styles)),
        unsure={},
        notes=[(each.element.get("data-n"), each.ratio, each.color, each.background) for each in low],
    )


def compare(judge: Judge, documents: dict[str, str]) -> dict[tuple[str, CssScheme], Verdict]:
    """Run both checks on each document in both schemes; fail if they differ. Return axe-core's results."""
    told = {}
    for scheme in CssScheme:
        for (name, html), asked in zip(documents.items(), judge.ask(list(documents.values()), scheme), strict=True):
            found = ours(html, scheme)
            unsure = {number for number, why in asked.unsure.items() if why in _LAYOUT}
            assert found.low.keys() - unsure == asked.low.keys(), (name, scheme, found.notes, asked.notes)
            assert found.unseen - unsure == asked.unseen, (name, scheme)
            assert found.links == asked.links, (name, scheme)
            # With opacity, a channel may differ by one: axe-core rounds at every step, our check only at the last.
            for number, ratio in asked.low.items():
                assert found.low[number] == pytest.approx(ratio, abs=0.06), (name, scheme, number)
            told[name, scheme] = asked
    return told


@pytest.fixture(scope="module")
def editions() -> dict[str, str]:
    """Editions that compose builds: the sample, the sample in German, every section type, and all other golden cases."""
    return {case.name: build(case).html for case in CASES}


def test_editions(judge: Judge, editions: dict[str, str]) -> None:
    """Both checks find nothing in the editions as built."""
    told = compare(judge, {name: numbered(html) for name, html in editions.items()})
    assert not any(verdict.low or verdict.unseen or verdict.links for verdict in told.values())


def test_bad_editions(judge: Judge, editions: dict[str, str]) -> None:
    """Both checks find the same elements in the sample with a mistake, and at least one."""
    documents = {}
    for bad in BAD:
        changed = bad.change(editions["sample"])
        assert changed != editions["sample"], bad.name
        documents[bad.name] = numbered(changed)
    told = compare(judge, documents)
    for bad in BAD:
        assert any(told[bad.name, scheme].low for scheme in CssScheme), bad.name
    assert told["links told by their colour", CssScheme.LIGHT].links


def test_made_documents(judge: Judge) -> None:
    """Both checks find the same elements in random documents: cascade, inheritance, blending, sizes, hiding, text."""
    told = compare(judge, {str(seed): Maker(seed).document() for seed in SEEDS})
    assert sum(len(verdict.low) for verdict in told.values()) > 5 * len(SEEDS)


#: A character that fills its box, in a document that does not set the canvas.
_PAINTED = (
    '<p style="color:red">█</p>',
    '<p style="opacity:.5; background:#000; color:rgba(255,0,0,.5)">█</p>',
    '<div style="background:#084; opacity:.6"><p style="opacity:.5; background:rgba(0,0,200,.5); color:#fff">█</p></div>',
    '<div style="opacity:.6"><p style="opacity:.5; background:#123; color:rgba(255,255,255,.7)">█</p></div>',
    '<div style="opacity:.9; background:tomato"><p style="opacity:.7; color:#00f">█</p></div>',
)


@pytest.mark.parametrize("scheme", list(CssScheme))
def test_as_painted(driver: Chrome, judge: Judge, scheme: CssScheme) -> None:
    """Where axe-core blends differently (nested groups, half transparent text, a dark canvas), our result is what is painted."""
    features = [{"name": "prefers-color-scheme", "value": scheme.value}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    for markup in _PAINTED:
        html = (
            '<!DOCTYPE html><html><head><meta name="color-scheme" content="light dark"><style>p { margin: 0 }</style></head>'
            f'<body style="margin:0; font:60px/80px monospace">{markup}</body></html>'
        )
        driver.get(f"data:text/html;charset=utf-8,{quote(html)}")
        picture = Image.open(BytesIO(driver.get_screenshot_as_png())).convert("RGB")
        tree = lxml.html.document_fromstring(html)
        style = Styles(tree, scheme, WIDTH).of(next(tree.iter("p")))
        assert picture.getpixel((15, 40)) == pytest.approx(text_colour(style), abs=2), markup
        assert picture.getpixel((300, 40)) == pytest.approx(style.behind, abs=2), markup


def test_what_the_browser_chooses(driver: Chrome, judge: Judge) -> None:
    """Default colours, sizes and weights are Chromium's, in both schemes, however a scheme is declared."""
    names = (
        "p",
        *(f"h{level}" for level in range(1, 7)),
        "a",
        "b",
        "small",
        "big",
        "code",
        "pre",
        "mark",
        "font",
        "em",
        "u",
    )
    inner = "".join(f"<{name} id={name} href=x size=5>x</{name}>" for name in names)
    body = f"<body>{inner}<table><tr><th id=th>x</th></tr></table><div style='font-size:30px'><tt id=tt>x</tt></div>"
    offers = ("", '<meta name="color-scheme" content="light dark">', "<style>:root{color-scheme:dark}</style>")
    for offer, scheme in product((*offers, "<style>body{color-scheme:light dark}</style>"), CssScheme):
        features = [{"name": "prefers-color-scheme", "value": scheme.value}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        html = f"<!DOCTYPE html><html><head>{offer}</head>{body}</html>"
        driver.get(f"data:text/html;charset=utf-8,{quote(html)}")
        asked = driver.execute_script(
            "return [...document.querySelectorAll('[id]')].map(each => { const style = getComputedStyle(each); return ["
            "each.id, style.color, style.fontSize, style.fontWeight, style.display, style.textDecorationLine, "
            "style.fontStyle]; })"
        )
        tree = lxml.html.document_fromstring(html)
        styles = Styles(tree, scheme, WIDTH)
        by_id = {element.get("id"): element for element in tree.iter()}
        for name, colour, size, weight, *others in asked:
            style = styles.of(by_id[name])
            assert colour == "rgb({:.0f}, {:.0f}, {:.0f})".format(*style.color), (name, offer, scheme)
            assert float(size[:-2]) == pytest.approx(style.font_size, abs=0.01), (name, offer, scheme)
            assert float(weight) == style.font_weight, (name, offer, scheme)
            assert others == [style.display, style.text_decoration, style.font_style], (name, offer, scheme)
