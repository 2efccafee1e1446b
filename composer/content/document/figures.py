"""Finds the figures that texts name: `{figure exports}` in a body, and `exports` in the `figures` next to it.

Input: the values of an issue. Output: the same values, in which every place of a figure has its picture, and problems.
Guarantees: pure; a figure that no text shows is not a problem here, but a check reports it (`unused_figures`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from composer.content.schema.messages import as_key, nearest, where
from composer.content.values.field_values import Group, Value, value_in
from composer.content.values.rich_elements import FigureRow
from composer.content.values.rich_text import Rich
from composer.content.values.source_map import SourceMap
from composer.content.yaml.nodes import Nodes, Path, nearest_place
from composer.core.errors import Problem

#: The key with the figures of a story, a text or a topic.
FIGURES = "figures"
_CODE = "figure"


def with_figures(values: Value, nodes: Nodes, marks: SourceMap, problems: list[Problem]) -> Value:
    """Return the values of an issue with the figures of its texts; add unknown and repeated names to `problems`."""
    return _Matcher(nodes, marks, problems).matched(values, ())


def unused_figures(group: Group) -> Iterator[str]:
    """Yield the names of figures that no text of the group shows."""
    figures = value_in(group, FIGURES)
    if isinstance(figures, Group):
        used = {name for key in group for row in _rows(group[key]) for name in row.names}
        yield from (name for name in figures if name not in used)


def _rows(value: Value) -> tuple[FigureRow, ...]:
    return tuple(node for node in value.nodes if isinstance(node, FigureRow)) if isinstance(value, Rich) else ()


@dataclass(frozen=True, slots=True)
class _Matcher:
    """Walks through the values of an issue."""

    nodes: Nodes
    marks: SourceMap
    problems: list[Problem]

    def matched(self, value: Value, path: Path, near: "_Figures | None" = None) -> Value:
        """Return a value with the figures of its texts; `near` are those next to it."""
        if isinstance(value, Rich):
            return (near or _Figures(None)).placed(value, self) if _rows(value) else value
        if isinstance(value, tuple):
            items = tuple(self.matched(item, (*path, index)) for index, item in enumerate(value))
            return value if all(new is old for new, old in zip(items, value, strict=True)) else items
        return self._group(value, path) if isinstance(value, Group) else value

    def _group(self, group: Group, path: Path) -> Group:
        given = value_in(group, FIGURES)
        figures = _Figures(given if isinstance(given, Group) else None)
        changed: dict[str, Value] = {}
        for key in group:
            if (new := self.matched(group[key], (*path, key), figures)) is not group[key]:
                changed[key] = new
        figures.check_names((*path, FIGURES), self)
        return Group({key: changed.get(key, group[key]) for key in group}) if changed else group


@dataclass(slots=True)
class _Figures:
    """The figures next to a text, or None if there is no such key; and those that have been shown."""

    group: Group | None
    shown: set[str] = field(default_factory=set)

    def placed(self, rich: Rich, at: _Matcher) -> Rich:
        """Return a text with its figures."""
        return replace(
            rich, nodes=tuple(self._row(node, at) if isinstance(node, FigureRow) else node for node in rich.nodes)
        )

    def _row(self, row: FigureRow, at: _Matcher) -> FigureRow:
        found: list[Group] = []
        for name, mark in zip(row.names, row.marks, strict=True):
            figure = value_in(self.group, name) if self.group is not None else None
            message, hint = self._mistake(name, is_known=isinstance(figure, Group))
            if message and (place := at.marks.find(mark)):
                at.problems.append(place.place.problem(_CODE, where(place.trail, message), hint))
                if self.group is None:
                    break
            elif isinstance(figure, Group):
                found.append(figure)
            self.shown.add(name)
        return replace(row, figures=tuple(found))

    def _mistake(self, name: str, *, is_known: bool) -> tuple[str, str]:
        if self.group is None:
            hint = f"write   {FIGURES}:   next to it, and below it   {name}:   with image and alt"
            return f"there is no figure “{name}”, because this part has no key “{FIGURES}”", hint
        known = tuple(self.group)
        if name in self.shown and is_known:
            return f"the figure “{name}” is already shown before", "delete one of the two lines"
        if name in known:
            return "", ""
        near = nearest(name, known)
        hint = f"did you mean {near}? " if near else ""
        return f"there is no figure “{name}”", f"{hint}figures here: {', '.join(known)}"

    def check_names(self, path: Path, at: _Matcher) -> None:
        """Report the names that no text can use."""
        for name in self.group or ():
            if not re.fullmatch(r"[\w-]+", name) and (place := nearest_place(at.nodes, (*path, name))):
                message = f"“{name}” is not a valid name for a figure; use letters, digits, - and _"
                at.problems.append(place.problem("key", message, f"did you mean {as_key(name)}?"))
