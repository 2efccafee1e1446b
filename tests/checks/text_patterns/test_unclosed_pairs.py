"""Brackets and quotation marks are matched over all paragraphs of a text."""

import pytest

from composer.checks.text_patterns.unclosed_pairs import Unclosed, unclosed_pairs
from tests import processor_time

CLOSED = [
    ["（题图：虎跑后山，杭州，2016。", "摄于龙井村或杨梅岭。）"],
    ["(A note of", "two", "or three paragraphs [with one more])"],
    ["“Said over", "two paragraphs”, they add."],
    ["“Said over", "“three", "“paragraphs”, they add."],
    ["„Gesagt in", "zwei Absätzen“, so sie."],
    ['He "said it', 'over two" paragraphs.'],
    ["a) this one", "b) that one :-)"],
    ["[Note: 1) this, 2) that :)]"],
    ["(The members of", "group a)"],
    ['It is “currently available in the US," they say.', "And so on."],
    ['A screen of 27" is sold.', 'Another has 32".'],
]
WRONG: list[tuple[list[str], int, Unclosed, tuple[str, ...]]] = [
    (["(A note", "without end."], 0, Unclosed.OPEN, ("(",)),
    (["A note", "without start)."], 1, Unclosed.CLOSED, (")",)),
    (["without start)", "(without end"], 0, Unclosed.CLOSED, (")",)),
    (["（一个 solution)。"], 0, Unclosed.MIXED, ("（", ")")),
    (["（一个 solution)，又（一个）。"], 0, Unclosed.MIXED, ("（", ")")),
    (["It (was so] there."], 0, Unclosed.MIXED, ("(", "]")),
    (["It (was] so) there."], 0, Unclosed.CLOSED, ("]",)),
    (["(A note", "a) this one", "b) that one"], 0, Unclosed.OPEN, ("(",)),
    (["“Said once", "and not closed."], 0, Unclosed.QUOTE, ()),
    (["It closed”", "and “opened."], 0, Unclosed.QUOTE, ()),
    (['He "said it', "over two paragraphs."], 0, Unclosed.QUOTE, ()),
    (["„Gesagt", "ist „gesagt."], 0, Unclosed.QUOTE, ()),
]


@pytest.mark.parametrize("paragraphs", CLOSED)
def test_closed_pairs(paragraphs: list[str]) -> None:
    """Pairs may span paragraphs; list numbers, smileys and inches are skipped."""
    assert unclosed_pairs(paragraphs) == {}


@pytest.mark.parametrize(("paragraphs", "number", "kind", "signs"), WRONG)
def test_wrong_pairs(paragraphs: list[str], number: int, kind: Unclosed, signs: tuple[str, ...]) -> None:
    """The paragraph, the kind and the brackets are named."""
    found = unclosed_pairs(paragraphs)
    assert (found[number].kind, found[number].signs) == (kind, signs)


@pytest.mark.parametrize("paragraph", ["(", ")", "“a ", '"a ', "(]", "）（"])
def test_long_texts_are_quick(paragraph: str) -> None:
    """Many wrong signs, in one paragraph or in many, take less than three seconds."""
    with processor_time.at_most(3):
        unclosed_pairs([paragraph * 10_000])
        unclosed_pairs([paragraph] * 10_000)
