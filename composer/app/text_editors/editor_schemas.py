"""The JSON Schemas for text editors: for issues, for newsletter.yaml, and for the file of another language.

Input: a workspace. Output: JSON documents. Guarantees: the same newsletter gives the same documents.
"""

from contextlib import suppress

from composer.app.text_editors.editor_fields import EditorFields, text_snippet, with_definitions
from composer.app.text_editors.schema_files import ISSUE, LANGUAGE, SETTINGS
from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.content.document.section_types import SectionType, read_section_type
from composer.content.document.sections import SectionSpec, section_field, section_fields
from composer.content.schema.schema import DocumentSchema, JsonObject, SchemaField, built_in
from composer.core.errors import ContentError
from composer.core.workspace import Workspace


def editor_schemas(workspace: Workspace) -> dict[str, JsonObject]:
    """Return the schemas `issue`, `newsletter` and `language`. Raises ContentError if newsletter.yaml has mistakes."""
    newsletter = read_newsletter(workspace)
    settings = built_in("newsletter")
    types = _section_types(newsletter)
    whole, partial = EditorFields(settings), EditorFields(settings, is_partial=True)
    schemas = {
        ISSUE: _issue_schema(workspace, newsletter),
        SETTINGS: _with_sections(whole.document(), settings, _sections(types)),
        LANGUAGE: _with_sections(partial.document(), settings, _own_sections(newsletter, types)),
    }
    return {name: with_definitions(schema) for name, schema in schemas.items()}


def _issue_schema(workspace: Workspace, newsletter: Newsletter) -> JsonObject:
    """Return the schema of an issue, with the sections that only the edition of another language has."""
    schema = newsletter.issue_schema()
    document = EditorFields(schema).document()
    properties = document["properties"]
    assert isinstance(properties, dict)
    for language in sorted(workspace.languages()):
        with suppress(ContentError):
            other = read_newsletter(workspace, language)
            own = EditorFields(other.issue_schema())
            fields, _ = section_fields(other.sections, other.definitions)
            properties |= {name: own.key(field) for name, field in fields.items() if name not in properties}
    return document


def _section_types(newsletter: Newsletter) -> dict[str, SectionType]:
    theme = newsletter.theme
    found = {name: read_section_type(theme, name) for name in theme.section_types()}
    return {name: kind for name, kind in found.items() if kind is not None}


def _with_sections(document: JsonObject, settings: DocumentSchema, sections: JsonObject) -> JsonObject:
    """Put the schema of sections into that of the settings."""
    properties = document["properties"]
    assert isinstance(properties, dict)
    field = settings.root.properties["sections"]
    snippet = text_snippet(field.title, "\n  $1")
    own = {"title": field.title, "description": field.description, "defaultSnippets": [snippet]}
    properties["sections"] = {**own, "allOf": [{"type": ["object", "null"], **sections}]}
    return document


def _sections(types: dict[str, SectionType]) -> JsonObject:
    """Return the schema of `sections`: the settings of each depend on its type."""
    return {
        "defaultSnippets": [_type_snippet(kind) for kind in types.values()],
        "additionalProperties": _any_section(types),
    }


def _any_section(types: dict[str, SectionType]) -> JsonObject:
    base = section_field()
    choice: JsonObject = {
        "enum": list(types),
        "description": base.properties["type"].description,
        "enumDescriptions": [kind.description or kind.title for kind in types.values()],
        "defaultSnippets": [text_snippet("Type", "$1")],
    }
    branches = [
        {
            "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
            "then": _section(kind, is_partial=False),
        }
        for name, kind in types.items()
    ]
    return {"type": ["object", "null"], "required": ["type"], "properties": {"type": choice}, "allOf": branches}


def _section(kind: SectionType, *, is_partial: bool) -> JsonObject:
    """Return the schema of the settings of a section of one type."""
    base = section_field()
    fields: dict[str, SchemaField] = {**base.properties, **kind.options.properties}
    root = SchemaField(types=("object",), properties={name: fields[name] for name in fields if name != "type"})
    printed = EditorFields(DocumentSchema(root=root, definitions={}), is_partial=is_partial).value(root)
    properties = printed["properties"]
    assert isinstance(properties, dict)
    properties["type"] = {"description": kind.description or kind.title}
    return printed


def _own_sections(newsletter: Newsletter, types: dict[str, SectionType]) -> JsonObject:
    """Return the schema of `sections` in the file of another language: those of the newsletter, and complete new ones."""
    return {
        "properties": {spec.key: _own_section(spec) for spec in newsletter.sections},
        "additionalProperties": _any_section(types),
    }


def _own_section(spec: SectionSpec) -> JsonObject:
    snippet = text_snippet(spec.type.title, '\n  heading: "$1"')
    return {
        "description": spec.type.description,
        "defaultSnippets": [snippet],
        "allOf": [_section(spec.type, is_partial=True)],
    }


def _type_snippet(kind: SectionType) -> JsonObject:
    body = {kind.name: {"type": kind.name, "heading": '"$1"'}}
    return {"label": kind.name, "description": kind.description, "body": body}
