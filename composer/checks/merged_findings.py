"""One list of findings for all variants of an issue.

Input: what the checks said of each variant. Output: each finding once, the heaviest first. Which subscribers it concerns
is said only where others have the same place before them and nothing wrong with it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.content.document.conditional_blocks import BlockSpan
from composer.core.errors import Problem

#: How many groups of subscribers a finding names.
_MOST_NAMED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedFinding:
    """What the checks said of one variant."""

    #: Who gets it: `subscribers tagged press`.
    subscribers: str
    #: What is not in it.
    lost: tuple[BlockSpan, ...]
    problems: tuple[Problem, ...]

    def has(self, problem: Problem) -> bool:
        """Whether the place of a problem is in it."""
        return not any(span.holds(problem.path, problem.line) for span in self.lost)


def merged(said: Sequence[MergedFinding]) -> tuple[Problem, ...]:
    """Merge what was said; of one finding with different figures, the heaviest is told, else the first."""
    if len(said) == 1:
        return said[0].problems
    found: dict[tuple[object, ...], dict[int, Problem]] = {}
    for number, variant in enumerate(said):
        seen: Counter[tuple[object, ...]] = Counter()
        for problem in variant.problems:
            identity = _identity(problem)
            seen[identity] += 1
            found.setdefault((*identity, seen[identity]), {})[number] = problem
    told = []
    for by_variant in found.values():
        problem = min(by_variant.values(), key=lambda each: each.level.rank)
        if any(number not in by_variant and variant.has(problem) for number, variant in enumerate(said)):
            names = [said[number].subscribers for number in by_variant]
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            problem = replace(problem, message=f"{problem.message} (for {'; '.join(names[:_MOST_NAMED])}{more})")
        told.append(problem)
    return tuple(sorted(told, key=lambda problem: (problem.level.rank, problem)))


def _identity(problem: Problem) -> tuple[object, ...]:
    """Return what tells findings apart: never their words, in which sizes and counts differ from variant to variant."""
    return problem.path, problem.line, problem.column, problem.code, problem.about
