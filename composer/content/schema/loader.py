"""Turns a tree of texts into values, with a schema.

Input: a `Node` and a `DocumentSchema`. Output: a `Value` and every problem, each at its place. Guarantees: only texts
become values here; validation.py checks the structure.
"""

import re
from dataclasses import dataclass, field, replace

from composer.content.schema.messages import item_words, key_words, where
from composer.content.schema.scalars import WRITTEN, ScalarParser
from composer.content.schema.schema import DocumentSchema, JsonObject, SchemaField
from composer.content.schema.validation import Location, StructureValidator
from composer.content.values.field_values import Group, Value
from composer.content.values.merge_fields import FieldBook
from composer.content.values.source_map import SourceMap
from composer.content.yaml.nodes import Mapping, Node, Nodes, Path, Scalar, ScalarStyle, Sequence
from composer.content.yaml.parser import parse
from composer.content.yaml.silent_losses import lost_value
from composer.content.yaml.source import FORBIDDEN
from composer.core.errors import ContentError, Problem, WorkspaceError
from composer.core.workspace import Workspace

Json = object


#: The key of the words that a section type prints itself.
LABELS = "labels"


class _Missing:
    """Marks a value that is missing."""


_MISSING = _Missing()


@dataclass(slots=True, kw_only=True)
class DocumentLoader:
    """Reads one document. It adds problems to `problems`; a wrong value is None."""

    schema: DocumentSchema
    workspace: Workspace
    fields: FieldBook | None = None
    marks: SourceMap | None = None
    problems: list[Problem] = field(default_factory=list)
    #: The names before every place in messages, if the document is part of another one.
    lead: tuple[str, ...] = ()
    #: Whether pictures are read; if not, their values are None.
    has_pictures: bool = True
    _locations: dict[Path, Location] = field(default_factory=dict)
    #: The paths of included files that could not be read.
    _unread: list[Path] = field(default_factory=list)
    _texts: ScalarParser = field(init=False)

    def __post_init__(self) -> None:
        self._texts = ScalarParser(
            workspace=self.workspace,
            fields=self.fields,
            problems=self.problems,
            marks=self.marks,
            has_pictures=self.has_pictures,
        )

    def nodes(self) -> Nodes:
        """Return the node at each path of the document."""
        return {path: location.node for path, location in self._locations.items()}

    def read(self, node: Node) -> Value:
        """Read a whole document."""
        json, value = self._walk(node, self.schema.root, (), self.lead, "")
        if isinstance(json, _Missing):
            json = {}
        validator = StructureValidator(
            schema=self.schema, locations=self._locations, unread=tuple(self._unread), problems=self.problems
        )
        validator.validate(json)
        return value

    # Walking the tree -----------------------------------------------------------------------------------------------

    def _walk(self, node: Node, given: SchemaField, path: Path, trail: tuple[str, ...], key: str) -> tuple[Json, Value]:
        field_ = self.schema.resolve(given)
        if field_.from_file and isinstance(node, Mapping) and node.get("from") is not None:
            included = self._included(node, trail)
            if included is None:
                # The problem has been reported; a missing file cannot be checked.
                self._unread.append(path)
                return ([] if field_.is_array else {}), None
            node = included
        self._locations[path] = Location(node=node, field=field_, trail=trail, key=key)
        match node:
            case Scalar():
                return self._scalar(node, field_, path, trail, key)
            case Sequence() if field_.is_array:
                return self._sequence(node, field_, path, trail, key)
            case Mapping() if field_.is_object:
                return self._mapping(node, field_, path, trail)
            case Sequence():
                return [], None
            case Mapping():
                return {}, None

    def _sequence(
        self, node: Sequence, field_: SchemaField, path: Path, trail: tuple[str, ...], key: str
    ) -> tuple[Json, Value]:
        items = field_.items or SchemaField()
        noun = self.schema.resolve(items)
        json: list[Json] = []
        values: list[Value] = []
        for number, item in enumerate(node.items, 1):
            words = (*trail, item_words(noun, key, number))
            child, value = self._walk(item, items, (*path, len(json)), words, key)
            # A blank item from a scaffold does not count; later items keep their number in messages.
            if not isinstance(child, _Missing):
                json.append(child)
                values.append(value)
        if node.items and not json:
            return _MISSING, None
        return json, tuple(value for value in values if value is not None)

    def _mapping(self, node: Mapping, field_: SchemaField, path: Path, trail: tuple[str, ...]) -> tuple[Json, Value]:
        if field_.is_open:
            return {entry.key.text: None for entry in node.entries}, Group({})
        json: JsonObject = {}
        values: dict[str, Value] = {}
        for entry in node.entries:
            name = entry.key.text
            inner = field_.properties.get(name) or field_.others
            location = (*path, name)
            if not path and self.marks is not None:
                self.marks.start(name)
            if inner is None:
                self._locations[location] = Location(node=entry.key, field=SchemaField(), trail=trail, key=name)
                json[name] = None
                continue
            child, value = self._walk(entry.value, inner, location, (*trail, key_words(name)), name)
            values[name] = value
            if not isinstance(child, _Missing):
                json[name] = child
        if node.entries and all((name, value) == ("alt", "") for name, value in json.items()):
            # A group from a scaffold with only empty keys counts as missing.
            return _MISSING, None
        for name, inner in field_.properties.items():
            if values.get(name) is None:
                values[name] = self._absent(inner)
        return json, Group(values)

    def _absent(self, given: SchemaField) -> Value:
        """Return the value that a template gets for a missing key."""
        field_ = self.schema.definitions[given.ref] if given.ref else given
        if field_.default is not None:
            if "boolean" in field_.types:
                return field_.default == "true"
            return int(field_.default) if "integer" in field_.types else field_.default
        if field_.is_array:
            return ()
        # A definition is not expanded: it may refer to itself.
        if field_.is_object and not field_.required and field_.properties and not given.ref:
            return Group({name: self._absent(inner) for name, inner in field_.properties.items()})
        return None

    def _scalar(
        self, node: Scalar, field_: SchemaField, path: Path, trail: tuple[str, ...], key: str
    ) -> tuple[Json, Value]:
        if node.is_empty:
            # `alt: ""` and `default: ""` have a meaning: a decorative picture, an empty default, no label.
            is_quoted = node.style in (ScalarStyle.SINGLE, ScalarStyle.DOUBLE)
            is_said = (key in ("alt", "default") and is_quoted) or LABELS in path[-2:-1]
            if node.style is ScalarStyle.PLAIN and (problem := lost_value(node.source, node.end)):
                self.problems.append(problem)
            return ("", "") if is_said else (_MISSING, None)
        if node.style is ScalarStyle.DOUBLE and (odd := FORBIDDEN.search(node.text)):
            # The file itself was checked; an escape in double quotes becomes a character only now.
            message = f"this backslash code inserts an invisible character (U+{ord(odd[0]):04X})"
            self._say(node, trail, "control", message, "delete it, or use single quotes: '…'")
            return node.text, None
        if "string" not in field_.types or field_.format not in WRITTEN or field_.enum:
            node = self._texts.seen(node, field_, trail)
        text = node.text.strip()
        if "string" not in field_.types:
            if "integer" in field_.types and re.fullmatch(r"-?[0-9]{1,15}", text):
                return int(text), int(text)
            if "boolean" in field_.types and text.lower() in ("true", "false"):
                return text.lower() == "true", text.lower() == "true"
            return text, None
        if field_.format == "sources":
            return text, self._sources(node, field_, trail)
        if field_.format == "plain" and field_.is_array:
            return text, self._lines(node, field_, trail)
        if field_.enum and text not in field_.enum:
            return text, None
        return text, self._texts.value(node, field_, trail)

    def _lines(self, node: Scalar, field_: SchemaField, trail: tuple[str, ...]) -> Value:
        """Return the lines of a text as a list: an address may be written as a text or as a list."""
        item = self.schema.resolve(field_.items or SchemaField())
        lines = (line for line in node.text.split("\n") if line.strip())
        return tuple(self._texts.value(replace(node, text=line), item, trail) for line in lines)

    def _sources(self, node: Scalar, field_: SchemaField, trail: tuple[str, ...]) -> Value:
        item = self.schema.resolve(field_.items or SchemaField())
        return self._texts.sources(node, item, trail)

    def _included(self, node: Mapping, trail: tuple[str, ...]) -> Node | None:
        """Read the file that `from:` names; its problems point to that file."""
        from composer.content.yaml.source import read_source

        target = node.get("from")
        if len(node.entries) > 1:
            other = next(entry.key for entry in node.entries if entry.key.text != "from")
            self._say(
                other,
                trail,
                "from",
                f"“from” must be the only key here; move “{other.text}” into the file that it names",
            )
            return None
        if not isinstance(target, Scalar) or target.is_empty:
            self._say(node, trail, "from", "“from” needs the path of a file", "write   from: drafts/topic.yaml")
            return None
        try:
            path = self.workspace.inside(target.source.path.parent, target.text.strip())
        except WorkspaceError as error:
            self._say(target, trail, "from", error.message, error.hint)
            return None
        if not path.is_file():
            self._say(
                target,
                trail,
                "from",
                f"file not found: “{target.text.strip()}”",
                "the path is relative to the folder of this file",
            )
            return None
        try:
            source = read_source(path, self.workspace.name(path))
        except ContentError as error:
            self.problems.extend(error.problems)
            return None
        root, problems = parse(source)
        self.problems.extend(problems)
        if root is None and not problems:
            self._say(target, trail, "from", f"the file “{target.text.strip()}” is empty")
        return root

    def _say(self, node: Node, trail: tuple[str, ...], code: str, message: str, hint: str = "") -> None:
        self.problems.append(node.place.problem(code, where(trail, message), hint))
