"""Labels in a draft that the newsletter does not have: their text stays in the field before them, and a person is told.

Input: an item and its lines. Output: unknown labels, with the fields that have labels.
"""

from collections.abc import Sequence
from dataclasses import replace

from composer.drafts.issue_entries import KeyGroup
from composer.drafts.mapping.fields.item_draft import ItemDraft
from composer.drafts.mapping.mapping_context import MappingContext, UnknownLabel
from composer.drafts.mapping.names.label_match import unknown_label
from composer.drafts.mapping.text.draft_lines import DraftLine


def note_unknown_label(item: ItemDraft, line: DraftLine) -> None:
    """Note a line that begins with what looks like a label, if the item has fields with labels."""
    known = _labels(item)
    if not line.is_text or line.list_level or line.is_quote or not known:
        return
    if label := unknown_label(line.spans, known.values(), has_level=bool(line.level)):
        item.unknown_labels.append((label, item.current, bool(line.level)))


def report_unknown_labels(item: ItemDraft) -> None:
    """Report what was noted; the field that may be meant is the first one whose text is missing."""
    known = _labels(item)
    texts = [key for key in known if item.roles.fields[key].format == "markdown"]
    missing = [key for key in texts if key not in item.texts]
    for label, field, is_heading in item.unknown_labels:
        # A heading in a text is usually a subhead.
        wanted = missing.pop(0) if missing and not is_heading else ""
        item.context.unknown_labels.append(
            UnknownLabel(
                label=label,
                section=item.section,
                field=field,
                known=tuple(known.items()),
                wanted=wanted,
                is_heading=is_heading,
            )
        )


def settle_wanted(context: MappingContext, section: str, items: Sequence[KeyGroup]) -> None:
    """Keep one label for each field that may be meant, and none for a field that an item of the section has already."""
    written = {key for item in items for key in item.keys}
    labels: dict[str, str] = {}
    for number, each in enumerate(context.unknown_labels):
        if each.section != section or not each.wanted:
            continue
        is_first = labels.setdefault(each.wanted, each.label) == each.label
        if each.wanted in written or not is_first:
            context.unknown_labels[number] = replace(each, wanted="")


def _labels(item: ItemDraft) -> dict[str, str]:
    """Return the fields for texts and sources that have labels, with the first label of each."""
    found: dict[str, str] = {}
    for name in item.names:
        if name.is_loose and item.roles.fields[name.key].format in ("markdown", "sources"):
            found.setdefault(name.key, name.name)
    return found
