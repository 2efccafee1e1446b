"""What the styles of a Word document mean: headings, lists, quotations, bold and italic.

Input: styles.xml. Output: for each style id, what follows from it and from the styles it is based on. Guarantees: pure.
Names are compared in English because Word stores the names of its own styles in English, whatever the language of its
menus.
"""

import re
from dataclasses import dataclass, replace
from typing import TypeVar

from lxml import etree

from composer.drafts.formats.docx.docx_package import W

_HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo|kop|rubrik|nagłówek) ?([1-9])", re.IGNORECASE)
_TITLE = re.compile("title|titel", re.IGNORECASE)
_CONTENTS = re.compile(r"toc ?(?:\d|heading)|table of contents", re.IGNORECASE)
_QUOTE = re.compile(r"(?:intense )?quot(?:e|ations?)|block ?(?:text|quote)|zitat", re.IGNORECASE)
_CODE = re.compile(
    r"html (?:code|preformatted|sample|keyboard)|verbatim char|source ?(?:code|text)|preformatted text", re.IGNORECASE
)
#: A style based on a style based on itself.
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class WordStyle:
    """What follows from a style. None means: the style does not say."""

    heading_level: int | None = None
    is_bold: bool | None = None
    is_italic: bool | None = None
    is_hidden: bool | None = None
    is_code: bool = False
    is_quote: bool = False
    is_contents: bool = False
    list_id: str | None = None
    list_depth: int | None = None


NO_STYLE = WordStyle()


class WordStyles:
    """All styles of a document."""

    def __init__(self, tree: etree._Element | None) -> None:
        """Read the styles; without styles.xml, no style means anything."""
        self._elements = (
            {} if tree is None else {each.get(f"{W}styleId", ""): each for each in tree.iterfind(f"{W}style")}
        )
        self._found: dict[str, WordStyle] = {}
        defaults = (
            key
            for key, each in self._elements.items()
            if each.get(f"{W}type") == "paragraph" and _is_set(each.get(f"{W}default"))
        )
        self._default = next(defaults, "")

    def paragraph_style(self, name: str | None) -> WordStyle:
        """Return the style of a paragraph that names a style, or none."""
        return self._style(name or self._default)

    def character_style(self, name: str | None) -> WordStyle:
        """Return the style of characters."""
        return self._style(name) if name else NO_STYLE

    def _style(self, key: str, depth: int = 0) -> WordStyle:
        if key not in self._found:
            element = self._elements.get(key)
            if element is None or depth > _DEEPEST:
                # Programs write the ids of Word's headings without defining them.
                return replace(NO_STYLE, heading_level=_level_in_name(key))
            base = value_of(element, "basedOn")
            self._found[key] = _inherit(_own(element), self._style(base, depth + 1) if base else NO_STYLE)
        return self._found[key]


def _own(element: etree._Element) -> WordStyle:
    name = value_of(element, "name") or ""
    properties, characters = element.find(f"{W}pPr"), element.find(f"{W}rPr")
    numbers = None if properties is None else properties.find(f"{W}numPr")
    return WordStyle(
        heading_level=outline_level(properties) if outline_level(properties) is not None else _level_in_name(name),
        is_bold=toggle(characters, "b"),
        is_italic=toggle(characters, "i"),
        is_hidden=toggle(characters, "vanish"),
        is_code=bool(_CODE.fullmatch(name)),
        is_quote=bool(_QUOTE.fullmatch(name)),
        is_contents=bool(_CONTENTS.fullmatch(name)),
        list_id=value_of(numbers, "numId"),
        list_depth=whole_number(value_of(numbers, "ilvl")),
    )


def _inherit(own: WordStyle, base: WordStyle) -> WordStyle:
    return WordStyle(
        heading_level=_first(own.heading_level, base.heading_level),
        is_bold=_first(own.is_bold, base.is_bold),
        is_italic=_first(own.is_italic, base.is_italic),
        is_hidden=_first(own.is_hidden, base.is_hidden),
        is_code=own.is_code or base.is_code,
        is_quote=own.is_quote or base.is_quote,
        is_contents=own.is_contents or base.is_contents,
        list_id=_first(own.list_id, base.list_id),
        list_depth=_first(own.list_depth, base.list_depth),
    )


_Value = TypeVar("_Value", bool, int, str)


def _first(own: _Value | None, base: _Value | None) -> _Value | None:
    return base if own is None else own


def _level_in_name(name: str) -> int | None:
    if match := _HEADING.fullmatch(name):
        return min(6, int(match[1]))
    return 1 if _TITLE.fullmatch(name) else None


def outline_level(properties: etree._Element | None) -> int | None:
    """Return the level of a heading from 1 to 6; 0 for normal text, None if the properties do not say."""
    level = whole_number(value_of(properties, "outlineLvl"))
    if level is None:
        return None
    return min(level + 1, 6) if level < 9 else 0


def value_of(properties: etree._Element | None, name: str) -> str | None:
    """Return the value of a property; None without it."""
    found = None if properties is None else properties.find(f"{W}{name}")
    return None if found is None else found.get(f"{W}val")


def toggle(properties: etree._Element | None, name: str) -> bool | None:
    """Return whether a property such as bold is on; None if the properties do not say."""
    found = None if properties is None else properties.find(f"{W}{name}")
    return None if found is None else _is_set(found.get(f"{W}val", "true"))


def whole_number(text: str | None) -> int | None:
    """Return a number of a few digits; None for anything else."""
    return int(text) if text is not None and re.fullmatch(r"-?\d{1,9}", text) else None


def _is_set(value: str | None) -> bool:
    return value is not None and value not in ("0", "false", "off", "none")
