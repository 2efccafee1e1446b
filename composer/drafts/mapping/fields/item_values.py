"""Lines that are a value: labels with their text, numbers, sources, bylines, links, who said it.

Input: an item and a line. Output: whether the line was used. Guarantees: a line that was not used has changed nothing.
"""

import re
from dataclasses import replace

from composer.drafts.draft_document import text_of
from composer.drafts.issue_entries import (
    BareValue,
    EntryValue,
    ItemList,
    KeyEntry,
    KeyGroup,
    PlainText,
)
from composer.drafts.mapping.fields.item_citations import use_labeled_source
from composer.drafts.mapping.fields.item_draft import ItemDraft
from composer.drafts.mapping.fields.source_entries import looks_like_source
from composer.drafts.mapping.names.field_roles import is_lone_number
from composer.drafts.mapping.names.heading_match import normal_heading
from composer.drafts.mapping.names.label_match import FoundLabel
from composer.drafts.mapping.text.draft_dates import whole_date
from composer.drafts.mapping.text.draft_lines import DraftLine, ends_sentence
from composer.drafts.mapping.text.markdown_text import plain_text, web_link
from composer.drafts.mapping.text.span_text import (
    Spans,
    cut,
    first_link,
    only_link,
    strip_spans,
    without_bold,
)

_BETWEEN_NAMES = re.compile(r"\s*(?:,|\band\b|\bund\b|\bet\b|\by\b|&)\s*")
_SIGNS = re.compile(r"^\s*[—–―-]+\s*")


def use_label(item: ItemDraft, line: DraftLine, found: FoundLabel) -> bool:
    given = item.roles.fields[found.key].format
    rest = replace(line, spans=found.rest, level=0)
    is_empty = not text_of(found.rest).strip()
    if given in ("markdown", "sources"):
        if found.key in item.texts and found.key != item.roles.main:
            return False
        item.current = found.key
        item.context.account_name(found.label, found.name, "label")
        item.add_comments(found.key, line)
        if not is_empty:
            item.add_text(rest)
        return True
    if is_empty or found.key in item.values or line.list_level:
        return False
    if found.key == item.roles.outlet:
        return use_labeled_source(item, line, found)
    value = _value(item, found.key, found.rest)
    if value is None:
        return False
    item.context.account_name(found.label, found.name, "label")
    item.set_value(found.key, value, rest)
    return True


def _value(item: ItemDraft, key: str, spans: Spans) -> EntryValue | None:
    """Return a short value in the format of its field, or None if it is something else."""
    text = text_of(spans).strip()
    match item.roles.fields[key].format:
        case "plain" if len(text) <= 200 and not (ends_sentence(text) and len(text) > 120):
            return PlainText(plain_text(spans))
        case "date" if day := whole_date(text, item.language, item.date_format, item.context.day):
            item.context.account(text, "date")
            return BareValue(day.isoformat())
        case "url" if link := web_link(only_link(spans) or text):
            item.context.account(text, "address")
            return BareValue(link)
        case "email" if re.fullmatch(r"[^\s@]+@[^\s@]+\.\w+", text):
            item.context.account(text, "address")
            return BareValue(text)
    return None


def use_number(item: ItemDraft, line: DraftLine) -> bool:
    key = item.roles.number
    if key is None or key in item.values or line.list_level or not is_lone_number(line.text):
        return False
    item.set_value(key, PlainText(plain_text(line.spans)), line)
    return True


def use_source(item: ItemDraft, line: DraftLine) -> bool:
    if not item.roles.sources or item.current != item.roles.sources:
        return False
    if not line.list_level and not (line.is_plain and looks_like_source(line.spans)):
        item.current = item.roles.main or ""
        return False
    item.sources.append(line)
    return True


def use_byline(item: ItemDraft, line: DraftLine) -> bool:
    """Use `By Anna Li` or `By Anna Li, Senior analyst` below the title."""
    key = item.roles.authors
    if key is None or key in item.values or item.texts or not line.is_plain or len(line.text) > 120:
        return False
    start = item.context.vocabulary.byline.partition("%s")[0].strip()
    match = re.match(rf"{re.escape(start)}\s+(?=[^\W\d_])", line.text, re.IGNORECASE) if start else None
    if match is None or ends_sentence(line.text):
        return False
    names = _BETWEEN_NAMES.split(line.text[match.end() :].strip())
    if not all(re.fullmatch(r"[^\W\d_][\w.'’ -]{1,50}", name) for name in names):
        return False
    item.context.account(match[0], "byline")
    item.context.account(" ".join(re.findall(r"(?<=\s)(?:and|und|et|y)(?=\s)", line.text[match.end() :])), "byline")
    item.set_value(key, ItemList([KeyGroup([KeyEntry("name", PlainText(name))]) for name in names]), line)
    return True


def use_attribution(item: ItemDraft, line: DraftLine) -> bool:
    """Use `— Anna Li, Senior analyst` after a quotation."""
    roles = item.roles
    key = roles.attribution
    if key is None or key in item.values or not item.texts or line.level or line.list_level:
        return False
    sign = _SIGNS.match(line.text)
    if (sign is None or not sign[0].strip()) and (len(line.text) > 80 or ends_sentence(line.text)):
        return False
    spans = without_bold(strip_spans(cut(line.spans, sign.end() if sign else 0)))
    comma = re.search(r"\s*[,\n(]\s*", text_of(spans))
    if comma and roles.role:
        item.values[roles.role] = PlainText(plain_text(cut(spans, comma.end())).rstrip(")"))
        spans = cut(spans, 0, comma.start())
    if roles.url and (link := web_link(first_link(line.spans))):
        item.values.setdefault(roles.url, BareValue(link))
    item.set_value(key, PlainText(plain_text(spans)), line)
    return True


def use_link(item: ItemDraft, line: DraftLine) -> bool:
    """Use a paragraph that is only a link as the address of the item, and its words as the text of the link."""
    roles = item.roles
    link = web_link(only_link(line.spans)) if line.is_plain or line.level else ""
    bare = web_link(line.text.strip()) if not link and line.is_plain else ""
    if not (link or bare) or not roles.url or roles.url in item.values:
        return False
    text = line.text.strip()
    action = next(
        (key for key in ("action", "text") if key in roles.fields and roles.fields[key].format == "plain"), None
    )
    if bare or web_link(text) == link:
        item.context.account(text, "address")
    elif action and action not in item.values and len(text) <= 80:
        item.values[action] = PlainText(plain_text(line.spans))
    elif not _is_phrase(item, text):
        return False
    else:
        item.context.account(text, "link")
    item.values[roles.url] = BareValue(link or bare)
    item.add_comments(roles.url, line)
    return True


def _is_phrase(item: ItemDraft, text: str) -> bool:
    """Return whether the theme itself prints such a text, as for the link of an episode."""
    return normal_heading(text) in item.context.vocabulary.labels
