"""The keys of an item that say who published it, when, and in which language.

Input: an item, a date or a publisher. Output: values of the item, with a task for a date that may be two days.
"""

import datetime

from composer.drafts.draft_document import Span
from composer.drafts.issue_entries import BareValue, Note, NoteKind, PlainText
from composer.drafts.mapping.fields.item_draft import ItemDraft
from composer.drafts.mapping.text.draft_dates import is_month_first, other_reading
from composer.drafts.mapping.text.markdown_text import plain_text, web_link
from composer.drafts.mapping.text.publisher_lines import DateReading, Publisher


def reading_of(item: ItemDraft) -> DateReading:
    """Return how the dates of an item are read."""
    return DateReading(language=item.language, form=item.date_format, near=item.context.day)


def is_free(item: ItemDraft, key: str | None) -> bool:
    """Return whether an item has a key, and no value for it yet."""
    return key is not None and key not in item.values


def set_publisher(item: ItemDraft, publisher: Publisher) -> bool:
    """Set what is known of a publisher; return False, and set nothing, if a part of it has no key or another value."""
    roles, link = item.roles, web_link(publisher.url)
    wanted = ((publisher.name, roles.outlet), (publisher.date, roles.date), (publisher.language, roles.language))
    if any(value and not is_free(item, key) for value, key in wanted):
        return False
    if link and (roles.url is None or item.values.get(roles.url, BareValue(link)) != BareValue(link)):
        return False
    if roles.outlet and publisher.name:
        item.values[roles.outlet] = PlainText(plain_text((Span(publisher.name),)))
    if roles.language and publisher.language:
        item.values[roles.language] = BareValue(publisher.language)
    if roles.url and link:
        item.values[roles.url] = BareValue(link)
    if roles.date and publisher.date:
        item.values[roles.date] = BareValue(publisher.date.isoformat())
        _doubt_date(item, roles.date, publisher.date, publisher.words)
    item.context.account(publisher.words, "value")
    return True


def set_date(item: ItemDraft, key: str, day: str, words: str) -> None:
    """Set a date; `words` are those of the draft."""
    item.values[key] = BareValue(day)
    item.context.account(words, "date")
    _doubt_date(item, key, datetime.date.fromisoformat(day), words)


def _doubt_date(item: ItemDraft, key: str, day: datetime.date, words: str) -> None:
    """Ask for a decision about a date that may be two days."""
    other, issue = other_reading(words, day, item.date_format, item.context.day), item.context.day
    if other and issue and day <= issue < other and not item.roles.place and not is_month_first(item.language):
        # The usual reading is before the issue. The other one is after it, which only an event can be.
        return
    if other:
        note = f"check the date: in the draft, “{words.strip(' ()')}” could also be {other.isoformat()}"
        item.notes.setdefault(key, []).append(Note(NoteKind.TODO, note))
