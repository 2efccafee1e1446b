"""Validates the structure of a document with a JSON Schema validator, and words the errors for editors.

Input: a document as JSON, its schema, and the node at each path. Output: problems. Guarantees: does not check texts.
"""

from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from itertools import islice

from composer.content.schema.audiences import ONLY
from composer.content.schema.messages import (
    NOT_HERE,
    count_mistake,
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

#: The maximum number of errors of one kind: a file with more is not a newsletter.
MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """What is at a path of the JSON value: its node, its field and its display name."""

    node: Node
    field: SchemaField
    trail: tuple[str, ...]
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureValidator:
    """Validates one document."""

    schema: DocumentSchema
    spots: MappingType[Path, Spot]
    #: The paths of included files that could not be read: they cannot be checked.
    unread: tuple[Path, ...]
    problems: list[Problem]

    def judge(self, json: object) -> None:
        """Add a problem for everything that does not fit the schema."""
        import jsonschema_rs

        validator = jsonschema_rs.Draft202012Validator(self.schema.to_json())
        found = islice(validator.iter_errors(json), MOST * 4)
        errors = [(tuple(error.instance_path), error.kind) for error in found]
        misspelt = {
            (path, nearest(name, tuple(self.spots[path].field.properties)))
            for path, kind in errors
            if kind.name == "additionalProperties" and path in self.spots
            for name in kind.value[:MOST]
        }
        for path, kind in errors:
            spot = self.spots.get(path)
            if spot is None or any(path[: len(unread)] == unread for unread in self.unread):
                continue
            match kind.name:
                case "required" if (path, kind.value) in misspelt:
                    pass  # present but misspelt, which is reported
                case "required":
                    self._missing(spot, str(kind.value))
                case "additionalProperties":
                    for name in kind.value[:MOST]:
                        self._unknown(spot, self.spots[(*path, name)])
                case "minItems" | "maxItems":
                    self._count(path, spot, kind.name, int(kind.value))
                case "enum":
                    self._choice(spot)
                case "minimum" | "maximum":
                    limit = f"at {'least' if kind.name == 'minimum' else 'most'} {kind.value}"
                    self._say(spot.node, spot.trail, "range", f"the number must be {limit}")
                case "minLength" | "maxLength":
                    limit = f"at {'least' if kind.name == 'minLength' else 'most'} {kind.value}"
                    self._say(spot.node, spot.trail, "length", f"the text must have {limit} characters")
                case _:
                    code, message, hint = type_mistake(spot.node, spot.field, spot.key)
                    self._say(spot.node, spot.trail, code, message, hint)

    def _missing(self, spot: Spot, name: str) -> None:
        inner = self.schema.resolve(spot.field.properties.get(name, SchemaField()))
        hint = example(name, inner)
        written = next((entry for entry in _entries(spot.node) if entry.key.text == name), None)
        code = "alt" if name == "alt" else "required"
        if name == "alt":
            hint = 'describe what the picture shows:   alt: "…"   or, if it is only decorative, write   alt: ""'
        if written is None:
            self._say(spot.node, spot.trail, code, f"“{name}” is missing", hint)
        elif not any(problem.line == written.key.place.line for problem in self.problems):
            self._say(written.key, spot.trail, code, f"“{name}” is empty", hint)

    def _unknown(self, spot: Spot, key: Spot) -> None:
        node = key.node
        # Do not suggest a key that already exists: it would be a duplicate.
        there = {entry.key.text for entry in _entries(spot.node)}
        free = tuple(name for name in spot.field.properties if name not in there)
        if (spot.key, key.key) == (ONLY, "language"):
            hint = "each language edition has its own file; create one with: compose new --language"
            self._say(node, spot.trail, "unknown-key", "unknown key “language”", hint)
        elif is_secret(spot.key, key.key):
            self._say(
                node,
                spot.trail,
                "secret",
                NOT_HERE,
                f"delete this line, and set the password in {secret_source(spot.key)}",
            )
        elif hint := self._elsewhere(spot, key.key):
            self._say(node, spot.trail, "unknown-key", f"unknown key “{key.key}”", hint)
        elif near := nearest(key.key, free):
            self._say(node, spot.trail, "unknown-key", f"unknown key “{key.key}”", f"did you mean {near}?")
        elif looks_like_prose(key.key):
            hint = "if this is text, write   |   after the key above it, and indent this line by two more spaces"
            self._say(node, spot.trail, "yaml-key", f"“{key.key}:” is read as a key because of its colon", hint)
        else:
            hint = f"available keys: {', '.join(spot.field.properties)}"
            self._say(node, spot.trail, "unknown-key", f"unknown key “{key.key}”", hint)

    def _elsewhere(self, spot: Spot, name: str) -> str:
        """Return a hint for a key that belongs to the group above it or to an outer group; else an empty text."""
        names = [entry.key.text for entry in _entries(spot.node)]
        for above in reversed(names[: names.index(name)] if name in names else ()):
            group = self.schema.resolve(spot.field.properties.get(above, SchemaField()))
            group = self.schema.resolve(group.items) if group.is_array and group.items else group
            if name in group.properties:
                return f"if it belongs to “{above}”, indent it to line up with the keys there"
            if group.properties:
                break
        for outer in self.spots.values():
            if name in outer.field.properties and outer.node.place.column < spot.node.place.column:
                column = outer.node.place.column - 1
                what = {0: "start it at the left margin", 1: "indent it by 1 space"}
                return f"if it belongs further out, {what.get(column, f'indent it by {column} spaces')}"
        return ""

    def _count(self, path: Path, spot: Spot, kind: str, limit: int) -> None:
        if kind == "maxItems" and any(
            len(each) == len(path) + 2 and each[: len(path)] == path and each[-1] == ONLY for each in self.spots
        ):
            return  # not everyone gets every item: they are counted for each edition (conditional_blocks.py)
        given = len(spot.node.items) if isinstance(spot.node, Sequence) else 0
        node = spot.node
        if kind == "maxItems" and isinstance(node, Sequence):
            node = node.items[limit]
        self._say(node, spot.trail, "count", count_mistake(kind, limit, given, "items"))

    def _choice(self, spot: Spot) -> None:
        text = spot.node.text.strip() if isinstance(spot.node, Scalar) else ""
        near = nearest(text, spot.field.enum)
        known = ", ".join(spot.field.enum)
        hint = f"did you mean {near}? available values: {known}" if near else f"available values: {known}"
        self._say(spot.node, spot.trail, "choice", f"“{text}” is not a valid value", hint)

    def _say(self, node: Node, trail: tuple[str, ...], code: str, message: str, hint: str = "") -> None:
        self.problems.append(node.place.problem(code, where(trail, message), hint))


def _entries(node: Node) -> tuple[Entry, ...]:
    return node.entries if isinstance(node, Mapping) else ()
