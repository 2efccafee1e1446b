"""The source position of each text: printers put a token before the text, and the token leads back to the file.

Input: texts as they are read. Output: tokens of ASCII letters and digits, which survive rendering like merge fields;
for each token, the place and its display name. Guarantees: no token stays in a message or a page that is published.
"""

import re
from dataclasses import dataclass, field

from composer.content.yaml.nodes import Scalar
from composer.content.yaml.source import SourcePlace

#: The most blocks of which each has its own numbers.
_BLOCKS = 1000


class SourceStr(str):
    """A text of an editor with its source position; `mark` is its token."""

    __slots__ = ("mark",)
    mark: str

    def __new__(cls, text: str, mark: str) -> "SourceStr":
        made = super().__new__(cls, text)
        made.mark = mark
        return made


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked place, and its name in messages: `("top story", "source 2")`."""

    node: Scalar = field(repr=False)
    offset: int
    row: int
    needle: str
    trail: tuple[str, ...]

    @property
    def place(self) -> SourcePlace:
        """The place in the file, computed when needed: most marks never are."""
        start = self._start
        found = self.node.text.find(self.needle, start) if self.needle else -1
        return self.node.at(found if found >= 0 else start)

    def place_of(self, pattern: re.Pattern[str]) -> SourcePlace:
        """Return the place of the next match after the mark; without a match, the mark's own place."""
        found = pattern.search(self.node.text, self._start)
        return self.node.at(found.start()) if found else self.place

    @property
    def _start(self) -> int:
        start = self.offset
        for _ in range(self.row):
            start = self.node.text.find("\n", start) + 1
        return start


@dataclass(frozen=True, slots=True)
class UpcomingTokens:
    """The tokens that a map will create next, in its present block."""

    prefix: str
    block: int
    count: int

    def at(self, index: int) -> str:
        """Return a token; 0 is the next one."""
        return f"{self.prefix}w{(self.count + index) * _BLOCKS + self.block}z"


@dataclass(slots=True)
class SourceMap:
    """Creates the tokens of one edition; they start with `prefix`, which does not occur in the issue."""

    prefix: str
    _marks: dict[int, Mark] = field(default_factory=dict, repr=False)
    #: The number of each block, and of the marks in it.
    _blocks: dict[str, int] = field(default_factory=dict, repr=False)
    _counts: dict[int, int] = field(default_factory=dict, repr=False)
    _block: int = 0

    def start(self, block: str) -> None:
        """Start to mark the texts of a block, such as a section: its tokens do not depend on other blocks."""
        self._block = self._blocks.setdefault(block, (len(self._blocks) + 1) % _BLOCKS)

    def copy(self) -> "SourceMap":
        """Return a map with the same marks."""
        return SourceMap(self.prefix, dict(self._marks), dict(self._blocks), dict(self._counts), self._block)

    def token(self, node: Scalar, trail: tuple[str, ...], *, offset: int = 0, row: int = 0, needle: str = "") -> str:
        """Mark a place in a text: an offset, or a 0-based row (at `needle`, if the row contains it)."""
        count = self._counts.get(self._block, 0)
        self._counts[self._block] = count + 1
        self._marks[count * _BLOCKS + self._block] = Mark(node, offset, row, needle, trail)
        return UpcomingTokens(self.prefix, self._block, count).at(0)

    def upcoming(self) -> UpcomingTokens:
        """Return the next tokens, without marks."""
        return UpcomingTokens(self.prefix, self._block, self._counts.get(self._block, 0))

    def pattern(self) -> re.Pattern[str]:
        """Return the pattern of tokens; group 1 is the number for `at`."""
        return re.compile(rf"{self.prefix}w([0-9]+)z")

    def at(self, number: int) -> Mark:
        """Return the mark of a token, by its number."""
        return self._marks[number]

    def of(self, text: str) -> Mark | None:
        """Return the mark of a text, or None if it has no mark."""
        mark = text.mark if isinstance(text, SourceStr) else ""
        return self.find(mark)

    def find(self, mark: str) -> Mark | None:
        """Return the mark of a token; None for an empty token."""
        number = mark.removeprefix(self.prefix)
        return self._marks[int(number[1:-1])] if number != mark else None
