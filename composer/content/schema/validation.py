"""Validates the structure of a document with a JSON Schema validator, and phrases the errors for editors.

Input: a document as JSON, its schema, and the node at each path. Output: problems. Guarantees: checks only the
structure, not the content of text fields.
"""

from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from itertools import islice

from composer.content.schema.audiences import ONLY
from composer.content.schema.messages import (
    NOT_ALLOWED_HERE,
    count_mistake,
    described,
    example,
    is_secret,
    looks_like_prose,
    nearest,
    secret_source,
    type_mistake,
    where,
)
from composer.content.schema.schema import DocumentSchema, SchemaField
from composer.content.yaml.nodes import Entry, Mapping, Node, Path, Scalar, Sequence
from composer.core.errors import Problem

#: The maximum number of errors of one kind to report. A file with more is probably not a newsletter.
MAX_ERRORS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """The YAML node, the schema field and the displayed name that belong to a path in the document."""

    node: Node
    field: SchemaField
    #: The names of the groups from the top of the document, as messages show them: top story, source 2.
    trail: tuple[str, ...]
    #: The key as written.
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureValidator:
    """Validates one document."""

    schema: DocumentSchema
    locations: MappingType[Path, Location]
    #: The paths of included files that could not be read, and therefore cannot be checked.
    unread: tuple[Path, ...]
    problems: list[Problem]

    def validate(self, json: object) -> None:
        """Report a problem for everything that does not match the schema."""
        import jsonschema_rs

        validator = jsonschema_rs.Draft202012Validator(self.schema.to_json())
        found = islice(validator.iter_errors(json), MAX_ERRORS * 4)
        errors = [(tuple(error.instance_path), error.kind) for error in found]
        misspelt = {
            (path, nearest(name, tuple(self.locations[path].field.properties)))
            for path, kind in errors
            if kind.name == "additionalProperties" and path in self.locations
            for name in kind.value[:MAX_ERRORS]
        }
        for path, kind in errors:
            location = self.locations.get(path)
            if location is None or any(path[: len(unread)] == unread for unread in self.unread):
                continue
            match kind.name:
                case "required" if (path, kind.value) in misspelt:
                    pass  # present but misspelt: reported as an unknown key
                case "required":
                    self._missing(location, str(kind.value))
                case "additionalProperties":
                    for name in kind.value[:MAX_ERRORS]:
                        self._unknown(location, self.locations[(*path, name)])
                case "minItems" | "maxItems":
                    self._count(path, location, kind.name, int(kind.value))
                case "enum":
                    self._choice(location)
                case "minimum" | "maximum":
                    limit = f"at {'least' if kind.name == 'minimum' else 'most'} {kind.value}"
                    self._report(location.node, location.trail, "range", f"the number must be {limit}")
                case "minLength" | "maxLength":
                    limit = f"at {'least' if kind.name == 'minLength' else 'most'} {kind.value}"
                    self._report(location.node, location.trail, "length", f"the text must have {limit} characters")
                case _:
                    code, message, hint = type_mistake(location.node, location.field, location.key)
                    self._report(location.node, location.trail, code, message, hint)

    def _missing(self, location: Location, name: str) -> None:
        inner = self.schema.resolve(location.field.properties.get(name, SchemaField()))
        hint = example(name, inner)
        written = next((entry for entry in _entries(location.node) if entry.key.text == name), None)
        code = "alt" if name == "alt" else "required"
        if name == "alt":
            hint = 'describe what the picture shows:   alt: "…"   or, if it is only decorative, write   alt: ""'
        if written is None:
            self._report(location.node, location.trail, code, f"“{name}” is missing", hint)
        elif not any(problem.line == written.key.place.line for problem in self.problems):
            self._report(written.key, location.trail, code, f"“{name}” is empty", hint)

    def _unknown(self, location: Location, key: Location) -> None:
        node = key.node
        # Do not suggest a key that already exists, because it would be a duplicate.
        existing = {entry.key.text for entry in _entries(location.node)}
        free = tuple(name for name in location.field.properties if name not in existing)
        if (location.key, key.key) == (ONLY, "language"):
            hint = "each language edition has its own file; create one with: compose new --language"
            self._report(node, location.trail, "unknown-key", "unknown key “language”", hint)
        elif is_secret(location.key, key.key):
            self._report(
                node,
                location.trail,
                "secret",
                NOT_ALLOWED_HERE,
                f"delete this line, and set the password in {secret_source(location.key)}",
            )
        elif hint := self._hint_for_misplaced(location, key.key):
            self._report(node, location.trail, "unknown-key", f"unknown key “{key.key}”", hint)
        elif near := nearest(key.key, free) or described(key.key, self._descriptions(location, free)):
            self._report(node, location.trail, "unknown-key", f"unknown key “{key.key}”", f"did you mean {near}?")
        elif looks_like_prose(key.key):
            hint = "if this is text, put   |   at the end of the line with the key above, and indent this line by two more spaces"
            self._report(node, location.trail, "yaml-key", f"“{key.key}:” is read as a key because of its colon", hint)
        else:
            hint = f"available keys: {', '.join(location.field.properties)}"
            self._report(node, location.trail, "unknown-key", f"unknown key “{key.key}”", hint)

    def _descriptions(self, location: Location, names: tuple[str, ...]) -> dict[str, str]:
        return {name: self.schema.resolve(location.field.properties[name]).description for name in names}

    def _hint_for_misplaced(self, location: Location, name: str) -> str:
        """Return a hint if a key belongs to the preceding group or to an outer group, or an empty string."""
        names = [entry.key.text for entry in _entries(location.node)]
        for above in reversed(names[: names.index(name)] if name in names else ()):
            group = self.schema.resolve(location.field.properties.get(above, SchemaField()))
            group = self.schema.resolve(group.items) if group.is_array and group.items else group
            if name in group.properties:
                return f"if it belongs to “{above}”, indent it to line up with the keys there"
            if group.properties:
                break
        for outer in self.locations.values():
            if name in outer.field.properties and outer.node.place.column < location.node.place.column:
                column = outer.node.place.column - 1
                what = {0: "start it at the left margin", 1: "indent it by 1 space"}
                return f"if it belongs to an outer group, {what.get(column, f'indent it by {column} spaces')}"
        return ""

    def _count(self, path: Path, location: Location, kind: str, limit: int) -> None:
        if kind == "maxItems" and any(
            len(each) == len(path) + 2 and each[: len(path)] == path and each[-1] == ONLY for each in self.locations
        ):
            return  # some items are only for some subscribers: conditional_blocks.py counts the items of each edition
        given = len(location.node.items) if isinstance(location.node, Sequence) else 0
        node = location.node
        if kind == "maxItems" and isinstance(node, Sequence):
            node = node.items[limit]
        self._report(node, location.trail, "count", count_mistake(kind, limit, given, "items"))

    def _choice(self, location: Location) -> None:
        text = location.node.text.strip() if isinstance(location.node, Scalar) else ""
        near = nearest(text, location.field.enum)
        known = ", ".join(location.field.enum)
        hint = f"did you mean {near}? available values: {known}" if near else f"available values: {known}"
        self._report(location.node, location.trail, "choice", f"“{text}” is not a valid value", hint)

    def _report(self, node: Node, trail: tuple[str, ...], code: str, message: str, hint: str = "") -> None:
        self.problems.append(node.place.problem(code, where(trail, message), hint))


def _entries(node: Node) -> tuple[Entry, ...]:
    return node.entries if isinstance(node, Mapping) else ()
