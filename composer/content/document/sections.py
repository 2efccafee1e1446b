"""The sections of newsletter.yaml, with their types and settings.

Input: the node of `sections`, the theme. Output: a `SectionSpec` for each, and problems with their places.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from composer.content.document.section_lists import list_field
from composer.content.document.section_types import SectionType, read_section_type
from composer.content.schema.audiences import ONLY, condition_in, condition_problem, is_told, with_only
from composer.content.schema.loader import DocumentLoader
from composer.content.schema.messages import as_key, key_words, nearest
from composer.content.schema.schema import DocumentSchema, SchemaField, built_in
from composer.content.values.field_values import Group, text_in
from composer.content.values.source_map import SourceMap
from composer.content.yaml.nodes import Mapping as MappingNode
from composer.content.yaml.nodes import Node, Scalar
from composer.content.yaml.source import SourcePlace
from composer.core.audience_filter import AudienceFilter
from composer.core.errors import ContentError, Problem
from composer.core.workspace import ThemeFiles, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionSpec:
    """A section of the newsletter: its key in an issue, its type and its settings."""

    key: str
    type: SectionType
    heading: str
    #: The page that the heading links to.
    heading_url: str | None
    required: bool
    least: int | None
    most: int | None
    contents: str
    #: The maximum number of words in the section or in each item.
    words: int | None
    options: Group
    #: The subscribers who get it, in every issue; and the place of `only:`, if it is set.
    only: AudienceFilter
    only_place: SourcePlace | None

    @property
    def anchor(self) -> str:
        """The section's name in links."""
        return self.key.replace("_", "-")

    @property
    def limits(self) -> Mapping[str, int]:
        """The limits for the number of items in a list: `minItems`, `maxItems`."""
        limits = dict(self.type.content.limits)
        if self.type.content.is_array and self.least is not None:
            limits["minItems"] = self.least
        elif self.type.content.is_array:
            limits.setdefault("minItems", 1)
        if self.type.content.is_array and self.most is not None:
            limits["maxItems"] = self.most
        return limits

    def field(self, definitions: Mapping[str, SchemaField]) -> SchemaField:
        """Return the schema of what editors may write below the key."""
        given = self.type.content
        whole = replace(
            given,
            title=str(self.heading) or given.title or self.type.title,
            description=given.description or self.type.description,
            limits=tuple(self.limits.items()),
            from_file=True,
        )
        if given.items is None:
            return with_only(whole) if given.is_object else whole
        items = DocumentSchema(root=given, definitions=definitions).resolve(given.items)
        items = with_only(items) if items.is_object else items
        return replace(whole, items=replace(items, from_file=True))


def read_sections(
    workspace: Workspace,
    theme: ThemeFiles,
    node: Node | None,
    definitions: Mapping[str, SchemaField],
    problems: list[Problem],
    marks: SourceMap | None,
) -> tuple[SectionSpec, ...]:
    """Read the sections in order, and add what is wrong to the problems."""
    if not isinstance(node, MappingNode):
        return ()
    specs: list[SectionSpec] = []
    taken = (*built_in("issue").root.properties, "masthead", "imprint", "from")
    for entry in node.entries:
        key = entry.key.text
        if not re.fullmatch(r"[a-z][a-z0-9_]*", key):
            message = f"“{key}” is not a valid name for a section; use only lowercase letters, digits and _"
            problems.append(entry.key.place.problem("key", message, f"did you mean {as_key(key)}?"))
        elif key in taken:
            message = f"“{key}” is reserved: every issue already uses it"
            problems.append(entry.key.place.problem("key", message, "give the section another name"))
        elif isinstance(entry.value, MappingNode):
            spec = _section(workspace, theme, key, entry.value, definitions, problems, marks)
            if spec is not None:
                specs.append(spec)
    return tuple(specs)


def section_fields(
    specs: Sequence[SectionSpec], definitions: Mapping[str, SchemaField]
) -> tuple[dict[str, SchemaField], dict[str, SchemaField]]:
    """Return the schema of what editors write below the key of each section, and the definitions that it refers to."""
    fields: dict[str, SchemaField] = {}
    items: dict[str, SchemaField] = {}
    for spec in specs:
        field = fields[spec.key] = spec.field(definitions)
        if spec.type.has_groups and field.items is not None:
            items[name := f"{spec.key}.item"] = field.items
            fields[spec.key] = list_field(field, SchemaField(ref=name, from_file=True))
    return fields, items


def order_field(given: SchemaField, specs: Sequence[SectionSpec]) -> SchemaField:
    """Return the schema of `order:` in an issue: keys of sections."""
    return replace(given, items=replace(given.items or SchemaField(), enum=tuple(spec.key for spec in specs)))


def section_field() -> SchemaField:
    """Return the schema of the settings that every section may have in newsletter.yaml."""
    return with_only(built_in("newsletter").definitions["section"])


def _budget(kind: SectionType) -> int | None:
    items = kind.content.items
    return items.words if items is not None else kind.content.words


def _section(
    workspace: Workspace,
    theme: ThemeFiles,
    key: str,
    node: MappingNode,
    definitions: Mapping[str, SchemaField],
    problems: list[Problem],
    marks: SourceMap | None,
) -> SectionSpec | None:
    trail = f"sections, {key_words(key)}"
    name = node.get("type")
    if not isinstance(name, Scalar) or name.is_empty:
        hint = f"available types: {', '.join(theme.section_types())}"
        problems.append(node.place.problem("required", f"{trail}: “type” is missing", hint))
        return None
    try:
        kind = read_section_type(theme, name.text.strip())
    except ContentError as error:
        problems.extend(error.problems)
        return None
    if kind is None:
        known = theme.section_types()
        near = nearest(name.text.strip(), known)
        hint = f"did you mean {near}? " if near else ""
        hint += f"available types: {', '.join(known)}"
        problems.append(name.place.problem("choice", f"{trail}: unknown section type “{name.text.strip()}”", hint))
        return None
    own = section_field()
    schema = DocumentSchema(
        root=replace(own, properties={**own.properties, **kind.options.properties}), definitions=definitions
    )
    loader = DocumentLoader(schema=schema, workspace=workspace, marks=marks, lead=(trail,), problems=problems)
    values = loader.read(node)
    if not isinstance(values, Group):
        return None
    only, only_place = _only(node, values, trail, problems)
    least, most = values["min"], values["max"]
    if isinstance(least, int) and isinstance(most, int) and least > most:
        problems.append(node.place.problem("range", f"{trail}: “min” is larger than “max”"))
    return SectionSpec(
        key=key,
        type=kind,
        heading=text_in(values, "heading") or "",
        heading_url=text_in(values, "heading_url"),
        required=values["required"] is True,
        least=least if isinstance(least, int) else None,
        most=most if isinstance(most, int) else None,
        contents=text_in(values, "contents") or "titles",
        words=words if isinstance(words := values["words"], int) else _budget(kind),
        options=Group({option: values[option] for option in kind.options.properties}),
        only=only,
        only_place=only_place,
    )


def _only(
    node: MappingNode, values: Group, trail: str, problems: list[Problem]
) -> tuple[AudienceFilter, SourcePlace | None]:
    """Read the condition for subscribers who get a section in every issue."""
    written = next((entry for entry in node.entries if entry.key.text == ONLY), None)
    if written is None:
        return AudienceFilter(), None
    only = condition_in(values[ONLY])
    mistake = condition_problem(only, written.key.place, (trail, ONLY))
    if mistake is not None and not is_told(written.value, problems):
        problems.append(mistake)
    return only, written.key.place
