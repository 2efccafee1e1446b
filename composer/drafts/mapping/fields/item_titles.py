"""The title of an item, with the publisher and the date in brackets at its end.

Input: an item and a line. Output: whether the line was used.
"""

import re
from dataclasses import replace

from composer.drafts.draft_document import text_of
from composer.drafts.issue_entries import (
    BareValue,
    Note,
    NoteKind,
    PlainText,
)
from composer.drafts.mapping.fields.item_draft import ItemDraft
from composer.drafts.mapping.fields.item_publisher import reading_of, set_date, set_publisher
from composer.drafts.mapping.fields.source_entries import source_entry
from composer.drafts.mapping.text.draft_dates import whole_date
from composer.drafts.mapping.text.draft_lines import DraftLine
from composer.drafts.mapping.text.markdown_text import plain_text, web_link
from composer.drafts.mapping.text.publisher_lines import citation_in, publisher_in
from composer.drafts.mapping.text.span_text import (
    Spans,
    first_link,
    split_spans,
    strip_spans,
)
from composer.drafts.mapping.text.trailing_marks import trailing_brackets
from composer.drafts.mapping.text.typed_addresses import has_address, linked_addresses, take_address

#: Between a headline and its publisher.
_SIGNS = re.compile(r"\s+[–—|-]\s+")


def use_title(item: ItemDraft, line: DraftLine) -> bool:
    key = item.roles.title
    if key is None or key in item.values or item.texts or line.list_level > 1:
        return False
    if not (line.level or (item.has_title_first and line.is_text)):
        return False
    if _cited(item, line):
        return True
    spans = _headline(item, _without_address(item, strip_spans(line.spans)))
    if has_address(text_of(spans)):
        item.notes.setdefault(key, []).append(Note(NoteKind.TODO, "take the web address out of the title"))
    if (link := web_link(first_link(spans))) and item.roles.url and item.roles.url not in item.values:
        item.values[item.roles.url] = BareValue(link)
    item.set_value(key, PlainText(plain_text(spans)), replace(line, spans=spans))
    return True


def _without_address(item: ItemDraft, spans: Spans) -> Spans:
    """Take a typed address out of a title, if the item has a key for it."""
    typed, key = take_address(spans), item.roles.url
    if key is None or key in item.values or not (link := web_link(typed.link)):
        return spans
    item.values[key] = BareValue(link)
    item.context.account(typed.words, "address")
    return typed.rest


def _cited(item: ItemDraft, line: DraftLine) -> bool:
    """Use `Outlet (CN): Title` with a linked title, as in a list of sources."""
    roles = item.roles
    if not (roles.title and roles.outlet and roles.url) or not web_link(first_link(linked_addresses(line.spans))):
        return False
    source = source_entry(line.spans, item.language, item.context.day)
    before, *after = re.split("[:：]", text_of(line.spans), maxsplit=1)
    starts_with_outlet = bool(source.outlet and after) and source.outlet in " ".join(before.split())
    fits = (not source.language or roles.language) and (not source.date or roles.date) and not source.original_title
    if not starts_with_outlet or not fits or any(span.link for span in line.spans[:1]):
        return False
    values = {roles.outlet: source.outlet, roles.url: source.url}
    values |= {roles.language or "": source.language, roles.date or "": source.date.isoformat() if source.date else ""}
    for key, value in values.items():
        if key and value and key not in item.values:
            item.values[key] = PlainText(value) if key == roles.outlet else BareValue(value)
    item.context.account(source.words, "value")
    item.set_value(roles.title, PlainText(source.title), line)
    return True


def _headline(item: ItemDraft, spans: Spans) -> Spans:
    """Take outlet and date out of the brackets at the end of a headline."""
    roles = item.roles
    found = trailing_brackets(spans)
    if found is None or not text_of(found.before).strip():
        return _before_citation(item, spans)
    if roles.date and roles.date not in item.values:
        day = whole_date(found.words, item.language, item.date_format, item.context.day)
        if day is not None:
            set_date(item, roles.date, day.isoformat(), found.words)
            return _headline(item, found.before)
    if not roles.outlet or roles.outlet in item.values:
        return spans
    publisher = publisher_in(found.inside, reading_of(item))
    if first_link(found.before) or not roles.url:
        # The link of the title counts; that of the publisher leads to its home page.
        publisher = replace(publisher, url="")
    return found.before if publisher.is_short and set_publisher(item, publisher) else spans


def _before_citation(item: ItemDraft, spans: Spans) -> Spans:
    """Take publisher and date out of a headline such as `Trade rises – Le Soir, 12.12.2026`."""
    for sign in _SIGNS.finditer(text_of(spans)):
        title, rest = split_spans(spans, sign.start(), sign.end())
        found = citation_in(rest, reading_of(item)) if text_of(title).strip() else None
        if found is not None and found.date and not found.url and set_publisher(item, found):
            return strip_spans(title)
    return spans
