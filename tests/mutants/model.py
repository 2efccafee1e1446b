"""What a small change is, and what it depends on elsewhere in the package: values only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One small change: where, of which kind, from what to what."""

    path: str
    function: str
    line: int
    kind: str
    before: str
    after: str
    text: str = field(repr=False)

    @property
    def key(self) -> str:
        """Name the change without its line, so that the name outlives changes elsewhere in the file."""
        return f"{self.path} :: {self.function} :: {self.before} -> {self.after or 'nothing'}"


@dataclass(frozen=True, slots=True)
class Package:
    """What a module's changes depend on: the members of each enum, and the arguments that each function requires."""

    enums: Mapping[str, Sequence[str]]
    required: Mapping[str, frozenset[str]]
