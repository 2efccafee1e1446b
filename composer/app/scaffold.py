"""The skeleton of a new issue, and of a translation.

Input: a newsletter, the existing issues, a date. Output: YAML in which only the texts are missing. Guarantees: pure,
except `next_issue`, which reads the names and numbers of the issues in the folder.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from composer.app.text_editors.schema_files import ISSUE, schema_line
from composer.content.document.newsletter import Newsletter
from composer.content.document.section_types import read_document
from composer.content.schema.audiences import ONLY
from composer.content.schema.schema import DocumentSchema, SchemaField
from composer.content.yaml.nodes import Mapping, Node, Scalar, Sequence
from composer.core.errors import ContentError
from composer.core.issue_names import date_in
from composer.core.workspace import Workspace

#: Formats whose values are the same in every language.
_SAME_EVERYWHERE = ("url", "date", "picture", "language", "email", "colour", "sources", "tag")
#: Formats that a skeleton contains as keys; other keys are comments.
_WRITTEN = ("markdown", "sources", "plain", "url", "date")
#: The longest interval between two issues that is continued: a month and some days.
LONGEST = datetime.timedelta(weeks=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextIssue:
    """The date and the number of the next issue."""

    date: datetime.date
    number: int | None


def next_issue(workspace: Workspace, today: datetime.date) -> NextIssue:
    """Return the date and number that follow from the existing issues: same interval, next number, not in the past.

    An interval longer than `LONGEST` is ignored: it is a pause, or comes from the sample issue. The default is a week.
    """
    days: set[datetime.date] = set()
    numbers: list[int] = []
    for path in workspace.issues():
        if day := date_in(path.name):
            days.add(day)
            numbers.extend(_number(workspace, path))
    if not days:
        return NextIssue(date=today, number=1)
    ordered = sorted(days)
    gaps = (later - earlier for earlier, later in pairwise(ordered))
    step = min((gap for gap in gaps if gap <= LONGEST), default=datetime.timedelta(weeks=1))
    day = ordered[-1] + step
    if day < today:
        day += step * -((day - today) // step)
    return NextIssue(date=day, number=max(numbers) + 1 if numbers else None)


def _number(workspace: Workspace, path: Path) -> Iterator[int]:
    try:
        root, _ = read_document(path, workspace.name(path))
    except ContentError:
        return
    node = root.get("number") if isinstance(root, Mapping) else None
    if isinstance(node, Scalar) and node.text.strip().isdigit():
        yield int(node.text)


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
        """Sort the keys: the first is not a comment, because the dash of an item comes before it."""
        # Few items need these keys; docs/reference/issue-format.md describes them.
        names = [name for name in field.properties if name not in (ONLY, "checked")]
        live = [name for name in names if self.schema.resolve(field.properties[name]).format]
        first = next((name for name in names if name in field.required), live[0] if live else names[0])
        names.sort(key=lambda name: name != first)
        return [(name, field.properties[name]) for name in names]


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0] if text else "optional"


def translation(newsletter: Newsletter, source: Mapping) -> str:
    """Return an issue for translation: its texts as comments, all other values kept."""
    schema = newsletter.issue_schema()
    lines = [schema_line(ISSUE), f"# {newsletter.name}. Each comment contains a text; write its translation below it."]
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


def _dashed(body: list[str], indent: str) -> list[str]:
    """Add the dash before the first line that is not a comment."""
    for index, line in enumerate(body):
        if line.strip() and not line.lstrip().startswith("#"):
            dashed = f"{indent}- {line.lstrip()}"
            return [*body[:index], dashed, *body[index + 1 :]]
    return body


def _raw(node: Mapping, indent: str) -> list[str]:
    return [
        f"{indent}{entry.key.text}: {entry.value.text.strip()}"
        for entry in node.entries
        if isinstance(entry.value, Scalar)
    ]


def _translated_text(name: str, node: Scalar, field: SchemaField, indent: str) -> list[str]:
    key = f"{name}: " if name else ""
    text = node.text.strip("\n")
    if field.format == "sources":
        return [f"{indent}{key}|", *(f"{indent}  {line}".rstrip() for line in text.split("\n"))]
    if "string" not in field.types or field.format in _SAME_EVERYWHERE or field.enum:
        return [f"{indent}{key}{_quoted(text)}"]
    comment = [f"{indent}# {line}".rstrip() for line in text.strip().split("\n")]
    if field.format == "markdown":
        return [*comment, f"{indent}{key}|", ""]
    return [*comment, f'{indent}{key}""']


def _quoted(text: str) -> str:
    """Return a value, quoted if YAML could misread it."""
    safe = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_./:%?=&+~,;@-]*", text) and not re.search(r":$|: ", text)
    return text if safe else "'" + text.replace("'", "''") + "'"
