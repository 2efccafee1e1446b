"""What a draft counts as words."""

import pytest

from composer.core.reading_speed import count_words
from composer.drafts.draft_document import DraftDocument, Paragraph, Picture, Place, Span, Table

_HERE = Place(1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("a – b", 2),
        ("US-China talks don’t end", 4),
        ("49.1 percent", 2),
        ("万科 Vanke", 3),
        ("one\ntwo\tthree\u00a0four", 4),
    ],
)
def test_words(text: str, words: int) -> None:
    """Numbers, hyphenated words and contractions are one word; each Chinese character is one."""
    assert count_words(text) == words


def test_all_that_people_see_is_counted() -> None:
    """Paragraphs, cells, alt texts and footnotes count; a word of two looks is one word."""
    document = DraftDocument(
        (
            Paragraph((Span("Bei"), Span("jing", is_bold=True), Span(" today")), _HERE),
            Table((((Span("one"),), (Span("two three"),)),), _HERE),
            Picture(b"", "image/png", _HERE, alt="A harbor"),
        ),
        {"1": (Span("a note"),)},
    )
    assert document.word_count == 2 + 3 + 2 + 2
