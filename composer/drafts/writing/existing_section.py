"""Writes a section into an issue that exists, if this overwrites no text.

Input: the file, the mapped section, the newsletter. Output: the new text of the file. Guarantees: pure; a section with a
text is refused; the result has been read again, and all other keys have the same values.
"""

from pathlib import Path

from composer.content.document.newsletter import Newsletter
from composer.content.document.sections import SectionSpec
from composer.content.schema.loader import DocumentLoader
from composer.content.values.field_values import Group, Value, value_in
from composer.content.values.merge_fields import FieldBook, token_prefix
from composer.content.yaml.nodes import Mapping
from composer.content.yaml.parser import parse
from composer.content.yaml.source import SourceText
from composer.core.errors import ContentError, UsageError
from composer.core.workspace import Workspace
from composer.drafts.issue_entries import ItemList, KeyEntry, KeyGroup, Note
from composer.drafts.writing.section_splice import splice_section


def spliced_issue(
    before: str, keys: KeyGroup, spec: SectionSpec, newsletter: Newsletter, path: Path, workspace: Workspace
) -> str:
    """Return the file with the section. Raises UsageError if the section has a text, ContentError for mistakes in the syntax."""
    entry = next(part for part in keys.parts if isinstance(part, KeyEntry))
    notes = [part for part in keys.parts if isinstance(part, Note)]
    own = _value(before, spec.key, newsletter, path, workspace)
    is_more = isinstance(own, tuple) and bool(own)
    if own and not (is_more and isinstance(entry.value, ItemList)):
        raise UsageError(
            f"{workspace.name(path)} already has a text in “{spec.key}”",
            "move it to another file, or delete it, and try again",
        )
    order = [each.key for each in newsletter.sections]
    return splice_section(before, _with_notes(entry, notes), order, has_items=is_more)


def _with_notes(entry: KeyEntry, notes: list[Note]) -> KeyEntry:
    if isinstance(entry.value, ItemList):
        entry.value.trailing += notes
    elif isinstance(entry.value, KeyGroup):
        entry.value.parts += notes
    return entry


def _value(text: str, key: str, newsletter: Newsletter, path: Path, workspace: Workspace) -> Value:
    root, problems = parse(SourceText.of(text.removeprefix("\ufeff"), name=workspace.name(path), path=path))
    if problems or not isinstance(root, Mapping):
        raise ContentError(tuple(sorted(problems)))
    loader = DocumentLoader(
        schema=newsletter.issue_schema(),
        workspace=workspace,
        fields=FieldBook(known=newsletter.fields, mark=token_prefix(text)),
        has_pictures=False,
    )
    value = loader.read(root)
    return value_in(value, key) if isinstance(value, Group) else None
