"""A small change, and the facts about the package that changes depend on: values only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One small change: its place, its kind, the old and the new text."""

    path: str
    function: str
    line: int
    kind: str
    before: str
    after: str
    text: str = field(repr=False)

    @property
    def key(self) -> str:
        """Return a name without the line number, which stays the same if other parts of the file change."""
        return f"{self.path} :: {self.function} :: {self.before} -> {self.after or 'nothing'}"


@dataclass(frozen=True, slots=True)
class Package:
    """The facts about the package: the members of each enum, and the required arguments of each function."""

    enums: Mapping[str, Sequence[str]]
    required: Mapping[str, frozenset[str]]
