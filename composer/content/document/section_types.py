"""Section types: folders of a theme with a schema.yaml.

Input: a theme's files and the name of a type. Output: a `SectionType`, or the problems of its schema. Guarantees: no
type is known by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from composer.content.schema.audiences import ONLY
from composer.content.schema.loader import DocumentLoader
from composer.content.schema.schema import DocumentSchema, SchemaField, built_in, field_of, schema_of
from composer.content.values.field_values import Group, Value
from composer.content.yaml.nodes import Mapping as MappingNode
from composer.content.yaml.nodes import Node, Scalar
from composer.content.yaml.parser import parse
from composer.content.yaml.source import SourcePlace, SourceText, read_source
from composer.core.errors import ContentError, Problem
from composer.core.kept_results import kept_from_files
from composer.core.workspace import ThemeFiles, stamp

#: Keys that every section or item may have.
_ENGINES = ("from", ONLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionType:
    """The options of a section type in newsletter.yaml, and the content that editors write."""

    name: str
    title: str
    description: str
    options: SchemaField
    content: SchemaField
    #: Whether a list may have an introduction and groups.
    has_groups: bool = False
    #: Whether its template writes mj-section elements.
    has_own_sections: bool = False
    #: Whether its sections must be labelled as advertising.
    is_advertising: bool = False


def read_document(path: Path, name: str) -> tuple[Node, SourceText]:
    """Read a YAML file that must not be empty.

    Raises ContentError with all problems of encoding and syntax.
    """
    source = read_source(path, name)
    root, problems = parse(source)
    if problems:
        raise ContentError(tuple(sorted(problems)))
    if root is None or isinstance(root, Scalar):
        raise ContentError((source.place(0).problem("type", "this file must contain keys and values"),))
    return root, source


def read_settled(theme: ThemeFiles, path: Path, schema: str) -> Value:
    """Read one of a theme's files with a built-in schema; read it again only if it changes.

    Raises ContentError.
    """
    return _read_settled(theme, path, schema, stamp(path))


@lru_cache(maxsize=32)
def _read_settled(theme: ThemeFiles, path: Path, schema: str, _stamp: tuple[int, int]) -> Value:
    return kept_from_files("theme", schema, (path,), lambda: read_by(theme, path, built_in(schema))[0])


def read_by(theme: ThemeFiles, path: Path, schema: DocumentSchema) -> tuple[Value, Node]:
    """Read one of a theme's files with a schema. Raises ContentError."""
    root, _ = read_document(path, theme.display(path))
    loader = DocumentLoader(schema=schema, workspace=theme.workspace)
    value = loader.read(root)
    if loader.problems:
        raise ContentError(tuple(sorted(loader.problems)))
    return value, root


def read_definitions(theme: ThemeFiles) -> Mapping[str, SchemaField]:
    """Read the definitions that the theme's section types share. Raises ContentError."""
    path = theme.find("definitions.yaml")
    return {} if path is None else _definitions(theme, path, stamp(path))


@lru_cache(maxsize=8)
def _definitions(theme: ThemeFiles, path: Path, _stamp: tuple[int, int]) -> Mapping[str, SchemaField]:
    return kept_from_files("theme", "definitions", (path,), lambda: _definitions_in(theme, path))


def _definitions_in(theme: ThemeFiles, path: Path) -> Mapping[str, SchemaField]:
    dialect = built_in("section_type")
    _, root = read_by(
        theme, path, DocumentSchema(root=dialect.definitions["definitions"], definitions=dialect.definitions)
    )
    return schema_of(root).definitions if isinstance(root, MappingNode) else {}


def read_section_type(theme: ThemeFiles, name: str) -> SectionType | None:
    """Read a section type; return None if the theme does not have it. Raises ContentError."""
    path = theme.find(f"sections/{name}/schema.yaml")
    shared = theme.find("definitions.yaml")
    if path is None:
        return None
    kind = _section_type(theme, name, path, shared, (stamp(path), stamp(shared) if shared else None))
    for part in ("section.mjml.j2", "section.txt.j2"):
        if theme.find(f"sections/{name}/{part}") is None:
            place = SourcePlace(path=theme.display(path), line=1, column=1)
            raise ContentError((place.problem("theme", f"the section type “{name}” has no {part}"),))
    return kind


@lru_cache(maxsize=64)
def _section_type(
    theme: ThemeFiles, name: str, path: Path, shared: Path | None, _stamps: tuple[object, ...]
) -> SectionType:
    """Read a section type; read it again only if one of its two files changes."""
    files = (path,) if shared is None else (path, shared)
    return kept_from_files("section-type", name, files, lambda: _section_type_in(theme, name, path))


def _section_type_in(theme: ThemeFiles, name: str, path: Path) -> SectionType:
    definitions = read_definitions(theme)
    value, root = read_by(theme, path, built_in("section_type"))
    assert isinstance(root, MappingNode) and isinstance(value, Group)
    problems = list(_dangling(root, definitions))
    content, options = field_of(root.get("content")), field_of(root.get("options"))
    place = root.place
    items = DocumentSchema(root=content, definitions=definitions).resolve(content.items) if content.items else content
    if not problems and (own := [name for name in _ENGINES if name in items.properties]):
        message = f"“{own[0]}” is reserved for all sections, so a section type cannot have a field with this name"
        problems.append(place.problem("theme", message, "give the field another name"))
    if not (content.is_object or content.is_array):
        problems.append(place.problem("type", "content must be of type object or array"))
    if content.is_array and content.items is None:
        problems.append(place.problem("type", "content of type array needs “items”"))
    if value["groups"] is True and not content.is_array:
        problems.append(place.problem("type", "only a type whose content is an array can have groups"))
    if problems:
        raise ContentError(tuple(sorted(problems)))
    title, description = root.get("title"), root.get("description")
    return SectionType(
        name=name,
        title=title.text.strip() if isinstance(title, Scalar) else name,
        description=" ".join(description.text.split()) if isinstance(description, Scalar) else "",
        options=options,
        content=content,
        has_groups=value["groups"] is True,
        has_own_sections=value["own_sections"] is True,
        is_advertising=value["advertising"] is True,
    )


def _dangling(node: Node, definitions: Mapping[str, SchemaField]) -> list[Problem]:
    """Return a problem for each reference to a missing definition."""
    problems: list[Problem] = []
    if isinstance(node, MappingNode):
        for entry in node.entries:
            if entry.key.text == "$ref" and isinstance(entry.value, Scalar):
                wanted = entry.value.text.removeprefix("#/$defs/")
                if wanted not in definitions:
                    known = ", ".join(definitions)
                    message = f"unknown definition “{entry.value.text}”"
                    problems.append(entry.value.place.problem("theme", message, f"available definitions: {known}"))
            else:
                problems.extend(_dangling(entry.value, definitions))
    return problems
