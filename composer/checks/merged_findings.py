"""Merge the findings of all variants of an issue into one list.

Input: the problems of each variant. Output: each problem once, most severe first. A problem names the subscribers it affects
only if others get the same place without the problem.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.content.document.conditional_blocks import BlockSpan
from composer.core.errors import Problem

#: How many groups of subscribers a problem names.
_MOST_NAMED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedFinding:
    """The problems of one variant."""

    #: Who gets it: `subscribers tagged press`.
    subscribers: str
    #: The parts of the issue that this variant does not contain.
    lost: tuple[BlockSpan, ...]
    problems: tuple[Problem, ...]

    def has(self, problem: Problem) -> bool:
        """Return whether this variant contains the place of a problem."""
        return not any(span.holds(problem.path, problem.line) for span in self.lost)


def merged(said: Sequence[MergedFinding]) -> tuple[Problem, ...]:
    """Merge the problems; of one problem with different numbers, return the most severe, else the first."""
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
    """Return what identifies a problem: not its message, which may contain sizes and counts that differ between variants."""
    return problem.path, problem.line, problem.column, problem.code, problem.about
