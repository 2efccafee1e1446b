"""An issue for translation.

Input: a newsletter, and an issue in another language. Output: YAML with the texts as comments. Guarantees: pure.
"""

import re

from composer.app.text_editors.schema_files import ISSUE, schema_line
from composer.content.document.newsletter import Newsletter
from composer.content.schema.schema import DocumentSchema, SchemaField
from composer.content.yaml.nodes import Mapping, Node, Scalar, Sequence

#: Figures and signs without a word, such as `49.1 %`.
_SAME_EVERYWHERE = re.compile(r"[\W\d_]+")


def translation(newsletter: Newsletter, source: Mapping) -> str:
    """Return an issue for translation: its texts as comments, all other values kept."""
    schema = newsletter.issue_schema()
    lines = [
        schema_line(ISSUE),
        f"# {newsletter.name}. Each comment contains a text; write its translation below it.",
        "# Names, numbers, times, places and sources are copied: change those that differ in this language.",
    ]
    lines += _translated(schema, source, schema.root, "")
    return "\n".join(lines) + "\n"


def _translated(schema: DocumentSchema, node: Mapping, field: SchemaField, indent: str) -> list[str]:
    lines: list[str] = []
    for entry in node.entries:
        name = entry.key.text
        given = field.properties.get(name) or field.others
        if given is None:
            continue
        if not indent and lines:
            lines.append("")
        lines += _translated_key(schema, name, entry.value, schema.resolve(given), indent)
    return lines


def _translated_key(schema: DocumentSchema, name: str, node: Node, field: SchemaField, indent: str) -> list[str]:
    match node:
        case Scalar() if node.is_empty:
            return []
        case Scalar():
            return _translated_text(name, node, field, indent)
        case Mapping() if node.get("from") is not None:
            return [f"{indent}{name}:", *_raw(node, indent + "  ")]
        case Mapping():
            return [f"{indent}{name}:", *_translated(schema, node, field, indent + "  ")]
        case Sequence() if field.format == "sources":
            return [f"{indent}{name}:", *_listed(node, indent)]
        case Sequence():
            item_field = schema.resolve(field.items or SchemaField())
            lines = [f"{indent}{name}:"]
            for item in node.items:
                inner = indent + "    "
                if isinstance(item, Mapping):
                    body = _raw(item, inner) if item.get("from") else _translated(schema, item, item_field, inner)
                else:
                    body = _translated_text("", item, item_field, inner) if isinstance(item, Scalar) else []
                lines += _dashed(body, indent + "  ")
            return lines


def _listed(node: Sequence, indent: str) -> list[str]:
    """Return a list of groups as it is."""
    groups = (item for item in node.items if isinstance(item, Mapping))
    return [line for group in groups for line in _dashed(_raw(group, indent + "    "), indent + "  ")]


def _dashed(body: list[str], indent: str) -> list[str]:
    """Add the dash before the first line that is not a comment; the comments above it line up with the dash."""
    for index, line in enumerate(body):
        if line.strip() and not line.lstrip().startswith("#"):
            dashed = f"{indent}- {line.lstrip()}"
            return [*(line.removeprefix("  ") for line in body[:index]), dashed, *body[index + 1 :]]
    return body


def _raw(node: Mapping, indent: str) -> list[str]:
    return [
        f"{indent}{entry.key.text}: {_quoted(entry.value.text.strip())}"
        for entry in node.entries
        if isinstance(entry.value, Scalar)
    ]


def _translated_text(name: str, node: Scalar, field: SchemaField, indent: str) -> list[str]:
    key = f"{name}: " if name else ""
    text = node.text.strip("\n")
    if not field.is_translated or _SAME_EVERYWHERE.fullmatch(text):
        return _kept(key, text, indent, is_block=field.format == "sources" or "\n" in text)
    comment = [f"{indent}# {line}".rstrip() for line in text.strip().split("\n")]
    if field.format == "markdown":
        return [*comment, f"{indent}{key}|", ""]
    return [*comment, f'{indent}{key}""']


def _kept(key: str, text: str, indent: str, *, is_block: bool) -> list[str]:
    """Return a value as it is."""
    if not is_block:
        return [f"{indent}{key}{_quoted(text)}"]
    return [f"{indent}{key}|", *(f"{indent}  {line}".rstrip() for line in text.split("\n"))]


def _quoted(text: str) -> str:
    """Return a value, quoted if YAML could misread it."""
    safe = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_./:%?=&+~,;@-]*", text) and not re.search(r":$|: ", text)
    return text if safe else "'" + text.replace("'", "''") + "'"
