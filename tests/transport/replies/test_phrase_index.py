"""The index over the phrases finds the same as the expressions themselves, and tries only a few of them."""

import re
from pathlib import Path

import pytest

from composer.transport.replies import session_patterns  # noqa: F401  # so that its patterns are there
from composer.transport.replies.phrase_index import AnyOf, _candidates, _PatternParser

_TEXTS = [
    line
    for name in ("sentences.txt", "verdicts.txt", "subjects.txt")
    for line in (Path(__file__).parents[2] / "bounces" / "parse" / name).read_text().splitlines()
]


@pytest.mark.parametrize("number", range(len(AnyOf._all)))
def test_every_phrase_is_found(number: int) -> None:
    """In sentences of many servers and languages: the index misses nothing and adds nothing."""
    one = AnyOf._all[number]
    whole = re.compile("|".join(one._patterns), re.IGNORECASE)
    for text in _TEXTS:
        assert (one.search(text) is None) == (whole.search(text) is None), text
        assert one.sub(" ", text) == whole.sub(" ", text)


def test_few_are_tried() -> None:
    """One sentence in ten is tried against more than two hundred of the hundreds of patterns; none against all."""
    counts = sorted(sum(map(len, _candidates(text)[1].values())) for text in _TEXTS)
    assert counts[len(counts) * 9 // 10] < 200


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"mailbox (?:is )?full", [("mailbox ",), ("full",)]),
        (r"\bcolou?r\b", [("colo",), ("r",)]),
        (r"no (?:user|mail ?box) here", [(" here",), ("user", "mail"), ("no ",)]),
        (r"a(?:b|)c", [("a",), ("c",)]),
        (r"(?<!not )listed [io]n", [("listed ",), ("n",)]),
        (r"too (?:large|\d+) x", [("too ",), (" x",)]),
        (r"spam\.example(?!s)[^.;/]{0,60}?z{0,2}y{2,}", [("spam.example",), ("y",)]),
        (r"\d+", []),
        (r"Ärger+", [("ärger",)]),
    ],
)
def test_what_a_pattern_needs(pattern: str, needed: list[tuple[str, ...]]) -> None:
    """Read from its source; optional parts, classes and lookarounds do not count."""
    assert list(_PatternParser(pattern).needed()) == needed


def test_alternatives() -> None:
    """Split outside parentheses and classes."""
    assert _PatternParser(r"a|(?:b|c)|[|)]\||d").branches() == ["a", "(?:b|c)", r"[|)]\|", "d"]
