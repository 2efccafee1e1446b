"""The content of an issue file to be written: keys with values, and the comments between them.

`mapping` makes it, `writing` prints it. Pure values.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class NoteKind(StrEnum):
    """What a comment in the file is about."""

    #: words of the draft that have no field
    LEFT_OVER = "left-over"
    #: something that a person has to do before the issue can be sent
    TODO = "TODO"


@dataclass(frozen=True, slots=True)
class Note:
    """A comment in the file. `source` says where the text is in the draft."""

    kind: NoteKind
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text in one line, quoted in the file."""

    text: str


@dataclass(frozen=True, slots=True)
class BlockText:
    """Markdown or lines of sources: written below a `|`. Lines of `is_lines` are never wrapped."""

    text: str
    is_lines: bool = False


@dataclass(frozen=True, slots=True)
class BareValue:
    """A date, a number, a web address, a language, a file name."""

    text: str


@dataclass(slots=True)
class KeyGroup:
    """A group of keys, with the comments between them."""

    parts: "list[KeyEntry | Note]" = field(default_factory=list)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that are written."""
        return tuple(part.key for part in self.parts if isinstance(part, KeyEntry))

    def get(self, key: str) -> "EntryValue | None":
        """Return the value of a key, or None."""
        return next((part.value for part in self.parts if isinstance(part, KeyEntry) and part.key == key), None)


@dataclass(slots=True)
class ItemList:
    """A list of groups; `trailing` are comments after its last item."""

    items: list[KeyGroup] = field(default_factory=list)
    trailing: list[Note] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A key and its value."""

    key: str
    value: "EntryValue"


def count_todos(value: "EntryValue | Note") -> int:
    """Count what a person has to do, in a value and everything below it."""
    match value:
        case Note():
            return int(value.kind is NoteKind.TODO)
        case KeyGroup():
            return sum(count_todos(part.value if isinstance(part, KeyEntry) else part) for part in value.parts)
        case ItemList():
            return sum(map(count_todos, value.items)) + sum(map(count_todos, value.trailing))
    return 0


EntryValue = PlainText | BlockText | BareValue | KeyGroup | ItemList
