"""How well a draft was mapped: the share of words that are in the field where they belong."""

from collections import Counter
from dataclasses import dataclass

from composer.content.yaml.nodes import Path

Fields = dict[Path, Counter[str]]


@dataclass(frozen=True)
class Score:
    """The words of the expected fields, and those that are there."""

    expected: int
    right: int
    #: The fields with missing words, for people.
    wrong: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of words that are right."""
        return self.right / self.expected if self.expected else 1.0


def score(expected: Fields, found: Fields) -> Score:
    """Compare two issues field by field."""
    right = sum((words & found.get(path, Counter())).total() for path, words in expected.items())
    wrong = tuple(
        f"{'.'.join(map(str, path))}: {' '.join((words - found.get(path, Counter())).elements())[:200]}"
        for path, words in expected.items()
        if words - found.get(path, Counter())
    )
    return Score(sum(words.total() for words in expected.values()), right, wrong)
