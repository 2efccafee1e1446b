"""The lists of a web page: how deep an item is, and which number it has.

Input: elements. Output: a level and a number as shown. Guarantees: pure. Google Docs has the level in the name of a class,
Word in a style of its own or only in the text.
"""

import re
from dataclasses import dataclass

from lxml import etree

_GOOGLE = re.compile(r"\blst-[\w.]+-(\d)\b")
_WORD_CLASS = re.compile(r"\bMsoList(?:Paragraph|Bullet|Number)\w*", re.IGNORECASE)
_WORD_LEVEL = re.compile(r"\bl\d+\s+level(\d)")
#: Word writes the bullet or the number as text, followed by no-break spaces.
_BULLET = re.compile(r"([·•§▪●○■oØ–-])[\u00a0\s]+(?=\S)")
_NUMBER = re.compile(r"((?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)])[\u00a0\s]+(?=\S)")


@dataclass(frozen=True, slots=True)
class HtmlItem:
    """An item of a list. `length` is that of the mark at the start of its text, which is not part of it."""

    level: int
    is_numbered: bool
    number: str = ""
    length: int = 0


def item_of(element: etree._Element) -> HtmlItem:
    """Return what a `li` element is."""
    lists = list(element.iterancestors("ul", "ol", "menu"))
    google = next((match for each in lists[:1] if (match := _GOOGLE.search(each.get("class") or ""))), None)
    level = int(google[1]) + 1 if google else max(1, len(lists))
    if not lists or lists[0].tag != "ol":
        return HtmlItem(min(level, 9), is_numbered=False)
    return HtmlItem(min(level, 9), is_numbered=True, number=_number(element, lists[0]))


def word_item(element: etree._Element, style: str, text: str) -> HtmlItem | None:
    """Return the item that a paragraph written by Word is; None for other paragraphs."""
    if not _WORD_CLASS.search(element.get("class") or "") and "mso-list:" not in style.replace(" ", ""):
        return None
    match = _WORD_LEVEL.search(style)
    level = int(match[1]) if match else 1
    stripped = text.lstrip()
    before = len(text) - len(stripped)
    if bullet := _BULLET.match(stripped):
        return HtmlItem(level, is_numbered=False, length=before + bullet.end())
    if number := _NUMBER.match(stripped):
        return HtmlItem(level, is_numbered=True, number=number[1], length=before + number.end())
    return HtmlItem(level, is_numbered=False) if match else None


def _number(element: etree._Element, parent: etree._Element) -> str:
    number = _whole(parent.get("start"), 1)
    for each in parent.iterchildren("li"):
        number = _whole(each.get("value"), number)
        if each is element:
            break
        number += 1
    kind = parent.get("type") or ""
    if kind in ("a", "A") and 1 <= number <= 26:
        return f"{chr(ord(kind) + number - 1)}."
    return f"{number}."


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"-?\d{1,6}", text) else default
