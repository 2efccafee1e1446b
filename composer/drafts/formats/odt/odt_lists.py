"""The numbers of lists in an OpenDocument text, which are not in it.

Input: lists and items in reading order. Output: the level and the number of each item. Guarantees: pure.
"""

from dataclasses import dataclass, field

from lxml import etree

from composer.drafts.formats.list_numbers import number_in_format
from composer.drafts.formats.odt.odt_styles import TEXT, OdtListLevel, OdtStyles, whole

_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_FORMATS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}


@dataclass(slots=True)
class _OpenList:
    style: str
    counted: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class OdtItem:
    """The item that is being read. Only its first paragraph has the mark."""

    level: int
    is_numbered: bool
    number: str = ""
    is_begun: bool = False


@dataclass(slots=True)
class OdtLists:
    """The lists that are open, and those that later lists continue."""

    styles: OdtStyles
    _open: list[_OpenList] = field(default_factory=list)
    _known: dict[str | None, _OpenList] = field(default_factory=dict)
    _last: _OpenList | None = None
    _items: list[OdtItem | None] = field(default_factory=list)

    @property
    def item(self) -> OdtItem | None:
        """The innermost open item; None outside of lists."""
        return self._items[-1] if self._items else None

    def begin(self, element: etree._Element) -> None:
        """A list begins: on its own, in an item, or as the continuation of another."""
        if self._open:
            self._open.append(self._open[-1])
            return
        style = element.get(f"{TEXT}style-name", "")
        continued = self._known.get(element.get(f"{TEXT}continue-list"))
        if continued is None and element.get(f"{TEXT}continue-numbering") == "true":
            continued = self._last
        self._last = continued or _OpenList(style)
        self._open.append(self._last)
        if key := element.get(_XML_ID):
            self._known[key] = self._last

    def end(self) -> None:
        """The innermost list ends."""
        self._open.pop()

    def begin_item(self, element: etree._Element) -> None:
        """An item begins."""
        level = len(self._open)
        current = self._open[-1]
        style = self.styles.list_level(current.style, level)
        if element.tag == f"{TEXT}list-header":
            self._items.append(None)
            return
        for deeper in [each for each in current.counted if each > level]:
            del current.counted[deeper]
        # An item that only contains another list has no number of its own.
        is_counted = element.find(f"{TEXT}p") is not None or element.find(f"{TEXT}h") is not None
        start = whole(element.get(f"{TEXT}start-value"), 0)
        if is_counted:
            current.counted[level] = start or current.counted.get(level, style.start - 1) + 1
        number = self._number(current, level, style) if style.format and is_counted else ""
        self._items.append(OdtItem(level, is_numbered=bool(style.format), number=number))

    def end_item(self) -> None:
        """The innermost item ends."""
        self._items.pop()

    def _number(self, current: _OpenList, level: int, style: OdtListLevel) -> str:
        shown = []
        for each in range(max(1, level - style.shown_levels + 1), level + 1):
            form = self.styles.list_level(current.style, each).format
            shown.append(number_in_format(current.counted.get(each, 1), _FORMATS.get(form, "decimal")))
        return f"{style.prefix}{'.'.join(shown)}{style.suffix}"
