"""Directions and languages in web editions."""

from pathlib import Path

import lxml.html
import pytest
from lxml.etree import _Element as Element

from composer.render.bidi import first_strong
from tests.render.web.pages import WEB_CASES, WebCase, build_case

_BLOCKS = ("p", "h1", "h2", "h3", "h4", "li", "figcaption", "caption", "th", "td")
_RIGHT_TO_LEFT = [case for case in WEB_CASES if case.name in ("arabic", "mixed", "elements/1")]


def _own_words(element: Element) -> str:
    """Return the text of a block without its label and without the blocks in it."""
    if element.tag == "strong" and element.get("class") == "label":
        return ""
    inner = [
        (_own_words(child) if child.tag not in (*_BLOCKS, "ul", "ol") else "") + (child.tail or "") for child in element
    ]
    return (element.text or "") + "".join(inner)


def _direction(element: Element) -> str | None:
    return next((found for each in (element, *element.iterancestors()) if (found := each.get("dir"))), None)


@pytest.mark.parametrize("case", _RIGHT_TO_LEFT, ids=[case.name for case in _RIGHT_TO_LEFT])
def test_every_block_has_the_direction_of_its_first_letter(case: WebCase, tmp_path: Path) -> None:
    """Titles, paragraphs, list items, captions and cells; columns with an alignment keep their direction."""
    edition = build_case(case, tmp_path).edition
    seen = 0
    for element in lxml.html.fragment_fromstring(edition.body).iter(*_BLOCKS):
        first = first_strong(_own_words(element))
        if first is None or str(element.get("class")).startswith("to-"):
            continue
        seen += 1
        assert _direction(element) == first, lxml.html.tostring(element, encoding="unicode")
    assert seen > 25


def test_words_in_another_script_have_their_language(tmp_path: Path) -> None:
    """So that fonts and screen readers suit them; a title in the language of its source has that language."""
    body = build_case(WEB_CASES[0], tmp_path).edition.body
    assert '<span lang="zh">深度求索</span>' in body
    assert '<article class="issue" lang="en" dir="ltr">' in body
    assert ' style="' not in body
