"""Maps the lines of one section to its value in an issue: a group of keys, or a list of items.

Input: a section of the newsletter, lines. Output: the value, and comments around it. Guarantees: pure; works from the
schema alone.
"""

import re
from collections.abc import Mapping, Sequence

from composer.content.document.sections import SectionSpec
from composer.content.schema.schema import SchemaField
from composer.content.values.field_values import text_in
from composer.drafts.issue_entries import BareValue, BlockText, EntryValue, ItemList, KeyEntry, KeyGroup, Note, NoteKind
from composer.drafts.mapping.fields.item_draft import ItemDraft
from composer.drafts.mapping.fields.item_fields import fill_item
from composer.drafts.mapping.fields.item_labels import settle_wanted
from composer.drafts.mapping.fields.item_numbers import without_numbers
from composer.drafts.mapping.fields.section_items import section_items
from composer.drafts.mapping.mapping_context import MappingContext
from composer.drafts.mapping.names.field_roles import FieldRoles, field_roles
from composer.drafts.mapping.names.known_names import FieldName, field_names
from composer.drafts.mapping.text.draft_lines import DraftLine
from composer.drafts.mapping.text.publisher_lines import DateReading


def section_roles(spec: SectionSpec, context: MappingContext) -> FieldRoles:
    """Return what the fields of a section, or of its items, are for."""
    given = spec.type.content
    if given.items is not None:
        given = context.schema.resolve(given.items)
    return field_roles(given, context.schema)


def map_section(spec: SectionSpec, lines: Sequence[DraftLine], context: MappingContext) -> EntryValue:
    """Return the value of a section."""
    roles = section_roles(spec, context)
    names = field_names(spec, roles.fields, context.vocabulary)
    if spec.type.content.is_array:
        return _list(spec, lines, roles, names, context)
    group = _item(spec, lines, roles, names, context, has_title_first=_begins_with_title(lines, roles))
    settle_wanted(context, spec.key, [group])
    return group


def _begins_with_title(lines: Sequence[DraftLine], roles: FieldRoles) -> bool:
    """Return whether the first line of a text is its title although it has no style: short, no sentence, with a text below."""
    if roles.title not in roles.required or len(lines) < 2:
        return False
    first, second = lines[:2]
    is_short = first.is_plain and len(first.text) <= 140 and not re.search(r"[.:,;!。：]\s*$", first.text)
    return is_short and not any(line.level for line in lines[:3]) and len(second.text) > len(first.text)


def _list(
    spec: SectionSpec,
    lines: Sequence[DraftLine],
    roles: FieldRoles,
    names: Sequence[FieldName],
    context: MappingContext,
) -> EntryValue:
    reading = DateReading(language=context.vocabulary.language, form=_date_format(spec), near=context.day)
    parts = section_items(lines, roles, names, reading)
    found, numbers = without_numbers(parts.items, reading) if roles.title else (parts.items, "")
    context.account(numbers, "number")
    groups = [_item(spec, each, roles, names, context, has_title_first=True) for each in found]
    settle_wanted(context, spec.key, groups)
    items = ItemList(list(groups))
    if not parts.intro:
        return items
    if not spec.type.has_groups:
        notes = context.left_over(parts.intro)
        if items.items:
            items.items[0].parts[:0] = notes
        else:
            items.trailing += notes
        return items
    group = KeyGroup([note for line in parts.intro for note in context.todos(line.spans, line.file)])
    shown = [line for line in parts.intro if line.picture is None]
    hidden = [line for line in parts.intro if line.picture is not None]
    if text := context.blocks.markdown(shown):
        group.parts.append(KeyEntry("intro", BlockText(text)))
    group.parts += context.left_over(hidden)
    if items.items:
        group.parts.append(KeyEntry("items", items))
    return group


def _item(
    spec: SectionSpec,
    lines: Sequence[DraftLine],
    roles: FieldRoles,
    names: Sequence[FieldName],
    context: MappingContext,
    *,
    has_title_first: bool,
) -> KeyGroup:
    item = ItemDraft(context, roles, names, spec.key, _date_format(spec), has_title_first)
    return with_missing(fill_item(item, lines), roles.fields, roles.required)


def _date_format(spec: SectionSpec) -> str:
    return (text_in(spec.options, "date_format") if "date_format" in iter(spec.options) else None) or ""


def with_missing(group: KeyGroup, fields: Mapping[str, SchemaField], required: Sequence[str]) -> KeyGroup:
    """Add the required keys that have no value, each with a comment that says so."""
    missing = [key for key in required if key not in group.keys]
    for key in missing:
        title = fields[key].title or key
        at = _place(group, key, list(fields))
        note = Note(NoteKind.TODO, f"fill in: {title}")
        group.parts[at:at] = [note, KeyEntry(key, BareValue(""))]
    return group


def _place(group: KeyGroup, key: str, order: Sequence[str]) -> int:
    """Return where a key belongs among those that are written."""
    before = set(order[: order.index(key)])
    ends = [at for at, part in enumerate(group.parts) if isinstance(part, KeyEntry) and part.key in before]
    return ends[-1] + 1 if ends else 0


def is_empty(value: EntryValue) -> bool:
    """Return whether a section has no content at all."""
    return (isinstance(value, KeyGroup) and not value.parts) or (
        isinstance(value, ItemList) and not value.items and not value.trailing
    )
