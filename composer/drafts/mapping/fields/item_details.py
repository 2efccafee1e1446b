"""Short lines with the details of an event or an episode: date, time, place, length.

Input: an item and a line. Output: whether the line was used. Guarantees: a line is used only if each of its pieces has a
field.
"""

import re

from composer.drafts.draft_document import Span
from composer.drafts.issue_entries import BareValue, PlainText
from composer.drafts.mapping.fields.item_draft import ItemDraft
from composer.drafts.mapping.fields.item_publisher import is_free, set_date
from composer.drafts.mapping.text.draft_dates import whole_date
from composer.drafts.mapping.text.draft_lines import DraftLine, ends_sentence
from composer.drafts.mapping.text.event_days import DateRange, find_range
from composer.drafts.mapping.text.markdown_text import plain_text

_SEPARATORS = re.compile(r"\s*(?:[|·•;]|,(?=\s)|\s[–—-](?=\s)|\n)\s*")

_HOUR = r"\d{1,2}(?:[:.]\d{2}|\s?h\s?\d{2})?\s?(?:am|pm|a\.m\.|p\.m\.|uhr|h|[A-Z]{2,4})?"
_TIMES = re.compile(rf"{_HOUR}(?:\s?(?:–|-|to|bis|à)\s?{_HOUR})?", re.IGNORECASE)
#: A word between the date and the time or the place.
_AT = re.compile(
    r"[,\s]*(?:(?:at|from|um|ab|von|à|de|a las|alle)\s+(?=\d)|(?:in|at|à|en|im|te|a)\s+(?=[^\W\d_a-zà-ÿ]))"
)


def use_details(item: ItemDraft, line: DraftLine) -> bool:
    """Use a short line with a date, a time, a place, a length: details of an event or an episode."""
    roles = item.roles
    if not (roles.place or roles.shapes) or not line.is_text or line.level or len(line.text) > 140:
        return False
    if any(item.texts.values()) and not line.is_plain or (ends_sentence(line.text) and len(line.text) > 80):
        return False
    free = ((key, shape) for key, shape in roles.shapes.items() if key not in item.values)
    whole = next((key for key, shape in free if shape.fullmatch(line.text.strip())), None)
    if whole is not None:
        item.set_value(whole, PlainText(plain_text(line.spans)), line)
        return True
    found: dict[str, str] = {}
    days = _days(item, line.text)
    if days is not None and not _fits(item, line.text, days):
        return False
    dated, rest = "", line.text
    if days is not None and roles.date:
        found[roles.date] = days.date.isoformat()
        at = _AT.match(line.text, days.end)
        dated, rest = line.text[: at.end() if at else days.end], line.text[at.end() if at else days.end :]
    pieces = [piece for piece in _SEPARATORS.split(rest) if piece and re.search(r"\w", piece)]
    before = ""
    for piece in pieces:
        key = _detail_key(item, piece, found)
        if key is None and before == roles.place and len(piece.split()) <= 4:
            # `Town hall, room 12`
            found[before] += f", {piece.strip()}"
            continue
        if key is None:
            return False
        found[key], before = piece.strip(), key
    if not found or (set(found) <= {roles.place} and not line.is_plain) or set(found) == {roles.place}:
        return False
    for key, text in found.items():
        if key == roles.date:
            set_date(item, key, text, dated)
            if days is not None and days.last is not None and roles.end:
                item.values[roles.end] = BareValue(days.last.isoformat())
        else:
            item.values[key] = PlainText(plain_text((Span(text),)))
    item.add_comments(next(iter(found)), line)
    return True


def _days(item: ItemDraft, text: str) -> DateRange | None:
    """Return the days of an event without a date: at the beginning of a line, perhaps after the day of the week."""
    if not is_free(item, item.roles.date):
        return None
    days = find_range(text, item.language, item.date_format, item.context.day)
    return days if days is not None and len(text[: days.start].split()) <= 2 else None


def _fits(item: ItemDraft, text: str, days: DateRange) -> bool:
    """Return whether nothing but the day of the week is before a date, and the last day has a key."""
    before = text[: days.start].strip(" ,")
    is_day = not before or whole_date(f"{before} {days.date.isoformat()}", item.language) is not None
    return is_day and (days.last is None or is_free(item, item.roles.end))


def _detail_key(item: ItemDraft, piece: str, found: dict[str, str]) -> str | None:
    for key, shape in item.roles.shapes.items():
        if key not in item.values and key not in found and (shape.fullmatch(piece.strip()) or _is_time(key, piece)):
            return key
    place = item.roles.place
    if place and place not in item.values and place not in found and len(piece.split()) <= 8:
        return place
    return None


def _is_time(key: str, piece: str) -> bool:
    return key in ("time", "hours") and _TIMES.fullmatch(piece.strip()) is not None
