"""Small changes to a regular expression.

Input: a pattern as text. Output: what was removed, and the pattern without it. The caller checks whether it still
compiles.
"""

import itertools
import re
from collections.abc import Iterator

_LOOKS = re.compile(r"\(\?(?:<?[=!])")


def changed_patterns(pattern: str) -> Iterator[tuple[str, str]]:
    """Remove each alternative of each choice, and each lookaround condition."""
    for start, bars, end in _groups(pattern):
        if look := _LOOKS.match(pattern, start - 1) if start else None:
            yield pattern[start - 1 : end + 1], pattern[: start - 1] + pattern[end + 1 :]
        inside = look.end() if look else start + len(_prefix(pattern, start))
        edges = [inside - 1, *bars, end]
        if len(bars) == 0:
            continue
        for left, right in itertools.pairwise(edges):
            # With the bar before it; for the first alternative, with the bar after it.
            cut = (left, right) if left >= inside else (inside, right + 1)
            yield pattern[left + 1 : right].strip(), pattern[: cut[0]] + pattern[cut[1] :]


def _prefix(pattern: str, start: int) -> str:
    """Return the prefix that gives the kind of a group: (?: (?P<name> (?i:"""
    match = re.compile(r"\?(?:P<\w+>|[aiLmsux-]*:|>)").match(pattern, start) if start else None
    return match[0] if match else ""


def _groups(pattern: str) -> Iterator[tuple[int, list[int], int]]:
    """Find the groups, the whole pattern last: the start of the inside, its bars, and its end."""
    open_groups: list[tuple[int, list[int]]] = [(0, [])]
    at = 0
    while at < len(pattern):
        match pattern[at]:
            case "\\":
                at += 1
            case "[":
                at = _end_of_set(pattern, at)
            case "(":
                open_groups.append((at + 1, []))
            case "|":
                open_groups[-1][1].append(at)
            case ")":
                start, bars = open_groups.pop()
                yield start, bars, at
        at += 1
    start, bars = open_groups.pop()
    yield start, bars, len(pattern)


def _end_of_set(pattern: str, at: int) -> int:
    """Find the bracket that ends a set of characters."""
    at += 2 if pattern[at + 1 : at + 2] == "^" else 1
    if pattern[at] == "]":
        at += 1
    while pattern[at] != "]":
        at += 2 if pattern[at] == "\\" else 1
    return at
