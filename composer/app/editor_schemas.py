"""The JSON Schemas for text editors: one for issues, and one for newsletter.yaml.

Input: a workspace. Output: two JSON documents, as text or as files in .compose/.
"""

import json
from dataclasses import replace
from pathlib import Path

from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.content.document.section_types import read_definitions, read_section_type
from composer.content.document.sections import section_field
from composer.content.schema.schema import DocumentSchema, JsonObject, SchemaField, built_in
from composer.core.errors import OutputError
from composer.core.workspace import Workspace

FOLDER = ".compose"


def both_schemas(workspace: Workspace) -> dict[str, JsonObject]:
    """Return the schemas `issue` and `newsletter`. Raises ContentError if newsletter.yaml has mistakes."""
    newsletter = read_newsletter(workspace)
    return {"issue": issue_schema(newsletter), "newsletter": newsletter_schema(newsletter)}


def write_schemas(workspace: Workspace) -> tuple[Path, ...]:
    """Write both schemas to .compose/. Raises ContentError, OutputError."""
    folder = workspace.root / FOLDER
    schemas = both_schemas(workspace)
    paths = {name: folder / f"{name}.schema.json" for name in schemas}
    try:
        folder.mkdir(exist_ok=True)
        for name, path in paths.items():
            text = json.dumps(schemas[name], ensure_ascii=False, indent=2) + "\n"
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}") from error
    return tuple(paths.values())


def issue_schema(newsletter: Newsletter) -> JsonObject:
    """Return the schema of an issue; a section or an item can be in its own file."""
    schema = newsletter.issue_schema()
    document = schema.to_json()
    properties = document["properties"]
    assert isinstance(properties, dict)
    for spec in newsletter.sections:
        properties[spec.key] = _or_from(properties[spec.key])
        _items_or_from(properties[spec.key]["anyOf"][0])
    return document


def _items_or_from(schema: JsonObject) -> None:
    """Allow a file for each item of a list, also within groups."""
    if (items := schema.get("items")) is None:
        return
    assert isinstance(items, dict)
    schema["items"] = _or_from(items)
    properties = schema.get("properties", {})
    assert isinstance(properties, dict)
    if "groups" in properties:
        _items_or_from(properties["items"])
        _items_or_from(properties["groups"]["items"]["properties"]["items"])


def _or_from(schema: JsonObject) -> JsonObject:
    words: JsonObject = {name: schema[name] for name in ("title", "description") if name in schema}
    other: JsonObject = {
        "title": "From a file",
        "type": "object",
        "properties": {
            "from": {"type": "string", "description": "The path of the file with its content, relative to this file."}
        },
        "required": ["from"],
        "additionalProperties": False,
    }
    return {**words, "anyOf": [schema, other]}


def newsletter_schema(newsletter: Newsletter) -> JsonObject:
    """Return the schema of newsletter.yaml; the settings of a section depend on its type."""
    own = built_in("newsletter")
    document = own.to_json()
    theme = newsletter.theme
    definitions = read_definitions(theme)
    base = section_field()
    names = theme.section_types()
    options: dict[str, SchemaField] = {}
    branches: list[JsonObject] = []
    for name in names:
        kind = read_section_type(theme, name)
        if kind is None:
            continue
        options |= kind.options.properties
        fields = {**base.properties, **kind.options.properties}
        fields["type"] = replace(fields["type"], description=kind.description or kind.title)
        inner = DocumentSchema(root=replace(base, properties=fields), definitions=definitions).to_json()
        inner.pop("$schema")
        branches.append({"if": {"properties": {"type": {"const": name}}, "required": ["type"]}, "then": inner})
    properties = document["properties"]
    assert isinstance(properties, dict)
    section: JsonObject = {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": list(names), "description": base.properties["type"].description}},
        "allOf": branches,
    }
    properties["sections"]["additionalProperties"] = section
    return document
