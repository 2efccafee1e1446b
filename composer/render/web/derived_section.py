"""What the web edition shows of a section whose type has no template for the web, from the schema of the type.

Input: a section, and the definitions that its schema refers to. Output: `DerivedItem` values for the theme's template
`derived.html.j2`: titles become headings, Markdown becomes text, pictures become figures, addresses become links, groups
become lists. Guarantees: every text of the section is in them; choices, colors and numbers for the layout are not.
"""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from composer.content.document.figures import FIGURES, unused_figures
from composer.content.document.issue import Section
from composer.content.schema.schema import DocumentSchema, SchemaField
from composer.content.values.field_values import Group, Picture, Value, value_in
from composer.content.values.rich_text import Rich

#: Fields that may name an item, the best first.
_TITLES = ("title", "name")
#: Fields that belong to the picture next to them; `after` is its position in a text.
_OF_PICTURE = ("alt", "caption", "credit", "after")
#: Fields that compose adds to sections and links.
_ENGINES = ("checked", "only", "from")
#: A longer text is a paragraph of its own; shorter ones share a line.
_SHORT = 60


class PartKind(StrEnum):
    """What a part is, for the template."""

    #: a Markdown text
    TEXT = "text"
    #: a line of plain text, or several short values
    WORDS = "words"
    LINE = "line"
    FIGURE = "figure"
    URL = "url"
    EMAIL = "email"
    DATE = "date"
    LANGUAGE = "language"
    #: a list of items, or one group of keys
    LIST = "list"
    GROUP = "group"


_SHORT_KINDS = frozenset((PartKind.WORDS, PartKind.URL, PartKind.EMAIL, PartKind.DATE, PartKind.LANGUAGE))
_BY_FORMAT = {"url": PartKind.URL, "email": PartKind.EMAIL, "language": PartKind.LANGUAGE}


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedPart:
    """A value of an item. For a line, `value` is its parts; for a figure and a group, it is a group of keys."""

    kind: PartKind
    value: object


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedItem:
    """An item of a section or of a list in it. `anchor` is empty if links cannot lead to it."""

    title: str | None = None
    url: str | None = None
    anchor: str = ""
    parts: tuple[DerivedPart, ...] = field(default=())


def derived_items(
    section: Section, definitions: Mapping[str, SchemaField], anchors: Sequence[str]
) -> tuple[DerivedItem, ...]:
    """Return the items of a section; a section with one group of keys is one item."""
    content = section.spec.type.content
    schema = DocumentSchema(root=content, definitions=definitions)
    if isinstance(section.content, Group):
        return (_item(schema, content, section.content),)
    inner = schema.resolve(content.items) if content.items else content
    return tuple(_item(schema, inner, item, anchor) for item, anchor in zip(section.content, anchors, strict=True))


def _item(schema: DocumentSchema, given: SchemaField, group: Group, anchor: str = "") -> DerivedItem:
    fields = {name: schema.resolve(given.properties.get(name, given.others or SchemaField())) for name in group}
    named = next((name for name in _TITLES if isinstance(value_in(group, name), str)), None)
    links = [name for name in fields if fields[name].format == "url" and group[name]]
    linked = ("url" if "url" in links else links[0]) if named and links else None
    has_picture = any(isinstance(group[name], Picture) for name in fields)
    left = {named, linked, *_ENGINES, *(_OF_PICTURE if has_picture else ())}
    parts: list[DerivedPart] = []
    for name in (name for name in fields if name not in left):
        if isinstance(group[name], Picture):
            values = {key: value_in(group, key) for key in _OF_PICTURE}
            parts.append(DerivedPart(kind=PartKind.FIGURE, value=Group({"image": group[name], **values})))
        else:
            parts.extend(_parts(schema, fields[name], _unshown(group) if name == FIGURES else group[name]))
    title, url = (value_in(group, name) if name else None for name in (named, linked))
    return DerivedItem(
        title=title if isinstance(title, str) else None,
        url=url if isinstance(url, str) else None,
        anchor=anchor,
        parts=tuple(_in_lines(parts)),
    )


def _unshown(group: Group) -> Value:
    """Return the figures that no text of the group shows, or what else the key has."""
    figures = group[FIGURES]
    if not isinstance(figures, Group):
        return figures
    unused = {name: figures[name] for name in unused_figures(group)}
    return Group(unused) if unused else None


def _parts(schema: DocumentSchema, given: SchemaField, value: Value) -> Iterator[DerivedPart]:
    match value:
        case None | bool():
            return
        case Rich() if value:
            yield DerivedPart(kind=PartKind.TEXT, value=value)
        case datetime.date():
            yield DerivedPart(kind=PartKind.DATE, value=value)
        case Group():
            yield DerivedPart(kind=PartKind.GROUP, value=_item(schema, given, value))
        case tuple() if value:
            inner = schema.resolve(given.items) if given.items else SchemaField()
            yield DerivedPart(kind=PartKind.LIST, value=tuple(_list_item(schema, inner, each) for each in value))
        case str() | int() if value != "" and not given.enum and given.format != "colour":
            yield DerivedPart(kind=_BY_FORMAT.get(given.format, PartKind.WORDS), value=value)
        case _:
            return


def _list_item(schema: DocumentSchema, given: SchemaField, value: Value) -> DerivedItem:
    if isinstance(value, Group):
        return _item(schema, given, value)
    if isinstance(value, Picture):
        value = Group({"image": value})
        return DerivedItem(parts=(DerivedPart(kind=PartKind.FIGURE, value=value),))
    return DerivedItem(parts=tuple(_in_lines(_parts(schema, given, value))))


def _in_lines(parts: Sequence[DerivedPart] | Iterator[DerivedPart]) -> Iterator[DerivedPart]:
    """Put short values that follow each other into one line."""
    line: list[DerivedPart] = []
    for part in parts:
        if part.kind in _SHORT_KINDS and len(str(part.value)) <= _SHORT:
            line.append(part)
            continue
        if line:
            yield DerivedPart(kind=PartKind.LINE, value=tuple(line))
            line = []
        yield part
    if line:
        yield DerivedPart(kind=PartKind.LINE, value=tuple(line))
