"""The names of items in links."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.render.web.anchors import slug
from tests.factories import ROOT


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("A cheap model shakes up the AI race", "a-cheap-model-shakes-up-the-ai-race"),
        ("Vanke’s “record” loss", "vankes-record-loss"),
        ("深度求索：一个节俭的模型", "深度求索-一个节俭的模型"),
        ("الصين تعلن خطة", "الصين-تعلن-خطة"),
        ("हिन्दी में", "हिन्दी-में"),
        ("Grüße  aus   Köln!", "grüße-aus-köln"),
        ("½ €", "1-2"),
        ("?!", ""),
    ],
)
def test_letters_of_all_scripts_are_kept(title: str, name: str) -> None:
    assert slug(title) == name


@given(st.text())
def test_a_name_is_a_valid_id_and_part_of_an_address(title: str) -> None:
    """No spaces, no signs that end an attribute or a fragment, no capitals of ASCII."""
    name = slug(title)
    assert not set(name) & set(" \t\n\f\r\"'<>#&%?/\\") and name.strip("-") == name
    assert len(name) <= 60 and not any("A" <= letter <= "Z" for letter in name)


def test_our_own_ids_cannot_be_those_of_a_section() -> None:
    """A section may be called `content`: on pages with an article, the ids of the theme begin with a capital."""
    theme = ROOT / "templates/briefing"
    pages = [theme / "page.html.j2", *(theme / "web" / f"{name}.html.j2" for name in ("frame", "issue", "original"))]
    ids = [name for page in pages for name in re.findall(r'\sid="([^"{]+)"', page.read_text(encoding="utf-8"))]
    assert {"Contents", "Content"} <= set(ids)
    assert [name for name in ids if not name[0].isupper()] == []
