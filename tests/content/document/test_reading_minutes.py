"""How long a text takes to read, by language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.content.document.reading_minutes import reading_minutes
from composer.content.values.markdown import parse_markdown


@pytest.mark.parametrize(
    ("text", "language", "minutes"),
    [
        ("word " * 228 * 4, "en", 4),
        ("Wort " * 179 * 4, "de-AT", 4),
        ("字" * 255 * 4, "zh-Hant", 4),
        ("かな漢字" * 357, "ja", 4),
        ("단어 " * 255 * 2, "ko", 4),
        ("كلمة " * 138 * 4, "ar", 4),
        ("字" * 255 + "word " * 228, "en", 2),
        ("word " * 400, "xx", 2),
        ("word", "en", 1),
        ("", "en", 1),
        ("1,200.50 o'clock well-known " * 76, "en", 1),
    ],
)
def test_minutes_by_language(text: str, language: str, minutes: int) -> None:
    """Words a minute differ between languages; Chinese and Japanese characters are counted one by one."""
    assert reading_minutes((text, None), language) == minutes


def test_addresses_are_not_read() -> None:
    """A link counts by its words; tables, footnotes and boxes are read, too."""
    address = "https://example.org/" + "very-" * 400
    rich, _ = parse_markdown(f"[one word]({address})\n\n> [!note]\n> two words")
    assert reading_minutes((rich,), "en") == 1
    table, _ = parse_markdown(": C\n| A | B |\n|---|---|\n" + "| word | word |\n" * 228)
    assert reading_minutes((table,), "en") == 2


@given(st.text(max_size=200), st.sampled_from(["en", "zh", "ja", "de"]))
def test_any_text_takes_at_least_a_minute(text: str, language: str) -> None:
    """The result is never 0, and more text never takes less time."""
    assert 1 <= reading_minutes((text,), language) <= reading_minutes((text, text), language)
