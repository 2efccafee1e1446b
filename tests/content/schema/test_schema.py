"""Schema files become fields, and a newsletter becomes the JSON Schema of its issues."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from composer.content.document.issue import read_issue
from composer.content.document.newsletter import read_newsletter
from composer.content.schema.schema import DocumentSchema, SchemaField, built_in, schema_of
from composer.content.yaml.nodes import Mapping, Node, Scalar, Sequence
from composer.content.yaml.parser import parse
from composer.content.yaml.source import SourceText
from composer.core.errors import ContentError
from composer.core.workspace import Workspace
from tests.factories import ROOT, sample


def _schema(text: str) -> DocumentSchema:
    root, problems = parse(SourceText.of(text, name="schema.yaml"))
    assert problems == ()
    assert isinstance(root, Mapping)
    return schema_of(root)


@pytest.mark.parametrize("name", ["issue", "newsletter", "section_type", "theme", "phrases"])
def test_built_in_schemas_are_valid(name: str) -> None:
    """Each built-in schema is valid JSON Schema."""
    jsonschema_rs.meta.validate(built_in(name).to_json())


def test_a_reference_keeps_its_own_texts() -> None:
    """Title and description next to `$ref` win; everything else comes from the definition."""
    schema = _schema(
        'type: object\nproperties:\n  a:\n    $ref: "#/$defs/d"\n    title: Mine\n'
        "$defs:\n  d:\n    type: string\n    title: Theirs\n    description: Words\n"
    )
    field = schema.resolve(schema.root.properties["a"])
    assert (field.title, field.description, field.types) == ("Mine", "Words", ("string",))


def test_groups_are_closed_and_unused_definitions_left_out() -> None:
    """Unknown keys are mistakes; `$defs` contains only definitions that are used, also by other definitions."""
    schema = _schema(
        'type: object\nrequired:\n  - a\nproperties:\n  a:\n    $ref: "#/$defs/d"\n$defs:\n'
        '  d:\n    type: array\n    minItems: 2\n    items:\n      $ref: "#/$defs/e"\n'
        "  e:\n    type: string\n  f:\n    type: string\n"
    )
    out = schema.to_json()
    assert out["additionalProperties"] is False
    assert out["required"] == ["a"]
    assert out["$defs"] == {
        "d": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/e"}},
        "e": {"type": "string"},
    }


def test_a_definition_may_refer_to_itself() -> None:
    """As in the schema of section types, where a field contains fields."""
    assert json.dumps(built_in("section_type").to_json())


def _plain(node: Node, field: SchemaField, schema: DocumentSchema) -> object:
    field = schema.resolve(field)
    match node:
        case Mapping():
            return {
                entry.key.text: _plain(entry.value, field.properties.get(entry.key.text, SchemaField()), schema)
                for entry in node.entries
            }
        case Sequence():
            return [_plain(item, field.items or SchemaField(), schema) for item in node.items]
        case Scalar():
            return int(node.text) if field.types == ("integer",) else node.text


@pytest.mark.parametrize("stem", ["2025-01-30", "2025-01-30.de"])
def test_the_sample_is_valid_by_its_schema(tmp_path: Path, stem: str) -> None:
    """The schemas of `compose schema` accept the sample and reject a misspelt key in it."""
    workspace = sample(tmp_path)
    schema = read_newsletter(workspace).issue_schema()
    path = workspace.issue(stem)
    root, _ = parse(SourceText.of(path.read_text(encoding="utf-8"), name="issue.yaml"))
    assert isinstance(root, Mapping)
    plain = _plain(root, schema.root, schema)
    validator = jsonschema_rs.Draft202012Validator(schema.to_json())
    assert [str(error) for error in validator.iter_errors(plain)] == []
    assert isinstance(plain, dict)
    assert not validator.is_valid({**plain, "topcis": []})


def test_the_newsletter_defines_required_sections() -> None:
    """Required sections and numbers of items come from newsletter.yaml."""
    schema = read_newsletter(Workspace(root=ROOT)).issue_schema()
    assert set(schema.root.required) == {"date", "subject", "top_story", "topics", "digest"}
    assert dict(schema.root.properties["topics"].limits) == {"minItems": 1, "maxItems": 6}
    assert dict(schema.root.properties["podcasts"].limits) == {"minItems": 1}


def test_an_edition_in_another_language_has_its_own_settings(tmp_path: Path) -> None:
    """newsletter.de.yaml contains only what differs; the rest comes from newsletter.yaml."""
    workspace = sample(tmp_path)
    own, german = read_newsletter(workspace), read_newsletter(workspace, "de")
    assert (own.language, german.language) == ("en", "de")
    assert [spec.key for spec in german.sections] == [spec.key for spec in own.sections]
    assert german.sections[0].heading != own.sections[0].heading
    assert german.sections[0].required
    assert german.zone == own.zone


def test_a_language_without_its_file_is_reported(tmp_path: Path) -> None:
    """For an unknown language, the message names the missing file, and the hint the command to create it."""
    workspace = sample(tmp_path)
    path = workspace.root / "issues/2025-01-30.fr.yaml"
    path.write_bytes((workspace.root / "issues/2025-01-30.yaml").read_bytes())
    with pytest.raises(ContentError) as stopped:
        read_issue(workspace, path)
    (problem,) = stopped.value.problems
    assert (problem.path, problem.code) == ("newsletter.yaml", "language")
    assert "newsletter.fr.yaml" in problem.message
    assert problem.hint == "create it with: compose new --language fr"


def test_problems_of_an_overlay_have_its_path(tmp_path: Path) -> None:
    """Problems in newsletter.de.yaml are reported with their line in this file."""
    workspace = sample(tmp_path)
    path = workspace.root / "newsletter.de.yaml"
    text = path.read_text(encoding="utf-8") + "\nbrand:\n  accent: red\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as stopped:
        read_newsletter(workspace, "de")
    assert [(each.path, each.line, each.code) for each in stopped.value.problems] == [
        ("newsletter.de.yaml", text.count("\n"), "colour")
    ]
