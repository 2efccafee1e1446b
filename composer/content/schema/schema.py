"""Schemas: one subset of JSON Schema for issues, newsletters and themes.

Input: schema files (YAML). Output: `SchemaField` trees, and plain JSON Schema for validators and editors. Guarantees:
does not read content.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from composer.content.yaml.nodes import Mapping as MappingNode
from composer.content.yaml.nodes import Node, Scalar, Sequence
from composer.content.yaml.parser import parse
from composer.content.yaml.source import SourceText
from composer.core.kept_results import kept

#: The number of the rules for issues and newsletter.yaml. It changes when a file that was right becomes wrong or gets
#: another meaning; new keys do not change it.
FORMAT = 1
JsonObject = dict[str, object]
_DEFS = "#/$defs/"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaField:
    """The schema of one value in a file."""

    types: tuple[str, ...] = ()
    format: str = ""
    title: str = ""
    description: str = ""
    examples: tuple[str, ...] = ()
    default: str | None = None
    properties: Mapping[str, "SchemaField"] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    together: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    items: "SchemaField | None" = None
    others: "SchemaField | None" = None
    enum: tuple[str, ...] = ()
    limits: tuple[tuple[str, int], ...] = ()
    ref: str = ""
    #: The maximum number of words, if there is one: a check reports longer texts.
    words: int | None = None
    #: Whether a web address is a link for subscribers, not one of the newsletter's own settings.
    is_link: bool = True
    #: Whether the value may be in its own file (`from: drafts/vanke.yaml`).
    from_file: bool = False
    #: Whether a text is another one in each language; names, places and numbers are the same.
    translate: bool = True

    @property
    def is_object(self) -> bool:
        """Whether the value may be a group of keys."""
        return "object" in self.types

    @property
    def is_open(self) -> bool:
        """Whether the keys of the group are checked elsewhere."""
        return self.is_object and not self.properties and self.others is None

    @property
    def is_translated(self) -> bool:
        """Whether the value is a text that differs from language to language."""
        return self.translate and "string" in self.types and self.format in ("plain", "markdown")

    @property
    def is_array(self) -> bool:
        """Whether the value may be a list."""
        return "array" in self.types


_LIMITS = ("minProperties", "minItems", "maxItems", "minimum", "maximum", "minLength", "maxLength")


def field_of(node: Node | None) -> SchemaField:
    """Read one field of a valid schema."""
    if not isinstance(node, MappingNode):
        return SchemaField()
    properties, together = node.get("properties"), node.get("dependentRequired")
    others, items = node.get("additionalProperties"), node.get("items")
    return SchemaField(
        types=_texts(node.get("type")),
        format=_text(node.get("format")) or "",
        title=_text(node.get("title")) or "",
        description=_text(node.get("description")) or "",
        examples=_texts(node.get("examples")),
        default=_text(node.get("default")),
        properties=_properties(properties) if isinstance(properties, MappingNode) else {},
        required=_texts(node.get("required")),
        together={entry.key.text: _texts(entry.value) for entry in together.entries}
        if isinstance(together, MappingNode)
        else {},
        items=field_of(items) if items is not None else None,
        others=field_of(others) if isinstance(others, MappingNode) else None,
        enum=_texts(node.get("enum")),
        is_link=_text(node.get("link")) != "false",
        translate=_text(node.get("translate")) != "false",
        words=int(words) if (words := _text(node.get("words"))) else None,
        limits=tuple((name, int(text)) for name in _LIMITS if (text := _text(node.get(name)))),
        ref=(_text(node.get("$ref")) or "").removeprefix(_DEFS),
    )


#: Next to every `url` that is a link, editors may write that they opened the link: `compose check --links` then accepts it.
_CHECKED = SchemaField(
    types=("string",),
    format="date",
    title="Checked",
    description="The day you opened the link yourself and found it correct, for links that compose cannot check.",
    examples=("2025-01-29",),
)


def _properties(node: MappingNode) -> dict[str, SchemaField]:
    found = {entry.key.text: field_of(entry.value) for entry in node.entries}
    if "url" in found and found["url"].format == "url" and found["url"].is_link:
        found.setdefault("checked", _CHECKED)
    return found


def _text(node: Node | None) -> str | None:
    return " ".join(node.text.split()) if isinstance(node, Scalar) else None


def _texts(node: Node | None) -> tuple[str, ...]:
    if isinstance(node, Scalar):
        return (node.text.strip(),)
    if isinstance(node, Sequence):
        return tuple(item.text.strip() for item in node.items if isinstance(item, Scalar))
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSchema:
    """A field with the definitions it refers to."""

    root: SchemaField
    definitions: Mapping[str, SchemaField]

    def resolve(self, given: SchemaField) -> SchemaField:
        """Follow a reference; texts next to the reference replace those of the definition."""
        if not given.ref:
            return given
        target = self.definitions[given.ref]
        if not (given.title or given.description or given.examples or given.from_file):
            return target
        return replace(
            target,
            title=given.title or target.title,
            description=given.description or target.description,
            examples=given.examples or target.examples,
            from_file=given.from_file,
        )

    def to_json(self) -> JsonObject:
        """Return plain JSON Schema (draft 2020-12) for validators and editors."""
        schema: JsonObject = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        schema.update(_json(self.root))
        used = _references(self.root, self.definitions, {})
        if used:
            schema["$defs"] = {name: _json(self.definitions[name]) for name in sorted(used)}
        return schema


def _references(given: SchemaField, definitions: Mapping[str, SchemaField], seen: dict[str, bool]) -> dict[str, bool]:
    if given.ref and given.ref not in seen:
        seen[given.ref] = True
        _references(definitions[given.ref], definitions, seen)
    children = [*given.properties.values(), *(child for child in (given.items, given.others) if child)]
    for child in children:
        _references(child, definitions, seen)
    return seen


def _json(given: SchemaField) -> JsonObject:
    """Return the JSON of a field. Groups are closed: unknown keys are mistakes."""
    out: JsonObject = {}
    if given.ref:
        out["$ref"] = _DEFS + given.ref
    for name in ("title", "description"):
        if value := getattr(given, name):
            out[name] = value
    if given.types:
        out["type"] = given.types[0] if len(given.types) == 1 else list(given.types)
    if given.format:
        out["format"] = given.format
    if given.default is not None:
        out["default"] = given.default
    if given.examples:
        out["examples"] = list(given.examples)
    if given.enum:
        out["enum"] = list(given.enum)
    out.update(dict(given.limits))
    if given.items is not None:
        out["items"] = _json(given.items)
    if given.is_object and not given.is_open:
        out["properties"] = {name: _json(child) for name, child in given.properties.items()}
        out["additionalProperties"] = _json(given.others) if given.others else False
        if given.required:
            out["required"] = list(given.required)
        if given.together:
            out["dependentRequired"] = {name: list(names) for name, names in given.together.items()}
    return out


@cache
def built_in(name: str) -> DocumentSchema:
    """Return a built-in schema: newsletter, issue, section_type, theme, phrases, definitions."""
    # Kept for the code of this package, to which the schema files belong.
    return kept("schema", (name,), lambda: schema_of(_built_in_tree(name)))


def _built_in_tree(name: str) -> MappingNode:
    file = files("composer.content") / "schemas" / f"{name}.yaml"
    root, problems = parse(SourceText.of(file.read_text(encoding="utf-8"), name=f"{name}.yaml", path=Path(str(file))))
    if problems or not isinstance(root, MappingNode):
        raise AssertionError(f"the schema {name}.yaml is broken: {problems}")
    return root


def schema_of(root: MappingNode) -> DocumentSchema:
    """Read a schema file: the field at its root, and its `$defs`."""
    definitions = root.get("$defs")
    entries = definitions.entries if isinstance(definitions, MappingNode) else ()
    return DocumentSchema(root=field_of(root), definitions={entry.key.text: field_of(entry.value) for entry in entries})
