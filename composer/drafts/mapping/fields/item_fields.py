"""Distributes the lines of one item, or of a section that is one text, among the fields of its schema.

Input: lines in reading order, the roles of the fields. Output: a `KeyGroup` in the order of the schema. Guarantees: every
line is in a field, in a comment of the file, or accounted for.
"""

from collections.abc import Sequence
from dataclasses import replace

from composer.drafts.draft_document import Span, text_of
from composer.drafts.issue_entries import (
    BareValue,
    KeyEntry,
    KeyGroup,
    PlainText,
)
from composer.drafts.mapping.fields.item_citations import take_citations, use_citation
from composer.drafts.mapping.fields.item_details import use_details
from composer.drafts.mapping.fields.item_draft import ItemDraft
from composer.drafts.mapping.fields.item_labels import note_unknown_label, report_unknown_labels
from composer.drafts.mapping.fields.item_pictures import use_picture, write_figures
from composer.drafts.mapping.fields.item_titles import use_title
from composer.drafts.mapping.fields.item_values import (
    use_attribution,
    use_byline,
    use_label,
    use_link,
    use_number,
    use_source,
)
from composer.drafts.mapping.fields.source_entries import source_entry, source_pieces, source_todos, sources_value
from composer.drafts.mapping.names.label_match import find_label
from composer.drafts.mapping.text.draft_lines import DraftLine, ends_sentence
from composer.drafts.mapping.text.markdown_text import bad_links, plain_text, web_link
from composer.drafts.mapping.text.span_text import (
    Spans,
    cut,
    marks_of,
    strip_spans,
)


def fill_item(item: ItemDraft, lines: Sequence[DraftLine]) -> KeyGroup:
    """Return the fields of all lines."""
    item.current = item.roles.main or ""
    rest = list(lines)
    while rest:
        line, *rest = rest
        if line.picture is not None:
            rest = use_picture(item, line, rest)
        elif not _special(item, line, rest):
            note_unknown_label(item, line)
            item.add_text(line)
    _finish(item)
    return _group(item)


def _special(item: ItemDraft, line: DraftLine, rest: Sequence[DraftLine]) -> bool:
    """Use a line that is more than a paragraph of the current field."""
    if line.table is not None:
        return False
    found = find_label(line.spans, item.names, has_level=bool(line.level))
    if found is not None and use_label(item, line, found):
        return True
    if use_title(item, line) or use_number(item, line) or use_citation(item, line, rest):
        return True
    return any(use(item, line) for use in (use_source, use_byline, use_details, use_attribution, use_link))


def _finish(item: ItemDraft) -> None:
    """Take dates and outlets from the ends of texts, and make values of texts and sources."""
    roles = item.roles
    if (line := _last_text(item)) and (shorter := take_citations(item, line)) is not None:
        _replace_last(item, shorter)
    if line := _last_text(item):
        _action_at_end(item, line)
    if item.sources:
        for line in item.sources:
            item.add_comments(roles.sources or "", line)
        entries = [
            source_entry(each, item.language, item.context.day)
            for line in item.sources
            for each in source_pieces(line.spans)
        ]
        for entry in entries:
            item.context.account(entry.words, "value")
        if roles.sources:
            item.values[roles.sources] = sources_value(entries)
            item.notes.setdefault(roles.sources, []).extend(source_todos(entries))
    write_figures(item)
    report_unknown_labels(item)
    for key, lines in item.texts.items():
        for line in lines:
            item.add_comments(key, line)
            for cell in (cell for row in line.table.rows for cell in row) if line.table else ():
                item.notes.setdefault(key, []).extend(item.context.todos(cell, line.file))
            item.context.bad_links += [(each, line.text[:40]) for each in bad_links(line.spans)]


def _last_text(item: ItemDraft) -> DraftLine | None:
    lines = item.texts.get(item.roles.main or "", [])
    return lines[-1] if lines and lines[-1].is_text and not lines[-1].list_level else None


def _replace_last(item: ItemDraft, spans: Spans) -> None:
    lines = item.texts[item.roles.main or ""]
    if text_of(spans).strip():
        lines[-1] = replace(lines[-1], spans=spans)
    else:
        # The brackets were a line of their own; comments in them belong to the text.
        item.notes.setdefault(item.roles.main or "", []).extend(item.context.todos(marks_of(spans), lines[-1].file))
        del lines[-1]


def _action_at_end(item: ItemDraft, line: DraftLine) -> None:
    """Use a link after the last sentence, such as `See the program`, as the link of the item."""
    url, action = item.roles.url, "action"
    if not url or url in item.values or action not in item.roles.fields or action in item.values:
        return
    link, start, at = "", 0, 0
    for span in line.spans:
        if span.text.strip():
            start = start if span.link and span.link == link else at
            link = span.link
        at += len(span.text)
    words = line.text[start:].strip()
    is_action = web_link(link) and words and len(words) <= 60 and not ends_sentence(words)
    if not is_action or not start or not ends_sentence(line.text[:start]):
        return
    item.values |= {url: BareValue(web_link(link)), action: PlainText(plain_text((Span(words),)))}
    _replace_last(item, (*strip_spans(cut(line.spans, 0, start, start)), *marks_of(cut(line.spans, start))))


def _group(item: ItemDraft) -> KeyGroup:
    group = KeyGroup()
    for key in item.roles.fields:
        group.parts += item.notes.pop(key, [])
        if key in item.values:
            group.parts.append(KeyEntry(key, item.values[key]))
        if key in item.left:
            group.parts += item.context.left_over(item.left.pop(key))
    for notes in item.notes.values():
        group.parts += notes
    for lines in item.left.values():
        group.parts += item.context.left_over(lines)
    return group
