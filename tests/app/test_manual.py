"""The pages of the documentation are found by their names, titles and words."""

import pytest

from composer.app.manual import find_code, find_page, manual_pages, pages_linked
from tests.factories import ROOT


def test_every_page_but_the_decisions_is_a_topic() -> None:
    """Each topic is unique; the list and the decisions are not pages of the manual."""
    pages = manual_pages()
    assert len({page.topic for page in pages}) == len(pages)
    docs = {path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "decisions"}
    assert {page.path for page in pages} == docs - {ROOT / "docs" / "README.md"} | {ROOT / "CHANGELOG.md"}
    assert all(page.title and "`" not in page.title for page in pages)


@pytest.mark.parametrize(
    ("words", "topic"),
    [
        ("set-up-sending", "set-up-sending"),
        ("Set up  sending", "set-up-sending"),
        ("why compose send refuses", "send-refusals"),
        ("pdf", "make-a-pdf"),
        ("backup", "back-up-and-restore"),
        ("commands", "commands"),
        ("glossary", "glossary"),
        ("masthead", "newsletter-format"),
    ],
)
def test_a_page_is_found(words: str, topic: str) -> None:
    """By its topic, its title, words that only its title has, or a key that only it explains."""
    page = find_page(words).page
    assert page is not None and page.topic == topic


@pytest.mark.parametrize(
    ("words", "topic"),
    [("bounce", "handle-bounces"), ("glosary", "glossary"), ("SUBJ01", "checks"), ("set up sendng", "set-up-sending")],
)
def test_pages_that_are_near(words: str, topic: str) -> None:
    """Several titles with the words, a similar spelling, or pages with the words in their text."""
    found = find_page(words)
    assert found.page is None
    assert topic in [page.topic for page in found.near]


@pytest.mark.parametrize(
    ("code", "topic", "words"),
    [("LAW02", "checks", "publisher"), ("law02", "checks", "publisher"), ("yaml-colon", "problems", "colon")],
)
def test_a_code_is_found(code: str, topic: str, words: str) -> None:
    """The row of a check or a problem below the heads of its table, with its page."""
    entry = find_code(code)
    assert entry is not None and entry.page.topic == topic
    heads, _, row = entry.text.splitlines()
    assert heads.startswith("| code |") and words in row and code.lower() in row.lower()
    assert find_code("frobnicate") is None


def test_keys_come_first() -> None:
    """The page with the key for a color comes before pages that only mention colors often."""
    assert "newsletter-format" in [page.topic for page in find_page("color").near]


def test_nothing_is_near() -> None:
    """Words that are nowhere find nothing."""
    assert find_page("frobnicate").near == ()


def test_the_links_of_a_page() -> None:
    """Links lead to topics, each once, also with a heading; links to decisions and websites do not count."""
    page = find_page("set-up-sending").page
    assert page is not None
    topics = [each.topic for each in pages_linked(page)]
    assert "back-up-and-restore" in topics and len(set(topics)) == len(topics)
