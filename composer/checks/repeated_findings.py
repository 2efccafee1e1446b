"""One fault, one finding: where two checks point to the same place for the same cause, the more precise one speaks.

Input: what the checks found. Output: the same without repeats. This is the only place that decides it. Pure.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby

from composer.core.errors import Problem

#: Which checks speak for which: when what they say is mended, the other is mended too, or has to be looked at anew.
SPEAKS_FOR: Mapping[str, frozenset[str]] = {
    # A preheader that repeats the subject is written anew, at another length.
    "PRE02": frozenset(("PRE03", "PRE04")),
    # An address that is replaced: its words, too, and however it was written.
    "LINK01": frozenset(("A11Y07", "LINK03", "LINK07", "LINK08")),
    "LINK04": frozenset(("A11Y07", "LINK03")),
    "LINK05": frozenset(("A11Y07", "LINK03")),
    "LINK06": frozenset(("A11Y07",)),
    # What makes it long.
    "LINK08": frozenset(("LINK07",)),
    # An article that stands twice in an issue is told of there.
    "EDIT01": frozenset(("EDIT02",)),
    # Signs of another program, whatever else they look like.
    "FIELD02": frozenset(("EDIT07", "MARK01")),
    # A bracket or a quotation mark is missing because one is wrong, or a form that was not understood.
    "MARK01": frozenset(("EDIT05",)),
    "EDIT11": frozenset(("EDIT05",)),
}


def without_repeats(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Leave out what a more precise finding of at least the same level says at the same place."""
    kept: list[Problem] = []
    for _, group in groupby(sorted(problems, key=_place), key=_place):
        here = list(group)
        kept += [each for each in here if not any(_says_it(other, each) for other in here)]
    return tuple(kept)


def _says_it(one: Problem, other: Problem) -> bool:
    return other.code in SPEAKS_FOR.get(one.code, ()) and one.level.rank <= other.level.rank


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.path, problem.line, problem.column
