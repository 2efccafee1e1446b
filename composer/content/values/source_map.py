"""Where each text was written: a token that a printer puts before it, and the way back from there to the file.

Input: texts as they are read. Output: tokens of ASCII letters and digits, which survive rendering as merge fields
do, and for each the place and the words for it. A token is taken out of everything that leaves the house.
"""

import re
from dataclasses import dataclass, field

from composer.content.yaml.nodes import Scalar
from composer.content.yaml.source import SourcePlace


class SourceStr(str):
    """Words of an editor that know where they were written; `mark` is their token."""

    __slots__ = ("mark",)
    mark: str

    def __new__(cls, text: str, mark: str) -> "SourceStr":
        made = super().__new__(cls, text)
        made.mark = mark
        return made


@dataclass(frozen=True, slots=True)
class Mark:
    """A place that was marked, and how messages name it: `("top story", "source 2")`."""

    node: Scalar = field(repr=False)
    offset: int
    row: int
    needle: str
    trail: tuple[str, ...]

    @property
    def place(self) -> SourcePlace:
        """Where it is. Worked out when it is asked for: most marks never are."""
        start = self._start
        found = self.node.text.find(self.needle, start) if self.needle else -1
        return self.node.at(found if found >= 0 else start)

    def place_of(self, pattern: re.Pattern[str]) -> SourcePlace:
        """Return where something stands from here on in the text as written; where the mark is, when it does not."""
        found = pattern.search(self.node.text, self._start)
        return self.node.at(found.start()) if found else self.place

    @property
    def _start(self) -> int:
        start = self.offset
        for _ in range(self.row):
            start = self.node.text.find("\n", start) + 1
        return start


@dataclass(slots=True)
class SourceMap:
    """Hands out the tokens of one edition; `prefix` is how they begin, and occurs nowhere in the issue."""

    prefix: str
    _marks: list[Mark] = field(default_factory=list, repr=False)

    def token(self, node: Scalar, trail: tuple[str, ...], *, offset: int = 0, row: int = 0, needle: str = "") -> str:
        """Mark a place in a text: an offset of it, or its 0-based row (at `needle`, when that stands there)."""
        self._marks.append(Mark(node, offset, row, needle, trail))
        return f"{self.prefix}w{len(self._marks) - 1}z"

    def pattern(self) -> re.Pattern[str]:
        """Return what finds tokens; group 1 is the number that `at` wants."""
        return re.compile(rf"{self.prefix}w([0-9]+)z")

    def at(self, number: int) -> Mark:
        """Return what a token stands for."""
        return self._marks[number]

    def of(self, text: str) -> Mark | None:
        """Return where a text was written, when it knows."""
        mark = text.mark if isinstance(text, SourceStr) else ""
        return self.find(mark)

    def find(self, mark: str) -> Mark | None:
        """Return what a token of ours stands for; nothing for an empty one."""
        number = mark.removeprefix(self.prefix)
        return self._marks[int(number[1:-1])] if number != mark else None
