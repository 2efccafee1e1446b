"""The section types of a theme: what each is for, its fields, and an example for an issue.

Input: a folder, in a newsletter or not. Output: section types, and for one of them its fields and YAML to paste.
Guarantees: what is known about a type comes from its schema only, so a newsletter's own types are described, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.content.document.section_types import SectionType, read_definitions, read_section_type
from composer.content.schema.messages import nearest
from composer.content.schema.schema import DocumentSchema, SchemaField
from composer.core.errors import UsageError, WorkspaceError
from composer.core.workspace import INCLUDED, ISSUES, Workspace

_PICTURES = (".png", ".jpg", ".jpeg", ".gif")
#: A key that compose adds below every web address; docs/reference/issue-format.md describes it.
_ADDED = "checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldGuide:
    """A field, with its meaning; `depth` is 1 for a field of a group, and so on."""

    name: str
    depth: int
    schema: SchemaField
    is_required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionGuide:
    """The section types of a theme. `newsletter` is None outside a newsletter: the included theme is described."""

    types: tuple[SectionType, ...]
    schema: DocumentSchema
    newsletter: Newsletter | None
    #: A picture of the newsletter, as an issue names it.
    picture: str | None = None

    def type(self, name: str) -> SectionType:
        """Return a section type. Raises UsageError if the theme does not have it."""
        found = next((kind for kind in self.types if kind.name == name), None)
        if found is not None:
            return found
        names = tuple(kind.name for kind in self.types)
        near = nearest(name, names)
        hint = f"did you mean {near}? " if near else ""
        raise UsageError(f"there is no section type “{name}”", f"{hint}available types: {', '.join(names)}")

    def keys(self, kind: SectionType) -> tuple[str, ...]:
        """Return the keys of the newsletter's sections of a type."""
        sections = self.newsletter.sections if self.newsletter else ()
        return tuple(spec.key for spec in sections if spec.type.name == kind.name)

    def fields(self, kind: SectionType) -> tuple[FieldGuide, ...]:
        """Return the fields that editors write: of the section, or of each item of a list."""
        return tuple(self._fields(self._item(kind.content), 0))

    def options(self, kind: SectionType) -> tuple[FieldGuide, ...]:
        """Return the settings of the type in newsletter.yaml."""
        return tuple(self._fields(kind.options, 0))

    def example(self, kind: SectionType) -> str:
        """Return a section for an issue, with all fields for which there is an example."""
        key = next(iter(self.keys(kind)), kind.name)
        lines = self._group(self._item(kind.content), "    " if kind.content.is_array else "  ")
        if kind.content.is_array:
            lines[0] = f"  - {lines[0].lstrip()}"
        return "\n".join((f"{key}:", *lines))

    def _item(self, content: SchemaField) -> SchemaField:
        return self.schema.resolve(content.items) if content.is_array and content.items else content

    def _fields(self, group: SchemaField, depth: int) -> Iterator[FieldGuide]:
        for name, given in group.properties.items():
            field = self.schema.resolve(given)
            if name == _ADDED:
                continue
            yield FieldGuide(name=name, depth=depth, schema=field, is_required=name in group.required)
            inner = self._inner(field)
            if inner is not None:
                yield from self._fields(inner, depth + 1)

    def _inner(self, field: SchemaField) -> SchemaField | None:
        """Return the group of keys below a field: of the field itself, of each item, or of each named value."""
        if field.is_object:
            return self.schema.resolve(field.others) if field.others else field
        items = self.schema.resolve(field.items) if field.items else None
        return items if items is not None and items.is_object and not field.format else None

    def _group(self, group: SchemaField, indent: str) -> list[str]:
        lines: list[str] = []
        for name, given in group.properties.items():
            field = self.schema.resolve(given)
            needs = (name, *group.together.get(name, ()))
            if all(self._is_in_example(group, each) for each in needs):
                lines += self._key(name, field, indent)
        return lines

    def _is_in_example(self, group: SchemaField, name: str) -> bool:
        """Return whether a field is written: without a picture to show, fields that need one are left out."""
        field = self.schema.resolve(group.properties[name])
        if name in group.required:
            return True
        if name == _ADDED or field.others is not None:
            return False
        if field.format == "picture":
            return self.picture is not None
        if field.is_object:
            return all(self._is_possible(field, each) for each in field.required)
        return bool(field.items if field.is_array and not field.format else field.examples)

    def _is_possible(self, group: SchemaField, name: str) -> bool:
        return self.picture is not None or self.schema.resolve(group.properties[name]).format != "picture"

    def _key(self, name: str, field: SchemaField, indent: str) -> list[str]:
        start = f"{indent}{name}:"
        if field.is_object and not field.format:
            return [start, *self._group(field, indent + "  ")]
        if field.is_array and not field.format and field.items is not None:
            lines = self._group(self.schema.resolve(field.items), indent + "    ")
            return [start, f"{indent}  - {lines[0].lstrip()}", *lines[1:]]
        text = (self.picture if field.format == "picture" else None) or next(iter(field.examples), "…")
        if field.format in ("markdown", "sources"):
            return [f"{start} |", *(f"{indent}  {line}".rstrip() for line in text.split("\n"))]
        return [f"{start} {_quoted(text)}" if field.format == "plain" else f"{start} {text}"]


def section_guide(folder: Path) -> SectionGuide:
    """Return the section types of the newsletter that a folder belongs to, or else of the included theme.

    Raises ContentError if newsletter.yaml or a schema has mistakes.
    """
    try:
        workspace = Workspace.find(folder)
    except WorkspaceError:
        newsletter, theme, picture = None, Workspace(root=folder).theme(INCLUDED), None
    else:
        newsletter, picture = read_newsletter(workspace), _picture(workspace)
        theme = newsletter.theme
    types = (read_section_type(theme, name) for name in theme.section_types())
    return SectionGuide(
        types=tuple(kind for kind in types if kind is not None),
        schema=DocumentSchema(root=SchemaField(), definitions=read_definitions(theme)),
        newsletter=newsletter,
        picture=picture,
    )


def _picture(workspace: Workspace) -> str | None:
    """Return a picture that issues can show."""
    issues = workspace.root / ISSUES
    found = sorted(path for path in issues.glob("assets/*") if path.suffix.lower() in _PICTURES)
    return found[0].relative_to(issues).as_posix() if found else None


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
