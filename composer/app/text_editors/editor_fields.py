"""A schema of ours as JSON Schema for text editors.

Input: a `DocumentSchema`. Output: JSON (draft 7, which every text editor understands), with descriptions and snippets.
Guarantees: accepts every file that compose accepts, also one that is not finished: an empty key, `value: 49.1` for a
text, numbers in quotes. What only compose can check (addresses, time zones, how many items), it leaves to compose.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from composer.app.text_editors.editor_snippets import item_snippet, key_snippet
from composer.content.schema.schema import DocumentSchema, JsonObject, SchemaField

DRAFT = "http://json-schema.org/draft-07/schema#"
#: A scalar of YAML, whatever an editor takes it for. A list of types would make editors offer `true` and `null`.
_NO_TEXT: JsonObject = {"type": ["object", "array"]}
_INTEGER = r"^\s*[0-9]{0,15}\s*$"
_BOOLEAN = r"^\s*([Tt]rue|TRUE|[Ff]alse|FALSE)?\s*$"
#: Longer examples are not shown in the description of a key.
_LONGEST_EXAMPLE = 60
#: From this many characters on, what is repeated becomes a definition.
_LARGE = 200


def text_snippet(label: str, body: str) -> JsonObject:
    """Return a snippet that inserts a text as it is."""
    return {"label": label or "…", "type": "string", "body": body}


@dataclass(frozen=True, slots=True)
class EditorFields:
    """Writes the fields of one document."""

    schema: DocumentSchema
    #: Whether only some keys are written: the settings that differ in a language. Lists are written as a whole.
    is_partial: bool = False

    def document(self) -> JsonObject:
        """Return the schema of the whole file."""
        return {"$schema": DRAFT, **self.value(self.schema.root)}

    def key(self, given: SchemaField, *, is_in_list: bool = False, above: tuple[str, ...] = ()) -> JsonObject:
        """Return the schema of a key, with what is inserted if somebody chooses it."""
        field = self.schema.resolve(given)
        snippet = text_snippet(field.title, key_snippet(self.schema, given, is_in_list=is_in_list))
        value = self.value(given, is_in_list=is_in_list, above=above)
        shown: JsonObject = {name: value[name] for name in ("title", "description") if name in value}
        if field.is_object or field.is_array:
            # yaml-language-server uses the snippet of a key only if it does not see the keys below it.
            value.pop("description", None)
            return {**shown, "defaultSnippets": [snippet], "allOf": [value]}
        return {**shown, "defaultSnippets": [snippet], **value}

    def value(self, given: SchemaField, *, is_in_list: bool = False, above: tuple[str, ...] = ()) -> JsonObject:
        """Return the schema of a value."""
        if given.ref in above:
            return {}  # A definition within itself: compose checks it.
        above = (*above, given.ref) if given.ref else above
        field = self.schema.resolve(given)
        out: JsonObject = {"title": field.title} if field.title else {}
        if text := _description(field):
            out["description"] = text
        if field.enum:
            return {**out, "anyOf": [{"enum": list(field.enum)}, {"type": "null"}]}
        if not (field.is_array or field.is_object):
            return {**out, **_scalar(field)}
        kinds: list[str] = [name for name in ("array", "object") if name in field.types]
        if "string" in field.types:
            kinds += ["string", "number", "boolean"]
        if field.from_file and "object" not in kinds:
            kinds.append("object")
        out["type"] = [*kinds, "null"]
        if field.is_array:
            out |= self._items(field, given, above)
        if field.is_object or field.from_file:
            out |= self._properties(field, is_in_list=is_in_list, above=above)
        return out

    def _items(self, field: SchemaField, given: SchemaField, above: tuple[str, ...]) -> JsonObject:
        # A list replaces the list of the newsletter: its items are complete.
        whole = EditorFields(self.schema)
        items = whole.value(field.items or SchemaField(), is_in_list=True, above=above)
        if "string" in field.types:
            return {"items": items}
        label = f"- {str(items.get('title') or 'item').lower()}"
        return {"items": items, "defaultSnippets": [text_snippet(label, item_snippet(self.schema, given))]}

    def _properties(self, field: SchemaField, *, is_in_list: bool, above: tuple[str, ...]) -> JsonObject:
        if field.is_open and not field.from_file:
            return {}
        names = {name: self.key(inner, is_in_list=is_in_list, above=above) for name, inner in field.properties.items()}
        if field.from_file:
            names["from"] = {
                "description": "The path of the file with the content, relative to this file.",
                "type": ["string", "null"],
                "defaultSnippets": [text_snippet("File", "$1")],
            }
        others = self.value(field.others, is_in_list=is_in_list, above=above) if field.others else False
        out: JsonObject = {"properties": names, "additionalProperties": others}
        if not field.required or self.is_partial or field.is_array:
            return out
        required = {"required": list(field.required)}
        if field.from_file:
            return {**out, "if": {"required": ["from"]}, "then": {}, "else": required}
        return {**out, **required}


def _scalar(field: SchemaField) -> JsonObject:
    if "boolean" in field.types:
        return {"anyOf": [{"type": ["boolean", "null"]}, {"type": "string", "pattern": _BOOLEAN}]}
    if "integer" in field.types:
        limits = {name: limit for name, limit in field.limits if name in ("minimum", "maximum")}
        return {"not": {"type": ["object", "array", "boolean"]}, "pattern": _INTEGER, **limits}
    return {"not": _NO_TEXT}


def _description(field: SchemaField) -> str:
    example = field.examples[0] if field.examples else ""
    shown = f"Example: {example}" if example and len(example) <= _LONGEST_EXAMPLE else ""
    return "\n\n".join(filter(None, (field.description, shown)))


def with_definitions(document: JsonObject) -> JsonObject:
    """Move what a schema contains several times to its definitions, so that the file is small."""
    counts = Counter(json.dumps(schema) for schema in _schemas(document))
    many = [text for text, times in counts.items() if times > 1 and len(text) >= _LARGE]
    names = {text: f"d{number}" for number, text in enumerate(many, 1)}
    small = _shared_inside(document, names)
    assert isinstance(small, dict)
    return {**small, "definitions": {name: _shared_inside(json.loads(text), names) for text, name in names.items()}}


def _schemas(value: object) -> Iterator[object]:
    """Yield every schema in a document: of keys, of groups, of items. A group of keys as such is not a schema."""
    if isinstance(value, dict):
        for key, each in value.items():
            match each:
                case dict() if key == "properties":
                    yield from each.values()
                case dict() if key == "then":
                    yield each
                case list() if key == "allOf":
                    yield from each
            yield from _schemas(each)
    elif isinstance(value, list):
        for each in value:
            yield from _schemas(each)


def _shared(value: object, names: dict[str, str]) -> object:
    name = names.get(json.dumps(value)) if isinstance(value, dict) else None
    return {"$ref": f"#/definitions/{name}"} if name else _shared_inside(value, names)


def _shared_inside(value: object, names: dict[str, str]) -> object:
    if isinstance(value, dict):
        return {key: _shared(each, names) for key, each in value.items()}
    return [_shared(each, names) for each in value] if isinstance(value, list) else value
