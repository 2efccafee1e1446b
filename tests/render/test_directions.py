"""Directions of blocks, values and lines, in HTML and in plaintext."""

import datetime
import re
import shutil
from pathlib import Path

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.etree import _Element as Element

from composer.core.language_tags import direction, nearest_language
from composer.core.workspace import Workspace
from composer.editions.check_run import check_issue
from composer.render.bidi import (
    END,
    FIRST_STRONG,
    LEFT_TO_RIGHT,
    RIGHT_TO_LEFT,
    directed_text,
    first_strong,
    isolated,
    without_isolates,
)
from composer.render.block_directions import mirror_styles, set_directions
from composer.render.edition import Edition
from tests.factories import ROOT

HERE = Path(__file__).parent / "right_to_left"
_SIGNS = str.maketrans({LEFT_TO_RIGHT: "<L ", RIGHT_TO_LEFT: "<R ", END: ">", "\u200f": "^R ", "\u200e": "^L "})
_BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "li")


def edition(folder: Path, newsletter: str, issue: str, day: str) -> tuple[Edition, str, str]:
    """Build one of the issues that lie here."""
    for part in ("assets", "issues"):
        (folder / part).mkdir()
    for name in ("chart.png", "cover.png"):
        shutil.copy(ROOT / "assets/logo.png", folder / "assets" / name)
    shutil.copy(HERE / newsletter, folder / "newsletter.yaml")
    shutil.copy(HERE / issue, folder / f"issues/{day}.yaml")
    workspace = Workspace(root=folder)
    checked = check_issue(workspace, folder / f"issues/{day}.yaml", datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    return checked.review.edition, checked.review.html, checked.review.text


def _direction(element: Element) -> str | None:
    return next((found for each in (element, *element.iterancestors()) if (found := each.get("dir"))), None)


def _alignment(element: Element) -> str | None:
    """Return the side at which the element's lines begin: by the nearest style, or attribute of a cell."""
    for each in (element, *element.iterancestors()):
        found = re.search(r"text-align:(\w+)", each.get("style", ""))
        if found or each.get("align"):
            return found[1] if found else each.get("align")
    return None


def _words(element: Element) -> str:
    """Return the text of an element without its label and without blocks in it."""
    label = element.find(".//strong[@class='label']")
    text = "".join(map(str, element.itertext()))
    return text.removeprefix(str(label.text)) if label is not None else text


@pytest.mark.parametrize(
    ("newsletter", "issue", "day"),
    [("mixed-newsletter.yaml", "mixed.yaml", "2031-02-06"), ("newsletter.yaml", "issue.yaml", "2026-12-02")],
)
def test_every_block_has_the_direction_of_its_first_letter(
    newsletter: str, issue: str, day: str, tmp_path: Path
) -> None:
    """Titles, paragraphs, list items, sources; and the styles of their sides follow."""
    made, html, _ = edition(tmp_path, newsletter, issue, day)
    tree = lxml.html.document_fromstring(html)
    seen = 0
    for element in tree.iter(*_BLOCKS):
        first = first_strong(_words(element))
        if first is None:
            continue
        seen += 1
        assert _direction(element) == first, lxml.html.tostring(element, encoding="unicode")
        assert _alignment(element) == ("right" if first == "rtl" else "left")
    assert seen > 25
    phones = [each for each in tree.iter("span") if (each.text or "").startswith("+966")]
    assert [each.get("dir") for each in phones] == ["ltr"] * len(phones)
    links = [each for each in tree.iter("a") if (each.get("href") or "").startswith("tel:")]
    assert [each.get("dir") for link in links for each in link] == ["ltr"] * len(links)
    assert not set(made.html) & {FIRST_STRONG, LEFT_TO_RIGHT, RIGHT_TO_LEFT, END}


def test_plaintext_of_an_arabic_edition(tmp_path: Path) -> None:
    """Values of the other direction are isolated, wrapped lines keep the direction of their paragraph."""
    text = edition(tmp_path, "newsletter.yaml", "issue.yaml", "2026-12-02")[2].translate(_SIGNS)
    lines = text.split("\n")
    assert "الهاتف: <L +966 11 000 0000>" in lines
    assert "10 ديسمبر 2026، <L 18:00–19:30 (GMT+3)>، الرياض وعبر Zoom" in lines
    assert "The Economist، <R الإنجليزية>، <R 28 نوفمبر 2026> <https://example.org/d/9>" in lines
    assert "^R Rubio لوزير الخارجية وانغ يي (王毅) إن العلاقات ستُقاس بما تجلبه" in lines
    assert "Is China slowing down?" in lines and "-- " in lines
    assert "المصدر: <L AP> <L <https://example.org/sources/pmi>>" in lines
    assert FIRST_STRONG not in text


def test_plaintext_of_an_english_edition(tmp_path: Path) -> None:
    """Arabic and Hebrew paragraphs keep their direction; an English label in front of one is isolated."""
    text = edition(tmp_path, "mixed-newsletter.yaml", "mixed.yaml", "2031-02-06")[2].translate(_SIGNS)
    lines = text.split("\n")
    start = "<L The facts:> قال المتحدث: اتصلوا على <L +966 11 000 0000> أو <L (02) 555 0199>، من"
    assert start in lines
    assert "^R <L <https://example.org/he>>!" in lines
    assert "[1] Reuters: <R ديب سيك (R1)؟> <https://example.org/1>" in lines
    assert "An English paragraph that quotes العربية (النص) inside. And then ends" in lines


def test_nothing_changes_without_right_to_left_letters() -> None:
    """Isolates of values are removed, and no attribute is added."""
    mjml = f"<mj-body><mj-text><p>{isolated('a')} · {isolated('中文')}</p></mj-text></mj-body>"
    assert _directed(mjml, "ltr") == without_isolates(mjml)
    assert mirror_styles(mjml, "ltr") == mjml
    assert directed_text(f"{isolated('a')}, b", "ltr") == "a, b"


def _directed(mjml: str, base: str) -> str:
    import re

    return set_directions(mjml, base, re.compile("xw([0-9]+)z"))


def test_lists_and_quotations() -> None:
    """The first text in a list decides for the list; an item of the other direction is indented on its own side."""
    list_ = "<mj-body><mj-text><ul><li>אב</li><li>ab</li></ul><blockquote><p>אב</p></blockquote></mj-text></mj-body>"
    assert _directed(list_, "ltr") == (
        '<mj-body><mj-text><ul dir="rtl"><li>אב</li><li dir="ltr">ab</li></ul>'
        '<blockquote dir="rtl"><p>אב</p></blockquote></mj-text></mj-body>'
    )
    styled = (
        '<body dir="ltr"><ul dir="rtl" style="margin:0 0 1px 2px;padding-left:20px"><li dir="ltr">ab</li></ul>'
        '<ul><li dir="rtl" style="margin:0"></li></ul>'
    )
    assert mirror_styles(styled, "ltr") == (
        '<body dir="ltr"><ul dir="rtl" style="margin:0 2px 1px 0;padding-right:20px;text-align:right">'
        '<li dir="ltr" style="text-align:left;margin-left:20px">ab</li></ul>'
        '<ul><li dir="rtl" style="margin:0;text-align:right"></li></ul>'
    )


@given(
    st.text(st.sampled_from(f"aאب1 +-(?.<>\n{FIRST_STRONG}{LEFT_TO_RIGHT}{END}"), max_size=60),
    st.sampled_from(("ltr", "rtl")),
)
def test_any_text_keeps_its_words(text: str, base: str) -> None:
    """Whatever isolates a text has, its letters stay, and all isolates are closed on their line."""
    made = directed_text(text, base)
    assert without_isolates(made).replace("\u200f", "").replace("\u200e", "") == without_isolates(text)
    for line in made.split("\n"):
        assert line.count(LEFT_TO_RIGHT) + line.count(RIGHT_TO_LEFT) == line.count(END)


def test_languages() -> None:
    """A script in a tag decides about the direction; traditional Chinese is not simplified Chinese."""
    assert [direction(tag) for tag in ("az-Arab", "ar-Latn", "ckb", "yi")] == ["rtl", "ltr", "rtl", "rtl"]
    known = ("de", "pt-BR", "zh", "zh-Hant")
    tags = ("de-AT", "pt", "zh-TW", "zh-Hant-HK", "zh-CN", "zh-Hans-HK", "DE", "fr")
    nearest = ["de", "pt-BR", "zh-Hant", "zh-Hant", "zh", "zh", "de", None]
    assert [nearest_language(tag, known) for tag in tags] == nearest
