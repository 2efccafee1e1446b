"""Sections that are lists: written as a list, or as a group of keys with an introduction and groups of items.

Input: the schema of a list, or the value of a section that was read. Output: the schema of both forms; the items with
their paths in the file, and what is printed around them. Guarantees: the same value for both forms of the same items.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from composer.content.schema.messages import count_mistake, key_words, where
from composer.content.schema.schema import SchemaField, built_in
from composer.content.values.field_values import Group, Value, value_in
from composer.content.values.rich_text import Rich
from composer.content.yaml.nodes import Nodes, Path, nearest_place
from composer.core.errors import Problem

_ITEMS, _GROUPS = "items", "groups"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemGroup:
    """What is printed around items: around all items of a section, or around a group with a heading of its own.

    `path` is its place in the file; `written` has the keys of the file, without the items.
    """

    path: Path
    written: Group

    @property
    def heading(self) -> str:
        """The heading of a group."""
        return str(value_in(self.written, "heading") or "")

    @property
    def url(self) -> str | None:
        """The page that the heading links to."""
        url = value_in(self.written, "url")
        return url if isinstance(url, str) else None

    @property
    def intro(self) -> Rich | None:
        """The text below the heading."""
        intro = value_in(self.written, "intro")
        return intro if isinstance(intro, Rich) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionList:
    """The items of a section with their paths in the file, and what is printed around them."""

    pieces: tuple[tuple[Path, Group], ...]
    frame: ItemGroup | None = None
    groups: tuple[ItemGroup, ...] = ()


def list_field(given: SchemaField, items: SchemaField) -> SchemaField:
    """Return the schema of a list that may also be written as a group of keys."""
    frame = built_in("issue").definitions
    group = frame["group"]
    inner = {**group.properties, _ITEMS: replace(group.properties[_ITEMS], items=items)}
    groups = replace(frame["list"].properties[_GROUPS], items=replace(group, properties=inner))
    own = {**frame["list"].properties, _GROUPS: groups}
    own[_ITEMS] = replace(own[_ITEMS], items=items)
    return replace(given, types=("array", "object"), items=items, properties=own)


def read_list(key: str, value: Value) -> SectionList:
    """Return the items of a section's value, in either form; without items if the value is something else."""
    if isinstance(value, tuple):
        return SectionList(pieces=tuple(_items((key,), value)))
    if not isinstance(value, Group):
        return SectionList(pieces=())
    pieces = list(_items((key, _ITEMS), value_in(value, _ITEMS)))
    groups: list[ItemGroup] = []
    written = value_in(value, _GROUPS)
    for number, group in enumerate(written if isinstance(written, tuple) else ()):
        if isinstance(group, Group):
            path = (key, _GROUPS, number)
            pieces += _items((*path, _ITEMS), value_in(group, _ITEMS))
            groups.append(_frame(path, group))
    return SectionList(pieces=tuple(pieces), frame=_frame((key,), value), groups=tuple(groups))


def _frame(path: Path, value: Group) -> ItemGroup:
    return ItemGroup(path=path, written=Group({name: value[name] for name in value if name not in (_ITEMS, _GROUPS)}))


def is_below(path: Path, group: Path) -> bool:
    """Return whether a path is inside a group of keys."""
    return path[: len(group)] == group


def _items(path: Path, value: Value) -> Iterator[tuple[Path, Group]]:
    for number, item in enumerate(value if isinstance(value, tuple) else ()):
        if isinstance(item, Group):
            yield (*path, number), item


def list_problems(
    key: str, value: Value, limits: Mapping[str, int], nodes: Nodes, *, has_conditions: bool
) -> Iterator[Problem]:
    """Yield what is wrong with a list that is written as a group of keys: no items, items twice, too few or too many.

    If some items are not for everyone, conditional_blocks.py counts the items of each edition.
    """
    if not isinstance(value, Group):
        return
    trail, found = (key_words(key),), read_list(key, value)
    place = nearest_place(nodes, (key,))
    assert place is not None
    has_items, has_groups = bool(value_in(value, _ITEMS)), bool(value_in(value, _GROUPS))
    if has_items and has_groups:
        message = "“items” and “groups” cannot be used together"
        yield place.problem("type", where(trail, message), "move these items to a group, with a heading above them")
    elif not (has_items or has_groups):
        yield place.problem("required", where(trail, "“items” is missing"), "write   items:   and below it the items")
    least, most, count = limits.get("minItems", 1), limits.get("maxItems"), len(found.pieces)
    if 0 < count < least:
        yield place.problem("count", where(trail, count_mistake("minItems", least, count, _ITEMS)))
    if most is not None and count > most and not has_conditions:
        yield place.problem("count", where(trail, count_mistake("maxItems", most, count, _ITEMS)))
