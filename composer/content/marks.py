"""Where each text was written: a token that a printer puts before it, and the way back from there to the file.

Comes in: texts as they are read. Goes out: tokens of ASCII letters and digits, which survive rendering as merge fields
do, and for each the place and the words for it. A token is taken out of everything that leaves the house.
"""

import re
from dataclasses import dataclass, field

from composer.content.nodes import Scalar
from composer.content.source import Place


class Written(str):
    """Words of an editor that know where they were written; `mark` is their token."""

    __slots__ = ("mark",)
    mark: str

    def __new__(cls, text: str, mark: str) -> "Written":
        made = super().__new__(cls, text)
        made.mark = mark
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place that was marked, and how messages name it: `("top story", "source 2")`."""

    place: Place
    trail: tuple[str, ...]


@dataclass(slots=True)
class Marks:
    """Hands out the tokens of one edition; `prefix` is how they begin, and occurs nowhere in the issue."""

    prefix: str
    _origins: list[tuple[Scalar, int, int, str, tuple[str, ...]]] = field(default_factory=list, repr=False)

    def token(self, node: Scalar, trail: tuple[str, ...], *, offset: int = 0, row: int = 0, needle: str = "") -> str:
        """Mark a place in a text: an offset of it, or its 0-based row (at `needle`, when that stands there)."""
        self._origins.append((node, offset, row, needle, trail))
        return f"{self.prefix}w{len(self._origins) - 1}z"

    def pattern(self) -> re.Pattern[str]:
        """Give what finds tokens; group 1 is the number that `at` wants."""
        return re.compile(rf"{self.prefix}w([0-9]+)z")

    def at(self, number: int) -> Mark:
        """Give what a token stands for."""
        node, offset, row, needle, trail = self._origins[number]
        if row or needle:
            offset = _offset_of(node.text, row, needle)
        return Mark(place=node.at(offset), trail=trail)

    def of(self, text: str) -> Mark | None:
        """Give where a text was written, when it knows."""
        mark = text.mark if isinstance(text, Written) else ""
        return self.find(mark)

    def find(self, mark: str) -> Mark | None:
        """Give what a token of ours stands for; nothing for an empty one."""
        match = self.pattern().fullmatch(mark)
        return self.at(int(match[1])) if match else None


def _offset_of(text: str, row: int, needle: str) -> int:
    start = 0
    for _ in range(row):
        start = text.find("\n", start) + 1
    if needle and (found := text.find(needle, start)) >= 0:
        return found
    return start
