"""The tree of a YAML file: texts with positions, groups of keys, lists.

For each character of a text, in every style, the line and column in the file can be found.
"""

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum

from composer.content.yaml.source import SourcePlace, SourceText


class ScalarStyle(StrEnum):
    """The YAML style of a text."""

    PLAIN = "plain"
    SINGLE = "single"
    DOUBLE = "double"
    LITERAL = "literal"
    FOLDED = "folded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A text as written. `start` and `end` are offsets in the source."""

    source: SourceText
    start: int
    end: int
    text: str
    style: ScalarStyle

    @property
    def place(self) -> SourcePlace:
        """The place where the text starts."""
        return self.source.place(self.start)

    @property
    def is_empty(self) -> bool:
        """Whether the text is empty or only white space."""
        return not self.text.strip()

    def at(self, offset: int) -> SourcePlace:
        """Return the place in the file of a character of `text`.

        White space is skipped. Line folding changes only white space, so counting the other characters finds the
        place in every style.
        """
        while offset < len(self.text) and self.text[offset].isspace():
            offset += 1
        if self.style is ScalarStyle.LITERAL and (place := self._in_its_row(offset)) is not None:
            return place
        wanted = sum(1 for character in self.text[:offset] if not character.isspace())
        return self.source.place(self._find(wanted))

    def at_unseen(self, offset: int) -> SourcePlace:
        """Return the place in the file of a character of `text` that may be white space, which `at` skips."""
        character = self.text[offset]
        index = self.start - 1
        for _ in range(self.text.count(character, 0, offset + 1)):
            index = self.source.text.find(character, index + 1, self.end)
            if index < 0:
                return self.at(offset)
        return self.source.place(index)

    def _in_its_row(self, offset: int) -> SourcePlace | None:
        """Return the place in a literal block: each of its lines is an indented line of the file."""
        row = self.text.count("\n", 0, offset)
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", start)
        line = self.text[start : end if end >= 0 else len(self.text)]
        at = bisect_right(self.source.starts, self.start) + row
        inside = self.source.line(at).find(line) if line.strip() else -1
        return self.source.place(self.source.starts[at] + inside + offset - start) if inside >= 0 else None

    def _find(self, wanted: int) -> int:
        raw, index = self.source.text, self.start
        match self.style:
            case ScalarStyle.LITERAL | ScalarStyle.FOLDED:
                index = raw.find("\n", index) + 1
            case ScalarStyle.SINGLE | ScalarStyle.DOUBLE:
                index += 1
            case ScalarStyle.PLAIN:
                pass
        while index < self.end:
            character = raw[index]
            length = 1
            if self.style is ScalarStyle.DOUBLE and character == "\\":
                length, blank = _escape(raw, index)
                if blank:
                    index += length
                    continue
            elif self.style is ScalarStyle.SINGLE and raw.startswith("''", index):
                length = 2
            elif character.isspace():
                index += 1
                continue
            if wanted == 0:
                return index
            wanted -= 1
            index += length
        return max(self.start, min(index, self.end))


def _escape(raw: str, index: int) -> tuple[int, bool]:
    """Return the length of a double-quoted escape, and whether it means white space (YAML 1.2.2, 5.7)."""
    kind = raw[index + 1 : index + 2]
    length = {"x": 4, "u": 6, "U": 10}.get(kind, 2)
    return length, kind in " \t\nnrtv_NLP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A key and its value."""

    key: Scalar
    value: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """Keys and values in the order written, without duplicate keys."""

    source: SourceText
    start: int
    entries: tuple[Entry, ...]

    @property
    def place(self) -> SourcePlace:
        """The place where the first key starts."""
        return self.source.place(self.start)

    def get(self, key: str) -> "Node | None":
        """Return a key's value, or None."""
        return next((entry.value for entry in self.entries if entry.key.text == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """A list."""

    source: SourceText
    start: int
    items: tuple["Node", ...]

    @property
    def place(self) -> SourcePlace:
        """The place of the first dash."""
        return self.source.place(self.start)


Node = Scalar | Mapping | Sequence
#: The keys and 0-based positions that lead to a node.
Path = tuple[str | int, ...]
#: The node at each path of a document.
Nodes = dict[Path, Node]


def nearest_place(nodes: Nodes, path: Path) -> SourcePlace | None:
    """Return the place of a node, or of the nearest group that contains its path."""
    for length in range(len(path), -1, -1):
        if (node := nodes.get(path[:length])) is not None:
            return node.place
    return None


def overlay(base: Mapping, over: Mapping) -> Mapping:
    """Merge two files: keys of `over` win, groups of keys are merged (an empty one changes nothing), lists are replaced."""
    entries: list[Entry] = []
    above: dict[str, Entry] = {entry.key.text: entry for entry in over.entries}
    for entry in base.entries:
        mine = above.get(entry.key.text)
        if mine is None:
            entries.append(entry)
        elif isinstance(mine.value, Mapping) and isinstance(entry.value, Mapping):
            entries.append(Entry(key=mine.key, value=overlay(entry.value, mine.value)))
        elif isinstance(mine.value, Scalar) and mine.value.is_empty and isinstance(entry.value, Mapping):
            entries.append(entry)
        else:
            entries.append(mine)
    known = {entry.key.text for entry in base.entries}
    entries.extend(entry for entry in over.entries if entry.key.text not in known)
    return Mapping(source=base.source, start=base.start, entries=tuple(entries))
