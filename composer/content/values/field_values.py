"""The values of a schema's fields, as templates see them.

    text, address, colour, language -> str          date -> datetime.date       integer -> int, boolean -> bool
    Markdown -> Rich                                picture -> Picture          group of keys -> Group, list -> tuple

A missing optional field is None; a missing list is empty.
"""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from composer.content.values.rich_text import Rich


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture file. `src` is a token that is replaced by its address when the message or the page is written.

    `width`, `height` (in pixels) and `data` are those of the picture that is sent.
    """

    src: str
    name: str
    media_type: str
    width: int
    height: int
    data: bytes = field(repr=False)
    #: Whether it is an animation whose first frame has a single colour.
    begins_blank: bool = False
    #: Whether it is a logo on a light plate.
    has_plate: bool = False
    #: The file it was read from.
    file: Path = field(repr=False, compare=False)


class Group:
    """A group of keys, read by attribute: `item.title`. Reading a key that is not in the schema is an error.

    The class has no methods of its own, because any name may be a key.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, "Value"]) -> None:
        self._values = dict(values)

    def __getattr__(self, name: str) -> "Value":
        if name not in self._values:
            raise AttributeError(f"unknown name “{name}”; available: {', '.join(self._values)}")
        return self._values[name]

    def __getitem__(self, name: str) -> "Value":
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Group) and self._values == other._values

    def __hash__(self) -> int:
        return hash(tuple(self._values.items()))

    def __repr__(self) -> str:
        return f"Group({self._values!r})"

    def __reduce__(self) -> tuple[type["Group"], tuple[Mapping[str, "Value"]]]:
        # Copied and kept as it was made: without its values, every attribute is unknown.
        return Group, (self._values,)


def value_in(group: Group, name: str) -> "Value":
    """Return a value of a group, or None if its schema does not have the key."""
    return group[name] if name in iter(group) else None


def text_in(group: Group, name: str) -> str | None:
    """Return a text of a group, or None."""
    value = group[name]
    return value if isinstance(value, str) else None


def group_in(group: Group, name: str) -> Group:
    """Return a group inside a group; an empty one if it is missing."""
    value = group[name]
    return value if isinstance(value, Group) else Group({})


def merged(group: Group, other: Group) -> Group:
    """Return a group with the values of another one in it, key by key; what the other one lacks stays."""
    values = {name: group[name] for name in group}
    for name in other:
        value, before = other[name], values.get(name)
        if isinstance(value, Group) and isinstance(before, Group):
            values[name] = merged(before, value)
        elif value is not None:
            values[name] = value
    return Group(values)


def groups_in(group: Group, name: str) -> tuple[Group, ...]:
    """Return a list of groups."""
    value = group[name]
    return tuple(item for item in value if isinstance(item, Group)) if isinstance(value, tuple) else ()


def pictures_in(value: "Value") -> tuple[Picture, ...]:
    """Return the pictures of a value, in order."""
    if isinstance(value, Picture):
        return (value,)
    if isinstance(value, Group):
        return tuple(picture for name in value for picture in pictures_in(value[name]))
    if isinstance(value, tuple):
        return tuple(picture for item in value for picture in pictures_in(item))
    return ()


Value = None | bool | int | str | datetime.date | Rich | Picture | Group | tuple["Value", ...]
