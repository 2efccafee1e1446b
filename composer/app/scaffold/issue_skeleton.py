"""An empty issue.

Input: a newsletter, a date and a number. Output: YAML in which only the texts are missing. Guarantees: pure.
"""

import re

from composer.app.scaffold.next_issue import NextIssue
from composer.app.text_editors.schema_files import ISSUE, schema_line
from composer.content.document.newsletter import Newsletter
from composer.content.schema.audiences import ONLY
from composer.content.schema.schema import DocumentSchema, SchemaField

#: Formats that a skeleton contains as keys; other keys are comments.
_WRITTEN = ("markdown", "sources", "plain", "url", "date")


def skeleton(newsletter: Newsletter, upcoming: NextIssue) -> str:
    """Return an empty issue: every section with its description, optional keys as comments."""
    schema = newsletter.issue_schema()
    printer = _Skeleton(schema)
    lines = [
        schema_line(ISSUE),
        f"# {newsletter.name}. Write texts in quotes, or after a | on the lines below, indented by two more spaces.",
    ]
    lines += [f"date: {upcoming.date.isoformat()}"]
    lines += [f"number: {upcoming.number}"] if upcoming.number is not None else []
    for name in ("subject", "preheader"):
        field = schema.root.properties[name]
        lines += [f"# {field.description}", f'{name}: ""']
    lines += [f"# {schema.root.properties['note'].description}", "# note: |", "#   …"]
    for spec in newsletter.sections:
        field = schema.root.properties[spec.key]
        needed = "" if spec.required else " Optional: leave it empty, or delete it."
        lines += ["", f"# {spec.heading or spec.key}: {field.description or field.title}{needed}"]
        lines += printer.key(spec.key, field, "")
    return "\n".join(lines) + "\n"


class _Skeleton:
    def __init__(self, schema: DocumentSchema) -> None:
        self.schema = schema

    def key(self, name: str, given: SchemaField, indent: str) -> list[str]:
        """Return the lines of a key without a value."""
        field = self.schema.resolve(given)
        if field.is_array and "string" not in field.types:
            return [f"{indent}{name}:", *self._item(field.items or SchemaField(), indent + "  ")]
        if field.is_object and field.others is not None:
            return [f"{indent}{name}:", *self.key("name", field.others, indent + "  ")]
        if field.is_object:
            return [f"{indent}{name}:", *self._group(field, indent + "  ")]
        if field.format in ("markdown", "sources"):
            return [f"{indent}{name}: |", ""]
        if field.format == "plain":
            return [f'{indent}{name}: ""']
        return [f"{indent}{name}:"]

    def _item(self, given: SchemaField, indent: str) -> list[str]:
        field = self.schema.resolve(given)
        if not field.is_object:
            return [f'{indent}- ""']
        lines = self._group(field, indent + "  ")
        return [f"{indent}- {lines[0].lstrip()}", *lines[1:]]

    def _group(self, field: SchemaField, indent: str) -> list[str]:
        lines: list[str] = []
        #: Keys that are written together, such as a picture and its alt text: both are comments.
        tied = {*field.together, *(other for others in field.together.values() for other in others)}
        for name, given in self._ordered(field):
            inner = self.schema.resolve(given)
            written = self.key(name, given, indent)
            if name in field.required or (inner.format in _WRITTEN and name not in tied):
                lines += written
                continue
            lines.append(f"{indent}# {_first_sentence(inner.description)}")
            lines += [f"{indent}# {line.removeprefix(indent)}" for line in written if line and "# " not in line]
        return lines

    def _ordered(self, field: SchemaField) -> list[tuple[str, SchemaField]]:
        """Return the keys; the first is not a comment, because the dash of an item comes before it."""
        # Few items need these keys; docs/reference/issue-format.md describes them.
        names = [name for name in field.properties if name not in (ONLY, "checked")]
        live = (
            name
            for name in names
            if name in field.required or self.schema.resolve(field.properties[name]).format in _WRITTEN
        )
        first = next(live, names[0])
        names.sort(key=lambda name: name != first)
        return [(name, field.properties[name]) for name in names]


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0] if text else "optional"
