"""Report each mistake once: if two checks find the same cause at the same place, keep the more precise finding.

Input: the problems of all checks. Output: the problems without repeats. Guarantees: no other module removes repeats.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby

from composer.core.errors import Problem

#: Which findings replace which: fixing the first also fixes the second, or changes what the second checks.
SPEAKS_FOR: Mapping[str, frozenset[str]] = {
    # A preheader that repeats the subject is rewritten and gets another length.
    "PRE02": frozenset(("PRE03", "PRE04")),
    # An address that is replaced, whatever its text and form.
    "LINK01": frozenset(("A11Y07", "LINK03", "LINK07", "LINK08")),
    "LINK04": frozenset(("A11Y07", "LINK03")),
    "LINK05": frozenset(("A11Y07", "LINK03")),
    "LINK06": frozenset(("A11Y07",)),
    # Tracking parameters make an address long.
    "LINK08": frozenset(("LINK07",)),
    # An article that is cited twice in this issue is reported for that.
    "EDIT01": frozenset(("EDIT02",)),
    # Merge fields of another program look like placeholders or markup.
    "FIELD02": frozenset(("EDIT07", "MARK01")),
    # A bracket or a quotation mark is missing because another one is wrong, or because of foreign markup.
    "MARK01": frozenset(("EDIT05",)),
    "EDIT11": frozenset(("EDIT05",)),
}


def without_repeats(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems without those that a more precise one of at least the same level replaces at the same place."""
    kept: list[Problem] = []
    for _, group in groupby(sorted(problems, key=_place), key=_place):
        here = list(group)
        kept += [each for each in here if not any(_says_it(other, each) for other in here)]
    return tuple(kept)


def _says_it(one: Problem, other: Problem) -> bool:
    return other.code in SPEAKS_FOR.get(one.code, ()) and one.level.rank <= other.level.rank


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.path, problem.line, problem.column
