"""Remembers what was found in a text: a preview checks the same texts at every save.

Input: a function that looks for something in a text, and depends on its arguments only. Output: the same function, which
remembers its last results.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

#: More texts than an issue has in all its variants.
MOST = 4096


def remembered(scan: Callable[P, Iterable[T]]) -> Callable[P, tuple[T, ...]]:
    """Return a scan that looks into each text once."""

    @lru_cache(maxsize=MOST)
    def found(*arguments: P.args, **named: P.kwargs) -> tuple[T, ...]:
        return tuple(scan(*arguments, **named))

    found.__doc__, found.__name__ = scan.__doc__, scan.__name__
    return cast(Callable[P, tuple[T, ...]], found)
