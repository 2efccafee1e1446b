"""Short lines with the details of an event or an episode: date, time, place, length.

Input: an item and a line. Output: whether the line was used. Guarantees: a line is used only if each of its pieces has a
field.
"""

import re

from composer.drafts.draft_document import Span
from composer.drafts.issue_entries import (
    PlainText,
)
from composer.drafts.mapping.fields.item_draft import ItemDraft
from composer.drafts.mapping.fields.item_publisher import set_date
from composer.drafts.mapping.text.draft_dates import find_date, whole_date
from composer.drafts.mapping.text.draft_lines import DraftLine, ends_sentence
from composer.drafts.mapping.text.markdown_text import plain_text

_SEPARATORS = re.compile(r"\s*(?:[|·•;]|,(?=\s)|\s[–—-](?=\s)|\n)\s*")

_HOUR = r"\d{1,2}(?:[:.]\d{2}|\s?h\s?\d{2})?\s?(?:am|pm|a\.m\.|p\.m\.|uhr|h|[A-Z]{2,4})?"
_TIMES = re.compile(rf"{_HOUR}(?:\s?(?:–|-|to|bis|à)\s?{_HOUR})?", re.IGNORECASE)
#: A word between the date and the time.
_AT = re.compile(r"[,\s]*(?:at|from|um|ab|von|à|de|a las|alle)\s+(?=\d)", re.IGNORECASE)


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
    rest = line.text
    if roles.date and roles.date not in item.values:
        day = find_date(rest, item.language, item.date_format, item.context.day)
        if day is not None and len(rest[: day.start].split()) <= 2:
            before = rest[: day.start].strip(" ,")
            if (
                before
                and whole_date(
                    f"{before} {rest[day.start : day.end]}", item.language, item.date_format, item.context.day
                )
                is None
            ):
                return False
            found[roles.date] = day.date.isoformat()
            dated, rest = rest[: day.end], rest[day.end :]
            if at := _AT.match(rest):
                dated, rest = dated + at[0], rest[at.end() :]
    pieces = [piece for piece in _SEPARATORS.split(rest) if piece and re.search(r"\w", piece)]
    last = ""
    for piece in pieces:
        key = _detail_key(item, piece, found)
        if key is None and last == roles.place and len(piece.split()) <= 4:
            # `Town hall, room 12`
            found[last] += f", {piece.strip()}"
            continue
        if key is None:
            return False
        found[key], last = piece.strip(), key
    if not found or (set(found) <= {roles.place} and not line.is_plain) or set(found) == {roles.place}:
        return False
    for key, text in found.items():
        if key == roles.date:
            set_date(item, key, text, dated)
        else:
            item.values[key] = PlainText(plain_text((Span(text),)))
    item.add_comments(next(iter(found)), line)
    return True


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
