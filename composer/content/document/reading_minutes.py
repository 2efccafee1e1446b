"""Estimates how long the texts of a story take to read.

Input: texts and the language of the edition. Output: whole minutes, at least 1. Guarantees: links count by their words, not by
their addresses.
"""

from collections.abc import Iterable

from composer.content.document.rich_parts import paragraphs
from composer.content.values.rich_text import Rich, plain_words
from composer.core.reading_speed import words_and_minutes


def reading_minutes(texts: Iterable[object], language: str) -> int:
    """Return the minutes that all texts together take, rounded; values that are not texts take no time."""
    return max(1, round(words_and_minutes("\n".join(_lines(texts)), language)[1]))


def _lines(texts: Iterable[object]) -> Iterable[str]:
    for text in texts:
        if isinstance(text, Rich):
            yield from (plain_words(paragraph.children) for paragraph in paragraphs(text.parts))
        elif isinstance(text, str):
            yield text
