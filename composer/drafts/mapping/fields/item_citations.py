"""Who published an item and when: in brackets, after `Source:`, or in a line of its own.

Input: an item and a line. Output: whether the line was used. Guarantees: a publisher is used only if each of its parts has
a key that is free; a line that was not used has changed nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from composer.drafts.draft_document import Span, text_of
from composer.drafts.mapping.fields.item_draft import ItemDraft
from composer.drafts.mapping.fields.item_publisher import is_free, reading_of, set_date, set_publisher
from composer.drafts.mapping.names.known_names import FieldName
from composer.drafts.mapping.names.label_match import FoundLabel, find_label
from composer.drafts.mapping.text.draft_lines import DraftLine, ends_sentence
from composer.drafts.mapping.text.publisher_lines import Publisher, citation_in, is_name, publisher_in
from composer.drafts.mapping.text.span_text import Spans, marks_of, split_spans
from composer.drafts.mapping.text.trailing_marks import Bracketed, date_in_brackets, language_mark, trailing_brackets

#: The longest publisher after a label, and the most words of one that has neither a label nor a date.
_LONGEST_NAME, _MOST_WORDS = 80, 5
_STOP_AFTER_BRACKETS = re.compile(r"[)）\]]\s*([.。])\s*$")


def use_labeled_source(item: ItemDraft, line: DraftLine, label: FoundLabel) -> bool:
    """Use the text after a label such as `Source:`."""
    if not text_of(label.rest).strip():
        return False
    publisher = _publisher(item, label.rest)
    publisher = replace(publisher, name=publisher.name.rstrip("."))
    if len(publisher.name) > _LONGEST_NAME or not set_publisher(item, publisher):
        return False
    item.context.account(label.label, "label")
    item.add_comments(item.roles.outlet or "", line)
    return True


def use_citation(item: ItemDraft, line: DraftLine, rest: Sequence[DraftLine]) -> bool:
    """Use a line that only names the publisher or the date. `rest` are the lines below it."""
    if not cites(item) or not line.is_text or line.list_level:
        return False
    found = citation_in(line.spans, reading_of(item))
    if found is None and not _is_publisher(item, line, rest):
        return False
    if not set_publisher(item, _publisher(item, line.spans) if found is None or not item.roles.date else found):
        return False
    item.add_comments(item.roles.outlet or "", line)
    return True


def cites(item: ItemDraft) -> bool:
    """Return whether an item has one publisher, not a list of sources."""
    return item.roles.outlet is not None and item.roles.sources is None


def _is_publisher(item: ItemDraft, line: DraftLine, rest: Sequence[DraftLine]) -> bool:
    """Return whether a short line is the name of a publisher: just below the title, or after the text."""
    is_short = line.is_plain and len(line.text.split()) <= _MOST_WORDS and not re.search(r"[.:!?…,;]$", line.text)
    if not is_short or not is_name(line.text) or not is_free(item, item.roles.outlet):
        return False
    below = [each for each in rest if not each.is_text or citation_in(each.spans, reading_of(item)) is None]
    if item.texts:
        last = item.texts[item.last_key()][-1]
        return not below and (not last.is_text or ends_sentence(last.text))
    return bool(below) and below[0].is_plain and ends_sentence(below[0].text)


def take_citations(item: ItemDraft, line: DraftLine) -> Spans | None:
    """Use what follows the last sentence of a text: `(25/01/20)`, `(Source: AP)`, `Source: AP`, `(AP, 20 January)`.

    Return the text without it, or None if there is nothing.
    """
    spans: Spans | None = None
    while (shorter := _without_citation(item, line, line.spans if spans is None else spans)) is not None:
        spans = shorter
    return None if spans is None else _with_stop(spans, line)


def _with_stop(spans: Spans, line: DraftLine) -> Spans:
    """Move the full stop after the brackets to the end of the sentence before them: `It begins (AP).`"""
    stop = _STOP_AFTER_BRACKETS.search(line.text)
    has_own = not text_of(spans).strip() or ends_sentence(text_of(spans))
    return spans if stop is None or has_own else (*spans, Span(stop[1]))


def _without_citation(item: ItemDraft, line: DraftLine, spans: Spans) -> Spans | None:
    roles = item.roles
    if roles.date and is_free(item, roles.date):
        dated = date_in_brackets(spans, item.language, item.date_format, item.context.day)
        if dated is not None:
            before, day, words = dated
            set_date(item, roles.date, day.isoformat(), words)
            return before
    if not cites(item) or not is_free(item, roles.outlet):
        return None
    found = trailing_brackets(spans)
    split = found or _last_sentence(spans)
    label = find_label(split.inside if split else spans, _outlet_names(item), has_level=False)
    if label is not None and use_labeled_source(item, line, label):
        return split.before if split else marks_of(spans)
    if found is not None and _is_citation(item, found) and set_publisher(item, _publisher(item, found.inside)):
        return found.before
    return None


def _is_citation(item: ItemDraft, found: Bracketed) -> bool:
    """Return whether brackets at the end of a text name a publisher, and are not a part of its last sentence."""
    if citation_in(found.inside, reading_of(item)) is not None:
        return True
    is_apart = ends_sentence(text_of(found.before)) or not text_of(found.before).strip()
    return is_apart and len(found.words.split()) <= _MOST_WORDS and is_name(language_mark(found.words)[0])


def _publisher(item: ItemDraft, spans: Spans) -> Publisher:
    """Read a publisher; a date or a language without a key stays in its name."""
    has_date, has_language = (is_free(item, key) for key in (item.roles.date, item.roles.language))
    return publisher_in(spans, reading_of(item), has_date=has_date, has_language=has_language)


def _last_sentence(spans: Spans) -> Bracketed | None:
    """Split a text whose last sentence may be `Source: AP`."""
    match = re.search(r"(?<=[.!?…”\"»])\s+(?=[^\W\d_]+\s?[:：]\s[^.!?]{1,80}\.?\s*$)", text_of(spans))
    return Bracketed(*split_spans(spans, match.start(), match.end())) if match else None


def _outlet_names(item: ItemDraft) -> list[FieldName]:
    key = item.roles.outlet or ""
    phrases = item.context.vocabulary.phrases
    names = [FieldName(key, phrases[name], True) for name in ("source", "sources") if name in phrases]
    return [*names, *(name for name in item.names if name.key == key)]
