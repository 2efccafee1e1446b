"""Pictures for previews of links: 1200 by 630, with the title in any script, kept between runs."""

import io
import os
from datetime import date
from pathlib import Path

import pytest
from PIL import Image, features

from composer.publish.cards import card_fonts, share_card
from composer.publish.cards.card_cache import kept_card
from composer.publish.cards.share_card import CardBrand, ShareCard, draw_card
from tests.publish.archives import files, publish, sample_archive


def card(title: str, language: str = "en") -> ShareCard:
    brand = CardBrand(name="News", paper="#ffffff", ink="#000000", quiet="#555555", accent="#9b1c1c")
    return ShareCard(brand=brand, title=title, day=date(2025, 1, 30), language=language)


def _unproven(reason: str) -> None:
    """Skip on a person's computer; fail in CI, which installs the fonts."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def ink(data: bytes) -> int:
    """Return how many dark pixels there are where the title is."""
    image = Image.open(io.BytesIO(data))
    assert image.size == (1200, 630)
    histogram = image.convert("L").crop((0, 170, 1200, 500)).histogram()
    return sum(histogram[:100])


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("A cheap model 🐍", "en"),
        ("一款廉价模型震动人工智能竞赛", "zh"),
        ("نموذج رخيص يهز السباق", "ar"),
        ("Word" * 80, "en"),
    ],
)
def test_titles_of_all_scripts(title: str, language: str) -> None:
    """A title is drawn if a font of this computer has its letters; twice the same bytes."""
    if card_fonts.font_for(frozenset(card_fonts.drawable(title)), language) is None:
        _unproven("no font for this script")
    data = draw_card(card(title, language))
    assert ink(data) > 3_000 and data == draw_card(card(title, language))


def test_letters_that_no_font_has() -> None:
    """Without a font, the picture has the name and the date, but no empty boxes; symbols are left out."""
    strange = "\U00010380\U00010381\U00010382"  # Ugaritic
    if card_fonts.font_for(frozenset(strange), "en") is not None:
        _unproven("there is a font")
    assert ink(draw_card(card(strange))) == 0
    assert card_fonts.drawable("🐍 a\u202eb\u200d 👩‍💻") == "ab"
    assert ink(draw_card(card("🐍"))) == 0


def test_without_a_layout_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arabic letters are not drawn one by one; Latin letters are drawn."""
    card_fonts.font_for.cache_clear()
    monkeypatch.setattr(features, "check", lambda name: False)
    assert card_fonts.font_for(frozenset("نموذج"), "ar") is None
    assert ink(draw_card(card("A cheap model"))) > 3_000
    card_fonts.font_for.cache_clear()


def test_a_picture_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second archive takes the pictures from the cache; a damaged file is drawn again."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first = kept_card(card("One"))
    [path] = (tmp_path / "cache" / "compose" / "cards").glob("*.png")
    path.write_bytes(first[:100])
    assert kept_card(card("One")) == first == path.read_bytes()
    assert share_card.WIDTH == 1200


@pytest.mark.slow
def test_the_picture_of_an_issue(tmp_path: Path) -> None:
    """The page names its picture with an absolute address, and the file is there."""
    found = files(publish(sample_archive(tmp_path)).folder)
    cards = [name for name in found if name.startswith("files/card-")]
    page = found["2025/01-30/index.html"].decode()
    assert len(cards) == 2 and sum(f'content="https://news.example.org/archive/{name}"' in page for name in cards) == 1
