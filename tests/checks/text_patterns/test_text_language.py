"""The language of a paragraph is recognized only if it is clear."""

import re

import pytest

from composer.checks.text_patterns.text_language import LANGUAGE_NAMES, language_of, other_language
from tests.factories import ROOT

PAGES = ROOT / "templates/briefing/phrases/pages"
ENGLISH = (
    "The bridge to the old harbour is open, and from now on the ferry goes only on weekends, which is what we wanted to "
    "say in this letter to all of you."
)
GERMAN = (
    "Die Brücke zum alten Hafen ist offen, und von nun an fährt die Fähre nur noch am Wochenende, was wir euch allen in "
    "diesem Brief sagen wollten."
)


def _chunks(language: str) -> list[str]:
    """The texts of the public pages, ten at a time."""
    texts = re.findall(r': "(.*)"', (PAGES / f"{language}.yaml").read_text(encoding="utf-8"))
    return [" ".join(texts[at : at + 10]) for at in range(0, len(texts), 10)]


@pytest.mark.parametrize("language", [path.stem for path in PAGES.glob("*.yaml")])
def test_each_language_is_recognized(language: str) -> None:
    """In texts of the public pages, many paragraphs are recognized, and none is taken for another language."""
    own = language.split("-")[0]
    found = [language_of(text) for text in _chunks(language)]
    assert own in LANGUAGE_NAMES and set(found) <= {own, None}
    assert found.count(own) >= len(found) / 3


def test_the_docs_are_english() -> None:
    """No paragraph of the docs, which have many names and much code, is taken for another language."""
    pages = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]
    paragraphs = [text for page in pages for text in page.read_text(encoding="utf-8").split("\n\n")]
    assert len(paragraphs) > 1000
    assert {language_of(text) for text in paragraphs} <= {"en", None}


@pytest.mark.parametrize(
    "text",
    [
        "A short text.",
        "Anna Li, Ben Sample, Chen Wei, Doris Müller, Émile Zola, Fatima Ali, Gianni Rossi, Hans Maier, Ida Holm " * 2,
        f"{ENGLISH} {GERMAN}",
        "12 345 %d %s 15 u u u u u u u u u u u u u u u u u u u u u u u u u u u u u u u u u u u u u",
        "https://example.org/the/of/and/to/in/is/that/for " * 9,
    ],
)
def test_an_unclear_text_has_no_language(text: str) -> None:
    """Short texts, names, addresses, codes and texts in two languages are not recognized."""
    assert language_of(text) is None


@pytest.mark.parametrize(
    ("text", "edition", "found"),
    [
        (ENGLISH, "en-GB", None),
        (ENGLISH, "fr", "en"),
        (ENGLISH, "sw", "en"),
        (ENGLISH, "zh-Hant", "en"),
        (GERMAN, "de-AT", None),
        (GERMAN, "en", "de"),
        (GERMAN, "lb", None),
        ("桥梁已经开通，从现在起渡轮只在周末运行，这就是我们想在这封信中告诉大家的事情，谢谢大家。", "zh-Hant", None),
        ("桥梁已经开通，从现在起渡轮只在周末运行，这就是我们想在这封信中告诉大家的事情，谢谢大家。", "en", "zh"),
    ],
)
def test_the_language_of_the_edition_is_expected(text: str, edition: str, found: str | None) -> None:
    """A variety of the language is the same language; of a language without a list, only English is told apart."""
    assert other_language(text, edition) == found
